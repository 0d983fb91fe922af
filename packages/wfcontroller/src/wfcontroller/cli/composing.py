"""YAML text to JSON values with places, within limits that hold for any input.

Built on libyaml's events, not on PyYAML's composer: that one recurses in C, so
a file of brackets would crash the process, and it keeps the last of two equal
keys in silence.  Here nesting and the expansion of aliases are capped, and a
duplicate key is a problem.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import attrs
import yaml

from wfcontroller.cli.places import Spot
from wfcontroller.cli.scalars import Scalar, key_text, plain, tagged
from wfcore.codec.problems import Path, Problem

MAX_DEPTH = 100
# Values that aliases may add to one document; honest files use a handful.
MAX_ALIASED = 10_000


class Refused(Exception):
    """The text cannot be read on from here."""

    def __init__(self, reason: str, message: str, line: int, column: int) -> None:
        self.reason, self.message, self.line, self.column = reason, message, line, column
        super().__init__(message)


@attrs.frozen(eq=False)
class Composed:
    """One document: its value, where everything stands, and what is wrong with it as YAML."""

    value: Any
    spot: Spot
    problems: tuple[Problem, ...]


@attrs.define(eq=False)
class _Open:
    """A mapping or list whose end has not been seen."""

    spot: Spot
    anchor: str | None
    value: Any
    children: dict[str | int, Spot] = attrs.field(factory=dict)
    # What a mapping waits for: a key (None), or the value of this key.
    key: str | None = None
    merging: bool = False
    merged: list[tuple[Any, Spot]] = attrs.field(factory=list)
    size: int = 1


def compose(text: str) -> Iterator[Composed]:
    """Each document of a YAML text; raises `Refused` where it stops being YAML.  O(length)."""
    loader = yaml.CSafeLoader(text)
    try:
        composer: _Composer | None = None
        while (event := _next(loader, text)) is not None:
            if isinstance(event, yaml.DocumentStartEvent):
                composer = _Composer()
            elif isinstance(event, yaml.DocumentEndEvent) and composer is not None:
                yield composer.finished()
            elif composer is not None and isinstance(event, yaml.NodeEvent | yaml.CollectionEndEvent):
                composer.feed(event)
    finally:
        loader.dispose()


def _next(loader: yaml.CSafeLoader, text: str) -> yaml.Event | None:
    try:
        return loader.get_event() if loader.check_event() else None
    except yaml.MarkedYAMLError as error:
        said = ", ".join(part for part in (error.context, error.problem) if part)
        spot = _spot(error.problem_mark or error.context_mark)
        raise Refused("InvalidYAML", said or "not YAML", spot.line, spot.column) from None
    except yaml.reader.ReaderError as error:
        # libyaml counts its position in bytes of its own encoding: the character itself says more.
        before = text[:max(text.find(chr(int(error.character))), 0)]
        raise Refused("InvalidYAML", f"control character U+{int(error.character):04X}; objects are plain text",
                      before.count("\n") + 1, len(before) - before.rfind("\n")) from None


def _spot(mark: Any) -> Spot:
    return Spot(mark.line + 1, mark.column + 1) if mark is not None else Spot()


class _Composer:
    """Builds one document out of events, without recursion."""

    def __init__(self) -> None:
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Any, Spot, int]] = {}
        self._aliased = 0
        self._root: tuple[Any, Spot] = (None, Spot())
        self._problems: list[Problem] = []

    def finished(self) -> Composed:
        return Composed(*self._root, tuple(self._problems))

    def feed(self, event: Any) -> None:
        """Take the next event; the classes of PyYAML's events declare no fields."""
        spot = _spot(event.start_mark)
        if isinstance(event, yaml.ScalarEvent):
            value = self._scalar(event)
            self._remember(event.anchor, value, spot, 1)
            # A quoted "<<" is a key like any other.
            self._add(value, spot, 1, merges=event.implicit[0] and value == "<<")
        elif isinstance(event, yaml.AliasEvent):
            self._alias(str(event.anchor), spot)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._close()
        else:
            self._begin(event, spot)

    def _scalar(self, event: Any) -> Scalar:
        try:
            if event.tag not in (None, "!"):
                return tagged(event.tag, event.value)
            return plain(event.value) if event.implicit[0] else event.value
        except ValueError as error:
            self._problems.append(Problem(self._path(), "WrongType", str(error)))
            return None

    def _begin(self, event: Any, spot: Spot) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise Refused("TooDeep", f"nested more than {MAX_DEPTH} levels deep", spot.line, spot.column)
        if self._awaits_key():
            raise Refused("InvalidKey", "a mapping or list cannot be a key; keys are strings", spot.line, spot.column)
        mapping = isinstance(event, yaml.MappingStartEvent)
        if event.tag not in (None, "!", f"tag:yaml.org,2002:{'map' if mapping else 'seq'}"):
            self._problems.append(Problem(self._path(), "WrongType", f"tag {event.tag} has no meaning here; remove it"))
        self._open.append(_Open(spot, event.anchor, {} if mapping else []))

    def _close(self) -> None:
        done = self._open.pop()
        for source, spot in done.merged:
            for key in (key for key in source if key not in done.value):
                done.value[key], done.children[key] = source[key], (spot.children or {}).get(key, spot)
        spot = attrs.evolve(done.spot, children=done.children)
        self._remember(done.anchor, done.value, spot, done.size)
        self._add(done.value, spot, done.size)

    def _alias(self, anchor: str, spot: Spot) -> None:
        if anchor not in self._anchors:
            inside = any(frame.anchor == anchor for frame in self._open)
            raise Refused("InvalidYAML", f"alias *{anchor} stands inside the value it names" if inside else
                          f"alias *{anchor} names nothing above it", spot.line, spot.column)
        value, named, size = self._anchors[anchor]
        self._aliased += size
        if self._aliased > MAX_ALIASED:
            raise Refused("TooManyAliases", f"aliases expand to more than {MAX_ALIASED} values; write them out",
                          spot.line, spot.column)
        self._add(copy.deepcopy(value), attrs.evolve(spot, children=named.children), size)

    def _remember(self, anchor: str | None, value: Any, spot: Spot, size: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = (value, spot, size)

    def _awaits_key(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1].value, dict) and self._open[-1].key is None

    def _add(self, value: Any, spot: Spot, size: int, merges: bool = False) -> None:
        if not self._open:
            self._root = (value, spot)
            return
        frame = self._open[-1]
        frame.size += size
        if isinstance(frame.value, list):
            frame.children[len(frame.value)] = spot
            frame.value.append(value)
        elif frame.key is None:
            frame.key, frame.merging = self._key(value, spot), merges
        elif frame.merging:
            frame.key = None
            self._merge(frame, value, spot)
        else:
            self._entry(frame, frame.key, value, spot)

    def _key(self, value: Any, spot: Spot) -> str:
        if isinstance(value, dict | list) or (text := key_text(value)) is None:
            raise Refused("InvalidKey", "a key has to be a string; put it in quotes", spot.line, spot.column)
        return text

    def _entry(self, frame: _Open, key: str, value: Any, spot: Spot) -> None:
        frame.key = None
        if key in frame.value:
            first = frame.children[key]
            self._problems.append(Problem((*self._path(), key), "DuplicateKey",
                                          f"key {key!r} is given twice, also in line {first.line}; remove one"))
        frame.value[key], frame.children[key] = value, spot

    def _merge(self, frame: _Open, value: Any, spot: Spot) -> None:
        sources = value if isinstance(value, list) else [value]
        if not all(isinstance(source, dict) for source in sources):
            raise Refused("InvalidYAML", "<< merges mappings; this is something else", spot.line, spot.column)
        for index, source in enumerate(sources):
            inner = (spot.children or {}).get(index, spot) if isinstance(value, list) else spot
            frame.merged.append((source, inner))

    def _path(self) -> Path:
        """Where the next value goes: what is open, from the root."""
        path: list[str | int] = []
        for frame in self._open:
            if isinstance(frame.value, list):
                path.append(len(frame.value))
            elif frame.key is not None:
                path.append(frame.key)
        return tuple(path)
