"""What a request and its answer are worth counting, to whoever remembers what the pass has seen of its workflow."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TypeAlias

from attrs import frozen

from wfcore.codec import Malformed, decode
from wfcore.measures.changes import name_of, observations
from wfcore.measures.vocabulary import OTHER, AuditFate, ErrorType, Measure, Observation, phase_label
from wfcore.model.enums import Phase
from wfcore.model.evolving import evolve
from wfcore.model.status import WorkflowExecutionStatus
from wfcore.model.workflow import FINALIZER, LEGACY_FINALIZER
from wfcore.program import (
    CommitStatus,
    Consult,
    Create,
    DeleteChild,
    DeleteWorkflow,
    Did,
    DropOutbox,
    Emit,
    Failed,
    FindParent,
    FindSource,
    Inspect,
    ListOutbox,
    Observe,
    Outbox,
    Record,
    ReleaseChild,
    Request,
    Response,
    Review,
    Seen,
    SetMetadata,
    Survey,
    Unknown,
    Waiting,
)
from wfcore.rawobject import RawObject


@frozen
class Known:
    """What a pass knows of its workflow: its status as last read or committed.  Without one: of none."""

    status: WorkflowExecutionStatus | None = None
    name: str = OTHER
    created_at: datetime | None = None


NOTHING = Known()
_ERRORS: dict[type, ErrorType | None] = {
    Create: ErrorType.CREATION, DeleteChild: ErrorType.CLEANUP, ReleaseChild: ErrorType.CLEANUP,
    CommitStatus: ErrorType.STATUS, SetMetadata: ErrorType.METADATA, DeleteWorkflow: ErrorType.DELETION,
    Observe: ErrorType.READ, FindParent: ErrorType.READ, FindSource: ErrorType.READ, Survey: ErrorType.READ,
    Inspect: ErrorType.READ, Review: ErrorType.READ, Emit: None, Consult: ErrorType.HISTORY, Record: ErrorType.AUDIT,
    Outbox: ErrorType.AUDIT, ListOutbox: ErrorType.AUDIT, DropOutbox: ErrorType.AUDIT,
}
# Neither is an error: a conflict is decided again, what is missing is gone, a full outbox says so in an Event.
_EXPECTED = frozenset({"conflict", "missing", "full"})
Heard: TypeAlias = tuple[Known, tuple[Observation, ...]]


def heard(known: Known, request: Request, response: Response) -> Heard:
    """What is known after an answer, and what the exchange is worth."""
    after, counted = _learned(known, request, response)
    return after, (*counted, *_of_failure(known, request, response))


def _learned(known: Known, request: Request, response: Response) -> Heard:
    match request, response:
        case Observe(), Seen():
            return known_of(response.workflow), ()
        case CommitStatus(), Did():
            counted = observations(known.status or request.status, request.status, known.name, known.created_at)
            return evolve(known, status=request.status), counted
        case _:
            return known, tuple(_of_exchange(request, response))


def _of_exchange(request: Request, response: Response) -> Iterator[Observation]:
    match request, response:
        case SetMetadata(), Did() if not {FINALIZER, LEGACY_FINALIZER} & set(request.finalizers):
            yield Observation(Measure.DELETED)
        case (CommitStatus() | SetMetadata()), Failed(why="conflict"):
            yield Observation(Measure.CONFLICTS)
        case Record(), _:
            yield Observation(Measure.AUDIT, (_fate(response).value,))
        case Outbox(), Did():
            yield Observation(Measure.AUDIT, (AuditFate.OUTBOXED.value,))
        case ListOutbox(), Waiting():
            ages = [entry.since.timestamp() for entry in response.entries if entry.since is not None]
            yield Observation(Measure.OUTBOX, (), float(len(response.entries)))
            yield Observation(Measure.OUTBOX_OLDEST, (), min(ages, default=0.0))
        case Emit(), Did():
            yield from (Observation(Measure.EVENTS, (event.reason,)) for event in request.events)
        case _:
            return


def _fate(response: Response) -> AuditFate:
    if isinstance(response, Failed):
        return AuditFate.REFUSED if response.why == "refused" else AuditFate.UNAVAILABLE
    return AuditFate.RECORDED if isinstance(response, Did) else AuditFate.UNANSWERED


def _of_failure(known: Known, request: Request, response: Response) -> Iterator[Observation]:
    error = _ERRORS[type(request)]
    if error is None or not isinstance(response, Failed | Unknown):
        return
    if isinstance(response, Unknown) or response.why not in _EXPECTED:
        phase = OTHER if known.status is None else phase_label(known.status.phase)
        yield Observation(Measure.ERRORS, (error.value, phase))


def known_of(raw: RawObject | None) -> Known:
    """What is to be known of a workflow as it was read; of one that cannot be decoded its status, if that can."""
    if raw is None:
        return NOTHING
    workflow = raw.workflow()
    if not isinstance(workflow, Malformed):
        return Known(workflow.status, name_of(workflow), workflow.metadata.creation_timestamp)
    meta, said = raw.metadata(), raw.value.get("status") or {}
    status = decode(WorkflowExecutionStatus, said, ("status",))
    created_at = None if isinstance(meta, Malformed) else meta.creation_timestamp
    if isinstance(status, Malformed):
        words = {phase.value: phase for phase in Phase}
        phase = said.get("phase") if isinstance(said, dict) else None
        status = WorkflowExecutionStatus(phase=words.get(phase if isinstance(phase, str) else "", Phase.NEW))
    return Known(status, OTHER, created_at)
