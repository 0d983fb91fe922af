"""What `metadata` may hold: types when it is decoded, syntax when it is validated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from wfcontroller.embedded.admission.paths import Cause, Path, invalid_value
from wfcontroller.embedded.admission.schema import SchemaValidator
from wfcontroller.embedded.admission.structural import Schema, prune
from wfcore.resources import NAMESPACES, SERVICES, Resource
from wfcore.simulation.objects import Json

_TEXT: Schema = {"type": "string", "nullable": True}
_TEXTS: Schema = {"type": "object", "nullable": True, "additionalProperties": {"type": "string"}}
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

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = re.compile(rf"{_LABEL}(\.{_LABEL})*", re.ASCII)
_DNS_1123 = re.compile(_LABEL, re.ASCII)
_DNS_1035 = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?", re.ASCII)
_QUALIFIED = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?", re.ASCII)
_MAX_ANNOTATIONS = 256 * 1024
_SUBDOMAIN_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start"
    " and end with an alphanumeric character (e.g. 'example.com')"
)
_LABEL_RULE = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end"
    " with an alphanumeric character (e.g. 'my-name', or '123-abc')"
)
_DNS_1035_RULE = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character,"
    " and end with an alphanumeric character (e.g. 'my-name', or 'abc-123')"
)
_QUALIFIED_RULE = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
)


def decoding_problems(body: Json) -> tuple[Cause, ...]:
    """Fields of a wrong type, which the API server's decoder refuses before anything looks at them."""
    return _DECODER.check(body).causes


def drop_unknown(body: dict[str, Any]) -> None:
    """What `metav1.ObjectMeta` does not name does not survive decoding."""
    prune(body["metadata"], _META)


def problems(resource: Resource, value: Json) -> Iterator[Cause]:
    """Violations of the syntax of names, labels, annotations and references, as `ValidateObjectMeta` finds them."""
    metadata = value["metadata"]
    yield from _name(resource, metadata)
    if metadata.get("namespace"):
        yield from _dns(("metadata", "namespace"), metadata["namespace"], _DNS_1123, 63, _LABEL_RULE)
    for key, text in metadata.get("labels", {}).items():
        yield from _label(key, text)
    yield from _annotations(metadata.get("annotations", {}))
    yield from _owners(metadata.get("ownerReferences", ()))
    for finalizer in metadata.get("finalizers", ()):
        yield from _qualified(("metadata", "finalizers"), finalizer)


def _name(resource: Resource, metadata: Json) -> Iterator[Cause]:
    path, name = ("metadata", "name"), metadata["name"]  # the store gave it one if the client did not
    if resource == NAMESPACES:
        yield from _dns(path, name, _DNS_1123, 63, _LABEL_RULE)
    elif resource == SERVICES:
        yield from _dns(path, name, _DNS_1035, 63, _DNS_1035_RULE)
    else:
        yield from _dns(path, name, _SUBDOMAIN, 253, _SUBDOMAIN_RULE)


def _dns(path: Path, text: str, pattern: re.Pattern[str], limit: int, rule: str) -> Iterator[Cause]:
    if len(text) > limit:
        yield invalid_value(path, text, f"must be no more than {limit} bytes")
    if not pattern.fullmatch(text):
        yield invalid_value(path, text, f"{rule}, regex used for validation is '{pattern.pattern}'")


def _label(key: str, text: str) -> Iterator[Cause]:
    path = ("metadata", "labels")
    yield from _qualified(path, key)
    if len(text) > 63:
        yield invalid_value(path, text, "must be no more than 63 bytes")
    if text and not _QUALIFIED.fullmatch(text):
        yield invalid_value(path, text, f"a valid label must be an empty string or {_QUALIFIED_RULE}")


def _qualified(path: Path, key: str) -> Iterator[Cause]:
    prefix, slash, name = key.rpartition("/")
    if slash:
        yield from _dns(path, prefix, _SUBDOMAIN, 253, f"prefix part {_SUBDOMAIN_RULE}")
    if not name or len(name) > 63 or not _QUALIFIED.fullmatch(name):
        yield invalid_value(path, key, f"name part {_QUALIFIED_RULE} and be no more than 63 bytes")


def _annotations(annotations: Json) -> Iterator[Cause]:
    path = ("metadata", "annotations")
    for key in annotations:
        yield from _qualified(path, key.lower())
    if sum(len(k.encode()) + len(v.encode()) for k, v in annotations.items()) > _MAX_ANNOTATIONS:
        yield "metadata.annotations", f"Too long: may not be more than {_MAX_ANNOTATIONS} bytes"


def _owners(references: Any) -> Iterator[Cause]:
    for index, reference in enumerate(references):
        for name in ("apiVersion", "kind", "name", "uid"):
            if not reference.get(name):
                yield invalid_value(("metadata", "ownerReferences", index, name), "", "must not be empty")
    controllers = [r.get("name") for r in references if r.get("controller")]
    if len(controllers) > 1:
        yield invalid_value(
            ("metadata", "ownerReferences"), "ownerReferences",
            f"Only one reference can have Controller set to true. Found {len(controllers)}: {controllers}",
        )
