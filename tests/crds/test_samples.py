"""What the codec reads the API server accepts; what the codec refuses it refuses too, at the same place."""

from __future__ import annotations

import copy

import pytest

from wfcore.codec import Malformed, decode, decode_execution, decode_workflow, encode
from wfcore.model.execution import KubernetesExecutionStatus
from wfcore.model.status import WorkflowExecutionStatus
from wfcore.model.workflow import WorkflowExecution

from .samples import PARAMETERS, ROLLBACKS, execution, rollback, step, workflow

FULL = workflow(
    *(step(number, action, name=f"{action}-{number}", timeout="2m", maxRetries=0, criticalStep=True,
           rollbackSpec=rollback(undo, timeout="1m"))
      for number, (action, undo) in enumerate(zip(PARAMETERS, list(ROLLBACKS) * 3, strict=False), start=1)),
    alertRemediationRef={"apiVersion": "kubernaut.io/v1", "kind": "AlertRemediation", "name": "ar-1", "uid": "u"},
    executionStrategy={"approvalRequired": True, "dryRunFirst": True, "rollbackStrategy": "manual", "maxRetries": 3,
                       "safetyChecks": [{"type": "rbac", "required": True}], "mode": "Plan", "maxParallelSteps": 2,
                       "approvalTimeout": "30m", "workflowTimeout": "2h"},
    adaptiveOrchestration={"optimizationEnabled": True, "learningFromHistory": True, "dynamicStepAdjustment": True},
    suspend=True, stop="Graceful", retryOf={"name": "old", "uid": "u-0", "steps": [1, 2]}, ttlSecondsAfterFinished=0,
)
FULL["spec"]["workflowDefinition"] |= {
    "version": "v1", "dependencies": {"restart-deployment-2": ["scale-deployment-1"]},
    "aiRecommendations": {
        "overallConfidence": 0.9, "recommendationSource": "holmesgpt",
        "generatedAt": "2026-01-31T12:00:00.123456789+01:00",
        "estimatedDuration": "5m30s", "stepOptimizations": [
            {"stepNumber": 1, "recommendation": "scale more", "confidence": 1, "impactLevel": "high",
             "parameterChanges": {"suggestedParameters": {"replicas": "5"}, "reason": "load"}}],
        "riskFactors": [{"factor": "load", "severity": "low", "probability": 0}]},
}
DRY_RUN = execution(kind="dryrun", safetyChecks=[{"type": "health"}], planDigest="sha256:" + "a" * 64,
                    healthTargets=[{"kind": "Deployment", "namespace": "shop", "name": "web"}],
                    rollbackSpec={"action": "scale-to-previous"})


def edited(sample, path, value):
    """The sample with one value set (or, for None, removed) at a path."""
    copied = copy.deepcopy(sample)
    *parents, last = path
    place = copied["spec"]
    for key in parents:
        place = place[key]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return copied


ONE = ("workflowDefinition", "steps", 0)
SCALE = (*ONE, "parameters", "scaleDeployment")
CONFIG = ("workflowDefinition", "steps", 5, "parameters", "updateConfigMap")
# One of each way to be wrong: where, and with what.
INVALID: list[tuple[str, tuple, object]] = [
    ("a required field is missing", (*SCALE, "replicas"), None),
    ("a text instead of a number", (*SCALE, "replicas"), "3"),
    ("a number instead of a text", (*SCALE, "deployment"), 3),
    ("a fraction instead of an integer", (*SCALE, "replicas"), 1.5),
    ("a text instead of a switch", ("suspend",), "true"),
    ("a number below its minimum", (*SCALE, "replicas"), -1),
    ("a number above its maximum", (*SCALE, "replicas"), 1001),
    ("a negative revision", (*ONE, "rollbackSpec", "parameters", "restorePreviousDeployment", "revision"), -1),
    ("an unknown word", (*ONE, "action"), "apply-manifest"),
    ("an unknown mode", ("executionStrategy", "mode"), "plan"),
    ("an empty name", (*SCALE, "deployment"), ""),
    ("a name too long", (*SCALE, "deployment"), "a" * 254),
    ("a name in capitals", (*SCALE, "deployment"), "Web"),
    ("a namespace with a dot", (*SCALE, "namespace"), "a.b"),
    ("no steps", ("workflowDefinition", "steps"), []),
    ("too many steps", ("workflowDefinition", "steps"), [step(n, "scale-deployment") for n in range(1, 502)]),
    ("too many safety checks", ("executionStrategy", "safetyChecks"), [{"type": "rbac"}] * 33),
    ("an object instead of a list", ("workflowDefinition", "steps"), {}),
    ("a list instead of an object", ("executionStrategy",), []),
    ("a list entry out of range", (*ONE, "dependsOn"), [0]),
    ("a duration without unit", (*ONE, "timeout"), "5"),
    ("a duration as a number", (*ONE, "timeout"), 300),
    ("a negative duration", (*ONE, "timeout"), "-5m"),
    ("a duration too short", (*ONE, "timeout"), "999ms"),
    ("a duration too long", (*ONE, "timeout"), "25h"),
    ("a time without zone", ("workflowDefinition", "aiRecommendations", "generatedAt"), "2026-01-31T12:00:00"),
    ("a day that does not exist", ("workflowDefinition", "aiRecommendations", "generatedAt"), "2026-02-31T12:00:00Z"),
    ("a share above one", ("workflowDefinition", "aiRecommendations", "overallConfidence"), 1.1),
    ("a map value of another type", ("workflowDefinition", "dependencies"), {"a": "b"}),
    ("too many map entries", ("workflowDefinition", "dependencies"), {f"s{n}": [] for n in range(501)}),
    ("an empty map key", (*CONFIG, "dataUpdates"), {"": "x"}),
    ("a map key too long", (*CONFIG, "dataUpdates"), {"k" * 254: "x"}),
    ("a map value too long", (*CONFIG, "dataUpdates"), {"k": "x" * 32769}),
    ("two members of a union", (*ONE, "parameters", "cordonNode"), {"nodeName": "n"}),
]


