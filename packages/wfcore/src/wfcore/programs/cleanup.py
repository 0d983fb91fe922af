"""Deletion: stop, cancel, release the children, record, let go.  It ends even when the database is away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from attrs import frozen

from wfcore.audit import AuditRecord, audit_record
from wfcore.codec import Malformed
from wfcore.execution.ledger import clipped
from wfcore.lifecycle.conditions import AUDIT_RECORDED, is_true
from wfcore.lifecycle.transitions import TERMINAL
from wfcore.model.enums import ExecutionPhase
from wfcore.model.workflow import (
    FINALIZER,
    LABEL_WORKFLOW_UID,
    LEGACY_FINALIZER,
    TRACKING_FINALIZER,
    ObjectMeta,
    WorkflowExecution,
)
from wfcore.program import (
    DeleteChild,
    Did,
    Emit,
    Failed,
    Finished,
    Happening,
    Outbox,
    Record,
    Ref,
    ReleaseChild,
    Request,
    Response,
    Seen,
    SetMetadata,
    Steps,
)
from wfcore.rawobject import RawObject
from wfcore.reasons import EventReason
from wfcore.settings import Settings
from wfcore.snapshot import controller_uid

_OVER = frozenset({ExecutionPhase.COMPLETED.value, ExecutionPhase.ROLLBACK_READY.value, ExecutionPhase.FAILED.value})
# How long after its request a deletion waits for the database, and then for the API server to keep the record
# instead.  Both leave room within the minute that a finalizer may take.
AUDIT_PATIENCE = timedelta(seconds=15)
OUTBOX_PATIENCE = timedelta(seconds=45)
_PAUSE = timedelta(seconds=5)


@frozen
class CleanUp:
    """A workflow that is being deleted: nothing is launched or rolled back any more."""

    ref: Ref
    settings: Settings
    workflow: WorkflowExecution
    children: tuple[RawObject, ...]
    at: datetime

    def run(self) -> Steps:
        """Children first, then the record."""
        meta = self.workflow.metadata
        if not is_held(meta):
            return Finished()
        requests, wake_at = child_requests(meta.uid, self.children, self.settings, self.at)
        for request in requests:
            answer = yield request
            if not isinstance(answer, Did):
                return Finished(backoff=True)
        if wake_at is not None:
            return Finished(wake_at=wake_at)
        if not is_true(self.workflow.status, AUDIT_RECORDED):
            record = self._record(meta)
            answer = yield Record(record)
            if not isinstance(answer, Did):
                return SetAside(self, record, answer)
        return LetGo(self)

    def since(self) -> datetime:
        """When the deletion was asked for."""
        return self.workflow.metadata.deletion_timestamp or self.at

    def event(self, kind: str, reason: EventReason, message: str) -> Emit:
        """One Event about the workflow."""
        return Emit(self.ref, self.workflow.metadata.uid, self.at, (Happening(kind, reason.value, message),))

    def _record(self, meta: ObjectMeta) -> AuditRecord:
        status = self.workflow.status
        if status.phase in TERMINAL and status.completion_time is not None:
            return audit_record(self.workflow, status.completion_time, status.phase.value)
        return audit_record(self.workflow, self.since(), "deleted")


@frozen
class SetAside:
    """The store did not take the record: the API server keeps it, and the deletion does not wait any longer."""

    deletion: CleanUp
    record: AuditRecord
    answer: Response

    def run(self) -> Steps:
        """A refusal is final, anything else is waited for a little; what cannot be kept anywhere is said and lost."""
        deletion, waited = self.deletion, self.deletion.at - self.deletion.since()
        refused = isinstance(self.answer, Failed) and self.answer.why == "refused"
        if not refused and waited < AUDIT_PATIENCE:
            return Finished(wake_at=min(deletion.since() + AUDIT_PATIENCE, deletion.at + _PAUSE))
        kept = yield Outbox(self.record, deletion.settings.outbox_limit)
        if isinstance(kept, Did):
            yield deletion.event("Warning", EventReason.AUDIT_OUTBOXED,
                                 f"the audit record waits in the outbox: {_said(self.answer)}")
            return LetGo(deletion)
        full = isinstance(kept, Failed) and kept.why == "full"
        if not full and waited < OUTBOX_PATIENCE:
            return Finished(wake_at=min(deletion.since() + OUTBOX_PATIENCE, deletion.at + _PAUSE))
        yield deletion.event("Warning", EventReason.AUDIT_DROPPED, "deleted without an audit row: "
                             f"{_said(self.answer)}; and the outbox did not keep it: {_said(kept)}")
        return LetGo(deletion)


def _said(answer: Response) -> str:
    return clipped(answer.message or answer.why) if isinstance(answer, Failed) else "no answer"


@frozen
class LetGo:
    """Nothing keeps the workflow any more: our finalizer goes."""

    deletion: CleanUp

    def run(self) -> Steps:
        """The Event first: without a finalizer there is soon nothing left to say it about."""
        deletion, meta = self.deletion, self.deletion.workflow.metadata
        yield deletion.event("Normal", EventReason.DELETED,
                             f"deleted in phase {deletion.workflow.status.phase.value or 'new'}")
        kept = tuple(f for f in meta.finalizers if f not in (FINALIZER, LEGACY_FINALIZER))
        answer = yield SetMetadata(deletion.ref, meta.resource_version, kept, meta.owner_references)
        gone = isinstance(answer, Did) or (isinstance(answer, Failed) and answer.why == "missing")
        return Finished(backoff=not gone)


def is_held(meta: ObjectMeta) -> bool:
    """Whether a finalizer of ours keeps the workflow."""
    return FINALIZER in meta.finalizers or LEGACY_FINALIZER in meta.finalizers


def left_behind(seen: Seen) -> tuple[RawObject, ...]:
    """The tracked children of an earlier workflow of the name; names are unique in time, so that one is gone."""
    meta = seen.workflow.metadata() if seen.workflow is not None else None
    if meta is None or isinstance(meta, Malformed):
        return ()
    return tuple([raw for raw in seen.children if _is_of_another(raw.metadata(), meta.uid)])


def _is_of_another(child: ObjectMeta | Malformed, uid: str) -> bool:
    return not isinstance(child, Malformed) and controller_uid(child) != uid and TRACKING_FINALIZER in child.finalizers


@frozen
class SweepOrphans:
    """Children whose workflow is gone: release them, so that the garbage collector can take them."""

    ref: Ref
    settings: Settings
    children: tuple[RawObject, ...]
    at: datetime

    def run(self) -> Steps:
        """Cancel and release each; wait for those that are still acting."""
        requests, wake_at = child_requests(None, self.children, self.settings, self.at)
        for request in requests:
            answer = yield request
            if not isinstance(answer, Did):
                return Finished(backoff=True)
        return Finished(wake_at=wake_at)


def _belongs_to(owner: str, child: ObjectMeta) -> bool:
    orphaned = not child.owner_references and TRACKING_FINALIZER in child.finalizers
    return (child.labels.get(LABEL_WORKFLOW_UID) if orphaned else controller_uid(child)) == owner


def _readable(children: Iterable[RawObject]) -> Iterator[tuple[ObjectMeta, RawObject]]:
    for raw in children:
        meta = raw.metadata()
        if not isinstance(meta, Malformed):
            yield meta, raw


def child_requests(owner: str | None, children: Iterable[RawObject], settings: Settings,
                   now: datetime) -> tuple[list[Request], datetime | None]:
    """What has to be asked about the children of a workflow that goes, by name, and when to look again.

    A child that is acting is cancelled and given a grace to say how it ended
    before its finalizer goes.  With `owner`, only children of that uid count;
    one that a deletion has orphaned counts by its label, because whoever deletes
    with `--cascade=orphan` takes the reference away before we are done.
    """
    requests: list[Request] = []
    wakes: list[datetime] = []
    for meta, raw in sorted(_readable(children), key=lambda pair: pair[0].name):
        if owner is not None and not _belongs_to(owner, meta):
            continue
        child = raw.execution()
        deleted = meta.deletion_timestamp
        if deleted is None:
            requests.append(DeleteChild(meta.namespace, meta.name, meta.uid))
        over = isinstance(child, Malformed) or child.status.phase in _OVER
        grace_ends = (deleted or now) + settings.cancel_grace
        if TRACKING_FINALIZER in meta.finalizers:
            if over or now >= grace_ends:
                requests.append(ReleaseChild(meta.namespace, meta.name, meta.uid))
            else:
                wakes.append(grace_ends)
    return requests, min(wakes, default=None)
