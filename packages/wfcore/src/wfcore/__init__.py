"""Plans, validates, decides and rolls back remediation workflows, as pure functions.

The public names are those of `__all__`; they load on first use, so that
importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wfcore.audit import AuditRecord, audit_record
    from wfcore.building.workflow import build_workflow
    from wfcore.codec import Malformed, Problem, decode_execution, decode_workflow, encode
    from wfcore.decision import Decision
    from wfcore.insight.assumptions import Assumptions
    from wfcore.insight.explain import Explanation, explain
    from wfcore.insight.forecast import Forecast, forecast
    from wfcore.insight.recorded import RecordedDecision, read_record, record
    from wfcore.insight.replay import Mismatch, Replay, replay
    from wfcore.lifecycle.machine import decide
    from wfcore.lifecycle.transitions import TRANSITIONS
    from wfcore.model.workflow import KubernetesExecution, WorkflowExecution
    from wfcore.planning.planner import Plan, plan_workflow
    from wfcore.reconciler import Reconcile
    from wfcore.settings import Settings
    from wfcore.snapshot import Snapshot
    from wfcore.validation.document import check_document

__all__ = [
    "TRANSITIONS", "Assumptions", "AuditRecord", "Decision", "Explanation", "Forecast", "KubernetesExecution",
    "Malformed", "Mismatch", "Plan", "Problem", "Reconcile", "RecordedDecision", "Replay", "Settings", "Snapshot",
    "WorkflowExecution", "audit_record", "build_workflow", "check_document", "decide", "decode_execution",
    "decode_workflow", "encode", "explain", "forecast", "plan_workflow", "read_record", "record", "replay",
]

_HOME = {
    "wfcore.audit": ("AuditRecord", "audit_record"),
    "wfcore.building.workflow": ("build_workflow",),
    "wfcore.codec": ("Malformed", "Problem", "decode_execution", "decode_workflow", "encode"),
    "wfcore.decision": ("Decision",),
    "wfcore.insight.assumptions": ("Assumptions",),
    "wfcore.insight.explain": ("Explanation", "explain"),
    "wfcore.insight.forecast": ("Forecast", "forecast"),
    "wfcore.insight.recorded": ("RecordedDecision", "read_record", "record"),
    "wfcore.insight.replay": ("Mismatch", "Replay", "replay"),
    "wfcore.lifecycle.machine": ("decide",),
    "wfcore.lifecycle.transitions": ("TRANSITIONS",),
    "wfcore.model.workflow": ("KubernetesExecution", "WorkflowExecution"),
    "wfcore.planning.planner": ("Plan", "plan_workflow"),
    "wfcore.reconciler": ("Reconcile",),
    "wfcore.settings": ("Settings",),
    "wfcore.snapshot": ("Snapshot",),
    "wfcore.validation.document": ("check_document",),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULE_OF[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
