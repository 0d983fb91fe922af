"""The definitions as the embedded API server enforces them."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from wfcontroller.embedded.admission.custom import CustomAdmission
from wfcore.crds import crds


def schemas() -> dict[str, dict[str, Any]]:
    """The schema of each kind."""
    return {crd["spec"]["names"]["kind"]: crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"] for crd in crds()}


def nodes(schema: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema of a schema with its path: `.spec.steps[].name`, `{}` for the values of a map."""
    yield path, dict(schema)
    for name, inner in schema.get("properties", {}).items():
        yield from nodes(inner, f"{path}.{name}")
    if "items" in schema:
        yield from nodes(schema["items"], f"{path}[]")
    if "additionalProperties" in schema:
        yield from nodes(schema["additionalProperties"], f"{path}{{}}")


class Server:
    """Judges objects by both definitions, compiled once."""

    def __init__(self) -> None:
        self._admission = {kind: CustomAdmission(schema) for kind, schema in schemas().items()}

    def stored(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The object after pruning and defaulting."""
        value = copy.deepcopy(dict(body))
        self._admission[value["kind"]].prepare(value)
        return value

    def refusals(self, new: Mapping[str, Any], old: Mapping[str, Any] | None = None) -> list[str]:
        """Why a create (or, with `old`, an update) is refused; empty when it is accepted."""
        before = None if old is None else self.stored(old)
        causes = self._admission[new["kind"]].problems(self.stored(new), before)
        return [f"{field}: {message}" for field, message in causes]
