"""A deletion waits for the rollback that `stop: Rollback` asked for, and for nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve

from wfcore.program import (
    CommitStatus,
    Create,
    DeleteChild,
    Failed,
    Observe,
    ReleaseChild,
    Request,
    Response,
    Surroundings,
    Unknown,
)
from wfcore.resources import WORKFLOW_EXECUTIONS
from wfcore.settings import Settings

from .stories import Story, done, scale, workflow

CAP = Settings().rolling_back_timeout


def under_way() -> Story:
    """The first step is done, the second runs."""
    return Story(workflow(scale(1), scale(2, 1))).go().say(step_1=done())


def stopped_and_deleted(story: Story, stop: str) -> Story:
    story.ask(stop=stop)
    story.world.delete(WORKFLOW_EXECUTIONS, "w")
    return story.go()


def is_gone(story: Story) -> bool:
    return story.world.get(WORKFLOW_EXECUTIONS, "w") is None


def created_since(story: Story, passes: int) -> list[str]:
    return [child.value["metadata"]["name"] for p in story.passes[passes:] for request in p.asked(Create)
            for child in request.children]


def test_what_was_changed_is_put_back_in_reverse_order_before_the_workflow_goes() -> None:
    story = under_way()
    before = len(story.passes)
    stopped_and_deleted(story, "Rollback").say(step_2=done()).say(rollback_2=done())
    assert not is_gone(story)
    story.say(rollback_1=done())

    assert ["w-rollback-2", "w-rollback-1"] == created_since(story, before)
    assert is_gone(story)
    assert {} == story.world.children()
    assert [("failed", "stopped")] == [(row.status, row.failure_reason) for row in story.world.audit.values()]


def test_a_deletion_that_came_first_is_followed_by_the_rollback_too() -> None:
    story = under_way()
    story.world.delete(WORKFLOW_EXECUTIONS, "w")
    story.ask(stop="Rollback").go().say(step_2=done()).say(rollback_2=done()).say(rollback_1=done())

    assert is_gone(story)
    assert 4 == len([p for p in story.passes if p.asked(Create)])


@pytest.mark.parametrize("stop", ["", "Graceful"])
def test_without_that_wish_nothing_is_put_back(stop: str) -> None:
    story = under_way()
    before = len(story.passes)
    if stop:
        story.ask(stop=stop)
    story.world.delete(WORKFLOW_EXECUTIONS, "w")
    story.go().after(seconds=31)

    assert is_gone(story)
    assert [] == created_since(story, before)


def test_what_never_executed_anything_goes_at_once() -> None:
    story = Story(workflow(scale(1), strategy={"approvalRequired": True})).go()

    assert is_gone(stopped_and_deleted(story, "Rollback"))


@pytest.mark.parametrize("frozen", [False, True])
def test_no_rollback_holds_a_deletion_longer_than_a_rollback_may_take(frozen: bool) -> None:
    story = stopped_and_deleted(under_way(), "Rollback")
    story.world.surroundings = Surroundings(frozen=frozen)
    begun = story.now
    while not is_gone(story):
        wake_at = story.passes[-1].finished.wake_at
        story.world.now = max(story.now + timedelta(seconds=1), wake_at or story.now)
        story.go()

    assert story.now - begun <= CAP + timedelta(minutes=1)
    assert 1 == len(story.world.audit)


@pytest.mark.parametrize(("answer", "backs_off"), [
    (Failed("conflict"), True), (Failed("unavailable"), True), (Unknown(), True), (Failed("missing"), False)])
def test_nothing_is_let_go_before_it_is_written_down_whether_the_deletion_waits(
        answer: Response, backs_off: bool) -> None:
    story = under_way()
    story.world.delete(WORKFLOW_EXECUTIONS, "w")
    story.fault = lambda request: answer if isinstance(request, CommitStatus) else None
    last = story.run()

    assert backs_off == last.finished.backoff
    assert isinstance(last.requests[-1], CommitStatus)
    assert not any(isinstance(request, DeleteChild | ReleaseChild) for request in last.requests)


def test_a_wish_that_comes_after_children_were_let_go_changes_nothing() -> None:
    story = under_way()
    story.world.delete(WORKFLOW_EXECUTIONS, "w")
    before = len(story.passes)
    story.go().ask(stop="Rollback").go().after(seconds=31)

    assert is_gone(story)
    assert [] == created_since(story, before)


@pytest.mark.parametrize("stop", ["", "Rollback"])
def test_a_server_that_does_not_keep_the_choice_ends_no_deletion_in_a_loop(stop: str) -> None:
    """Its definition is older and prunes the field, or the object is full: nobody can wait, so the children go."""
    for prunes in (True, False):
        story = under_way()
        before = len(story.passes)

        def fault(request: Request, prunes: bool = prunes, story: Story = story) -> Response | None:
            if not isinstance(request, CommitStatus) or request.status.deletion_deadline is None:
                return None
            return story.world.answer(evolve(request, status=evolve(request.status, deletion_deadline=None))) if (
                prunes) else Failed("too_large")
        story.fault = fault
        if stop:
            story.ask(stop=stop)
        story.world.delete(WORKFLOW_EXECUTIONS, "w")
        story.go().after(seconds=31)

        assert is_gone(story)
        assert [] == created_since(story, before)


def test_who_cannot_read_what_became_of_the_choice_looks_again_later() -> None:
    story = under_way()
    story.world.delete(WORKFLOW_EXECUTIONS, "w")

    def fault(request: Request) -> Response | None:
        written = story.world.commits[-1].deletion_deadline is not None
        return Failed("unavailable") if isinstance(request, Observe) and written else None
    story.fault = fault
    last = story.run()
    story.fault = lambda request: None

    assert last.finished.backoff
    assert not any(isinstance(request, DeleteChild | ReleaseChild) for request in last.requests)
    assert is_gone(story.go().after(seconds=31))
