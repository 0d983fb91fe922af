"""Workflows decoded part by part: a part that was met before is not decoded again.

The decoder of a whole object is the sum of the decoders of its parts, which a
test checks on every workflow of an exploration.  Equal parts become one value,
so programs that compare them see it at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from wfcore.codec import Malformed, decode, decode_metadata
from wfcore.model.conditions import Condition
from wfcore.model.definition import WorkflowExecutionSpec
from wfcore.model.plan import ExecutionPlan
from wfcore.model.status import StepStatus, WorkflowExecutionStatus
from wfcore.model.workflow import ObjectMeta, WorkflowExecution
from wfcore.rawobject import RawObject
from wfcore.simulation.objects import canonical

_LISTS: Mapping[str, tuple[str, type]] = {
    "stepStatuses": ("step_statuses", StepStatus), "conditions": ("conditions", Condition)}


class DecodedObject(RawObject):
    """A workflow's JSON whose value is known already."""

    __slots__ = ("_workflow",)

    def __init__(self, value: Mapping[str, Any], workflow: WorkflowExecution) -> None:
        super().__init__(value)
        self._workflow = workflow

    def workflow(self) -> WorkflowExecution:
        """The known value."""
        return self._workflow

    def metadata(self) -> ObjectMeta:
        """Its metadata."""
        return self._workflow.metadata


class Decoder:
    """Parts by their canonical JSON."""

    def __init__(self) -> None:
        self._parts: dict[tuple[type, bytes], Any] = {}

    def workflow(self, value: Mapping[str, Any]) -> RawObject:
        """The object, decoded when every part of it can be."""
        status = dict(value.get("status") or {})
        parts: dict[str, Any] = {
            name: tuple(self._part(kind, item) for item in status.pop(key, ())) for key, (name, kind) in _LISTS.items()}
        plan = status.pop("executionPlan", None)
        parts["execution_plan"] = None if plan is None else self._part(ExecutionPlan, plan)
        base, spec = self._part(WorkflowExecutionStatus, status), self._part(WorkflowExecutionSpec, value["spec"])
        metadata = decode_metadata(value)
        read = (*parts["step_statuses"], *parts["conditions"], parts["execution_plan"], base, spec)
        if isinstance(metadata, Malformed) or any(isinstance(part, Malformed) for part in read):
            return RawObject(value)  # the whole decoder says what is wrong, and where
        return DecodedObject(value, WorkflowExecution(
            metadata=metadata, spec=spec, status=attrs.evolve(base, **parts)))

    def _part(self, kind: type, value: Any) -> Any:
        key = kind, canonical(value)
        if key not in self._parts:
            self._parts[key] = decode(kind, value)
        return self._parts[key]
