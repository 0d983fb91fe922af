"""Each CEL rule compiles, bites where it should and nowhere else."""

from __future__ import annotations

import cel
import pytest

from wfcore.model.actions import PARAMETERS_OF
from wfcore.model.compensations import ROLLBACK_PARAMETERS_OF

from .judge import nodes, schemas
from .samples import PARAMETERS, ROLLBACKS, execution, rollback, step, workflow

RULES = [(kind, path, entry) for kind, schema in schemas().items() for path, node in nodes(schema)
         for entry in node.get("x-kubernetes-validations", ())]

SOURCE = {"name": "old", "uid": "u-0"}
SECRET = {"name": "keys"}
STEP = "spec.workflowDefinition.steps[0]"


def with_parameters(action, parameters):
    return workflow({"stepNumber": 1, "action": action, "parameters": parameters})


def with_rollback(action, parameters):
    return workflow(step(1, "scale-deployment", rollbackSpec={"action": action, "parameters": parameters}))


def compensating(**spec):
    return execution(kind="rollback", **{"rollbackAction": "scale-to-previous", "parameters": None,
                                         "rollbackParameters": {"scaleToPrevious": {"deployment": "web"}}, **spec})


def changed(field, value, before=None):
    """An update of one field of spec: the new object and the old one."""
    return workflow(**{field: value}), workflow(**({} if before is None else {field: before}))


UNION = "exactly one of scaleDeployment"
UNDO_UNION = "exactly one of restorePreviousDeployment"
SCALE = {"scaleDeployment": {"deployment": "web", "replicas": 1}}
CORDON = {"cordonNode": {"nodeName": "n"}}

# What is accepted, what is refused although it differs only in what the rule looks at, and what is said.
CREATED = [
    (workflow(), workflow(workflowDefinition=None), "workflowDefinition is required unless rollbackOf or retryOf"),
    (workflow(workflowDefinition=None, rollbackOf=SOURCE),
     workflow(workflowDefinition=None, rollbackOf=SOURCE, retryOf=SOURCE), "rollbackOf and retryOf exclude each other"),
    (workflow({"stepNumber": 1, "action": "check-pod-health"}), workflow({"stepNumber": 1, "action": "cordon-node"}),
     "parameters is required for every action but check-pod-health"),
    (with_parameters("cordon-node", CORDON), with_parameters("uncordon-node", CORDON),
     "action uncordon-node needs parameters.uncordonNode"),
    (with_parameters("scale-deployment", SCALE), with_parameters("scale-deployment", {**SCALE, **CORDON}), UNION),
    (with_parameters("scale-deployment", SCALE), with_parameters("scale-deployment", {}), UNION),
    (with_rollback("uncordon-node", {"uncordonNode": {"nodeName": "n"}}), with_rollback("uncordon-node", {}),
     UNDO_UNION),
    (with_rollback("scale-to-previous", {"scaleToPrevious": {"deployment": "web"}}),
     with_rollback("uncordon-node", {"scaleToPrevious": {"deployment": "web"}}),
     "action uncordon-node needs parameters.uncordonNode"),
    (with_parameters("restart-pod", {"restartPod": {"podName": "p", "selector": ""}}),
     with_parameters("restart-pod", {"restartPod": {"podName": "p", "selector": "app=web"}}), "and not both"),
    (with_parameters("restart-pod", {"restartPod": {"selector": "app=web"}}),
     with_parameters("restart-pod", {"restartPod": {"podName": ""}}), "set podName for one pod or selector"),
    (with_parameters("update-secret", {"updateSecret": {**SECRET, "dataUpdates": {"a": "eA=="}}}),
     with_parameters("update-secret", {"updateSecret": {**SECRET, "dataUpdates": {}, "updates": []}}),
     "at least one key in updates or dataUpdates"),
    (with_parameters("update-configmap", {"updateConfigMap": {"name": "c", "dataUpdates": {"k" * 253: "v"}}}),
     with_parameters("update-configmap", {"updateConfigMap": {"name": "c", "dataUpdates": {"k" * 254: "v"}}}),
     "keys must have 1 to 253 characters"),
    (with_parameters("custom", {"custom": {"actionType": "a", "config": {"k": ""}}}),
     with_parameters("custom", {"custom": {"actionType": "a", "config": {"": ""}}}),
     "keys must have 1 to 253 characters"),
    (workflow(executionStrategy={"workflowTimeout": "24h"}), workflow(executionStrategy={"workflowTimeout": "24h1s"}),
     "must be a duration from 1s to 24h"),
    (workflow(step(1, "scale-deployment", timeout="1000ms")), workflow(step(1, "scale-deployment", timeout="999ms")),
     "must be a duration from 1s to 24h"),
    (workflow(step(1, "scale-deployment", timeout="1.5h")),
     workflow(step(1, "scale-deployment", timeout="99999999999999h")), "must be a duration from 1s to 24h"),
    (compensating(), compensating(rollbackParameters=None), "are required for kind rollback"),
    (execution(), execution(rollbackAction="custom"), "are only allowed for kind rollback"),
    (execution(), execution(rollbackParameters={"custom": {"actionType": "a"}}), "are only allowed for kind rollback"),
    (execution(action="check-pod-health", parameters=None), execution(parameters=None),
     "parameters is required for every action but check-pod-health"),
    (execution(), execution(action="drain-node"), "action drain-node needs parameters.drainNode"),
    (compensating(), compensating(rollbackAction="custom"), "rollbackAction custom needs rollbackParameters.custom"),
]

