"""The parts of objects that actions change, each with how to read it and how to put it back exactly.  Pure."""

from __future__ import annotations

import copy
from typing import Any, Protocol

from attrs import frozen

from wfcontroller.api import Object
from wfcore.resources import Resource


@frozen
class Place:
    """Where an object is; `namespace` is empty for nodes."""

    resource: Resource
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.resource.kind} {self.namespace + '/' if self.namespace else ''}{self.name}"


class Part(Protocol):
    """A lens: `read(write(found, part)) == part`, and the rest of the object stays as it was."""

    def read(self, found: Object) -> Any:
        """The part, a copy."""
        ...

    def write(self, found: Object, part: Any) -> Object:
        """A copy of the object with this part; `found` is left alone."""
        ...


@frozen
class Replicas:
    """`spec.replicas` of a Deployment."""

    def read(self, found: Object) -> Any:
        given = (found.get("spec") or {}).get("replicas")
        return 1 if given is None else given

    def write(self, found: Object, part: Any) -> Object:
        return _with(found, "spec", {**(found.get("spec") or {}), "replicas": part})


@frozen
class Template:
    """`spec.template` of a Deployment, with everything in it."""

    def read(self, found: Object) -> Any:
        return copy.deepcopy((found.get("spec") or {}).get("template") or {})

    def write(self, found: Object, part: Any) -> Object:
        return _with(found, "spec", {**(found.get("spec") or {}), "template": copy.deepcopy(part)})


@frozen
class Data:
    """`data` and `binaryData` of a ConfigMap, `data` of a Secret: those that are there."""

    def read(self, found: Object) -> Any:
        return {name: dict(found[name]) for name in ("data", "binaryData") if found.get(name) is not None}

    def write(self, found: Object, part: Any) -> Object:
        rest = {key: value for key, value in found.items() if key not in ("data", "binaryData")}
        return copy.deepcopy({**rest, **part})


@frozen
class Unschedulable:
    """`spec.unschedulable` of a Node; absent and false are the same, as the API server stores them."""

    def read(self, found: Object) -> Any:
        return bool((found.get("spec") or {}).get("unschedulable"))

    def write(self, found: Object, part: Any) -> Object:
        rest = {key: value for key, value in (found.get("spec") or {}).items() if key != "unschedulable"}
        return _with(found, "spec", {**rest, "unschedulable": True} if part else rest)


def _with(found: Object, key: str, value: Any) -> Object:
    return copy.deepcopy({**found, key: value})
