"""Pruning and defaulting by a structural schema, as the API server does them to custom resources.

Both change the body in place: it is the server's private copy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from wfcontroller.embedded.wire import copied

Schema: TypeAlias = Mapping[str, Any]
_TYPE_META = ("apiVersion", "kind", "metadata")
_OBJECT_META = frozenset({
    "name", "generateName", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp",
    "deletionTimestamp", "deletionGracePeriodSeconds", "labels", "annotations", "ownerReferences", "finalizers",
})


def prune(value: Any, schema: Schema, *, embedded: bool = False) -> None:
    """Drop the fields the schema does not name, unless `x-kubernetes-preserve-unknown-fields` keeps them.

    The root and every `x-kubernetes-embedded-resource` keep apiVersion, kind and metadata.
    """
    if isinstance(value, list):
        for item in value:
            prune(item, schema.get("items", {"x-kubernetes-preserve-unknown-fields": True}))
    elif isinstance(value, dict):
        _prune_object(value, schema, embedded or bool(schema.get("x-kubernetes-embedded-resource")))


def _prune_object(value: dict[str, Any], schema: Schema, embedded: bool) -> None:
    properties, additional = schema.get("properties", {}), schema.get("additionalProperties")
    for name in tuple(value):
        if embedded and name in _TYPE_META:
            _prune_metadata(value[name], name)
        elif name in properties:
            prune(value[name], properties[name])
        elif isinstance(additional, Mapping):
            prune(value[name], additional)
        elif not additional and not schema.get("x-kubernetes-preserve-unknown-fields"):
            del value[name]


def _prune_metadata(value: Any, name: str) -> None:
    if name == "metadata" and isinstance(value, dict):
        for unknown in [key for key in value if key not in _OBJECT_META]:
            del value[unknown]


def default(value: Any, schema: Schema) -> None:
    """Fill in absent properties; a null where null is not allowed counts as absent and is dropped."""
    if isinstance(value, list):
        for item in value:
            default(item, schema.get("items", {}))
    elif isinstance(value, dict):
        _default_object(value, schema)


def _default_object(value: dict[str, Any], schema: Schema) -> None:
    properties, additional = schema.get("properties", {}), schema.get("additionalProperties")
    for name, nested in properties.items():
        if name in value and value[name] is None and not nullable(nested):
            del value[name]
        if name not in value and "default" in nested:
            value[name] = copied({"": nested["default"]})[""]
        if name in value:
            default(value[name], nested)
    if isinstance(additional, Mapping):
        for name in [n for n in value if n not in properties]:
            if value[name] is None and not nullable(additional):
                del value[name]
            else:
                default(value[name], additional)


def nullable(schema: Schema) -> bool:
    """Whether null is a value of its own here: allowed, or never looked at."""
    return bool(schema.get("nullable")) or not (schema.get("type") or schema.get("x-kubernetes-int-or-string"))
