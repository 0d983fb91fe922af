"""Flags over environment over file over defaults, and every problem of all of them at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import attrs

from wfcontroller.configuration.contradictions import contradictions
from wfcontroller.configuration.controller import ControllerConfig
from wfcontroller.configuration.environment import FILE_VARIABLE, given_in_environment
from wfcontroller.configuration.executor import ExecutorConfig
from wfcontroller.configuration.file import given_in_file
from wfcontroller.configuration.flaws import ConfigurationError, Flaw
from wfcontroller.configuration.given import Given
from wfcontroller.configuration.keys import Entry, entries_of
from wfcore.codec.problems import Nested, Rejected, render_path
from wfcore.codec.problems import Path as Within

MAX_FILE_BYTES = 1024 * 1024
C = TypeVar("C", ControllerConfig, ExecutorConfig)


def load(config: type[C], file_text: str | None, file_name: str, environment: Mapping[str, str],
         overrides: Mapping[str, str | None] | None = None) -> C:
    """The configuration that these make; raises `ConfigurationError` with all that is wrong with them.

    `overrides` are flags, by the key that each sets; None: not given.  A value
    that is wrong is a flaw even where a stronger one replaces it.
    """
    entries = {entry.key.path: entry for entry in entries_of(config)}
    flags = (Given(path, text, entries[path].key.flag or path)
             for path, text in (overrides or {}).items() if text is not None)
    layers = chain(
        given_in_file(file_text or "", file_name, entries.keys()),
        given_in_environment(environment, {entry.key.variable: entry.key for entry in entries.values()}), flags)
    values, flaws = _values(layers, entries)
    loaded = _configured(config, {path: (entries[path], value) for path, (_, value) in values.items()})
    wrong = {flaw.path.partition("[")[0] for flaw in flaws}
    for found in contradictions(loaded):
        if wrong.isdisjoint(found.keys):
            given = [values[key][0].source_of() for key in found.keys if key in values]
            flaws.append(Flaw(given[0] if given else "default", found.keys[0], "Contradiction", found.message))
    if flaws:
        raise ConfigurationError(flaws)
    return loaded


def read(config: type[C], file_name: str | None, environment: Mapping[str, str],
         overrides: Mapping[str, str | None] | None = None) -> C:
    """As `load`, with the file of this name, or else the one that WF_CONFIG names, or none."""
    name = file_name or environment.get(FILE_VARIABLE) or ""
    return load(config, _text_of(name) if name else None, name, environment, overrides)


def _text_of(name: str) -> str:
    try:
        with Path(name).open("rb") as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise ConfigurationError([Flaw(name, "", "Unreadable", error.strerror or type(error).__name__)]) from None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigurationError([Flaw(f"{name}:{line}:1", "", "NotUTF8", "a configuration is UTF-8 text")]) from None
    if len(data) > MAX_FILE_BYTES:
        raise ConfigurationError([Flaw(name, "", "TooLarge", f"more than {MAX_FILE_BYTES} bytes")])
    return text


def _values(layers: Iterable[Given | Flaw], entries: Mapping[str, Entry],
            ) -> tuple[dict[str, tuple[Given, Any]], list[Flaw]]:
    """The strongest value of each key as its kind read it, and the flaws of all of them."""
    values: dict[str, tuple[Given, Any]] = {}
    flaws: list[Flaw] = []
    for given in layers:
        if isinstance(given, Flaw):
            flaws.append(given)
            continue
        kind = entries[given.path].key.kind
        try:
            read_value = kind.read_text(given.value) if given.spot is None else kind.read(given.value)
        except (Nested, Rejected) as error:
            flaws += _flaws_of(error, given, ())
        else:
            values[given.path] = given, read_value
    return values, flaws


def _flaws_of(error: Exception, given: Given, within: Within) -> Iterator[Flaw]:
    if isinstance(error, Nested):
        for place, inner in error.parts:
            yield from _flaws_of(inner, given, (*within, *place))
    elif isinstance(error, Rejected):
        path = given.path + render_path(within).removeprefix("$")
        yield Flaw(given.source_of(within), path, error.reason, error.message)


def _configured(config: type[C], values: Mapping[str, tuple[Entry, Any]]) -> C:
    loaded = config()
    changes: dict[str, dict[str, Any]] = {}
    for entry, value in values.values():
        changes.setdefault(entry.part, {}).update(entry.changes(value))
    parts = {part: attrs.evolve(getattr(loaded, part), **fields) for part, fields in changes.items()}
    return attrs.evolve(loaded, **parts)
