"""An object as the API server sent it: JSON that nobody changes, hashable, decoded at most once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wfcore.codec import Malformed, decode_execution, decode_metadata, decode_workflow
from wfcore.codec.canonical import canonical
from wfcore.model.workflow import KubernetesExecution, ObjectMeta, WorkflowExecution


class RawObject:
    """JSON with value semantics.  Decoding is memoised, so a cached object costs it once per version."""

    __slots__ = ("_decoded", "_key", "value")

    def __init__(self, value: Mapping[str, Any]) -> None:
        self.value = value
        self._key: bytes | None = None
        self._decoded: dict[str, Any] = {}

    @property
    def key(self) -> bytes:
        """Canonical JSON: equal objects have equal keys."""
        if self._key is None:
            self._key = canonical(self.value)
        return self._key

    def metadata(self) -> ObjectMeta | Malformed:
        """The decoded metadata."""
        if "metadata" not in self._decoded:
            self._decoded["metadata"] = decode_metadata(self.value)
        found: ObjectMeta | Malformed = self._decoded["metadata"]
        return found

    def workflow(self) -> WorkflowExecution | Malformed:
        """Decoded as a WorkflowExecution."""
        if "workflow" not in self._decoded:
            self._decoded["workflow"] = decode_workflow(self.value)
        found: WorkflowExecution | Malformed = self._decoded["workflow"]
        return found

    def execution(self) -> KubernetesExecution | Malformed:
        """Decoded as a KubernetesExecution."""
        if "execution" not in self._decoded:
            self._decoded["execution"] = decode_execution(self.value)
        found: KubernetesExecution | Malformed = self._decoded["execution"]
        return found

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RawObject) and (self.value is other.value or self.key == other.key)

    def __hash__(self) -> int:
        return hash(self.key)

    def __repr__(self) -> str:
        return f"RawObject({self.key.decode('utf-8', 'replace')})"

    def __reduce__(self) -> tuple[type[RawObject], tuple[Mapping[str, Any]]]:
        return (RawObject, (self.value,))
