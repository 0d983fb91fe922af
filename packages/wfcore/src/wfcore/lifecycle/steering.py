"""What a person may change of a workflow under way: `spec.suspend` and `spec.stop`, and when it has no meaning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from attrs import frozen

from wfcore.lifecycle.transitions import TERMINAL
from wfcore.model.enums import Phase, RollbackStrategy, Stop
from wfcore.model.workflow import WorkflowExecution


@frozen
class SpecChange:
    """What to write into the spec, nothing if it stands there already; `said` goes on from the workflow's name."""

    fields: Mapping[str, bool | str]
    said: str


@frozen
class NotPossible:
    """Why there is nothing to change; `why` goes on from the workflow's name."""

    why: str


Steering: TypeAlias = SpecChange | NotPossible


def suspending(workflow: WorkflowExecution) -> Steering:
    """Launch nothing more until it is resumed."""
    spec, status = workflow.spec, workflow.status
    if why := _is_over(workflow):
        return NotPossible(f"{why}; there is nothing to suspend")
    if status.phase is Phase.ROLLING_BACK:
        return NotPossible("is rolling back, which a suspension does not hold; `wfctl freeze` holds everything")
    if spec.stop is not Stop.NO:
        return NotPossible("is being stopped, which a suspension does not hold; `wfctl freeze` holds everything")
    return SpecChange({}, "is suspended already") if spec.suspend else SpecChange({"suspend": True}, "suspended")


def resuming(workflow: WorkflowExecution) -> Steering:
    """Go on after a suspension."""
    if why := _is_over(workflow):
        return NotPossible(f"{why}; there is nothing to resume")
    if not workflow.spec.suspend:
        return SpecChange({}, "is not suspended")
    return SpecChange({"suspend": False}, "resumed")


def stopping(workflow: WorkflowExecution, how: Stop) -> Steering:
    """End it: running steps end, nothing more is launched, and with `Stop.ROLLBACK` what they changed is undone."""
    spec, meta = workflow.spec, workflow.metadata
    if why := _is_over(workflow):
        undo = f"; `wfctl rollback {meta.name} -n {meta.namespace}` undoes what it changed"
        ended = how is Stop.ROLLBACK and meta.deletion_timestamp is None
        return NotPossible(f"{why}; there is nothing to stop{undo if ended else ''}")
    if workflow.status.phase is Phase.ROLLING_BACK:
        return SpecChange({}, "is rolling back already and ends after that")
    if spec.stop in (how, Stop.ROLLBACK):
        return SpecChange({}, f"is being stopped already ({spec.stop.value})")
    if how is Stop.ROLLBACK and (why := _never_undone(workflow)):
        return NotPossible(f"{why}; stop it without --rollback")
    return SpecChange({"stop": how.value}, "is being stopped: running steps end" + (
        ", then what they changed is undone" if how is Stop.ROLLBACK else ", nothing more is launched"))


def _is_over(workflow: WorkflowExecution) -> str:
    if workflow.metadata.deletion_timestamp is not None:
        return "is being deleted"
    phase = workflow.status.phase
    return f"has ended ({phase.value})" if phase in TERMINAL else ""


def _never_undone(workflow: WorkflowExecution) -> str:
    if workflow.spec.rollback_of is not None:
        return "undoes another workflow and is never undone itself"
    if workflow.spec.execution_strategy.rollback_strategy is RollbackStrategy.NONE:
        return "is never rolled back: its rollbackStrategy is none"
    return ""
