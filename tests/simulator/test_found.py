"""Defects that the simulator found, each as the shortest story that shows it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from wfcore.model.workflow import TRACKING_FINALIZER
from wfcore.program import Create, Freshness, Observe, Ref, Request, Response, Seen, SetMetadata, Unknown
from wfcore.rawobject import RawObject
from wfcore.reconciler import Reconcile
from wfcore.resources import KUBERNETES_EXECUTIONS, WORKFLOW_EXECUTIONS
from wfcore.settings import Settings
from wfcore.simulation import operations as op
from wfcore.testing.driving import Pass, drive
from wfcore.testing.world import World

SETTINGS = Settings()
REF = Ref("default", "w")
BACK = {"action": "scale-to-previous", "parameters": {"scaleToPrevious": {"deployment": "web", "previousReplicas": 7}}}


class Story:
    """One workflow in a world whose cache can be made to lie: `blind` hides workflows, children or nothing."""

    def __init__(self, *steps: Mapping[str, Any]) -> None:
        self.world, self.blind = World(), ""
        self.world.add(WORKFLOW_EXECUTIONS, {"metadata": {"name": "w"}, "spec": {"workflowDefinition": {
            "name": "heal", "steps": list(steps)}}})

    def answer(self, request: Request) -> Response:
        response = self.world.answer(request)
        if isinstance(response, Seen) and isinstance(request, Observe) and request.freshness is Freshness.CACHED:
            if self.blind == "workflow":
                return Seen(None, response.children, response.at)
            if self.blind == "children":
                return Seen(response.workflow, (), response.at)
        return response

    def run(self) -> Pass:
        return drive(Reconcile(REF, SETTINGS), self.answer)

    def go(self, **time: float) -> Story:
        """Let time pass, then run until a pass changes nothing."""
        self.world.advance(timedelta(**time))
        while True:
            before = self.world.state.version
            self.run()
            if before == self.world.state.version:
                return self

    def say(self, child: str, **status: Any) -> Story:
        self.world.report(child, status)
        return self.go(seconds=2)

    def entry(self, number: int) -> Any:
        return next(e for e in self.world.workflow("w").status.step_statuses if e.step_number == number)

    def finalizers(self, child: str) -> tuple[str, ...]:
        found = self.world.state.find(KUBERNETES_EXECUTIONS, "default", child)
        return found.finalizers if found is not None else ()


def step(number: int, **more: Any) -> dict[str, Any]:
    return {"stepNumber": number, "action": "scale-deployment",
            "parameters": {"scaleDeployment": {"deployment": "web", "replicas": 3}}, **more}


DONE = {"phase": "completed", "executionResult": {"success": True}}
BROKEN = {"phase": "failed", "executionResult": {"success": False}, "failureClass": "verification_failed"}


def test_a_workflow_that_the_cache_does_not_show_keeps_its_children() -> None:
    """Seeds 5, 11 and 17 of the first run: an empty list made every child of a running workflow an orphan."""
    story = Story(step(1)).go()
    story.blind = "workflow"

    assert ("cached", "live") == tuple(r.freshness.value for r in story.run().asked(Observe))
    assert (TRACKING_FINALIZER,) == story.finalizers("w-step-1")
    assert "deletionTimestamp" not in story.world.children()["w-step-1"]["metadata"]


def test_a_deletion_looks_for_children_where_they_are() -> None:
    """Seed 216: a cache without the child let the workflow go before it."""
    story = Story(step(1)).go()
    story.blind = "children"
    story.world.delete(WORKFLOW_EXECUTIONS, "w")

    assert () == story.run().asked(SetMetadata)
    assert "deletionTimestamp" in story.world.children()["w-step-1"]["metadata"]


def test_the_grace_of_a_cancel_begins_when_the_child_is_told() -> None:
    """Seed 84: a crash between the recorded cancel and the DELETE took half of the grace away."""
    story = Story(step(1, timeout="10s", maxRetries=1)).go()
    story.say("w-step-1", phase="executing")
    honest = story.world.answer
    story.world.answer = lambda request: Unknown() if type(request).__name__ == "DeleteChild" else honest(request)
    story.go(seconds=10)
    assert story.entry(1).cancelled_at is not None
    story.go(seconds=29)

    story.world.answer = honest
    story.go(seconds=1).go(seconds=25)
    assert (1, None) == (story.entry(1).attempt, story.entry(1).retry_at)
    story.go(seconds=6)
    assert "StepTimeout" == story.entry(1).reason


def test_time_does_not_run_backwards_in_a_compensation() -> None:
    """Seed 253: a clock that was set back ended a compensation before it had begun."""
    story = Story(step(1, rollbackSpec=BACK), step(2, dependsOn=[1], rollbackSpec=BACK),
                  step(3, dependsOn=[2], criticalStep=True)).go()
    story.say("w-step-1", **DONE).say("w-step-2", **DONE).say("w-step-3", **BROKEN).go(seconds=60)
    story.say("w-rollback-2", **DONE)
    assert "executing" == story.entry(1).rollback.status

    story.world.advance(timedelta(hours=-1))
    story.say("w-rollback-1", **DONE)

    assert story.entry(1).rollback.start_time <= story.entry(1).rollback.end_time


def test_values_to_restore_are_not_taken_from_a_cache_that_hides_what_was_captured() -> None:
    """Seed 31: an empty list made the spec's values win over those that the executor had captured."""
    story = Story(step(1, rollbackSpec=BACK), step(2, dependsOn=[1], criticalStep=True)).go()
    captured = {"captured": True, "mutated": "yes",
                "parameters": {"scaleToPrevious": {"deployment": "web", "previousReplicas": 3}}}
    story.say("w-step-1", **DONE, rollbackInformation=captured)
    story.world.report("w-step-2", BROKEN)
    honest = story.answer

    def hides(request: Request) -> Response:
        response = honest(request)
        if isinstance(response, Seen) and isinstance(request, Observe) and request.freshness is Freshness.CACHED:
            kept = tuple(c for c in response.children if c.metadata().name != "w-step-1")
            return Seen(response.workflow, kept, response.at)
        return response

    story.answer = hides
    story.go(seconds=2)

    restored = story.world.children()["w-rollback-1"]["spec"]["rollbackParameters"]
    assert 3 == restored["scaleToPrevious"]["previousReplicas"]


