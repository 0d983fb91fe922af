"""Samples of the engine's own kinds as bodies in a namespace, and what a server says of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.conformance.gadgets import Place, refusal

from wfcontroller.api import ApiError
from wfcore.resources import AUDIT_OUTBOXES, KUBERNETES_EXECUTIONS, WORKFLOW_EXECUTIONS, Resource

RESOURCES: Mapping[str, Resource] = {r.kind: r for r in (WORKFLOW_EXECUTIONS, KUBERNETES_EXECUTIONS, AUDIT_OUTBOXES)}


def placed(place: Place, sample: Mapping[str, Any], name: str = "w", **metadata: Any) -> dict[str, Any]:
    """A sample under this name in the namespace of the test."""
    return {**sample, "metadata": {"name": name, "namespace": place.namespace, **metadata}}


async def made(place: Place, sample: Mapping[str, Any], name: str = "w", **metadata: Any) -> dict[str, Any]:
    """The sample, created."""
    return await place.api.create(RESOURCES[sample["kind"]], placed(place, sample, name, **metadata))


async def tried(place: Place, sample: Mapping[str, Any]) -> dict[str, Any]:
    """The sample as it would be created."""
    body = placed(place, sample)
    return await place.api.create(RESOURCES[sample["kind"]], body, dry_run=True)


async def refused(place: Place, sample: Mapping[str, Any]) -> ApiError:
    """Why the sample is not created."""
    return await refusal(tried(place, sample))


def said(error: ApiError) -> list[str]:
    """Every problem as `path: sentence`."""
    return [f"{field}: {message}" for field, message in error.causes]
