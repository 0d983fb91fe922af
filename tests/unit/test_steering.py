"""What a person may change of a workflow under way, and what they are told when there is nothing to change."""

from __future__ import annotations

import attrs
import pytest

from wfcore.lifecycle.steering import NotPossible, SpecChange, Steering, resuming, stopping, suspending
from wfcore.model.enums import Phase, Stop
from wfcore.model.evolving import evolve
from wfcore.model.workflow import WorkflowExecution
from wfcore.testing.world import START

from .stories import Story, scale, workflow


def made(phase: Phase = Phase.EXECUTING, *, deleted: bool = False, **spec: object) -> WorkflowExecution:
    found = Story(workflow(scale(1), **spec)).world.workflow("w")
    meta = attrs.evolve(found.metadata, deletion_timestamp=START if deleted else None)
    return attrs.evolve(found, metadata=meta, status=evolve(found.status, phase=phase))


@pytest.mark.parametrize(("asked", "answer"), [
    (suspending(made()), SpecChange({"suspend": True}, "suspended")),
    (suspending(made(suspend=True)), SpecChange({}, "is suspended already")),
    (suspending(made(Phase.ROLLING_BACK)), NotPossible("is rolling back, which a suspension does not hold; "
                                                       "`wfctl freeze` holds everything")),
    (suspending(made(stop="Graceful")), NotPossible("is being stopped, which a suspension does not hold; "
                                                    "`wfctl freeze` holds everything")),
    (suspending(made(Phase.COMPLETED)), NotPossible("has ended (completed); there is nothing to suspend")),
    (resuming(made(suspend=True)), SpecChange({"suspend": False}, "resumed")),
    (resuming(made()), SpecChange({}, "is not suspended")),
    (resuming(made(deleted=True)), NotPossible("is being deleted; there is nothing to resume")),
])
def test_a_suspension_is_for_what_still_launches_something(asked: Steering, answer: Steering) -> None:
    assert answer == asked


@pytest.mark.parametrize(("asked", "answer"), [
    (stopping(made(), Stop.GRACEFUL),
     SpecChange({"stop": "Graceful"}, "is being stopped: running steps end, nothing more is launched")),
    (stopping(made(stop="Graceful"), Stop.ROLLBACK),
     SpecChange({"stop": "Rollback"}, "is being stopped: running steps end, then what they changed is undone")),
    (stopping(made(stop="Graceful"), Stop.GRACEFUL), SpecChange({}, "is being stopped already (Graceful)")),
    (stopping(made(stop="Rollback"), Stop.GRACEFUL), SpecChange({}, "is being stopped already (Rollback)")),
    (stopping(made(Phase.ROLLING_BACK), Stop.ROLLBACK),
     SpecChange({}, "is rolling back already and ends after that")),
    (stopping(made(executionStrategy={"rollbackStrategy": "none"}), Stop.ROLLBACK),
     NotPossible("is never rolled back: its rollbackStrategy is none; stop it without --rollback")),
    (stopping(made(rollbackOf={"name": "x", "uid": "u"}), Stop.ROLLBACK),
     NotPossible("undoes another workflow and is never undone itself; stop it without --rollback")),
    (stopping(made(Phase.FAILED), Stop.GRACEFUL), NotPossible("has ended (failed); there is nothing to stop")),
    (stopping(made(Phase.FAILED), Stop.ROLLBACK),
     NotPossible("has ended (failed); there is nothing to stop; `wfctl rollback w -n default` undoes what it changed")),
    (stopping(made(deleted=True), Stop.ROLLBACK), NotPossible("is being deleted; there is nothing to stop")),
])
def test_a_stop_only_goes_forwards_and_undoes_only_what_may_be_undone(asked: Steering, answer: Steering) -> None:
    assert answer == asked
