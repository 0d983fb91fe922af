"""A workflow that cannot be decoded: it fails with every reason, and costs nobody else anything."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from wfcore.codec import Malformed, decode
from wfcore.ending import failed
from wfcore.lifecycle.advice import with_advice
from wfcore.lifecycle.conditions import with_conditions
from wfcore.lifecycle.transitions import TERMINAL
from wfcore.model.definition import WorkflowExecutionSpec
from wfcore.model.evolving import evolve
from wfcore.model.status import ValidationResults, WorkflowExecutionStatus
from wfcore.model.workflow import FINALIZER, ObjectMeta, WorkflowExecution
from wfcore.program import CommitStatus, Did, Emit, Finished, Happening, Program, Ref, Seen, SetMetadata, Steps
from wfcore.programs.cleanup import CleanUp
from wfcore.programs.finishing import RecordAudit
from wfcore.programs.unrecognised import LeaveAlone, unknown_phase
from wfcore.rawobject import RawObject
from wfcore.reasons import EventReason, Reason
from wfcore.settings import Settings
from wfcore.validation.authority import creator_of
from wfcore.validation.document import check_spec

_KEPT = 100


def refuse_malformed(ref: Ref, settings: Settings, seen: Seen, problems: Malformed) -> Program | Finished:
    """The program for a workflow whose metadata, spec or status does not decode."""
    raw = seen.workflow
    meta = raw.metadata() if raw is not None else problems
    if raw is None or isinstance(meta, Malformed):
        return Finished()
    status = _status(raw)
    # Whatever decodes is kept; the spec was never understood, so nothing of it counts.
    stand_in = WorkflowExecution(metadata=meta, spec=WorkflowExecutionSpec(),
                                 status=status if isinstance(status, WorkflowExecutionStatus)
                                 else WorkflowExecutionStatus())
    if meta.deletion_timestamp is not None:
        return CleanUp(ref, settings, stand_in, seen.children, seen.at)
    if phase := unknown_phase(raw):
        return LeaveAlone(ref, meta, phase, seen.at)
    if stand_in.status.phase in TERMINAL:
        return RecordAudit(ref, settings, stand_in, seen.at)
    readable = isinstance(status, WorkflowExecutionStatus)
    found = check_spec(raw.value.get("spec"), meta.namespace, settings, creator=creator_of(meta))
    everything = (*problems.problems, *found)
    return Refuse(ref, meta, stand_in.status, Malformed(tuple(dict.fromkeys(everything))), readable, seen.at)


def _status(raw: RawObject) -> WorkflowExecutionStatus | Malformed:
    status = raw.value.get("status") or {}
    if unknown_phase(raw):
        # The rest may still say whether the audit is recorded.
        status = {key: value for key, value in status.items() if key != "phase"}
    return decode(WorkflowExecutionStatus, status, ("status",))


@frozen
class Refuse:
    """Fail the workflow, listing everything that is wrong with it."""

    ref: Ref
    meta: ObjectMeta
    status: WorkflowExecutionStatus
    problems: Malformed
    status_readable: bool
    at: datetime

    def run(self) -> Steps:
        """Finalizer first, so that its audit row cannot be missed; then the terminal status."""
        if FINALIZER not in self.meta.finalizers:
            answer = yield SetMetadata(self.ref, self.meta.resource_version, (*self.meta.finalizers, FINALIZER),
                                       self.meta.owner_references)
            return Finished(wake_at=self.at) if isinstance(answer, Did) else Finished(backoff=True)
        reason = Reason.INVALID_SPEC if self.status_readable else Reason.STATUS_UNREADABLE
        errors = tuple(str(problem)[:1000] for problem in self.problems.problems[:_KEPT])
        # It was never planned, so planning has no start.
        started = evolve(self.status, observed_generation=self.meta.generation,
                         validation_results=ValidationResults(validation_errors=errors))
        ended = with_advice(self.meta, failed(started, reason, "; ".join(errors[:5]), self.at), None)
        status = with_conditions(ended, self.meta.generation, self.at)
        answer = yield CommitStatus(self.ref, self.meta.uid, self.meta.resource_version, status)
        if not isinstance(answer, Did):
            return Finished(backoff=True)
        yield Emit(self.ref, self.meta.uid, self.at, (
            Happening("Warning", EventReason.FAILED.value, f"{status.failure_reason}: {status.failure_message}"),))
        return Finished(wake_at=self.at)
