"""Monitoring: what counts as stable, and what is said when it cannot be known."""

from __future__ import annotations

from datetime import timedelta

import pytest

from wfcore.lifecycle.phase_monitoring import is_healthy
from wfcore.planning.targets import Target
from wfcore.program import Failed, Inspect
from wfcore.rawobject import RawObject
from wfcore.testing.world import HEALTHY_DEPLOYMENT, READY

from .stories import Story, done, scale, workflow

WEB, API = Target("Deployment", "default", "web"), Target("Deployment", "default", "api")
SICK = (RawObject({**HEALTHY_DEPLOYMENT, "status": {"observedGeneration": 1}}),)
WELL = (RawObject(HEALTHY_DEPLOYMENT),)


def monitored(facts: object = WELL) -> Story:
    """A story whose two steps succeeded; both targets look like this."""
    story = Story(workflow(scale(1), scale(2, deployment="api")))
    story.world.facts = {WEB: facts, API: facts}
    return story.go().say(step_1=done(), step_2=done())


def verdict(story: Story) -> tuple:
    result = story.status.workflow_result
    return story.status.phase, result.outcome, result.resource_health, story.status.failure_reason


def test_targets_that_stay_healthy_for_the_window_mean_success() -> None:
    story = monitored().stable()

    assert ("completed", "success", "healthy", "") == verdict(story)
    assert timedelta(seconds=60) == story.status.completion_time - story.status.stable_since
    assert 7 == story.status.sampled


def test_the_targets_are_sampled_every_ten_seconds() -> None:
    story, times = monitored(SICK), []
    for _ in range(4):
        times.append(story.passes[-1].finished.wake_at - story.status.monitoring_start_time)
        story.wake()

    assert [timedelta(seconds=s) for s in (10, 20, 30, 40)] == times


def test_only_a_change_of_the_verdict_is_written() -> None:
    story = monitored()
    written = len(story.world.commits)
    for _ in range(5):
        story.wake()

    assert written == len(story.world.commits)


def test_an_unhealthy_moment_begins_the_window_anew() -> None:
    story = monitored().after(seconds=50)
    story.world.facts[WEB] = SICK
    story.wake()
    story.world.facts[WEB] = WELL
    story.stable()

    assert ("completed", "success", "healthy", "") == verdict(story)
    assert timedelta(seconds=130) == story.status.completion_time - story.status.monitoring_start_time


def test_targets_that_never_become_stable_mean_unknown() -> None:
    story = monitored(SICK)
    story.world.facts[API] = WELL
    story.stable()

    assert ("completed", "unknown", "degraded", "monitoring_timeout_cannot_verify_success") == verdict(story)
    assert timedelta(minutes=10) == story.status.completion_time - story.status.monitoring_start_time
    assert "the targets were not stable within 10m after the last step" == story.status.failure_message
    assert ("True", "MonitoringTimeoutCannotVerifySuccess") == story.condition("Finished")


@pytest.mark.parametrize("facts", [(), SICK])
def test_absent_or_unhealthy_targets_are_unhealthy(facts: tuple) -> None:
    assert "unhealthy" == monitored(facts).stable().status.workflow_result.resource_health


def test_targets_that_were_never_seen_mean_unknown() -> None:
    story = monitored(None).stable()

    assert ("completed", "unknown", "unknown", "monitoring_timeout_cannot_verify_success") == verdict(story)
    assert 0 == story.status.sampled
    assert "the targets could not be read within 10m after the last step" == story.status.failure_message


def test_an_inspection_that_fails_tells_nothing() -> None:
    story = Story(workflow(scale(1))).go()
    story.fault = lambda request: Failed("unavailable") if isinstance(request, Inspect) else None
    story.say(step_1=done()).stable()

    assert "unknown" == story.status.workflow_result.outcome


