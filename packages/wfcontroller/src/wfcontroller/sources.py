"""Workflows that roll back or retry another one: how a file names the one that it also holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wfcore.program import Ref

FIELDS = ("rollbackOf", "retryOf")


def place_of(document: Mapping[str, Any]) -> Ref:
    """Where an object of a file will stand."""
    meta = document["metadata"]
    return Ref(str(meta.get("namespace") or "default"), meta["name"])


def unnamed_sources(document: Mapping[str, Any]) -> Iterator[Ref]:
    """The workflows that this one rolls back or retries and names without a uid: nobody knows it before the run."""
    namespace = place_of(document).namespace
    for source in _sources(document).values():
        if not source.get("uid"):
            yield Ref(namespace, str(source.get("name")))


def with_uids(document: Mapping[str, Any], uids: Mapping[Ref, str]) -> dict[str, Any]:
    """The document with these uids where it names a source without one; itself where none is known."""
    namespace = place_of(document).namespace
    known = {field: {**source, "uid": uids[ref]} for field, source in _sources(document).items()
             if not source.get("uid") and (ref := Ref(namespace, str(source.get("name")))) in uids}
    return {**document, "spec": {**document["spec"], **known}} if known else dict(document)


def has_source(document: Mapping[str, Any]) -> bool:
    """Whether the workflow stands on another one."""
    return bool(_sources(document))


def _sources(document: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    spec = document.get("spec")
    given = {field: spec.get(field) for field in FIELDS} if isinstance(spec, Mapping) else {}
    return {field: source for field, source in given.items() if isinstance(source, Mapping)}
