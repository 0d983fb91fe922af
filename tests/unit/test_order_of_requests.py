"""The order of requests: intent before effect, one write per look, old intents only after a live read."""

from __future__ import annotations

import pytest

from wfcore.program import (
    CommitStatus,
    Create,
    Did,
    Emit,
    Failed,
    Finished,
    Freshness,
    Observe,
    Request,
    SetMetadata,
    Unknown,
)
from wfcore.testing.driving import EndlessPass, Pass, drive, scripted

from .stories import Story, broken, done, scale, workflow


def started() -> Story:
    return Story(workflow(scale(1), scale(2, 1, criticalStep=True)))


def test_a_new_workflow_is_planned_and_started_in_one_pass() -> None:
    assert ("Observe.cached", "SetMetadata",
            "Observe.cached", "CommitStatus", "Emit", "Observe.cached", "Survey", "CommitStatus", "Emit",
            "Observe.cached", "Review", "Inspect", "Observe.cached", "CommitStatus", "Emit",
            "Create") == started().run().words


def intended(request: CommitStatus) -> set[str]:
    """The children that a status says exist or are to exist."""
    references = [e.k8s_execution_ref for e in request.status.step_statuses]
    references += [e.rollback.k8s_execution_ref for e in request.status.step_statuses if e.rollback]
    return {reference.name for reference in references if reference}


def test_every_child_was_intended_in_a_status_committed_before() -> None:
    story = started().go().say(step_1=done()).say(step_2=broken()).say(rollback_1=done())
    committed: set[str] = set()
    created = 0
    for exchange in (e for p in story.passes for e in p.exchanges):
        if isinstance(exchange.request, CommitStatus) and exchange.response == Did():
            committed |= intended(exchange.request)
        if isinstance(exchange.request, Create):
            names = {child.value["metadata"]["name"] for child in exchange.request.children}
            assert names <= committed
            created += len(names)

    assert 3 == created


@pytest.mark.parametrize("why", ["conflict", "refused", "unavailable", "missing"])
def test_nothing_is_done_when_the_commit_fails(why: str) -> None:
    story = started()
    story.fault = lambda request: Failed(why, retry_after=2.0) if isinstance(request, CommitStatus) else None
    last = story.run()

    assert CommitStatus is type(last.requests[-1])
    assert () == last.asked(Create) == last.asked(Emit)
    assert Finished(backoff=why != "missing", retry_after=2.0) == last.finished


@pytest.mark.parametrize("happened", [True, False])
def test_an_unanswered_commit_is_looked_at_live_before_anything_else(happened: bool) -> None:
    story = started()

    def silent_once(request: Request) -> object:
        if not isinstance(request, CommitStatus):
            return None
        story.fault = lambda request: None
        if happened:
            story.world.answer(request)
        return Unknown()

    story.fault = silent_once
    words = story.run().words
    at = words.index("CommitStatus")

    assert "Observe.live" == words[at + 1]
    assert "executing" == story.go().status.phase
    assert ["step-1"] == story.names()


def test_who_never_answers_gets_a_pause_and_not_a_loop() -> None:
    story = started()
    story.fault = lambda request: Unknown() if isinstance(request, CommitStatus) else None
    last = story.run()

    assert ("Observe.cached", "CommitStatus", "Observe.live", "CommitStatus") == last.words[-4:]
    assert Finished(backoff=True) == last.finished


def test_an_old_intent_is_sent_again_only_after_a_live_read() -> None:
    """The child may exist and only be late in the cache."""
    story = started()
    story.fault = lambda request: Failed("unavailable") if isinstance(request, Create) else None
    story.run()
    story.fault = lambda request: None

    assert ("Observe.cached", "Observe.live", "Create") == story.run().words


def test_a_child_that_is_only_late_in_the_cache_is_not_created_again() -> None:
    story = started().go()
    stale = next(e.response for p in story.passes for e in p.exchanges
                 if isinstance(e.request, Observe) and e.response.workflow.workflow().status.phase == "executing")
    assert () == stale.children or len(stale.children) == 1

    def lagging(request: Request) -> object:
        if isinstance(request, Observe) and request.freshness is Freshness.CACHED:
            answer = story.world.answer(request)
            return type(answer)(answer.workflow, (), answer.at)
        return None

    story.fault = lagging
    last = story.run()
    assert ("Observe.cached", "Observe.live") == last.words[:2]
    assert () == last.asked(Create)