UPDATED = [
    (changed("suspend", True), changed("alertRemediationRef", {"name": "ar"}),
     "can't be added or removed after creation"),
    (changed("stop", "Graceful"), (workflow(step(2, "scale-deployment")), workflow()),
     "spec.workflowDefinition: Forbidden: can't be changed after creation"),
    (changed("executionStrategy", {"mode": "Execute"}), changed("executionStrategy", {"mode": "Plan"}),
     "spec.executionStrategy: Forbidden: can't be changed after creation"),
    (changed("adaptiveOrchestration", {"learningFromHistory": False}),
     changed("adaptiveOrchestration", {"learningFromHistory": True}),
     "spec.adaptiveOrchestration: Forbidden: can't be changed after creation"),
    (changed("rollbackOf", SOURCE, SOURCE), changed("rollbackOf", {**SOURCE, "steps": [1]}, SOURCE),
     "spec.rollbackOf: Forbidden: can't be changed after creation"),
    (changed("retryOf", SOURCE, SOURCE), changed("retryOf", None, SOURCE),
     "can't be added or removed after creation"),
    (changed("ttlSecondsAfterFinished", 60, 60), changed("ttlSecondsAfterFinished", 61, 60),
     "spec.ttlSecondsAfterFinished: Forbidden: can't be changed after creation"),
    (changed("stop", "Rollback", "Graceful"), changed("stop", "Graceful", "Rollback"), "stop only goes forwards"),
    (changed("stop", "Rollback"), changed("stop", "", "Graceful"), "stop only goes forwards"),
    (changed("stop", "Graceful", "Graceful"), changed("stop", None, "Graceful"), "stop only goes forwards"),
    ((execution(), execution()), (execution(attempt=2), execution()), "spec can't be changed after creation"),
]


def message_only(case):
    return case if isinstance(case, str) else ""


def test_every_rule_compiles():
    for _, _, entry in RULES:
        assert cel.compile(entry["rule"]) is not None
        assert cel.compile(entry.get("messageExpression", "''")) is not None


def test_every_rule_speaks_in_one_sentence_and_gives_a_reason():
    for _, path, entry in RULES:
        assert "\n" not in entry["message"]
        assert 10 < len(entry["message"]) < 300, path
        assert entry["reason"] in {"FieldValueInvalid", "FieldValueRequired", "FieldValueForbidden"}


def test_every_rule_blames_a_field_that_exists():
    for kind, path, entry in RULES:
        assert path + entry.get("fieldPath", "") in dict(nodes(schemas()[kind]))


def test_every_rule_is_shown_to_bite(server):
    """The tables below hold a case for each kind of rule."""
    said = [text for _, refused, _ in CREATED for text in server.refusals(refused)]
    said += [text for _, refused, _ in UPDATED for text in server.refusals(*refused)]
    fixed = {entry["message"] for _, _, entry in RULES if "messageExpression" not in entry}

    assert set() == {message for message in fixed if not any(message in text for text in said)}


def test_every_field_of_a_workflow_but_suspend_and_stop_is_compared_with_its_old_value():
    spec = schemas()["WorkflowExecution"]["properties"]["spec"]["properties"]
    unchanged = {name for name, node in spec.items()
                 if "self == oldSelf" in [entry["rule"] for entry in node.get("x-kubernetes-validations", ())]}

    assert {"suspend", "stop"} == spec.keys() - unchanged


@pytest.mark.parametrize(("accepted", "refused", "message"), CREATED, ids=message_only)
def test_a_create_is_refused_only_where_the_rule_says(server, accepted, refused, message):
    assert [] == server.refusals(accepted)
    assert any(message in refusal for refusal in server.refusals(refused))


@pytest.mark.parametrize(("accepted", "refused", "message"), UPDATED, ids=message_only)
def test_an_update_is_refused_only_where_the_rule_says(server, accepted, refused, message):
    assert [] == server.refusals(*accepted)
    assert any(message in refusal for refusal in server.refusals(*refused))


@pytest.mark.parametrize("action", [str(action) for action in PARAMETERS_OF])
def test_each_action_takes_its_own_member_and_no_other(server, action):
    own, member = step(1, action), PARAMETERS[action][0]
    foreign = step(1, next(other for other in PARAMETERS if other != action))

    assert [] == server.refusals(workflow(own))
    assert [f'{STEP}.parameters: Invalid value: action {action} needs parameters.{member}'] == (
        server.refusals(workflow({**foreign, "action": action})))


@pytest.mark.parametrize("action", [str(action) for action in ROLLBACK_PARAMETERS_OF])
def test_each_compensation_takes_its_own_member_and_no_other(server, action):
    own, member = rollback(action), ROLLBACKS[action][0]
    foreign = rollback(next(other for other in ROLLBACKS if other != action))

    assert [] == server.refusals(workflow(step(1, "scale-deployment", rollbackSpec=own)))
    assert [] == server.refusals(compensating(rollbackAction=action, rollbackParameters=own["parameters"]))
    assert [f'{STEP}.rollbackSpec.parameters: Invalid value: action {action} needs parameters.{member}'] == (
        server.refusals(with_rollback(action, foreign["parameters"])))


def test_a_compensation_may_leave_its_values_to_the_capture(server):
    assert [] == server.refusals(workflow(step(1, "scale-deployment", rollbackSpec={"action": "scale-to-previous"})))


def test_stop_goes_forwards_from_any_value(server):
    allowed = {(old, new) for old in ("", "Graceful", "Rollback") for new in ("", "Graceful", "Rollback")
               if [] == server.refusals(workflow(stop=new), workflow(stop=old))}

    assert {("", ""), ("", "Graceful"), ("", "Rollback"), ("Graceful", "Graceful"), ("Graceful", "Rollback"),
            ("Rollback", "Rollback")} == allowed
