"""What was stored under an older schema stays writable: a violation counts only where the value changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wfcontroller.embedded.admission.paths import Path
from wfcontroller.embedded.admission.structural import Schema
from wfcontroller.embedded.admission.unique_members import list_identity

_NOTHING: Any = object()


def unchanged(schema: Schema, value: Any, old: Any, path: Path) -> bool:
    """Whether a value on the way down `path` is the one that was there before.

    Counterparts are found through properties, keys of maps and `map` lists; other lists have none.
    """
    for part in path:
        old = _counterpart(schema, value, old, part)
        if old is _NOTHING:
            return False
        schema, value = _below(schema, part), value[part]
        if value == old:
            return True
    return False


def _counterpart(schema: Schema, value: Any, old: Any, part: str | int) -> Any:
    if isinstance(value, dict):
        return old.get(part, _NOTHING) if isinstance(old, dict) else _NOTHING
    if schema.get("x-kubernetes-list-type") != "map" or not isinstance(old, list):
        return _NOTHING
    identity = list_identity(value[part], schema)
    return next((item for item in old if list_identity(item, schema) == identity), _NOTHING)


def _below(schema: Schema, part: str | int) -> Schema:
    if isinstance(part, int):
        return dict(schema.get("items", {}))
    named, additional = schema.get("properties", {}), schema.get("additionalProperties")
    found = named.get(part, additional)
    return found if isinstance(found, Mapping) else {}
