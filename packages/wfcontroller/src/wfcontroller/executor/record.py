"""The status of one execution as this executor last wrote it, written only while nobody else writes it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from wfcontroller.api import Api, ApiError, Object
from wfcontroller.executor.failures import TRANSIENT, is_outcome_unknown
from wfcore.codec import encode
from wfcore.model.enums import FailureClass
from wfcore.model.execution import KubernetesExecutionStatus
from wfcore.resources import KUBERNETES_EXECUTIONS

TERMINAL = ("completed", "rollback_ready", "failed")
_SLOWEST_RETRY = 30.0
_LONGEST_MESSAGE = 1024


class NotOurs(Exception):
    """The object is gone, or somebody else reports on it: there is nobody left to report to."""


class Record:
    """One KubernetesExecution, read live.  `raw` is its latest version known here."""

    def __init__(self, api: Api, raw: Object) -> None:
        self._api, self.raw = api, raw

    @property
    def ended(self) -> bool:
        """Whether its phase is terminal; it never changes again (E2)."""
        return (self.raw.get("status") or {}).get("phase") in TERMINAL

    async def write(self, status: KubernetesExecutionStatus) -> None:
        """Replace the status, however long the server takes to answer.

        Raises `NotOurs` when the object is gone or its status isn't what was last written here, and `ApiError`
        when the server refuses the content.
        """
        wanted = encode(status)
        failures, unanswered = 0, False
        while self.raw.get("status") != wanted:
            try:
                self.raw = await self._api.update_status(KUBERNETES_EXECUTIONS, {**self.raw, "status": wanted})
                return
            except ApiError as error:
                if error.status == 404:
                    raise NotOurs from None
                if error.status != 409 and error.status not in TRANSIENT:
                    raise
                if error.status != 409:
                    failures, unanswered = failures + 1, unanswered or is_outcome_unknown(error)
                    await asyncio.sleep(error.retry_after or min(0.1 * 2 ** min(failures, 20), _SLOWEST_RETRY))
                # The wanted status may only be there because an unanswered request of this process was performed.
                await self._reread((self.raw.get("status"), wanted) if unanswered else (self.raw.get("status"),))

    async def end(self, status: KubernetesExecutionStatus) -> None:
        """Write a terminal status; one the server finds fault with is cut down to what it always accepts."""
        try:
            await self.write(status)
        except ApiError as error:
            information = status.rollback_information
            await self.write(KubernetesExecutionStatus(
                phase="failed", start_time=status.start_time, completion_time=status.completion_time,
                rollback_information=information, failure_class=status.failure_class or FailureClass.UNKNOWN_ERROR,
                error_message=clipped(f"the report was refused: {error.message}"),
            ))

    async def _reread(self, ours: Sequence[Mapping[str, Any] | None]) -> None:
        metadata = self.raw["metadata"]
        try:
            found = await self._api.get(KUBERNETES_EXECUTIONS, metadata["namespace"], metadata["name"])
        except ApiError as error:
            if error.status == 404:
                raise NotOurs from None
            return  # asked again before the next write
        if found["metadata"]["uid"] != metadata["uid"] or found.get("status") not in ours:
            raise NotOurs
        self.raw = found


def clipped(message: str) -> str:
    """A message that fits its field."""
    return message if len(message) <= _LONGEST_MESSAGE else f"{message[:_LONGEST_MESSAGE - 3]}..."
