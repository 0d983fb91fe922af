"""After the end: the audit record, then nothing until the object's time to live is over."""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import frozen

from wfcore.audit import audit_record
from wfcore.execution.ledger import clipped
from wfcore.lifecycle.conditions import AUDIT_RECORDED, is_true, with_audit_condition
from wfcore.model.status import WorkflowExecutionStatus
from wfcore.model.workflow import WorkflowExecution
from wfcore.program import CommitStatus, DeleteWorkflow, Did, Failed, Finished, Record, Ref, Steps
from wfcore.reasons import Reason
from wfcore.settings import Settings


@frozen
class RecordAudit:
    """Record a terminal workflow once, say so in its condition, and delete it when its time is over."""

    ref: Ref
    settings: Settings
    workflow: WorkflowExecution
    at: datetime

    def run(self) -> Steps:
        """The record first, its acknowledgement second: a crash in between repeats an idempotent write."""
        status, meta = self.workflow.status, self.workflow.metadata
        if is_true(status, AUDIT_RECORDED):
            return (yield from self._retire())
        end = status.completion_time or self.at
        answer = yield Record(audit_record(self.workflow, end, status.phase.value))
        match answer:
            case Did():
                updated = with_audit_condition(status, True, Reason.RECORDED, "the audit row is stored", self.at)
            case Failed():
                refused = answer.why == "refused"
                reason = Reason.STORE_REFUSED if refused else Reason.STORE_UNAVAILABLE
                updated = with_audit_condition(status, False, reason, clipped(answer.message, 1000), self.at)
            case _:
                return Finished(backoff=True)
        return (yield from self._acknowledge(meta.uid, meta.resource_version, updated, recorded=answer == Did()))

    def _acknowledge(self, uid: str, version: str, updated: WorkflowExecutionStatus, *, recorded: bool) -> Steps:
        if updated != self.workflow.status:
            answer = yield CommitStatus(self.ref, uid, version, updated)
            if not isinstance(answer, Did):
                return Finished(backoff=not (isinstance(answer, Failed) and answer.why == "missing"))
        return Finished(wake_at=self.at) if recorded else Finished(backoff=True)

    def _retire(self) -> Steps:
        expiry = expires_at(self.workflow, self.settings)
        if expiry is None:
            return Finished()
        if self.at < expiry:
            return Finished(wake_at=expiry)
        answer = yield DeleteWorkflow(self.ref, self.workflow.metadata.uid)
        return Finished(backoff=not isinstance(answer, Did))


def expires_at(workflow: WorkflowExecution, settings: Settings) -> datetime | None:
    """When a finished workflow is deleted; one with an owner lives as long as its owner unless it says otherwise.

    A parent that could not become the owner takes nothing with it, so its workflow is kept as if it had none.
    """
    end, wanted = workflow.status.completion_time, workflow.spec.ttl_seconds_after_finished
    if end is None:
        return None
    if wanted is not None:
        return end + timedelta(seconds=wanted)
    if workflow.metadata.owner_references:
        return None
    return end + settings.ttl_without_parent
