"""Deletion: nothing is launched, children go first, one record is kept, and the object always goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import evolve

from wfcore.model.workflow import TRACKING_FINALIZER
from wfcore.program import (
    Create,
    DeleteChild,
    Failed,
    Finished,
    Freshness,
    Observe,
    Record,
    ReleaseChild,
    Request,
    Response,
    Seen,
    SetMetadata,
    Unknown,
)
from wfcore.programs.cleanup import child_requests
from wfcore.rawobject import RawObject
from wfcore.resources import KUBERNETES_EXECUTIONS, WORKFLOW_EXECUTIONS

from .stories import Story, done, scale, workflow


def deleted(*steps: dict) -> Story:
    story = Story(workflow(*steps)).go()
    story.world.delete(WORKFLOW_EXECUTIONS, "w")
    return story


def test_running_children_are_cancelled_and_released_after_the_grace() -> None:
    story = deleted(scale(1), scale(2))
    first = story.run()
    assert ("w-step-1", "w-step-2") == tuple(r.name for r in first.asked(DeleteChild))
    assert () == first.asked(ReleaseChild)
    assert story.now + story.settings.cancel_grace == first.finished.wake_at

    last = story.after(seconds=30).passes[-2]
    assert 2 == len(last.asked(ReleaseChild))
    assert {} == story.world.children()
    assert story.world.get(WORKFLOW_EXECUTIONS, "w") is None


def test_ended_children_are_released_at_once() -> None:
    story = deleted(scale(1))
    story.world.report("w-step-1", done())
    story.go()

    assert {} == story.world.children()
    assert story.world.get(WORKFLOW_EXECUTIONS, "w") is None


def test_nothing_is_launched_or_rolled_back() -> None:
    story = Story(workflow(scale(1), scale(2, 1, criticalStep=True))).go().say(step_1=done())
    story.world.delete(WORKFLOW_EXECUTIONS, "w")
    story.go().after(seconds=31)

    assert [] == [r for p in story.passes[-3:] for r in p.asked(Create)]
    assert story.world.get(WORKFLOW_EXECUTIONS, "w") is None


def test_one_record_says_deleted_and_the_rest_follows_from_status() -> None:
    story = deleted(scale(1), scale(2, 1))
    uid = story.world.get(WORKFLOW_EXECUTIONS, "w")["metadata"]["uid"]
    when = story.now
    story.go().after(seconds=30)

    [record] = story.world.audit.values()
    assert (uid, "deleted", when, 2) == (record.workflow_uid, record.status, record.completed_at, record.total_steps)
    assert ["WorkflowExecutionDeleted"] == [e.reason for e in story.world.events if "elet" in e.message]


def test_a_finished_workflow_keeps_the_record_of_its_end() -> None:
    story = Story(workflow(scale(1))).go().say(step_1=done())
    while story.status.phase == "monitoring":
        story.world.now = story.passes[-1].finished.wake_at
        story.world.audit_available = False
        story.go()
    end = story.status.completion_time
    story.world.audit_available = True
    story.world.delete(WORKFLOW_EXECUTIONS, "w")
    story.after(hours=1)

    [record] = story.world.audit.values()
    assert ("completed", "success", end) == (record.status, record.outcome, record.completed_at)


def test_a_recorded_workflow_is_not_recorded_again() -> None:
    story = Story(workflow(scale(1))).go().say(step_1=done()).stable()
    story.world.delete(WORKFLOW_EXECUTIONS, "w")

    assert () == story.run().asked(Record)
    assert story.world.get(WORKFLOW_EXECUTIONS, "w") is None


def test_a_workflow_that_we_never_touched_is_not_held() -> None:
    body = workflow(scale(1))
    body["metadata"]["finalizers"] = ["somebody/else"]
    story = Story(body)
    story.world.delete(WORKFLOW_EXECUTIONS, "w")

    assert (("Observe.cached",), Finished()) == (story.run().words, story.passes[-1].finished)


def test_children_of_a_workflow_that_was_removed_by_force_are_released() -> None:
    story = Story(workflow(scale(1), scale(2))).go()
    story.world.report("w-step-1", done())
    story.world.delete(WORKFLOW_EXECUTIONS, "w", force=True)
    story.run()
    assert ["w-step-2"] == list(story.world.children())

    story.after(seconds=30)
    assert {} == story.world.children()


def test_children_of_an_earlier_workflow_of_the_same_name_are_not_touched() -> None:
    """Ownership is judged by uid, never by name."""
    story = deleted(scale(1))
    other = {"controller": True, "kind": "WorkflowExecution", "name": "w", "uid": "earlier",
             "apiVersion": WORKFLOW_EXECUTIONS.api_version}
    story.world.add(KUBERNETES_EXECUTIONS, {}, name="w-step-9", ownerReferences=[other],
                    finalizers=[TRACKING_FINALIZER])
    story.go()

    assert {"w-step-1": True, "w-step-9": False} == {
        name: "deletionTimestamp" in child["metadata"] for name, child in story.world.children().items()}


def test_a_request_that_fails_ends_the_pass_and_is_asked_again() -> None:
    for kind in (DeleteChild, ReleaseChild, SetMetadata):
        story = deleted(scale(1))
        story.world.report("w-step-1", done())
        story.fault = lambda request, kind=kind: Failed("unavailable") if isinstance(request, kind) else None
        last = story.run()
        assert (kind, True) == (type(last.requests[-1]), last.finished.backoff)

        story.fault = lambda request: None
        story.go()
        assert story.world.get(WORKFLOW_EXECUTIONS, "w") is None


def test_orphans_that_cannot_be_released_are_asked_for_again() -> None:
    story = Story(workflow(scale(1))).go()
    story.world.delete(WORKFLOW_EXECUTIONS, "w", force=True)
    story.fault = lambda request: Unknown() if isinstance(request, DeleteChild) else None

    assert Finished(backoff=True) == story.run().finished


def test_a_workflow_that_is_gone_already_is_done() -> None:
    story = deleted(scale(1))
    story.world.report("w-step-1", done())
    story.fault = lambda request: Failed("missing") if isinstance(request, SetMetadata) else None

    assert Finished() == story.run().finished


def succeeded() -> Story:
    """A workflow of the name of one that was removed by force, whose child only the cache shows."""
    story = Story(workflow(scale(1))).go()
    story.world.report("w-step-1", done())
    story.world.delete(WORKFLOW_EXECUTIONS, "w", force=True)
    story.world.add(WORKFLOW_EXECUTIONS, workflow(scale(2)))
    left = RawObject(story.world.children()["w-step-1"])

    def as_the_cache_has_it(request: Request) -> Response | None:
        if request != Observe(story.ref, Freshness.CACHED) or "w-step-1" not in story.world.children():
            return None
        seen = story.world.answer(request)
        return evolve(seen, children=(*seen.children, left))
    story.fault = as_the_cache_has_it
    return story


def test_children_that_an_earlier_workflow_of_the_name_left_are_released_before_its_successor_begins() -> None:
    story = succeeded()
    first = story.run()

    assert ["w-step-1"] == [request.name for request in first.asked(ReleaseChild)]
    assert "w-step-1" not in story.world.children()
    assert ["step-2"] == story.go().names()


def test_what_an_earlier_workflow_left_is_asked_for_again_when_a_request_fails() -> None:
    for kind in (DeleteChild, ReleaseChild, Observe):
        story = succeeded()
        cached = story.fault
        story.fault = lambda request, kind=kind, cached=cached: cached(request) or (
            Failed("unavailable") if isinstance(request, kind) else None)

        assert Finished(backoff=True) == story.run().finished
        assert "w-step-2" not in story.world.children()


def test_children_are_let_go_by_name_in_whatever_order_they_are_listed() -> None:
    def asked(listed: Callable[[tuple[Any, ...]], tuple[Any, ...]]) -> list[str]:
        story = deleted(scale(1), scale(2), scale(3))
        story.fault = lambda request: evolve(seen, children=listed(seen.children)) if isinstance(
            request, Observe) and isinstance(seen := story.world.answer(request), Seen) else None
        story.go()
        return [request.name for passed in story.passes for request in passed.asked(DeleteChild)]

    assert ["w-step-1", "w-step-2", "w-step-3"] == asked(lambda children: children[::-1]) == asked(tuple)


def test_a_child_that_our_finalizer_does_not_hold_is_deleted_and_nothing_else() -> None:
    story = Story(workflow(scale(1), scale(2))).go()
    free = [RawObject({**child, "metadata": {**child["metadata"], "finalizers": []}})
            for child in story.world.children().values()]
    requests, wake_at = child_requests(None, [*free, RawObject({"metadata": 7})], story.settings, story.now)

    assert [("DeleteChild", "w-step-1"), ("DeleteChild", "w-step-2")] == [(type(r).__name__, r.name) for r in requests]
    assert wake_at is None
