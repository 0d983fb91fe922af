"""`x-kubernetes-list-type`: members of `map` and `set` lists occur once, at every depth of a schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wfcontroller.embedded.admission.paths import Cause, Key, Path, duplicate, invalid_value
from wfcontroller.embedded.admission.structural import Schema


class UniqueMembers:
    """The lists of a schema whose members have an identity, with the way down to them."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        nested = {name: UniqueMembers(s) for name, s in schema.get("properties", {}).items()}
        self._named = schema.get("properties", {}).keys()
        self._properties = {name: inside for name, inside in nested.items() if not inside.idle}
        additional = schema.get("additionalProperties")
        self._additional = _unless_idle(additional) if isinstance(additional, Mapping) else None
        self._items = _unless_idle(schema["items"]) if "items" in schema else None
        self._typed = schema.get("x-kubernetes-list-type") in ("map", "set")

    @property
    def idle(self) -> bool:
        """Whether there is nothing to check here or below."""
        return not (self._typed or self._properties or self._additional or self._items)

    def duplicates(self, value: Any, path: Path = ()) -> Iterator[Cause]:
        """Each member that repeats an earlier one, the first time it does."""
        if isinstance(value, list):
            if self._typed:
                yield from self._repeated(value, path)
            if self._items is not None:
                for index, item in enumerate(value):
                    yield from self._items.duplicates(item, (*path, index))
        elif isinstance(value, dict):
            for name, nested in value.items():
                inside = self._properties.get(name) if name in self._named else self._additional
                if inside is not None:
                    yield from inside.duplicates(nested, (*path, name if name in self._named else Key(name)))

    def _repeated(self, value: list[Any], path: Path) -> Iterator[Cause]:
        if self._schema["x-kubernetes-list-type"] == "map":
            odd = next((index for index, item in enumerate(value) if not isinstance(item, dict | None)), None)
            if odd is not None:
                yield invalid_value((*path, odd), value[odd], "must be an object for an array of list-type map")
                return
        seen: dict[str, int] = {}
        for index, item in enumerate(value):
            identity = list_identity(item, self._schema)
            spelt = repr(identity)
            seen[spelt] = seen.get(spelt, 0) + 1
            if seen[spelt] == 2:
                yield duplicate((*path, index), identity)


def _unless_idle(schema: Schema) -> UniqueMembers | None:
    inside = UniqueMembers(schema)
    return None if inside.idle else inside


def list_identity(item: Any, schema: Schema) -> Any:
    """What makes a list's item the same item: its keys in a `map` list, itself in a `set`, nothing otherwise."""
    match schema.get("x-kubernetes-list-type"):
        case "set":
            return item
        case "map" if isinstance(item, dict):
            return {key: item[key] for key in schema["x-kubernetes-list-map-keys"] if key in item}
        case _:
            return None
