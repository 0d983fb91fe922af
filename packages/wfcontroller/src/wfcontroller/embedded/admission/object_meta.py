"""What `metadata` may hold: types when it is decoded, syntax when it is validated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wfcontroller.embedded.admission.names import label_name, label_value, qualified_name, subdomain_name
from wfcontroller.embedded.admission.paths import Cause, invalid_value
from wfcontroller.embedded.admission.schema import SchemaValidator
from wfcontroller.embedded.admission.structural import Schema, prune
from wfcore.resources import NAMESPACES, SERVICES, Resource
from wfcore.simulation.objects import Json

_TEXT: Schema = {"type": "string", "nullable": True}
_TEXTS: Schema = {"type": "object", "nullable": True, "additionalProperties": {"type": "string", "nullable": True}}
_META: Schema = {"type": "object", "properties": {
    **dict.fromkeys(("name", "generateName", "namespace", "uid", "resourceVersion"), _TEXT),
    "creationTimestamp": {**_TEXT, "format": "date-time"}, "deletionTimestamp": {**_TEXT, "format": "date-time"},
    "generation": {"type": "integer", "nullable": True},
    "deletionGracePeriodSeconds": {"type": "integer", "nullable": True},
    "labels": _TEXTS, "annotations": _TEXTS,
    "finalizers": {"type": "array", "nullable": True, "items": {"type": "string"}},
    "ownerReferences": {"type": "array", "nullable": True, "items": {"type": "object", "properties": {
        "apiVersion": {"type": "string"}, "kind": {"type": "string"}, "name": {"type": "string"},
        "uid": {"type": "string"}, "controller": {"type": "boolean", "nullable": True},
        "blockOwnerDeletion": {"type": "boolean", "nullable": True},
    }}},
}}
_DECODER = SchemaValidator({"type": "object", "properties": {"metadata": _META}})

_MAX_ANNOTATIONS = 256 * 1024
_NO_OWNERS = frozenset({("v1", "Event")})  # too short-lived to own anything


def decoding_problems(body: Json) -> tuple[Cause, ...]:
    """Fields of a wrong type, which the API server's decoder refuses before anything looks at them."""
    return _DECODER.check(body).causes


def tidy(body: dict[str, Any]) -> None:
    """What decoding into a `metav1.ObjectMeta` leaves: nothing it does not name, no null in a map, no owner twice."""
    metadata = body["metadata"]
    prune(metadata, _META)
    for name in ("labels", "annotations"):
        if metadata.get(name):
            metadata[name] = {key: "" if text is None else text for key, text in metadata[name].items()}
    if metadata.get("ownerReferences"):
        owners = metadata["ownerReferences"]
        metadata["ownerReferences"] = [owner for index, owner in enumerate(owners) if owner not in owners[:index]]


def problems(resource: Resource, value: Json) -> Iterator[Cause]:
    """Violations of the syntax of names, labels, annotations and references, as `ValidateObjectMeta` finds them."""
    metadata = value["metadata"]
    # The store gave it a name if the client did not; a generated one may begin with what no name may end with.
    if metadata.get("generateName"):
        yield from _name(resource, "generateName", _masked(metadata["generateName"]))
    yield from _name(resource, "name", metadata["name"])
    if metadata.get("namespace"):
        yield from label_name(("metadata", "namespace"), metadata["namespace"])
    for key, text in metadata.get("labels", {}).items():
        yield from qualified_name(("metadata", "labels"), key)
        yield from label_value(("metadata", "labels"), text)
    yield from _annotations(metadata.get("annotations", {}))
    yield from _owners(metadata.get("ownerReferences", ()))
    yield from _finalizers(metadata.get("finalizers", ()))


def _name(resource: Resource, field: str, name: str) -> Iterator[Cause]:
    if resource in (NAMESPACES, SERVICES):
        yield from label_name(("metadata", field), name)
    else:
        yield from subdomain_name(("metadata", field), name)


def _masked(prefix: str) -> str:
    return f"{prefix[:-1]}a" if len(prefix) > 1 and prefix.endswith("-") else prefix


def _annotations(annotations: Json) -> Iterator[Cause]:
    path = ("metadata", "annotations")
    for key in annotations:
        yield from qualified_name(path, key.lower())
    if sum(len(k.encode()) + len(v.encode()) for k, v in annotations.items()) > _MAX_ANNOTATIONS:
        yield "metadata.annotations", f"Too long: may not be more than {_MAX_ANNOTATIONS} bytes"


def _finalizers(finalizers: Any) -> Iterator[Cause]:
    path = ("metadata", "finalizers")
    for finalizer in finalizers:
        yield from qualified_name(path, finalizer)
    if {"orphan", "foregroundDeletion"} <= set(finalizers):
        yield invalid_value(path, finalizers, "finalizer orphan and foregroundDeletion cannot be both set")


def _owners(references: Any) -> Iterator[Cause]:
    path = ("metadata", "ownerReferences")
    for reference in references:
        group, _, version = reference.get("apiVersion", "").rpartition("/")
        if not version or "/" in group:
            yield invalid_value((*path, "apiVersion"), reference.get("apiVersion", ""), "version must not be empty")
        for name in ("kind", "name", "uid"):
            if not reference.get(name):
                yield invalid_value((*path, name), "", "must not be empty")
        if (reference.get("apiVersion"), reference.get("kind")) in _NO_OWNERS:
            yield invalid_value(path, reference, "/v1, Kind=Event is disallowed from being an owner")
    controllers = [f"{r.get('kind')}/{r.get('name')}" for r in references if r.get("controller")]
    if len(controllers) > 1:
        why = f'Only one reference can have Controller set to true. Found "true" in references for {controllers[0]}'
        yield invalid_value(path, references, f"{why} and {controllers[1]}")
