"""Deletion in every phase, however asked for: the object goes within a minute, its children with it, recorded once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest

from wfcore.program import Create, Surroundings
from wfcore.resources import KUBERNETES_EXECUTIONS, WORKFLOW_EXECUTIONS
from wfcore.settings import Settings
from wfcore.simulation import operations as op
from wfcore.simulation.operations import Propagation

from .stories import Story, broken, done, scale, workflow
from .test_control import ask
from .test_malformed import WRONG, edited

MINUTE = timedelta(minutes=1)


def two(**spec: object) -> Story:
    return Story(workflow(scale(1), scale(2, 1, criticalStep=True), **spec))


def frozen(story: Story) -> Story:
    story.world.surroundings = Surroundings(frozen=True)
    return story.go()


def stopped_at(phase: str) -> Story:
    """The controller died right after the commit that entered this phase."""
    story = two()

    def fault(request: object) -> None:
        if story.world.commits and story.world.commits[-1].phase == phase:
            raise TimeoutError

    story.fault = fault
    with pytest.raises(TimeoutError):
        story.go()
    story.fault = lambda request: None
    return story


def rolling_back() -> Story:
    return two().go().say(step_1=done()).say(step_2=broken(mutated="yes"))


SITUATIONS: Mapping[str, Callable[[], Story]] = {
    "adopted": lambda: stopped_at("planning"),
    "validating": lambda: stopped_at("validating"),
    "dry run": lambda: two(strategy={"dryRunFirst": True}).go(),
    "suspended": lambda: ask(two(suspend=True), suspend=True),
    "frozen": lambda: frozen(two().go()),
    "executing": lambda: two().go(),
    "waiting to retry": lambda: two().go().say(step_1=broken("rate_limited")),
    "monitoring": lambda: two().go().say(step_1=done()).say(step_2=done()),
    "rolling back": rolling_back,
    "rolling back, frozen": lambda: frozen(rolling_back()),
    "completed": lambda: two().go().say(step_1=done()).say(step_2=done()).stable(),
    "failed": lambda: rolling_back().say(rollback_2=done()).say(rollback_1=done()),
    "plan only": lambda: two(strategy={"mode": "Plan"}).go(),
    "observed": lambda: Story(workflow(scale(1)), Settings(observe_only=True)).go(),
    "malformed": lambda: Story(WRONG).go(),
    "of a newer version": lambda: edited(two().go(), phase="negotiating"),
    "status unreadable": lambda: edited(two().go(), currentStep="two"),
}


def delete(story: Story, propagation: Propagation) -> None:
    story.world.perform(op.Delete(WORKFLOW_EXECUTIONS, "default", "w", story.now, propagation=propagation))


@pytest.mark.parametrize("propagation", list(Propagation))
@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_deleted_workflow_goes_within_a_minute_with_its_children_and_one_record(
        situation: str, propagation: Propagation) -> None:
    story = SITUATIONS[situation]()
    begun, before = story.now, len(story.passes)
    delete(story, propagation)
    for _ in range(30):
        story.run()
        story.world.perform(op.CollectGarbage(story.now))
        story.go()
        if story.world.get(WORKFLOW_EXECUTIONS, "w") is None and not story.world.children():
            break
        wake_at = story.passes[-1].finished.wake_at
        story.world.now = max(story.now, wake_at or story.now + timedelta(seconds=1))

    assert (None, {}) == (story.world.get(WORKFLOW_EXECUTIONS, "w"), story.world.children())
    assert story.now - begun <= MINUTE
    assert 1 == len(story.world.audit)
    assert [] == [request for p in story.passes[before:] for request in p.asked(Create)]
    assert 1 == len([e for e in story.world.events if e.reason == "WorkflowExecutionDeleted"])


def test_a_workflow_that_was_never_adopted_is_not_held() -> None:
    story = two()
    story.world.delete(WORKFLOW_EXECUTIONS, "w")

    assert None is story.world.get(WORKFLOW_EXECUTIONS, "w")
    assert () == story.run().asked(Create)


def test_children_that_others_own_survive_the_deletion() -> None:
    story = two().go()
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "c", "uid": "c", "controller": True}
    story.world.add(KUBERNETES_EXECUTIONS, {}, name="w-step-9", ownerReferences=[owner])
    delete(story, Propagation.BACKGROUND)
    story.go().after(seconds=31)

    assert ["w-step-9"] == list(story.world.children())
