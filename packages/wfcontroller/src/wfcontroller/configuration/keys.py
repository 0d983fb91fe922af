"""One declaration per key: where it stands, what it may be, what it means.  All else is derived from it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import attrs
from attrs import frozen

from wfcontroller.configuration.kinds import Hidden, Kind

PREFIX = "WF_"
_KEY, _PART = "wfcontroller.key", "wfcontroller.part"
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@frozen(kw_only=True)
class Key:
    """One key: `path` in the file (`approval.policy`), its kind, what it is, what it changes, its flag if any."""

    path: str
    kind: Kind
    about: str
    effect: str
    flag: str = ""

    @property
    def variable(self) -> str:
        """`approval.policy` -> `WF_APPROVAL_POLICY`."""
        return PREFIX + _HUMP.sub("_", self.path).replace(".", "_").upper()

    @property
    def is_secret(self) -> bool:
        """Whether its value is shown nowhere."""
        return isinstance(self.kind, Hidden)


@frozen(kw_only=True)
class Entry:
    """A key and the fields of a configuration that it sets: usually one, of one part."""

    key: Key
    part: str
    fields: tuple[str, ...]

    def value_in(self, config: Any) -> Any:
        """What the key has in a configuration, as its kind reads it."""
        values = tuple(getattr(getattr(config, self.part), field) for field in self.fields)
        return values if len(self.fields) > 1 else values[0]

    def changes(self, value: Any) -> dict[str, Any]:
        """The fields with the value that its kind read."""
        return dict(zip(self.fields, value if len(self.fields) > 1 else (value,), strict=True))


def setting(path: str, kind: Kind, about: str, effect: str, *, default: Any, flag: str = "") -> Any:
    """An attrs field that is set by a key."""
    key = Key(path=path, kind=kind, about=about, effect=effect, flag=flag)
    return attrs.field(default=default, metadata={_KEY: key})


def part(default: Any, keys: Mapping[str, Key] | None = None) -> Any:
    """An attrs field that holds one part of a configuration.

    `keys` is by field for a class that knows nothing of keys; two fields that
    one key sets are named together, separated by a space.
    """
    declared = keys if keys is not None else {
        field.name: field.metadata[_KEY] for field in attrs.fields(type(default)) if _KEY in field.metadata}
    return attrs.field(default=default, metadata={_PART: declared})


def entries_of(config: type) -> tuple[Entry, ...]:
    """Every key of a configuration, in the order of its declaration."""
    return tuple(Entry(key=key, part=field.name, fields=tuple(names.split()))
                 for field in attrs.fields(config) for names, key in field.metadata[_PART].items())
