"""Objects that are wrong, endlessly: a walk down the schema of the definition leads to where a value is not allowed.

The walk begins at a healthy workflow, so that one document has one thing wrong
with it, or a few.  Some are fine by the schema and wrong by what they mean, and
some are no JSON at all.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from wfcore.crds import crds

Json = Any
(_DEFINITION,) = [each for each in crds() if each["spec"]["names"]["kind"] == "WorkflowExecution"]
SCHEMA: Mapping[str, Any] = _DEFINITION["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
# One in so many is no JSON, and one in so many means something that cannot be.
RAW, MEANT, MORE = 12, 3, 4
_DEPTH = 600


def documents(seed: int, namespace: str) -> Iterator[bytes]:
    """Bodies of requests that create a workflow, one after the other; the same for the same seed."""
    chance, number = random.Random(seed), 0
    while True:
        number += 1
        document = healthy(f"m-{number}", namespace)
        if chance.randrange(RAW) == 0:
            yield _raw(chance, json.dumps(document).encode())
            continue
        if chance.randrange(MEANT) == 0:
            chance.choice(MEANINGS)(document["spec"]["workflowDefinition"]["steps"], chance)
        else:
            for _ in range(1 if chance.randrange(MORE) else chance.randint(2, 4)):
                _spoil(chance, document)
        yield json.dumps(document).encode()


def healthy(name: str, namespace: str) -> dict[str, Any]:
    """Two steps on a Deployment of its own, which is not there."""
    scale = {"deployment": name, "replicas": 2}
    steps = [{"stepNumber": 1, "action": "scale-deployment", "parameters": {"scaleDeployment": scale},
              "criticalStep": True, "rollbackSpec": {"action": "scale-to-previous"}},
             {"stepNumber": 2, "action": "check-pod-health", "dependsOn": [1],
              "parameters": {"checkPodHealth": {"deployment": name}}}]
    return {"apiVersion": "workflowexecution.kubernaut.io/v1", "kind": "WorkflowExecution",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {"workflowDefinition": {"name": name, "version": "1", "steps": steps},
                     "executionStrategy": {"maxRetries": 0}}}


def _spoil(chance: random.Random, document: Json) -> None:
    """Walk down from the spec, making what is missing on the way, and put something wrong where the walk ends."""
    document.setdefault("spec", {})
    holder, key, schema = document, "spec", SCHEMA["properties"]["spec"]
    while schema.get("type") in ("object", "array") and chance.random() < 0.8:
        here = holder[key]
        if schema["type"] == "array":
            if not isinstance(here, list) or not here:
                holder[key] = here = [{}]
            holder, key, schema = here, chance.randrange(len(here)), schema["items"]
        elif schema.get("properties"):
            if not isinstance(here, dict):
                holder[key] = here = {}
            name = chance.choice(sorted(schema["properties"]))
            holder, key, schema = here, name, schema["properties"][name]
            holder.setdefault(key, {} if schema.get("type") == "object" else None)
        else:
            break
    wrong = chance.choice([*_wrong(schema, chance)])
    if wrong is ...:
        del holder[key]
    else:
        holder[key] = wrong


def _wrong(schema: Mapping[str, Any], chance: random.Random) -> Iterator[Json]:
    """Values that the schema does not allow; `...` to leave the field out."""
    kind = schema.get("type")
    yield from (each for each in (None, "text", -7, 2.5, True, [], {}, [[{}]], {"a": {"b": 1}}, 10**30)
                if not _is(kind, each))
    yield ...
    if "maxLength" in schema:
        yield "x" * (schema["maxLength"] + 1)
        yield "\u202e\x00\ud83d\n" + "é" * min(schema["maxLength"], 50)
    if "maximum" in schema:
        yield schema["maximum"] + 1
    if "minimum" in schema:
        yield schema["minimum"] - 1
    if "enum" in schema:
        yield chance.choice(["", "nothing", schema["enum"][-1].upper() + "!"])
    if "pattern" in schema:
        yield "!! ?"
    if kind == "array" and "maxItems" in schema:
        yield [{}] * (schema["maxItems"] + 1)
    if kind == "object":
        yield {"colour": "red", "__proto__": {}, "": 1}


def _is(kind: str | None, value: Json) -> bool:
    types: Mapping[str, tuple[type, ...]] = {"string": (str,), "integer": (int,), "number": (int, float),
                                             "boolean": (bool,), "array": (list,), "object": (dict,)}
    return isinstance(value, types.get(kind or "", ())) and not (isinstance(value, bool) and kind != "boolean")


def _cycle(steps: Json, chance: random.Random) -> None:
    steps[0]["dependsOn"] = [2]


def _nowhere(steps: Json, chance: random.Random) -> None:
    steps[1]["dependsOn"] = [chance.choice([3, 499, 2])]


def _protected(steps: Json, chance: random.Random) -> None:
    steps[0]["parameters"]["scaleDeployment"]["namespace"] = chance.choice(["kube-system", "kubernaut-system", "far"])


def _inline(steps: Json, chance: random.Random) -> None:
    steps[0] |= {"action": "update-secret", "parameters": {
        "updateSecret": {"name": "s", "dataUpdates": {"a": "YQ=="}}}}


def _undeclared(steps: Json, chance: random.Random) -> None:
    steps[0] |= {"action": "custom", "parameters": {"custom": {"actionType": "dance"}}}


def _elsewhere(steps: Json, chance: random.Random) -> None:
    steps[1]["targetCluster"] = "far"


def _swapped(steps: Json, chance: random.Random) -> None:
    steps[0]["parameters"], steps[1]["parameters"] = steps[1]["parameters"], steps[0]["parameters"]


def _many(steps: Json, chance: random.Random) -> None:
    many = chance.choice([60, 500, 501])
    steps[:] = [{**copy.deepcopy(steps[0]), "stepNumber": number, "dependsOn": [number % many + 1]}
                for number in range(1, many + 1)]


def _twice(steps: Json, chance: random.Random) -> None:
    steps[1]["stepNumber"] = 1


MEANINGS: tuple[Callable[[Json, random.Random], None], ...] = (
    _cycle, _nowhere, _protected, _inline, _undeclared, _elsewhere, _swapped, _many, _twice)


def _raw(chance: random.Random, body: bytes) -> bytes:
    nested = b"[" * _DEPTH + b"]" * _DEPTH
    return chance.choice([
        b"", b"null", b"[]", b'"spec"', b"{", body[:-20], body + body, b"\xff\xfe" + body, body.replace(b'"', b"'"),
        body.replace(b'"spec": {', b'"spec": {"spec": ' + nested + b","), body.replace(b"2", b"NaN"),
        body.replace(b"2", b"1e999"), body.replace(b'"WorkflowExecution"', b'"Pod"'),
        body.replace(b"kubernaut.io/v1", b"kubernaut.io/v9"), body.replace(b'"m-', b'"M_'),
        body.replace(b'"spec": {', b'"spec": 7, "spec": {'), body.replace(b'"1"', b'"' + b"9" * 1_500_000 + b'"')])
