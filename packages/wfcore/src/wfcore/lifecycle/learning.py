"""Learning from history: what planning asks the record of earlier runs, where the workflow allows it."""

from __future__ import annotations

from datetime import datetime

from wfcore.lifecycle.busy import is_waiting
from wfcore.lifecycle.inputs import inputs_of
from wfcore.model.enums import Stop
from wfcore.program import Consult
from wfcore.snapshot import Snapshot


def history_question(snapshot: Snapshot, now: datetime) -> Consult | None:
    """What is recorded about the actions of the workflow; not asked while it waits for its targets."""
    spec = snapshot.workflow.spec
    adaptive, definition = spec.adaptive_orchestration, spec.workflow_definition or inputs_of(snapshot).definition
    if not (adaptive.optimization_enabled and adaptive.learning_from_history) or definition is None:
        return None
    if spec.stop is not Stop.NO or is_waiting(snapshot, now):
        return None
    return Consult(definition.name, tuple(sorted({step.action for step in definition.steps})))
