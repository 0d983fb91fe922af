"""All static checks of a WorkflowExecution document, every problem at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wfcore.codec import Malformed, Path, Problem, decode, decode_metadata
from wfcore.codec.canonical import canonical
from wfcore.codec.limits import matches
from wfcore.codec.problems import shown
from wfcore.model.definition import WorkflowExecutionSpec, WorkflowStep
from wfcore.model.fields import DNS_LABEL, DNS_SUBDOMAIN
from wfcore.planning.outline import outline_of_raw, resolve
from wfcore.resources import WORKFLOW_EXECUTIONS
from wfcore.settings import Settings
from wfcore.validation.authority import creator_of, outside_authority
from wfcore.validation.starting_point import starting_point
from wfcore.validation.step_checks import check_step

_DEFINITION: Path = ("spec", "workflowDefinition")


def check_document(raw: Any, settings: Settings) -> tuple[Problem, ...]:
    """Every problem of a raw WorkflowExecution, in document order of its parts; empty when it can be planned.

    Never raises, whatever JSON it is given.  O(size of the document).
    """
    if not isinstance(raw, Mapping):
        return (Problem((), "WrongType", f"expected an object, got {shown(raw)}"),)
    meta = raw.get("metadata")
    name = meta.get("name") if isinstance(meta, Mapping) else None
    found = [*_identity(raw), *_metadata(raw),
             *check_spec(raw.get("spec"), _namespace(raw), settings, creator=_creator(raw),
                         name=name if isinstance(name, str) else "")]
    return tuple(dict.fromkeys(found))


def check_spec(spec: Any, namespace: str, settings: Settings, *, creator: str = "", name: str = "",
               decoded: WorkflowExecutionSpec | Malformed | None = None) -> Iterator[Problem]:
    """Every problem of a raw spec of a workflow in `namespace`.

    What its `creator` may do is for others to ask; without its `name` what depends
    on it is left out.  `decoded` is what the spec decodes to, if that is known.
    """
    if not isinstance(spec, Mapping):
        reason, message = ("Missing", "required, but missing") if spec is None else (
            "WrongType", f"expected an object, got {shown(spec)}")
        yield Problem(("spec",), reason, message)
        return
    try:
        size = len(canonical(spec))
    except RecursionError:
        yield Problem(("spec",), "TooDeep", "nested too deeply")
        return
    if size > settings.max_spec_bytes:
        yield Problem(("spec",), "TooLarge", f"{size} bytes; the most is {settings.max_spec_bytes}")
        return
    decoded = decode(WorkflowExecutionSpec, spec, ("spec",)) if decoded is None else decoded
    if isinstance(decoded, Malformed):
        yield from decoded.problems
    yield from starting_point(spec, name)
    definition = spec.get("workflowDefinition")
    if definition is None:
        if spec.get("rollbackOf") is None and spec.get("retryOf") is None:
            yield Problem(_DEFINITION, "Missing", "required, but missing")
        return
    yield from resolve(outline_of_raw(definition), _DEFINITION)[1]
    yield from _steps(definition, decoded, namespace, settings, creator)


def _steps(definition: Any, decoded: WorkflowExecutionSpec | Malformed, namespace: str, settings: Settings,
           creator: str) -> Iterator[Problem]:
    steps = definition.get("steps") if isinstance(definition, Mapping) else None
    known = decoded.workflow_definition.steps if isinstance(
        decoded, WorkflowExecutionSpec) and decoded.workflow_definition is not None else None
    for index, raw in enumerate(steps if isinstance(steps, list) else ()):
        path: Path = (*_DEFINITION, "steps", index)
        # Steps that do not decode have been reported; the others get their own checks all the same.
        step = known[index] if known is not None else decode(WorkflowStep, raw, path)
        if not isinstance(step, Malformed):
            yield from check_step(step, settings, path)
            yield from outside_authority(step, namespace, settings, path, creator)


def _identity(raw: Mapping[str, Any]) -> Iterator[Problem]:
    wanted = {"apiVersion": WORKFLOW_EXECUTIONS.api_version, "kind": WORKFLOW_EXECUTIONS.kind}
    for key, value in wanted.items():
        if raw.get(key) != value:
            yield Problem((key,), "NotSupported", f"expected {value}, got {shown(raw.get(key))}")
    for key in sorted(str(k) for k in raw.keys() - {"apiVersion", "kind", "metadata", "spec", "status"}):
        yield Problem((key,), "UnknownField", f"unknown field {shown(key)}; remove it or correct its name")


def _metadata(raw: Mapping[str, Any]) -> Iterator[Problem]:
    meta = decode_metadata(raw)
    if isinstance(meta, Malformed):
        yield from meta.problems
        return
    for key, value, pattern in (("name", meta.name, DNS_SUBDOMAIN), ("namespace", meta.namespace, DNS_LABEL)):
        if value and not matches(pattern, value):
            yield Problem(("metadata", key), "BadFormat", f"{shown(value)} does not match {pattern}")


def _namespace(raw: Mapping[str, Any]) -> str:
    meta = raw.get("metadata")
    named = meta.get("namespace") if isinstance(meta, Mapping) else None
    return named if isinstance(named, str) and named else "default"


def _creator(raw: Mapping[str, Any]) -> str:
    meta = decode_metadata(raw)
    return "" if isinstance(meta, Malformed) else creator_of(meta)
