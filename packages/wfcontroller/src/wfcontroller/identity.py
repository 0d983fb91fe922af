"""Whom it is about: binds a workflow's identity to all that is logged within a block, in this task alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import structlog

from wfcore.program import Ref


@contextmanager
def about(ref: Ref, uid: str = "", **more: int | str) -> Iterator[None]:
    """What is logged within names the workflow, and `more` where given (`step`, `attempt`), but no empty value."""
    named = {"workflow_namespace": ref.namespace, "workflow_name": ref.name, "workflow_uid": uid, **more}
    with structlog.contextvars.bound_contextvars(**{key: value for key, value in named.items() if value != ""}):
        yield


def about_execution(item: Mapping[str, Any]) -> AbstractContextManager[None]:
    """As `about`, for the workflow of a KubernetesExecution, whatever JSON its spec is."""
    spec = _mapping(item.get("spec"))
    workflow = _mapping(spec.get("workflowExecutionRef"))
    more = {key: value for key, value in (("step", spec.get("stepNumber")), ("attempt", spec.get("attempt")))
            if isinstance(value, int)}
    ref = Ref(_text(workflow.get("namespace")), _text(workflow.get("name")))
    return about(ref, _text(workflow.get("uid")), execution=_text(_mapping(item.get("metadata")).get("name")), **more)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