@pytest.mark.parametrize("reported", [False, True])
def test_a_child_whose_spec_was_edited_is_cancelled_before_anything_else_begins(reported: bool) -> None:
    """Its executor may be acting on what was intended; only its word or the end of its grace says that it is not."""
    story = Story(step(1, rollbackSpec=BACK, criticalStep=True)).go()
    story.say("w-step-1", phase="executing")
    stored = story.world.get(KUBERNETES_EXECUTIONS, "w-step-1")
    story.world.perform(op.Update(KUBERNETES_EXECUTIONS, {**stored, "spec": {**stored["spec"], "attempt": 9}},
                                  story.world.now))
    story.go()
    assert "deletionTimestamp" in story.world.children()["w-step-1"]["metadata"]
    assert "executing" == story.world.workflow("w").status.phase

    if reported:
        story.say("w-step-1", **BROKEN)
    else:
        story.go(seconds=31)
    assert ("failed", "ChildSpecMismatch") == (story.entry(1).status, story.entry(1).reason)


def test_children_of_an_earlier_workflow_of_the_name_are_released() -> None:
    """Seed 3011 with everything ending: a new workflow of the name kept everybody from looking after them."""
    story = Story(step(1)).go()
    story.say("w-step-1", **DONE)
    orphan = story.world.children()["w-step-1"]
    story.world.delete(WORKFLOW_EXECUTIONS, "w", force=True)
    story.world.add(WORKFLOW_EXECUTIONS, {"metadata": {"name": "w"}, "spec": {"workflowDefinition": {
        "name": "heal", "steps": [step(2)]}}})
    honest = story.world.answer

    def as_the_cache_has_it(request: Request) -> Response:
        response = honest(request)
        cached = isinstance(request, Observe) and request.freshness is Freshness.CACHED
        left = story.world.get(KUBERNETES_EXECUTIONS, "w-step-1")
        if cached and isinstance(response, Seen) and left is not None:
            return Seen(response.workflow, (*response.children, RawObject(left)), response.at)
        return response

    story.world.answer = as_the_cache_has_it
    story.go()

    assert (TRACKING_FINALIZER,) == tuple(orphan["metadata"]["finalizers"])
    assert () == story.finalizers("w-step-1")
    assert (TRACKING_FINALIZER,) == story.finalizers("w-step-2")


@pytest.mark.parametrize("kind", ["step", "rollback"])
def test_an_attempt_given_up_as_never_created_goes_on_when_its_child_is_there_after_all(kind: str) -> None:
    """Seed 5431: a request that was under way for as long as the attempt may take; two attempts ran at once."""
    story = Story(step(1, rollbackSpec=BACK, maxRetries=2), step(2, dependsOn=[1], criticalStep=True))
    if kind == "rollback":
        story.go().say("w-step-1", **DONE).world.report("w-step-2", BROKEN)
    honest, posted = story.world.answer, []

    def loses_creations(request: Request) -> Response:
        if isinstance(request, Create) and request.children[0].value["metadata"]["name"] == f"w-{kind}-1":
            posted.append(request)
            return Unknown()
        return honest(request)

    story.world.answer = loses_creations
    story.go(seconds=2).go(minutes=5)
    part = story.entry(1) if kind == "step" else story.entry(1).rollback
    assert part.retry_at is not None
    story.world.answer = honest
    honest(posted[0])
    story.go(minutes=1)

    part = story.entry(1) if kind == "step" else story.entry(1).rollback
    assert (1, None, "executing") == (part.attempt, part.retry_at, part.status)
    assert f"w-{kind}-1-r1" not in story.world.children()
    story.say(f"w-{kind}-1", **DONE)
    assert story.entry(1).status == ("completed" if kind == "step" else "rolled_back")


@pytest.mark.parametrize("phase", ["", "planning", "validating", "executing", "monitoring", "rolling_back"])
def test_a_workflow_without_a_definition_fails_whatever_its_status_claims(phase: str) -> None:
    """Seed 21190: a spec that says nothing, and a status that says it was planned."""
    world = World()
    world.add(WORKFLOW_EXECUTIONS, {"metadata": {"name": "w"}, "spec": []})
    stored = world.get(WORKFLOW_EXECUTIONS, "w")
    world.perform(op.UpdateStatus(WORKFLOW_EXECUTIONS, {**stored, "status": {"phase": phase}}, world.now))

    for _ in range(5):
        drive(Reconcile(REF, SETTINGS), world.answer)

    assert ("failed", "planning_error") == (world.workflow("w").status.phase, world.workflow("w").status.failure_reason)
