"""Kubernetes Events about workflows: best effort, because status holds the truth."""

from __future__ import annotations

import hashlib

from wfcontroller.api import Api, ApiError, Object
from wfcore.codec.times import format_time
from wfcore.program import Did, Emit, Happening
from wfcore.resources import EVENTS, WORKFLOW_EXECUTIONS

_NOTE_LENGTH = 1024


class Publisher:
    """Creates Events; one that cannot be created is lost.

    Attributes:
        dropped: How many were lost.
    """

    def __init__(self, api: Api) -> None:
        self._api, self.dropped = api, 0

    async def publish(self, request: Emit) -> Did:
        """Publish each happening once: its name follows from what it says, so a repetition finds it taken."""
        for happening in request.events:
            try:
                await self._api.create(EVENTS, event_body(request, happening))
            except ApiError as error:
                self.dropped += error.reason != "AlreadyExists"
        return Did()


def event_body(request: Emit, happening: Happening) -> Object:
    """The Event of one happening."""
    key = f"{request.uid}/{happening.reason}/{happening.message}/{request.at.isoformat()}"
    name = f"{request.ref.name[:200]}.{hashlib.sha256(key.encode()).hexdigest()[:16]}"
    return {
        "apiVersion": EVENTS.api_version, "kind": EVENTS.kind,
        "metadata": {"namespace": request.ref.namespace, "name": name},
        "eventTime": format_time(request.at), "action": "Reconcile", "type": happening.type,
        "reason": happening.reason, "note": happening.message[:_NOTE_LENGTH],
        "reportingController": "workflowexecution.kubernaut.io/controller",
        "reportingInstance": "wf-controller",
        "regarding": {"apiVersion": WORKFLOW_EXECUTIONS.api_version, "kind": WORKFLOW_EXECUTIONS.kind,
                      "namespace": request.ref.namespace, "name": request.ref.name, "uid": request.uid},
    }
