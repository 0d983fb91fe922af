"""New alerts: which AlertRemediations are blamed on a workflow, and what becomes of it."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfcore.lifecycle.alerts import labels_of, matches
from wfcore.planning.targets import Target
from wfcore.program import Inspect
from wfcore.rawobject import RawObject
from wfcore.resources import ALERT_REMEDIATIONS, NAMESPACES, WORKFLOW_EXECUTIONS
from wfcore.settings import Settings
from wfcore.simulation import operations as op
from wfcore.testing.instances import json_values
from wfcore.testing.world import World

from .stories import Story, done, scale, workflow

WEB = {"alertname": "KubeDeploymentReplicasMismatch", "namespace": "default", "deployment": "web"}
ALERTS = Target("AlertRemediation", "default", "")


def monitored(**spec: Any) -> Story:
    """A workflow that scaled web, and now watches it."""
    return Story(workflow(scale(1), **spec)).go().say(step_1=done())


def alert(story: Story, spec: Any, name: str = "a1", **metadata: Any) -> Story:
    """An alert begins now, and the next sample is taken."""
    story.world.advance(timedelta(seconds=1))
    story.world.add(ALERT_REMEDIATIONS, {"spec": spec}, name=name, **metadata)
    return story.wake()


def test_an_alert_that_names_a_target_fails_the_workflow_and_rolls_nothing_back() -> None:
    story = alert(monitored(), {"originalPayload": json.dumps({"labels": WEB})})
    result = story.status.workflow_result

    assert ("failed", "workflow_triggered_new_alerts") == (story.status.phase, story.status.failure_reason)
    assert ("failed", True) == (result.outcome, result.new_alerts_triggered)
    named = "default/a1 (KubeDeploymentReplicasMismatch) names deployment/default/web"
    assert (named,) == result.new_alerts
    assert f"new alerts since the execution began: {named}" == story.status.failure_message
    assert (["step-1"], None, "healthy") == (story.names(), story.status.rollback, result.resource_health)
    assert (f"look at the alert {named}", "wfctl rollback w -n default: restores what step 1 changed"
            ) == result.recommended_actions
    assert ("True", "WorkflowTriggeredNewAlerts") == story.condition("Failed")


def test_an_alert_is_heeded_although_the_targets_were_healthy_for_the_whole_window() -> None:
    story = monitored()
    story.after(seconds=55)
    story.world.add(ALERT_REMEDIATIONS, {"spec": {"signalLabels": WEB}}, name="late")

    assert "failed" == story.after(seconds=5).status.phase


def test_several_alerts_are_all_named_and_counted() -> None:
    story = monitored()
    for name in ("b", "a"):
        story.world.advance(timedelta(seconds=1))
        story.world.add(ALERT_REMEDIATIONS, {"spec": {"signalLabels": WEB}}, name=name)
    story.wake()

    assert ["default/a", "default/b"] == [a.split(" ")[0] for a in story.status.workflow_result.new_alerts]
    assert story.status.failure_message.endswith("names deployment/default/web and 1 more")


@pytest.mark.parametrize("spec", [
    {"signalLabels": {**WEB, "deployment": "other"}}, {"signalLabels": {**WEB, "namespace": "elsewhere"}},
    {"signalLabels": {"alertname": "Watchdog"}}, {}, "nothing", None, {"originalPayload": "["},
    {"originalPayload": {"status": "resolved", "labels": WEB}},
    {"originalPayload": {"alerts": [{"status": "resolved", "labels": WEB}, 5]}},
])
def test_an_alert_about_something_else_or_nothing_is_not_heeded(spec: Any) -> None:
    story = alert(monitored(), spec)

    assert ("completed", "success") == (story.stable().status.phase, story.status.workflow_result.outcome)


def test_an_alert_from_before_the_execution_or_within_its_second_is_not_blamed_on_it() -> None:
    """The API server keeps whole seconds, so which of the two came first within one is not known."""
    world = World()
    world.add(ALERT_REMEDIATIONS, {"spec": {"signalLabels": WEB}}, name="older")
    story = Story(workflow(scale(1)), world=world).go()
    assert story.status.execution_start_time == world.now
    story.say(step_1=done())

    assert "completed" == story.stable().status.phase


@pytest.mark.parametrize("reference", [{"name": "parent"}, {"name": "parent", "namespace": "default"}])
def test_the_parent_is_no_new_alert(reference: dict) -> None:
    """However late it was created, by name."""
    story = alert(monitored(alertRemediationRef=reference), {"signalLabels": WEB}, "parent")

    assert "completed" == story.stable().status.phase


def test_the_owner_is_no_new_alert() -> None:
    story = monitored()
    owner = {"apiVersion": "kubernaut.io/v1", "kind": "AlertRemediation", "name": "x", "uid": "u"}
    stored = story.world.get(WORKFLOW_EXECUTIONS, "w")
    story.world.perform(op.Update(WORKFLOW_EXECUTIONS, {
        **stored, "metadata": {**stored["metadata"], "ownerReferences": [owner]}}, story.now))
    raw = {"metadata": {"name": "y", "namespace": "default", "uid": "u",
                        "creationTimestamp": "2030-01-01T00:00:00Z"}, "spec": {"labels": WEB}}
    story.world.facts[ALERTS] = (RawObject(raw),)

    assert "completed" == story.stable().status.phase


@pytest.mark.parametrize("body", [
    {}, {"metadata": 5}, {"metadata": {"name": "a"}}, {"metadata": {"name": "a", "creationTimestamp": "yesterday"}},
    {"metadata": {"name": ["a"], "creationTimestamp": "2030-01-01T00:00:00Z"}, "spec": {"labels": WEB}},
])
def test_a_malformed_alert_costs_nothing(body: dict) -> None:
    story = monitored()
    story.world.facts[ALERTS] = (RawObject(body),)

    assert "completed" == story.stable().status.phase


def test_alerts_of_the_targets_namespaces_and_of_its_own_are_watched() -> None:
    world = World()
    world.perform(op.Create(NAMESPACES, {"metadata": {"name": "far"}}, world.now))
    step = scale(1, undo=False)
    step["parameters"]["scaleDeployment"]["namespace"] = "far"
    story = Story(workflow(step), Settings(trusted_namespaces=None), world=world).go().say(step_1=done())
    asked = [request for p in story.passes for request in p.asked(Inspect)][-1]
    assert ["default", "far"] == [t.namespace for t in asked.targets if t.kind == "AlertRemediation"]

    story.world.advance(timedelta(seconds=1))
    labels = {"alertname": "Down", "deployment": "web"}  # without a namespace it is about its own
    world.perform(op.Create(ALERT_REMEDIATIONS, {"metadata": {"name": "a", "namespace": "far"},
                                                 "spec": {"labels": labels}}, world.now))
    assert ("far/a (Down) names deployment/far/web",) == story.wake().status.workflow_result.new_alerts


def test_what_only_touches_objects_that_cannot_be_judged_is_watched_for_alerts_too() -> None:
    config = {"stepNumber": 1, "action": "update-configmap",
              "parameters": {"updateConfigMap": {"name": "c", "dataUpdates": {"a": "b"}}}}
    story = Story(workflow(config)).go().say(step_1=done())

    assert "failed" == alert(story, {"labels": {"configmap": "c", "reason": "Bad"}}).status.phase
    assert ("default/a1 (Bad) names configmap/default/c",) == story.status.workflow_result.new_alerts


def test_a_pod_that_a_selector_chose_is_a_target_and_an_alert_without_a_name_is_called_so() -> None:
    restart = {"stepNumber": 1, "action": "restart-pod", "parameters": {"restartPod": {"selector": "app=web"}}}
    story = Story(workflow(restart)).go().say(step_1=done())
    story.world.facts[Target("Pod", "default", "", "app=web")] = (POD,)

    assert "failed" == alert(story, {"labels": {"pod": "web-7d8f9c4b5-x2x4z"}}).status.phase
    assert ("default/a1 (no alertname) names pod/default/(app=web)",) == story.status.workflow_result.new_alerts


def test_an_alert_is_shown_up_to_a_thousand_bytes_however_long_its_labels_are() -> None:
    shown = alert(monitored(), {"labels": {**WEB, "alertname": "x" * 2000}}).status.workflow_result.new_alerts

    assert [("default/a1 (xxxx", 1000)] == [(text[:16], len(text)) for text in shown]


def test_alerts_that_cannot_be_read_are_said_not_to_be_watched_and_monitoring_goes_on() -> None:
    story = Story(workflow(scale(1)))
    story.world.facts[ALERTS] = None
    story.go().say(step_1=done())
    progress = {c.type: c.message for c in story.status.conditions}["Progressing"]
    assert ("watching whether the targets stay healthy; "
            "new alerts are not watched, the AlertRemediations of default cannot be read") == progress

    story.stable()
    assert ("completed", "success") == (story.status.phase, story.status.workflow_result.outcome)
    assert ("new alerts were not watched: AlertRemediations of default could not be read; look at them yourself",
            ) == story.status.workflow_result.recommended_actions
    assert "not met: no new alert names a target meanwhile" in {
        c.type: c.message for c in story.status.conditions}["Complete"]


def test_alerts_that_become_readable_are_watched_from_the_beginning_of_the_execution() -> None:
    story = Story(workflow(scale(1)))
    story.world.facts[ALERTS] = None
    story.go().say(step_1=done())
    alert(story, {"labels": WEB})
    assert ("monitoring", ("default",)) == (story.status.phase, story.status.unwatched_namespaces)

    del story.world.facts[ALERTS]
    assert ("failed", ()) == (story.wake().status.phase, story.status.unwatched_namespaces)


def test_new_alerts_do_not_compensate_what_a_failure_did() -> None:
    """A step that failed without being critical stays as it is, too."""
    story = Story(workflow(scale(1), scale(2, deployment="api"))).go()
    story.say(step_1=done(), step_2={"phase": "failed", "failureClass": "validation_error"})
    alert(story, {"labels": WEB})

    assert [None, None] == [entry.rollback for entry in story.status.step_statuses]
    assert not [a for a in story.status.workflow_result.recommended_actions if a.startswith("wfctl retry")]


POD = RawObject({"metadata": {"name": "web-7d8f9c4b5-x2x4z", "namespace": "default"}})


@pytest.mark.parametrize(("target", "labels", "named"), [
    (("Deployment", "default", "web"), {"namespace": "default", "deployment": "web"}, True),
    (("Deployment", "default", "web"), {"namespace": "default", "pod": "web-7d8f9c4b5-x2x4z"}, True),
    (("Deployment", "default", "web"), {"namespace": "default", "pod": "web-api-7d8f9c4b5-x2x4z"}, False),
    (("Deployment", "default", "web"), {"namespace": "default", "pod": "webs"}, False),
    (("Deployment", "default", "web"), {"workload": "web", "workload_type": "Deployment"}, True),
    (("Deployment", "default", "web"), {"workload": "web", "workload_type": "statefulset"}, False),
    (("Deployment", "default", "web"), {"workload": "web"}, True),
    (("Pod", "default", "web-0"), {"pod": "web-0"}, True),
    (("Pod", "default", "web-0"), {"pod": "web-0", "namespace": "far"}, False),
    (("Pod", "default", "", "app=web"), {"pod": "web-7d8f9c4b5-x2x4z"}, True),
    (("Pod", "default", "", "app=web"), {"pod": "web-0"}, False),
    (("Pod", "default", "", "app=web"), {"app": "web"}, False),
    (("Node", "", "n1"), {"node": "n1", "namespace": "monitoring"}, True),
    (("Node", "", "n1"), {"instance": "n1:9100"}, True), (("Node", "", "n1"), {"instance": "n10:9100"}, False),
    (("Node", "", "n1"), {"instance": "n1:metrics:9100"}, False),
    (("Secret", "default", "s"), {"secret": "s"}, True), (("Lease", "default", "s"), {"lease": "s"}, False),
])
def test_labels_name_a_target_by_its_kind_its_namespace_and_its_pods(
        target: tuple, labels: dict, named: bool) -> None:
    assert named is matches(Target(*target), labels, "default", (POD, RawObject({"metadata": 7})))


def test_an_alert_without_a_namespace_is_about_its_own() -> None:
    web = Target("Deployment", "default", "web")

    assert matches(web, {"deployment": "web"}, "default", ())
    assert not matches(web, {"deployment": "web"}, "far", ())


@pytest.mark.parametrize("payload", [
    {"labels": WEB}, {"commonLabels": WEB}, {"alerts": [{"status": "firing", "labels": WEB}]},
    {"involvedObject": {"kind": "Deployment", "namespace": "default", "name": "web"}, "reason": "FailedCreate"},
    {"regarding": {"kind": "Deployment", "namespace": "default", "name": "web"}},
])
def test_a_payload_is_read_as_an_object_as_json_and_as_base64(payload: dict) -> None:
    text = json.dumps(payload)
    for value in (payload, text, base64.b64encode(text.encode()).decode()):
        assert any(matches(Target("Deployment", "default", "web"), labels, "x", ())
                   for labels in labels_of({"spec": {"originalPayload": value}}))


def payload_of(size: int) -> str:
    return json.dumps({"labels": WEB}).ljust(size)


def test_a_payload_is_read_up_to_half_a_mebibyte_and_no_deeper_than_it_can_be() -> None:
    assert (WEB,) == labels_of({"spec": {"originalPayload": payload_of(512 * 1024)}})
    assert () == labels_of({"spec": {"originalPayload": payload_of(512 * 1024 + 1)}})
    assert () == labels_of({"spec": {"originalPayload": "[" * 100_000}})


def test_what_is_not_base64_is_not_made_to_be_by_leaving_characters_out() -> None:
    text = base64.b64encode(json.dumps({"labels": WEB}).encode()).decode()

    assert () == labels_of({"spec": {"originalPayload": f"{text[:8]}!{text[8:]}"}})


def test_an_event_says_what_it_is_about_where_and_why() -> None:
    event = {"involvedObject": {"kind": "Deployment", "namespace": "far", "name": "web"}, "reason": "FailedCreate"}

    assert ({"deployment": "web", "namespace": "far", "reason": "FailedCreate"},) == labels_of(
        {"spec": {"originalPayload": event}})


@pytest.mark.parametrize("kind", ["Job", "", None, 5, ["Deployment"], {"kind": "Deployment"}])
def test_an_event_about_what_no_step_changes_or_about_no_kind_at_all_says_nothing(kind: Any) -> None:
    event = {"involvedObject": {"kind": kind, "namespace": "default", "name": "web"}, "reason": "FailedCreate"}

    assert () == labels_of({"spec": {"originalPayload": event}})


@given(json_values() | st.builds(lambda p: {"spec": {"originalPayload": p}}, json_values() | st.text()))
def test_no_alert_whatever_it_is_makes_reading_it_raise(value: Any) -> None:
    for labels in labels_of(value):
        assert isinstance(matches(Target("Node", "", "n"), labels, "", ()), bool)
