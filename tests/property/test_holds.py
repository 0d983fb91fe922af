"""However suspensions and freezes overlap, a phase gets back the measure of their union, and not a moment more."""

from __future__ import annotations

from datetime import timedelta

import attrs
from hypothesis import given
from hypothesis import strategies as st

from wfcore.lifecycle.control import as_it_stands, with_hold
from wfcore.model.definition import WorkflowExecutionSpec
from wfcore.model.enums import Phase, Stop
from wfcore.model.status import WorkflowExecutionStatus
from wfcore.model.workflow import ObjectMeta, WorkflowExecution
from wfcore.program import Surroundings
from wfcore.settings import Settings
from wfcore.snapshot import Snapshot
from wfcore.testing.world import START

STARTS = {Phase.PLANNING: "planning_start_time", Phase.VALIDATING: "validation_start_time",
          Phase.MONITORING: "monitoring_start_time", Phase.ROLLING_BACK: "rollback_start_time"}
# Seconds until the next pass, and what holds from that pass on.
MOMENTS = st.lists(st.tuples(st.integers(0, 900), st.booleans(), st.booleans(), st.sampled_from(Stop)), max_size=12)


def seen(status: WorkflowExecutionStatus, suspend: bool, frozen: bool, stop: Stop) -> Snapshot:
    return Snapshot(workflow=WorkflowExecution(metadata=ObjectMeta(name="w"), status=status,
                                               spec=WorkflowExecutionSpec(suspend=suspend, stop=stop)),
                    settings=Settings(), surroundings=Surroundings(frozen=frozen))


@given(st.sampled_from(list(STARTS)), MOMENTS, st.integers(0, 500))
def test_a_phase_gets_back_the_measure_of_the_union_of_its_holds(
        phase: Phase, moments: list[tuple[int, bool, bool, Stop]], late: int) -> None:
    """The phase may begin while a hold is on already: `late` seconds after the first pass."""
    start = START + timedelta(seconds=late)
    deadline = start + timedelta(minutes=5)
    status = attrs.evolve(WorkflowExecutionStatus(phase=phase, phase_deadline=deadline), **{STARTS[phase]: start})
    now, held_until_now, union = START, False, timedelta(0)
    for wait, suspend, frozen, stop in (*moments, (1, False, False, Stop.NO)):
        before, now = now, now + timedelta(seconds=wait)
        if held_until_now:
            union += max(now - max(before, start), timedelta(0))
        snapshot = seen(status, suspend, frozen, stop)
        status = with_hold(snapshot, status, now)
        held_until_now = frozen or (suspend and stop is Stop.NO and phase is not Phase.ROLLING_BACK)

        assert held_until_now is (status.suspended_since is not None or status.frozen_since is not None)
        if now >= start:
            assert deadline + union == as_it_stands(snapshot, status, now).phase_deadline

    assert deadline + union == status.phase_deadline
