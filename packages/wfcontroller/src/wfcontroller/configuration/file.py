"""The values of a file: nested keys in YAML (or JSON), each with its place; what is no key at all is a flaw."""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import Any

from wfcontroller.cli.composing import Composed, Refused, compose
from wfcontroller.cli.places import Spot
from wfcontroller.configuration.flaws import Flaw
from wfcontroller.configuration.given import Given, meant, placed
from wfcore.codec.problems import render_path, shown


def given_in_file(text: str, file: str, keys: Set[str]) -> Iterator[Given | Flaw]:
    """Each value of the file, and each flaw, in the order of their places."""
    try:
        documents = [document for document in compose(text) if document.value is not None]
    except Refused as error:
        yield Flaw(f"{file}:{error.line}:{error.column}", "", error.reason, error.message)
        return
    for extra in documents[1:]:
        yield Flaw(placed(file, extra.spot), "", "TooMany", "a second document; a configuration is one")
    for document in documents[:1]:
        yield from _Reader(file, keys, document).read()


class _Reader:
    """Walks the mappings of one document down to its keys."""

    def __init__(self, file: str, keys: Set[str], document: Composed) -> None:
        self._file, self._keys, self._document = file, keys, document
        self._sections = {path.rpartition(".")[0] for path in keys} - {""}
        self._broken = {problem.path for problem in document.problems}

    def read(self) -> Iterator[Given | Flaw]:
        document = self._document
        for problem in document.problems:
            yield Flaw(placed(self._file, document.spot.find(problem.path)),
                       render_path(problem.path).removeprefix("$."), problem.reason, problem.message)
        if isinstance(document.value, dict):
            yield from self._mapping(document.value, document.spot, ())
        else:
            yield Flaw(placed(self._file, document.spot), "", "WrongType",
                       f"expected keys with their values, got {shown(document.value)}")

    def _mapping(self, mapping: dict[str, Any], spot: Spot, path: tuple[str, ...]) -> Iterator[Given | Flaw]:
        for name, value in mapping.items():
            inner = (*path, name)
            if inner not in self._broken:
                yield from self._entry(inner, value, spot.find((name,)))

    def _entry(self, path: tuple[str, ...], value: Any, spot: Spot) -> Iterator[Given | Flaw]:
        key, source = ".".join(path), placed(self._file, spot)
        known = not any("." in name for name in path)
        if known and key in self._sections:
            # All keys of a section may be commented out.
            if isinstance(value, dict):
                yield from self._mapping(value, spot, path)
            elif value is not None:
                yield Flaw(source, key, "WrongType", f"expected {self._inside(key)} below it, got {shown(value)}")
        elif not known or key not in self._keys:
            hint = f"; nest it: {': '.join(key.split('.'))}: ..." if key in self._keys else meant(
                key, self._keys | self._sections)
            yield Flaw(source, render_path(path).removeprefix("$."), "UnknownKey", f"unknown key{hint}")
        elif value is None:
            yield Flaw(source, key, "Missing", "no value; give one, or remove the key for its default")
        else:
            yield Given(key, value, self._file, spot)

    def _inside(self, section: str) -> str:
        return ", ".join(sorted(key.removeprefix(f"{section}.") for key in self._keys
                                if key.startswith(f"{section}.")))
