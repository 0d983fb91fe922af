"""JSON <-> model.  The only place that knows the wire format; it reports every problem with its path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from cattrs import BaseValidationError

from wfcore.codec.converter import make_converter
from wfcore.codec.errors import problems_of
from wfcore.codec.names import wire_name
from wfcore.codec.problems import Malformed, Nested, Path, Problem, Rejected, render_path
from wfcore.codec.reading import UNFIT, reader_of
from wfcore.model.definition import WorkflowExecutionSpec
from wfcore.model.execution import KubernetesExecutionSpec, KubernetesExecutionStatus
from wfcore.model.status import WorkflowExecutionStatus
from wfcore.model.workflow import KubernetesExecution, ObjectMeta, WorkflowExecution

__all__ = [
    "Malformed", "Path", "Problem", "decode", "decode_execution", "decode_workflow", "encode", "render_path",
    "wire_name",
]

T = TypeVar("T")

_converter = make_converter()


def decode(wanted: type[T], value: Any, path: Path = ()) -> T | Malformed:
    """Decode one JSON value; never raises for any JSON, deep nesting included.  O(size)."""
    try:
        decoded: T = reader_of(wanted)(value)
    except UNFIT:  # whatever it is, the converter finds it again and says where
        return _explained(wanted, value, path)
    return decoded


def _explained(wanted: type[T], value: Any, path: Path) -> T | Malformed:
    try:
        decoded: T = _converter.structure(value, wanted)
    except (BaseValidationError, Nested, Rejected) as error:
        return Malformed(tuple(problems_of(error, path)))
    return decoded


def encode(value: Any) -> Any:
    """Encode a model value as JSON: absent and empty fields are omitted, booleans and numbers never."""
    return _converter.unstructure(value)


def decode_workflow(raw: Mapping[str, Any]) -> WorkflowExecution | Malformed:
    """Decode a WorkflowExecution object; every problem of metadata, spec and status at once."""
    return _assemble(raw, WorkflowExecution, WorkflowExecutionSpec, WorkflowExecutionStatus)


def decode_execution(raw: Mapping[str, Any]) -> KubernetesExecution | Malformed:
    """Decode a KubernetesExecution object; every problem of metadata, spec and status at once."""
    return _assemble(raw, KubernetesExecution, KubernetesExecutionSpec, KubernetesExecutionStatus)


def decode_metadata(raw: Mapping[str, Any]) -> ObjectMeta | Malformed:
    """Decode only the metadata: what is left to act on when the rest is malformed."""
    return decode(ObjectMeta, raw.get("metadata", {}), ("metadata",))


def _assemble(raw: Mapping[str, Any], kind: type[T], spec_type: type, status_type: type) -> T | Malformed:
    parts = {
        "metadata": decode_metadata(raw),
        "spec": decode(spec_type, raw.get("spec") or {}, ("spec",)),
        "status": decode(status_type, raw.get("status") or {}, ("status",)),
    }
    problems = [p for part in parts.values() if isinstance(part, Malformed) for p in part.problems]
    if problems:
        return Malformed(tuple(problems))
    return kind(**parts)
