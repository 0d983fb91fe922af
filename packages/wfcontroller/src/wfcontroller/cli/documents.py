"""Reads files of objects: YAML or JSON, several documents each, Lists taken apart, every problem with its place."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any

import attrs
import orjson

from wfcontroller.cli.composing import MAX_DEPTH, Composed, Refused, compose
from wfcontroller.cli.places import Finding, Spot
from wfcore.codec import Problem, render_path
from wfcore.codec.problems import shown
from wfcore.resources import BY_API_VERSION_AND_KIND, WORKFLOW_EXECUTIONS

MAX_FILE_BYTES = 2 * 1024 * 1024
STDIN = "-"


@attrs.frozen(eq=False)
class Document:
    """One object of a file: raw JSON and where it stands."""

    file: str
    value: dict[str, Any]
    spot: Spot

    @property
    def is_workflow(self) -> bool:
        """Whether it says that it is a WorkflowExecution; its version may still be wrong."""
        group = str(self.value.get("apiVersion")).partition("/")[0]
        return self.value.get("kind") == WORKFLOW_EXECUTIONS.kind or group == WORKFLOW_EXECUTIONS.group

    def finding(self, problem: Problem) -> Finding:
        """A problem of this object with the place of what it is about."""
        return _finding(self.file, self.spot, problem)


@attrs.frozen(eq=False)
class Loaded:
    """What could be read, in file order, and what is wrong with the files themselves."""

    files: tuple[str, ...]
    documents: tuple[Document, ...]
    findings: tuple[Finding, ...]


def load(files: Iterable[str]) -> Loaded:
    """Read files, `-` for standard input.  Never raises for any content: what cannot be read is a finding."""
    named = tuple(files)
    documents: list[Document] = []
    findings: list[Finding] = []
    for name in named:
        for item in _read(name):
            (documents if isinstance(item, Document) else findings).append(item)  # type: ignore[arg-type]
    return Loaded(tuple(map(_shown_name, named)), tuple(documents), tuple(findings))


def _shown_name(name: str) -> str:
    return "<stdin>" if name == STDIN else name


def _read(name: str) -> Iterator[Document | Finding]:
    file, count = _shown_name(name), 0
    try:
        for composed in _documents(_text(_bytes(name))):
            yield from (_finding(file, composed.spot, problem) for problem in composed.problems)
            if composed.value is not None:
                count += 1
                yield from _objects(file, composed.value, composed.spot)
    except Refused as refused:
        yield Finding(file, refused.line, refused.column, "$", refused.reason, refused.message)
    else:
        if not count:
            yield Finding(file, 1, 1, "$", "Empty", "no document; give at least one object")


def _bytes(name: str) -> bytes:
    """At most one byte more than allowed: a file that is too large is not read to its end."""
    try:
        if name == STDIN:
            data = sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
        else:
            with open(name, "rb") as stream:
                data = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise Refused("Unreadable", error.strerror or str(error), 1, 1) from None
    if len(data) > MAX_FILE_BYTES:
        raise Refused("TooLarge", f"more than {MAX_FILE_BYTES} bytes, the most a file may have; split it", 1, 1)
    return data


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise Refused("NotUTF8", f"byte 0x{data[error.start]:02x} is not UTF-8; files of objects are UTF-8 text",
                      line, column) from None


def _documents(text: str) -> Iterator[Composed]:
    """JSON as JSON means it, all else as YAML; the places are YAML's in both."""
    value = _json(text)
    if value is None:
        yield from compose(text)
        return
    try:
        for composed in compose(text):
            yield attrs.evolve(composed, value=value)
    except Refused as refused:
        # Escapes of characters in two halves are JSON but not YAML: such a file is read without places.
        if refused.reason != "InvalidYAML" or _deeper_than(value, MAX_DEPTH):
            raise
        yield Composed(value, Spot(), ())


def _json(text: str) -> Any:
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None  # YAML's flow style begins alike


def _deeper_than(value: Any, levels: int) -> bool:
    layer = [value]
    for _ in range(levels + 1):
        layer = [inner for item in layer if isinstance(item, dict | list)
                 for inner in (item.values() if isinstance(item, dict) else item)]
    return bool(layer)


def _objects(file: str, value: Any, spot: Spot) -> Iterator[Document | Finding]:
    if not isinstance(value, dict):
        yield _finding(file, spot, Problem((), "WrongType", f"expected an object, got {shown(value)}"))
    elif value.get("kind") == "List" and value.get("apiVersion") == "v1":
        items = value.get("items")
        if not isinstance(items, list):
            yield _finding(file, spot, Problem(("items",), "WrongType", "a List needs a list of items"))
            return
        for index, item in enumerate(items):
            yield from _objects(file, item, spot.find(("items", index)))
    else:
        yield Document(file, value, spot)


def _finding(file: str, spot: Spot, problem: Problem) -> Finding:
    place = spot.find(problem.path)
    return Finding(file, place.line, place.column, render_path(problem.path), problem.reason, problem.message)


def object_problems(value: dict[str, Any]) -> Iterator[Problem]:
    """What is wrong with an object of the cluster's initial state, as far as its outside shows."""
    known = BY_API_VERSION_AND_KIND
    version, kind = value.get("apiVersion"), value.get("kind")
    if not isinstance(version, str) or not isinstance(kind, str) or (version, kind) not in known:
        listed = ", ".join(f"{v} {k}" for v, k in known)
        yield Problem(("kind",), "UnknownKind", f"apiVersion {shown(version)} kind {shown(kind)} is not known here; "
                      f"known are: {listed}")
    meta = value.get("metadata")
    if not isinstance(meta, dict):
        yield Problem(("metadata",), "Missing", "required, but missing")
        return
    for key in ("name", "namespace"):
        given = meta.get(key)
        if given is None and key == "name":
            yield Problem(("metadata", "name"), "Missing", "required, but missing")
        elif given is not None and (not isinstance(given, str) or not given):
            yield Problem(("metadata", key), "WrongType", f"expected a string, got {shown(given)}")
