"""A phase this version does not know: said, left alone, looked at again, and never ended by us."""

from __future__ import annotations

from datetime import timedelta

import pytest

from wfcore.model.workflow import TRACKING_FINALIZER
from wfcore.program import Emit, Record
from wfcore.resources import KUBERNETES_EXECUTIONS, WORKFLOW_EXECUTIONS
from wfcore.simulation import operations as op

from .stories import Story, scale, workflow
from .test_malformed import edited


def newer(phase: str = "negotiating", **status: object) -> Story:
    """An executing workflow that a newer version has put into a phase of its own."""
    return edited(Story(workflow(scale(1))).go(), phase=phase, **status)


def test_it_is_left_untouched_however_long_it_stays_so() -> None:
    """L1 promises an end for the phases of the table; this one is not ours to end."""
    story = newer()
    version = story.world.state.version
    for _ in range(3):
        finished = story.run().finished
        assert story.now + timedelta(seconds=30) == finished.wake_at
        story.world.advance(timedelta(days=1))

    assert version == story.world.state.version
    assert ["step-1"] == story.names()


def test_one_event_an_hour_says_so() -> None:
    story = newer()
    first, second = story.run(), story.run()
    assert ("Observe.cached", "Emit") == first.words
    assert first.asked(Emit) == second.asked(Emit)
    [event] = first.asked(Emit)[0].events
    assert ("Warning", "UnknownPhase") == (event.type, event.reason)
    assert "'negotiating'" in event.message

    story.world.advance(timedelta(hours=1))
    assert first.asked(Emit) != story.run().asked(Emit)


@pytest.mark.parametrize("spec", [{}, {"workflowDefinition": 5}])
def test_it_may_have_a_spec_that_only_the_newer_version_reads(spec: dict) -> None:
    story = newer()
    body = story.world.get(WORKFLOW_EXECUTIONS, "w")
    story.world.perform(op.Update(WORKFLOW_EXECUTIONS, {**body, "spec": spec}, story.now))

    assert ("Observe.cached", "Emit") == story.run().words


def test_it_goes_on_where_it_was_once_its_phase_is_known_again() -> None:
    story = newer()
    story.run()

    assert "executing" == edited(story, phase="executing").go().status.phase


def test_its_deletion_is_served() -> None:
    story = newer()
    story.world.delete(WORKFLOW_EXECUTIONS, "w")
    story.go().after(seconds=31)

    assert story.world.get(WORKFLOW_EXECUTIONS, "w") is None
    assert {} == story.world.children()
    assert ["deleted"] == [record.status for record in story.world.audit.values()]


def test_what_the_newer_version_has_recorded_is_not_recorded_again() -> None:
    recorded = {"type": "AuditRecorded", "status": "True", "reason": "Recorded",
                "lastTransitionTime": "2026-01-02T03:04:05Z"}
    story = newer("archived", conditions=[recorded])
    story.world.report("w-step-1", {"phase": "completed"})
    story.world.delete(WORKFLOW_EXECUTIONS, "w")
    story.go()

    assert [] == [r for p in story.passes for r in p.asked(Record)]
    assert story.world.get(WORKFLOW_EXECUTIONS, "w") is None


def test_a_phase_that_is_no_word_is_unreadable_as_before() -> None:
    story = edited(Story(workflow(scale(1))).go(), phase=7).go()

    assert ("failed", "status_unreadable") == (story.status.phase, story.status.failure_reason)


def test_children_with_our_finalizer_are_not_released_while_it_lives() -> None:
    story = newer()
    story.run()

    assert [TRACKING_FINALIZER] == story.world.get(KUBERNETES_EXECUTIONS, "w-step-1")["metadata"]["finalizers"]
