"""The outbox: audit records that waited in the API server go to the store once it answers again."""

from __future__ import annotations

from collections.abc import Generator

from attrs import frozen

from wfcore.execution.ledger import clipped
from wfcore.program import (
    Did,
    DropOutbox,
    Emit,
    Failed,
    Finished,
    Happening,
    ListOutbox,
    OutboxEntry,
    Record,
    Ref,
    Request,
    Response,
    Steps,
    Waiting,
)
from wfcore.reasons import EventReason
from wfcore.settings import Settings


@frozen
class DrainOutbox:
    """One pass over the outbox; to be run at the start and then at an interval."""

    settings: Settings

    def run(self) -> Steps:
        """Oldest first: stored, then dropped; a crash in between repeats an idempotent write.

        What the store refuses, or cannot be read, stays where it is and is said;
        the first record that it does not answer for ends the pass.
        """
        waiting = yield ListOutbox()
        if not isinstance(waiting, Waiting):
            return Finished(backoff=True, retry_after=waiting.retry_after if isinstance(waiting, Failed) else 0.0)
        left = False
        for entry in waiting.entries:
            answer = (yield Record(entry.record)) if entry.record else Failed("refused", "the object cannot be read")
            if isinstance(answer, Did):
                dropped = yield DropOutbox(entry.name, entry.uid)
                left = left or not isinstance(dropped, Did)
            elif isinstance(answer, Failed) and answer.why == "refused":
                left = True
                yield from self._said(entry, answer)
            else:
                return Finished(backoff=True, retry_after=answer.retry_after if isinstance(answer, Failed) else 0.0)
        return Finished(backoff=left)

    def _said(self, entry: OutboxEntry, answer: Failed) -> Generator[Request, Response, None]:
        """Always as of the same instant, so that it is one Event however often the outbox is looked at."""
        record, place = entry.record, self.settings.controller_namespace
        at = entry.since or (record.completed_at if record else None)
        ref = Ref(record.namespace, record.name) if record else Ref(place, entry.name)
        message = f"AuditOutbox {place}/{entry.name} is not stored: {clipped(answer.message or answer.why)}"
        if at is not None:
            yield Emit(ref, record.workflow_uid if record else entry.uid, at,
                       (Happening("Warning", EventReason.AUDIT_REFUSED.value, message),))
