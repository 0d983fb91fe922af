"""A small vocabulary over the kernel: a store that applies operations in place and remembers every result."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from wfcore.resources import NAMESPACES, WORKFLOW_EXECUTIONS, Resource
from wfcore.simulation.operations import (
    CollectGarbage,
    Create,
    Delete,
    EventsSince,
    Found,
    Get,
    List,
    Operation,
    Propagation,
    Refused,
    Removed,
    Result,
    Update,
    UpdateStatus,
)
from wfcore.simulation.state import empty
from wfcore.simulation.store import apply

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
WFE = WORKFLOW_EXECUTIONS


class World:
    """A kernel state with a namespace `default`; raises nothing, returns results."""

    def __init__(self, seed: str = "0") -> None:
        self.state = empty(seed)
        self.create(NAMESPACES, "default", namespace="")

    def do(self, operation: Operation) -> Result:
        self.state, result = apply(self.state, operation)
        return result

    def create(self, resource: Resource, name: str, *, namespace: str = "default", **content: Any) -> Any:
        """The stored value, or the refusal."""
        metadata = {"name": name, **({"namespace": namespace} if namespace else {}), **content.pop("metadata", {})}
        return value(self.do(Create(resource, {"metadata": metadata, **content}, NOW)))

    def update(self, resource: Resource, body: Any) -> Any:
        return value(self.do(Update(resource, body, NOW)))

    def update_status(self, resource: Resource, body: Any) -> Any:
        return value(self.do(UpdateStatus(resource, body, NOW)))

    def delete(self, resource: Resource, name: str, *, namespace: str = "default", **options: Any) -> Result:
        return self.do(Delete(resource, namespace, name, NOW, **options))

    def get(self, resource: Resource, name: str, *, namespace: str = "default") -> Any:
        return value(self.do(Get(resource, namespace, name)))

    def names(self, resource: Resource, **options: Any) -> list[str]:
        return [item.metadata["name"] for item in self.do(List(resource, **options)).items]

    def changes(self, resource: Resource, version: int = 0) -> list[tuple[str, str]]:
        events = self.do(EventsSince(resource, version))
        return [(c.type.value, c.object.metadata["name"]) for c in events.changes]

    def collect(self) -> int:
        """Garbage collection to its fixpoint; how many passes changed something."""
        passes = 0
        while self.do(CollectGarbage(NOW)).keys:
            passes += 1
        return passes


def value(result: Result) -> Any:
    """The object of a result as JSON; a refusal as it is."""
    return dict(result.object.value) if isinstance(result, Found | Removed) else result


def owner(owned_by: Any, **more: Any) -> dict[str, Any]:
    """`metadata` with a reference to an owner."""
    return {"ownerReferences": [{
        "apiVersion": owned_by["apiVersion"], "kind": owned_by["kind"], "name": owned_by["metadata"]["name"],
        "uid": owned_by["metadata"]["uid"], **more,
    }]}


def refused(result: Any) -> tuple[int, str]:
    """Status and reason of a refusal."""
    assert isinstance(result, Refused), result
    return result.status, result.reason


FOREGROUND, ORPHAN = Propagation.FOREGROUND, Propagation.ORPHAN
