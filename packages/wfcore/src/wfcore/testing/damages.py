"""One way to spoil a document per kind of problem, each with the place and the reason that have to be reported.

A `Damage` of a step spoils a healthy `scale-deployment` step in place; damages
of different steps are independent, so that all of them have to be reported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

try:
    from hypothesis import strategies as st
except ImportError as error:
    raise ImportError("wfcore.testing.damages needs Hypothesis: pip install 'wfcore[testing]'") from error

from wfcore.codec import Path
from wfcore.testing.strategies import documents

# Spoils a raw step (or spec) and returns the path below it and the reason of the problem.
Damage: TypeAlias = Callable[[dict[str, Any]], tuple[Path, str]]

_SCALE: Mapping[str, Any] = {"deployment": "web", "replicas": 2}


def _set(path: Path, value: Any, reason: str, *, at: Path | None = None, **first: Any) -> Damage:
    def damage(target: dict[str, Any]) -> tuple[Path, str]:
        target.update(first)
        place: Any = target
        for key in path[:-1]:
            place = place.setdefault(key, {})
        if value is ...:
            del place[path[-1]]
        else:
            place[path[-1]] = value
        return path if at is None else at, reason

    return damage


def _with(action: str, member: str, **parameters: Any) -> dict[str, Any]:
    return {"action": action, "parameters": {member: parameters}}


def _needs(number: int) -> Damage:
    def damage(step: dict[str, Any]) -> tuple[Path, str]:
        wanted = number or step["stepNumber"]
        step["dependsOn"] = [*step.get("dependsOn", ()), wanted]
        return ("dependsOn", len(step["dependsOn"]) - 1), "UnknownStep" if number else "SelfDependency"

    return damage


_SCALED: Path = ("parameters", "scaleDeployment")

STEP_DAMAGES: Mapping[str, Damage] = {
    "unknown action": _set(("action",), "launch", "NotSupported"),
    "no action": _set(("action",), ..., "Missing"),
    "no number": _set(("stepNumber",), ..., "Missing"),
    "number as text": _set(("stepNumber",), "1", "WrongType"),
    "number too small": _set(("stepNumber",), 0, "OutOfRange"),
    "unknown field": _set(("colour",), "red", "UnknownField"),
    "unknown parameter": _set((*_SCALED, "colour"), "red", "UnknownField"),
    "no parameters": _set(("parameters",), ..., "Missing"),
    "two members": _set(("parameters", "drainNode"), {"nodeName": "n"}, "BadUnion", at=("parameters",)),
    "another action's parameters": _set(("parameters",), {"deletePod": {"podName": "p"}}, "UnionMismatch"),
    "missing parameter": _set((*_SCALED, "replicas"), ..., "Missing"),
    "parameter as text": _set((*_SCALED, "replicas"), "2", "WrongType"),
    "true for a number": _set((*_SCALED, "replicas"), True, "WrongType"),
    "too many replicas": _set((*_SCALED, "replicas"), 1001, "OutOfRange"),
    "empty name": _set((*_SCALED, "deployment"), "", "Missing"),
    "bad name": _set((*_SCALED, "deployment"), "Web!", "BadFormat"),
    "name with a newline": _set((*_SCALED, "deployment"), "web\n", "BadFormat"),
    "name too long": _set((*_SCALED, "deployment"), "w" * 254, "TooLong"),
    "too many retries": _set(("maxRetries",), 11, "OutOfRange"),
    "negative retries": _set(("maxRetries",), -1, "OutOfRange"),
    "timeout too short": _set(("timeout",), "10ms", "OutOfRange"),
    "timeout too long": _set(("timeout",), "25h", "OutOfRange"),
    "no duration": _set(("timeout",), "soon", "BadFormat"),
    "negative duration": _set(("timeout",), "-5m", "BadFormat"),
    "a number for a duration": _set(("timeout",), 300, "WrongType"),
    "text for true": _set(("criticalStep",), "yes", "WrongType"),
    "a step for a list": _set(("dependsOn",), 1, "WrongType"),
    "unknown prerequisite": _needs(999_999),
    "itself as prerequisite": _needs(0),
    "protected namespace": _set((*_SCALED, "namespace"), "kube-system", "Forbidden", at=("parameters",)),
    "another namespace": _set((*_SCALED, "namespace"), "elsewhere", "Forbidden", at=("parameters",)),
    "a node": _set(("action",), "drain-node", "Forbidden", at=("parameters",),
                   **_with("drain-node", "drainNode", nodeName="n")),
    "another cluster": _set(("targetCluster",), "far", "NotSupported"),
    "both pod and selector": _set(("parameters", "restartPod", "selector"), "a=b", "Ambiguous",
                                  at=("parameters", "restartPod"), **_with("restart-pod", "restartPod", podName="p")),
    "neither pod nor selector": _set(("action",), "restart-pod", "Ambiguous", at=("parameters", "restartPod"),
                                     **_with("restart-pod", "restartPod")),
    "neither deployment nor selector": _set(
        ("action",), "check-pod-health", "Ambiguous", at=("parameters", "checkPodHealth"),
        **_with("check-pod-health", "checkPodHealth")),
    "inline secret": _set(("parameters", "updateSecret", "dataUpdates"), {"a": "YQ=="}, "Forbidden",
                          **_with("update-secret", "updateSecret", name="s")),
    "nothing to update": _set(("action",), "update-secret", "Missing", at=("parameters", "updateSecret"),
                              **_with("update-secret", "updateSecret", name="s")),
    "undeclared action": _set(("parameters", "custom", "actionType"), "dance", "NotSupported",
                              **_with("custom", "custom")),
    "compensation without action": _set(("rollbackSpec",), {}, "Missing", at=("rollbackSpec", "action")),
    "another compensation's parameters": _set(
        ("rollbackSpec",), {"action": "scale-to-previous", "parameters": {"uncordonNode": {"nodeName": "n"}}},
        "UnionMismatch", at=("rollbackSpec", "parameters")),
    "undeclared compensation": _set(
        ("rollbackSpec",), {"action": "custom", "parameters": {"custom": {"actionType": "dance"}}}, "NotSupported",
        at=("rollbackSpec", "parameters", "custom", "actionType")),
    "compensation elsewhere": _set(
        ("rollbackSpec",), {"action": "scale-to-previous",
                            "parameters": {"scaleToPrevious": {"namespace": "far", "deployment": "d"}}},
        "Forbidden", at=("rollbackSpec", "parameters")),
}

_STRATEGY, _DEFINITION = ("executionStrategy",), ("workflowDefinition",)

SPEC_DAMAGES: Mapping[str, Damage] = {
    "unknown field": _set(("priority",), 1, "UnknownField"),
    "no definition": _set(_DEFINITION, ..., "Missing"),
    "no name": _set((*_DEFINITION, "name"), ..., "Missing"),
    "no steps": _set((*_DEFINITION, "steps"), [], "TooFew"),
    "steps as an object": _set((*_DEFINITION, "steps"), {}, "WrongType"),
    "unknown strategy": _set((*_STRATEGY, "rollbackStrategy"), "maybe", "NotSupported"),
    "no parallelism": _set((*_STRATEGY, "maxParallelSteps"), 0, "OutOfRange"),
    "prerequisite by unknown name": _set((*_DEFINITION, "dependencies"), {"nobody": []}, "UnknownStep",
                                         at=(*_DEFINITION, "dependencies", "nobody")),
    "prerequisites as text": _set((*_DEFINITION, "dependencies"), {"a": "b"}, "WrongType",
                                  at=(*_DEFINITION, "dependencies", "a")),
    "life too short": _set(("ttlSecondsAfterFinished",), -1, "OutOfRange"),
}


def damaged(document: dict[str, Any], index: int, name: str) -> tuple[Path, str]:
    """Spoil one step of a document in place; returns where a problem has to be reported, and its reason."""
    steps = document["spec"]["workflowDefinition"]["steps"]
    kept = {key: value for key, value in steps[index].items() if key in ("stepNumber", "name", "dependsOn")}
    steps[index] = {**kept, "action": "scale-deployment", "parameters": {"scaleDeployment": dict(_SCALE)}}
    below, reason = STEP_DAMAGES[name](steps[index])
    return ("spec", "workflowDefinition", "steps", index, *below), reason


@st.composite
def damaged_documents(draw: st.DrawFn, most: int = 3) -> tuple[dict[str, Any], frozenset[tuple[Path, str]]]:
    """A document with one to `most` spoilt steps, and what has to be reported at least."""
    document = draw(documents())
    steps = document["spec"]["workflowDefinition"]["steps"]
    indices = draw(st.lists(st.sampled_from(range(len(steps))), min_size=1, max_size=most, unique=True))
    return document, frozenset(damaged(document, i, draw(st.sampled_from(sorted(STEP_DAMAGES)))) for i in indices)
