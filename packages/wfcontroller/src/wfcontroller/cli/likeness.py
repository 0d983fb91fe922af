"""Whether an object stands as it is wanted, whatever the API server adds to it, and what to write if it does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wfcontroller.api import Object
from wfcontroller.objects import metadata, spec

_EMPTY: tuple[Any, ...] = (None, "", [], {})


def stands_as(current: Object, wanted: Object) -> bool:
    """Whether every value of `wanted` is in `current`; the versions of a definition have to be equal."""
    if not covers(current, {key: value for key, value in wanted.items() if key != "status"}):
        return False
    # A field that a version no longer has would still be accepted.
    versions = spec(wanted).get("versions")
    return versions is None or covers(versions, spec(current)["versions"])


def covers(current: Any, wanted: Any) -> bool:
    """Whether `current` says all that `wanted` says: mappings may hold more, lists are compared item by item."""
    if isinstance(wanted, Mapping) and isinstance(current, Mapping):
        return all(covers(current.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list) and isinstance(current, list):
        return len(current) == len(wanted) and all(map(covers, current, wanted))
    # The server leaves out what is empty.
    return bool(current == wanted) or (current in _EMPTY and wanted in _EMPTY)


def merged(current: Object, wanted: Object) -> Object:
    """`wanted` as an update of `current`: others' labels, annotations and finalizers, status and version stay."""
    old, new = metadata(current), metadata(wanted)
    maps = {key: {**(old.get(key) or {}), **(new.get(key) or {})} for key in ("labels", "annotations")
            if old.get(key) or new.get(key)}
    return {**current, **wanted, "metadata": {**old, **new, **maps}}
