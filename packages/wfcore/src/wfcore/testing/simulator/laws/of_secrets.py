"""S23: values of Secrets stand in the spec and in the parameters of the step's own children, and nowhere else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from wfcore.program import Emit, Outbox, Record, Request
from wfcore.testing.simulator.canaries import Canaries
from wfcore.testing.simulator.meaning import Json


def statuses_keep_secrets(canaries: Canaries, status: Json) -> Iterator[str]:
    yield from _given_away(canaries, "the status", status)


def children_keep_secrets(canaries: Canaries, name: str, child: Json) -> Iterator[str]:
    """The parameters of a step that sets a Secret have its value; whether they are the step's own says S13."""
    spec = child.get("spec")
    if isinstance(spec, dict) and spec.get("kind") in ("forward", "dryrun"):
        given = dict(spec.get("parameters") or {})
        given.pop("updateSecret", None)
        child = {**child, "spec": {**spec, "parameters": given}}
    yield from _given_away(canaries, name, child)


def requests_keep_secrets(canaries: Canaries, request: Request) -> Iterator[str]:
    """Events, audit rows and records in the outbox."""
    if isinstance(request, Emit | Record | Outbox):
        found = canaries.found_in(repr(request))
        if found:
            yield f"{type(request).__name__} gives a secret away: {found}"


def _given_away(canaries: Canaries, what: str, value: Any) -> Iterator[str]:
    found = canaries.found_in(json.dumps(value, ensure_ascii=False))
    if found:
        yield f"{what} gives a secret away: {found}"
