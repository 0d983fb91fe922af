"""Objects whose parts are decoded once a schedule, however many controllers read them.

The store shares the parts that a write does not touch, so a spec is decoded once
in the life of its object, and a status that a controller wrote is known before
it is read.  What is known is compared with what the codec reads now and then:
the law S19 says they are equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wfcore.codec import Malformed, decode, encode
from wfcore.model.definition import WorkflowExecutionSpec
from wfcore.model.evolving import evolve
from wfcore.model.execution import KubernetesExecutionSpec, KubernetesExecutionStatus
from wfcore.model.status import WorkflowExecutionStatus
from wfcore.model.workflow import KubernetesExecution, ObjectMeta, WorkflowExecution
from wfcore.rawobject import RawObject
from wfcore.simulation.objects import StoredObject
from wfcore.testing.simulator.encoding import Encoder
from wfcore.testing.simulator.laws import LawBroken

_SAMPLE = 16  # one of so many written statuses is read back through the codec
_NOTHING: tuple[Any, ObjectMeta | Malformed] = ({}, Malformed(()))


class Decoded:
    """The decoded parts of one schedule, by identity of their JSON (which is kept alive here)."""

    def __init__(self) -> None:
        self._parts: dict[tuple[int, type], tuple[Any, Any]] = {}
        self._objects: dict[int, tuple[StoredObject, RawObject]] = {}
        self._metadata: dict[str, tuple[Any, ObjectMeta | Malformed]] = {}
        self._encoder = Encoder()
        self._written = 0

    def raw(self, stored: StoredObject) -> RawObject:
        """The object as programs see it."""
        found = self._objects.get(id(stored))
        if found is None:
            found = self._objects[id(stored)] = (stored, _Known(stored, self))
        return found[1]

    def part(self, wanted: type, value: Any, name: str) -> Any:
        """One part, decoded by the codec the first time."""
        key = (id(value), wanted)
        found = self._parts.get(key)
        if found is None:
            found = self._parts[key] = (value, decode(wanted, value or {}, (name,)))
        return found[1]

    def metadata(self, value: Any) -> ObjectMeta | Malformed:
        """Metadata, which mostly differs from that of the version before in the version alone."""
        known, found = self._metadata.get(value["uid"], _NOTHING)
        if isinstance(found, ObjectMeta) and len(known) == len(value) and _alike(known, value):
            found = evolve(found, resource_version=value["resourceVersion"])
        else:
            found = decode(ObjectMeta, value, ("metadata",))
        self._metadata[value["uid"]] = (value, found)
        return found

    def encoded(self, status: WorkflowExecutionStatus) -> Any:
        """The JSON to write for a status.

        Raises:
            LawBroken: when the codec does not read back what it wrote.
        """
        value = self._encoder.status(status)
        self._written += 1
        if self._written % _SAMPLE == 1:
            read = decode(WorkflowExecutionStatus, value, ("status",))
            if read != status or value != encode(status):
                raise LawBroken("S19", f"the status {status!r} is read back as {read!r}")
        self._parts[id(value), WorkflowExecutionStatus] = (value, status)
        return value


def _alike(known: Mapping[str, Any], value: Mapping[str, Any]) -> bool:
    """Whether the parts are the same ones, the version apart."""
    changed = [key for key, item in value.items() if item is not known.get(key)]
    return changed == ["resourceVersion"]


class _Known(RawObject):
    """A stored object that knows where its decoded parts are."""

    __slots__ = ("_known", "_meta")

    def __init__(self, stored: StoredObject, known: Decoded) -> None:
        super().__init__(stored.value)
        self._known = known
        self._meta: ObjectMeta | Malformed | None = None

    def metadata(self) -> ObjectMeta | Malformed:
        """As the codec has it."""
        if self._meta is None:
            self._meta = self._known.metadata(self.value["metadata"])
        return self._meta

    def workflow(self) -> WorkflowExecution | Malformed:
        """The parts put together; what is malformed is left to the codec."""
        if "workflow" not in self._decoded:
            meta, value = self.metadata(), self.value
            spec = self._known.part(WorkflowExecutionSpec, value.get("spec"), "spec")
            status = self._known.part(WorkflowExecutionStatus, value.get("status"), "status")
            if isinstance(meta, Malformed) or isinstance(spec, Malformed) or isinstance(status, Malformed):
                return super().workflow()
            self._decoded["workflow"] = WorkflowExecution(metadata=meta, spec=spec, status=status)
        found: WorkflowExecution | Malformed = self._decoded["workflow"]
        return found

    def execution(self) -> KubernetesExecution | Malformed:
        """The same for a child."""
        if "execution" not in self._decoded:
            meta, value = self.metadata(), self.value
            spec = self._known.part(KubernetesExecutionSpec, value.get("spec"), "spec")
            status = self._known.part(KubernetesExecutionStatus, value.get("status"), "status")
            if isinstance(meta, Malformed) or isinstance(spec, Malformed) or isinstance(status, Malformed):
                return super().execution()
            self._decoded["execution"] = KubernetesExecution(metadata=meta, spec=spec, status=status)
        found: KubernetesExecution | Malformed = self._decoded["execution"]
        return found
