"""The cluster of a schedule: the one store kernel, its clock, and everybody who hears of a commit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from operator import itemgetter
from typing import Any

from wfcore.resources import KUBERNETES_EXECUTIONS, NAMESPACES, WORKFLOW_EXECUTIONS, Resource
from wfcore.simulation import operations as op
from wfcore.simulation.objects import StoredObject
from wfcore.simulation.state import empty
from wfcore.simulation.store import apply
from wfcore.simulation.watchlog import Change
from wfcore.testing.simulator.agenda import Agenda, instant
from wfcore.testing.simulator.trace import Trace

NAMESPACE = "default"
WATCHED = (WORKFLOW_EXECUTIONS, KUBERNETES_EXECUTIONS)
Listener = Callable[[str, Resource, Change], None]


class Cluster:
    """Applies operations; each commit is told to every listener before the next one can happen."""

    def __init__(self, seed: str, agenda: Agenda, trace: Trace) -> None:
        self.agenda, self.trace = agenda, trace
        self.listeners: list[Listener] = []
        self.state, _ = apply(empty(seed), op.Create(NAMESPACES, {"metadata": {"name": NAMESPACE}}, instant(0)))

    @property
    def now(self) -> datetime:
        """The API server's clock, which never jumps."""
        return instant(self.agenda.now)

    def apply(self, actor: str, operation: op.Operation) -> op.Result:
        """Perform one operation in somebody's name."""
        before = self.state.version
        self.state, result = apply(self.state, operation)
        if self.state.version != before:
            changes = [(change.version, resource, change) for resource in WATCHED
                       for change in self.state.bucket(resource).log.since(before)]
            if len(changes) > 1:
                changes.sort(key=itemgetter(0))
            for _, resource, change in changes:
                self.trace.add(self.agenda.now, actor, change.type.name, change.place[1], "v", change.version)
                for listener in self.listeners:
                    listener(actor, resource, change)
        return result

    def find(self, resource: Resource, name: str) -> StoredObject | None:
        """A live read."""
        return self.state.find(resource, NAMESPACE, name)

    def all(self, resource: Resource) -> tuple[StoredObject, ...]:
        """A live list, by name."""
        return self.state.bucket(resource).ordered

    def create(self, actor: str, resource: Resource, body: Mapping[str, Any]) -> op.Result:
        """POST."""
        return self.apply(actor, op.Create(resource, body, self.now))

    def report(self, actor: str, resource: Resource, stored: StoredObject, status: Any) -> op.Result:
        """PUT of a status over the live object, whatever JSON it is."""
        return self.apply(actor, op.UpdateStatus(resource, {**stored.value, "status": status}, self.now))

    def strip_and_delete(self, actor: str, resource: Resource, name: str) -> None:
        """What an impatient person does: no finalizer, no object."""
        stored = self.find(resource, name)
        if stored is not None and stored.finalizers:
            kept = {k: v for k, v in stored.metadata.items() if k != "finalizers"}
            self.apply(actor, op.Update(resource, {**stored.value, "metadata": kept}, self.now))
        if self.find(resource, name) is not None:
            self.apply(actor, op.Delete(resource, NAMESPACE, name, self.now))