@pytest.mark.parametrize("sample", [
    FULL, workflow(), workflow(workflowDefinition=None, rollbackOf={"name": "o", "uid": "u"})])
def test_valid_workflows_are_read_and_accepted(server, sample):
    assert not isinstance(decode_workflow(sample), Malformed)
    assert [] == server.refusals(sample)


@pytest.mark.parametrize("sample", [DRY_RUN, execution()])
def test_valid_executions_are_read_and_accepted(server, sample):
    assert not isinstance(decode_execution(sample), Malformed)
    assert [] == server.refusals(sample)


def test_nothing_the_codec_writes_is_pruned(server):
    """What the model knows and the definition doesn't would be lost silently."""
    decoded = decode_workflow(FULL)
    assert isinstance(decoded, WorkflowExecution)
    written = {**FULL, "spec": encode(decoded.spec)}

    assert written == {key: server.stored(written)[key] for key in written}
    assert [] == server.refusals(written)


def test_what_the_server_fills_in_reads_as_what_was_absent(server):
    """A default in the definition that differs from the model's would change what a workflow means."""
    for sample in (workflow(), FULL):
        assert decode_workflow(sample) == decode_workflow(server.stored(sample))
    for sample in (execution(), DRY_RUN):
        assert decode_execution(sample) == decode_execution(server.stored(sample))


@pytest.mark.parametrize(("path", "value"), [case[1:] for case in INVALID], ids=[case[0] for case in INVALID])
def test_what_is_wrong_is_refused_by_codec_and_server_alike(server, path, value):
    wrong = edited(FULL, path, value)

    assert isinstance(decode_workflow(wrong), Malformed)
    assert server.refusals(wrong)


def test_two_steps_of_one_number_are_refused(server):
    assert any("Duplicate" in refusal
               for refusal in server.refusals(workflow(step(1, "cordon-node"), step(1, "drain-node"))))


@pytest.mark.parametrize("duration", ["1s", "90s", "1m30s", "1h30m", "1.5h", "1500ms", "24h", "1000000us", "1h0m0s"])
def test_durations_the_codec_reads_are_accepted(server, duration):
    sample = workflow(step(1, "cordon-node", timeout=duration))

    assert not isinstance(decode_workflow(sample), Malformed)
    assert [] == server.refusals(sample)


WORKFLOW_STATUS = {
    "phase": "executing", "observedGeneration": 3, "currentStep": 1, "totalSteps": 2,
    "planDigest": "sha256:" + "0" * 64,
    "stepStatuses": [{"stepNumber": 1, "action": "custom", "status": "completed", "attempt": 1, "mutated": "yes",
                      "startTime": "2026-01-31T12:00:00Z", "result": {"success": True, "executionTime": "0s"},
                      "k8sExecutionRef": {"name": "w-step-1", "uid": "u"}}],
    "executionPlan": {"strategy": "sequential", "estimatedDuration": "10m", "rollbackStrategy": "automatic",
                      "waves": [{"steps": [1]}]},
    "workflow": {"steps": [execution()["spec"]]},
    "workflowResult": {"outcome": "partial_success", "effectivenessScore": 0.95},
    "conditions": [{"type": "Planned", "status": "True", "reason": "Planned",
                    "lastTransitionTime": "2026-01-31T12:00:00Z"}],
}
EXECUTION_STATUS = {
    "phase": "whatever an executor says", "failureClass": "rate_limited",
    "executionResult": {"success": False, "scaleResult": {"previousReplicas": 1, "newReplicas": 3}},
    "rollbackInformation": {"captured": True, "mutated": "unknown", "parameters": {"scaleToPrevious": {
        "deployment": "web", "previousReplicas": 1}}, "digest": "0" * 64},
}


@pytest.mark.parametrize(("sample", "status", "cls"), [
    (workflow(), WORKFLOW_STATUS, WorkflowExecutionStatus), (execution(), EXECUTION_STATUS, KubernetesExecutionStatus),
    (workflow(), {}, WorkflowExecutionStatus), (execution(), {}, KubernetesExecutionStatus),
])
def test_a_written_status_is_accepted_whole(server, sample, status, cls):
    """A refused or pruned status would leave the workflow where it was, for ever."""
    decoded = decode(cls, status)
    assert isinstance(decoded, cls)
    written = {**sample, "status": encode(decoded)}

    assert [] == server.refusals(written)
    assert written["status"] == server.stored(written)["status"]