def test_at_most_one_status_is_committed_between_two_looks() -> None:
    story = started().go().say(step_1=done()).say(step_2=broken()).say(rollback_1=done())

    for part in (part for p in story.passes for part in p.observations()):
        assert 1 >= sum(isinstance(e.request, CommitStatus) for e in part)


def test_events_follow_the_commit_they_tell_of_once_per_transition() -> None:
    story = started().go().say(step_1=done()).say(step_2=broken()).say(rollback_1=done())
    moves = [e.message for e in story.world.events if e.reason == "PhaseTransition"]

    assert ["new -> planning", "planning -> validating", "validating -> executing", "executing -> rolling_back",
            "rolling_back -> failed"] == moves
    for p in story.passes:
        for before, after in zip(p.words, p.words[1:], strict=False):
            assert after != "Emit" or before in ("CommitStatus", "SetMetadata", "Record")


def test_a_cancellation_that_fails_ends_the_pass() -> None:
    from wfcore.program import DeleteChild
    story = Story(workflow(scale(1, timeout="1m"))).go()
    story.fault = lambda request: Unknown() if isinstance(request, DeleteChild) else None
    story.world.now = story.step(1).deadline
    last = story.run()

    assert (DeleteChild, Finished(backoff=True)) == (type(last.requests[-1]), last.finished)


def test_a_read_that_fails_ends_the_pass() -> None:
    for answer, backoff in ((Failed("unavailable", retry_after=1.0), True), (Failed("missing"), False),
                            (Unknown(), True)):
        last = drive(_reconcile(started()), scripted([answer]))

        assert 1 == len(last.requests)
        assert backoff is last.finished.backoff


def test_adoption_that_conflicts_ends_the_pass() -> None:
    story = started()
    story.fault = lambda request: Failed("conflict") if isinstance(request, SetMetadata) else None

    assert (("Observe.cached", "SetMetadata"), True) == (story.run().words, story.passes[-1].finished.backoff)


@pytest.mark.parametrize("answer", [Failed("unavailable"), Unknown()])
def test_a_foreign_object_is_judged_on_a_live_read_or_not_at_all(answer: object) -> None:
    from wfcore.resources import KUBERNETES_EXECUTIONS
    story = started()
    story.world.add(KUBERNETES_EXECUTIONS, {}, name="w-step-1")
    story.fault = lambda request: answer if request == Observe(story.ref, Freshness.LIVE) else None

    assert Finished(backoff=True) == story.run().finished
    assert "executing" == story.step(1).status


def test_a_foreign_object_does_not_matter_to_a_workflow_that_is_being_deleted() -> None:
    from wfcore.resources import KUBERNETES_EXECUTIONS, WORKFLOW_EXECUTIONS
    story = started()
    story.world.add(KUBERNETES_EXECUTIONS, {}, name="w-step-1")

    def delete_first(request: Request) -> object:
        if request == Observe(story.ref, Freshness.LIVE):
            story.world.delete(WORKFLOW_EXECUTIONS, "w")
        return None

    story.fault = delete_first
    assert Finished(backoff=True) == story.run().finished
    assert "executing" == story.step(1).status


def test_a_workflow_that_does_not_exist_needs_nothing() -> None:
    from wfcore.resources import WORKFLOW_EXECUTIONS
    story = started()
    story.world.delete(WORKFLOW_EXECUTIONS, "w")

    assert (("Observe.cached",), Finished()) == (story.run().words, story.passes[-1].finished)


def test_an_endless_program_is_found() -> None:
    class Loop:
        def run(self):
            yield Observe(started().ref, Freshness.CACHED)
            return self

    with pytest.raises(EndlessPass, match="more than 2000 requests"):
        drive(Loop(), scripted([Unknown()]))


def test_a_finished_program_asks_nothing() -> None:
    assert Pass((), Finished()) == drive(Finished(), scripted([Unknown()]))


def _reconcile(story: Story):
    from wfcore.reconciler import Reconcile
    return Reconcile(story.ref, story.settings)


def test_a_child_whose_kind_nobody_has_defined_is_asked_for_again() -> None:
    story = started()
    story.fault = lambda request: Failed("missing") if isinstance(request, Create) else None
    refused = story.run()
    assert refused.finished is not None
    assert refused.finished.backoff

    story.fault = lambda request: None
    assert ["step-1"] == story.go().names()