def test_what_is_unreadable_at_the_end_of_the_window_is_not_called_healthy() -> None:
    story = monitored().after(seconds=55)
    story.world.facts[WEB] = None
    story.after(seconds=20)
    assert "monitoring" == story.status.phase

    story.world.facts[WEB] = WELL
    assert ("completed", "success", "healthy", "") == verdict(story.wake().stable())


def test_only_targets_of_steps_that_succeeded_are_judged() -> None:
    story = Story(workflow(scale(1), scale(2, deployment="api")))
    story.world.facts = {WEB: WELL, API: SICK}
    story.go().say(step_1=done(), step_2={"phase": "failed", "failureClass": "validation_error"}).stable()

    assert ("completed", "partial_success", "healthy", "") == verdict(story)
    assert "look at step 2 (scale-deployment): failed" in story.status.workflow_result.recommended_actions[0]


def test_a_target_of_which_a_part_serves_is_degraded() -> None:
    partly = (RawObject({"spec": {"replicas": 2}, "status": {"updatedReplicas": 2, "availableReplicas": 1}}),)

    assert "degraded" == monitored(partly).stable().status.workflow_result.resource_health


def test_a_pod_chosen_by_its_name_is_not_judged_because_its_successor_has_another() -> None:
    step = {"stepNumber": 1, "action": "restart-pod", "parameters": {"restartPod": {"podName": "web-0"}}}
    story = Story(workflow(step))
    story.world.facts[Target("Pod", "default", "web-0")] = ()
    story.go().say(step_1=done()).stable()

    assert ("completed", "success", "healthy", "") == verdict(story)
    assert {"AlertRemediation"} == {t.kind for p in story.passes for r in p.asked(Inspect) for t in r.targets}


def test_pods_chosen_by_a_selector_are_degraded_when_some_are_ready() -> None:
    step = {"stepNumber": 1, "action": "restart-pod", "parameters": {"restartPod": {"selector": "app=web"}}}
    story = Story(workflow(step))
    story.world.facts[Target("Pod", "default", "", "app=web")] = (RawObject(READY), RawObject({}))

    assert ("completed", "unknown", "degraded") == verdict(story.go().say(step_1=done()).stable())[:3]

def test_steps_without_a_target_that_can_be_judged_are_true_of_every_sample() -> None:
    config = {"stepNumber": 1, "action": "update-configmap",
              "parameters": {"updateConfigMap": {"name": "c", "dataUpdates": {"a": "b"}}}}
    story = Story(workflow(config)).go().say(step_1=done()).stable()

    assert ("completed", "success", "healthy", "") == verdict(story)


@pytest.mark.parametrize(("kind", "value", "healthy"), [
    ("Deployment", HEALTHY_DEPLOYMENT, True),
    ("Deployment", {**HEALTHY_DEPLOYMENT, "metadata": {"generation": 2}}, False),
    ("Deployment", {"spec": {"replicas": 0}}, True),
    ("Deployment", {"spec": {"replicas": 2}, "status": {"updatedReplicas": 2, "availableReplicas": 1}}, False),
    ("Deployment", {"spec": {"replicas": 2}, "status": {"updatedReplicas": 1, "availableReplicas": 2}}, False),
    ("Deployment", {}, False), ("Deployment", {"spec": [], "status": "fine"}, False),
    ("Deployment", {"spec": {"replicas": "1"}, "status": {"updatedReplicas": "1", "availableReplicas": 1}}, False),
    ("Deployment", {"spec": {"replicas": None}}, False),
    ("Node", READY, True), ("Pod", READY, True), ("Node", {"status": {"conditions": "Ready"}}, False),
    ("Node", {"status": {"conditions": ["Ready", {"type": "Ready", "status": "Unknown"}]}}, False),
    ("Node", {}, False),
])
def test_an_object_is_healthy_when_it_is_as_its_controller_wants_it(kind: str, value: dict, healthy: bool) -> None:
    assert healthy is is_healthy(Target(kind, "default", "x"), RawObject(value))
