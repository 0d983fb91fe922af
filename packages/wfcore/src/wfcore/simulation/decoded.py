"""Objects that are decoded part by part, and parts that are known before they are read.

What a program writes it reads back as it was (a law of the codec), and most
writes change one part only.  Whoever lives through the same workflow a thousand
times puts `Decoded` parts into the store and is spared the codec.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from wfcore.codec import Malformed, decode, encode
from wfcore.model.definition import WorkflowExecutionSpec
from wfcore.model.execution import KubernetesExecutionSpec, KubernetesExecutionStatus
from wfcore.model.status import WorkflowExecutionStatus
from wfcore.model.workflow import KubernetesExecution, WorkflowExecution
from wfcore.rawobject import RawObject

T = TypeVar("T")


class Decoded(dict[str, Any]):
    """A spec or status as JSON that remembers what the codec makes of it: nobody may change it."""

    __slots__ = ("part",)

    def __init__(self, value: Mapping[str, Any], part: Any = None) -> None:
        super().__init__(value)
        self.part = part

    @classmethod
    def encoding(cls, part: Any) -> Decoded:
        """The JSON of a part of the model."""
        return cls(encode(part), part)


def decoded(wanted: type[T], value: Any, name: str) -> T | Malformed:
    """A part as the codec has it; from memory when it is known."""
    if not isinstance(value, Decoded):
        return decode(wanted, value or {}, (name,))
    if value.part is None:
        value.part = decode(wanted, value, (name,))
    found: T | Malformed = value.part
    return found


class InParts(RawObject):
    """A RawObject that looks for known parts first; anything malformed is left to the codec."""

    __slots__ = ()

    def workflow(self) -> WorkflowExecution | Malformed:
        """The parts put together."""
        if "workflow" not in self._decoded:
            spec = decoded(WorkflowExecutionSpec, self.value.get("spec"), "spec")
            status = decoded(WorkflowExecutionStatus, self.value.get("status"), "status")
            meta = self.metadata()
            if isinstance(meta, Malformed) or isinstance(spec, Malformed) or isinstance(status, Malformed):
                return super().workflow()
            self._decoded["workflow"] = WorkflowExecution(metadata=meta, spec=spec, status=status)
        return super().workflow()

    def execution(self) -> KubernetesExecution | Malformed:
        """The same for a child."""
        if "execution" not in self._decoded:
            spec = decoded(KubernetesExecutionSpec, self.value.get("spec"), "spec")
            status = decoded(KubernetesExecutionStatus, self.value.get("status"), "status")
            meta = self.metadata()
            if isinstance(meta, Malformed) or isinstance(spec, Malformed) or isinstance(status, Malformed):
                return super().execution()
            self._decoded["execution"] = KubernetesExecution(metadata=meta, spec=spec, status=status)
        return super().execution()
