"""Workflows drawn by chance: any graph of up to six steps, any mixture of what a step may say."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

from wfcore.resources import WORKFLOW_EXECUTIONS
from wfcore.settings import CustomAction, Settings
from wfcore.testing.simulator.cluster import NAMESPACE

Body = dict[str, Any]
# Short limits: what takes ten minutes by default takes one here, and the same decisions are made.
SETTINGS = Settings(
    step_timeout=timedelta(seconds=60), compensation_timeout=timedelta(seconds=60), cancel_grace=timedelta(seconds=10),
    stability_window=timedelta(seconds=20), monitoring_timeout=timedelta(seconds=120),
    rolling_back_timeout=timedelta(seconds=400), validating_timeout=timedelta(seconds=120),
    backoff_cap=timedelta(seconds=30), approval_timeout=timedelta(seconds=90), allow_inline_secrets=True,
    custom_actions=(CustomAction(action_type="warm", idempotent=True), CustomAction(action_type="odd"),
                    CustomAction(action_type="undo", idempotent=True)))
MAX_STEPS = 6


def draw_workflow(random: Random, name: str, most: int = MAX_STEPS) -> Body:
    """The body of a WorkflowExecution of at most so many steps; about one in thirty cannot be planned."""
    numbers = random.sample(range(1, 10), random.randint(1, most))
    definition: Body = {"name": "heal", "steps": [], "dependencies": {}}
    for index, number in enumerate(numbers):
        needs = [earlier for earlier in numbers[:index] if random.random() < 0.4]
        step = _step(random, number)
        if random.random() < 0.7:
            step["dependsOn"] = needs
        elif needs:
            definition["dependencies"][step["name"]] = [f"step-{n}" for n in needs]
        definition["steps"].append(step)
    if random.random() < 0.03:
        definition["steps"][0]["dependsOn"] = [numbers[-1], 99]
    random.shuffle(definition["steps"])
    spec: Body = {"workflowDefinition": definition, "executionStrategy": _strategy(random)}
    if random.random() < 0.2:
        spec["ttlSecondsAfterFinished"] = random.choice((0, 30, 600))
    if random.random() < 0.1:
        spec["alertRemediationRef"] = {"name": "alert"}
    return body(name, spec)


def body(name: str, spec: Any) -> Body:
    """A WorkflowExecution with this spec."""
    return {"apiVersion": WORKFLOW_EXECUTIONS.api_version, "kind": WORKFLOW_EXECUTIONS.kind,
            "metadata": {"name": name, "namespace": NAMESPACE}, "spec": spec}


def _strategy(random: Random) -> Body:
    strategy: Body = {"rollbackStrategy": random.choice(("automatic", "automatic", "automatic", "manual", "none"))}
    for key, values in (("maxParallelSteps", (1, 2, 3)), ("maxRetries", (0, 1, 2)),
                        ("workflowTimeout", ("45s", "3m"))):
        if random.random() < 0.25:
            strategy[key] = random.choice(values)
    return strategy


def _step(random: Random, number: int) -> Body:
    action, parameters, undo, blank = random.choice(_ACTIONS)(random, number)
    step: Body = {"stepNumber": number, "name": f"step-{number}", "action": action}
    if parameters:
        step["parameters"] = parameters
    if undo and random.random() < 0.75:
        # Without parameters only what the executor captured can be restored.
        step["rollbackSpec"] = {"action": blank, **({"parameters": undo} if random.random() < 0.7 else {})}
    if random.random() < 0.35:
        step["criticalStep"] = True
    if random.random() < 0.5:
        step["maxRetries"] = random.randint(0, 3)
    if random.random() < 0.7:
        step["timeout"] = random.choice(("10s", "20s", "1m"))
    return step


def _scale(random: Random, number: int) -> tuple[str, Body, Body, str]:
    name = f"web-{number}"
    return ("scale-deployment", {"scaleDeployment": {"deployment": name, "replicas": random.randint(0, 9)}},
            {"scaleToPrevious": {"deployment": name, "previousReplicas": 7}}, "scale-to-previous")


def _configure(random: Random, number: int) -> tuple[str, Body, Body, str]:
    name = f"config-{number}"
    return ("update-configmap", {"updateConfigMap": {"name": name, "dataUpdates": {"a": "b"}}},
            {"restorePreviousConfig": {"name": name, "type": "ConfigMap"}}, "restore-previous-config")


def _restart(random: Random, number: int) -> tuple[str, Body, Body, str]:
    return ("restart-pod", {"restartPod": {"selector": f"app=web-{number}"}},
            {"custom": {"actionType": "undo"}}, "custom")


def _custom(random: Random, number: int) -> tuple[str, Body, Body, str]:
    return ("custom", {"custom": {"actionType": random.choice(("warm", "odd"))}},
            {"custom": {"actionType": random.choice(("undo", "odd"))}}, "custom")


def _check(random: Random, number: int) -> tuple[str, Body, Body, str]:
    return "check-pod-health", {"checkPodHealth": {"deployment": f"web-{number}"}}, {}, ""


_ACTIONS = (_scale, _scale, _scale, _configure, _restart, _custom, _check)


def captured(spec: Any, attempt: int) -> Body:
    """What an executor captures before it acts, marked with the attempt; for anything else an empty object."""
    parameters = spec.get("parameters") or {}
    mark = 100 + attempt
    if "scaleDeployment" in parameters:
        return {"scaleToPrevious": {"deployment": parameters["scaleDeployment"]["deployment"],
                                    "previousReplicas": mark}}
    if "updateConfigMap" in parameters:
        return {"restorePreviousConfig": {"name": parameters["updateConfigMap"]["name"], "type": "ConfigMap",
                                          "snapshot": f"s-{mark}"}}
    if "updateSecret" in parameters:
        return {"restorePreviousConfig": {"name": parameters["updateSecret"]["name"], "type": "Secret",
                                          "snapshot": f"s-{mark}"}}
    if "restartPod" in parameters or "custom" in parameters:
        return {"custom": {"actionType": "undo", "config": {"attempt": str(mark)}}}
    return {}
