"""The audit row: one, of what is persisted, acknowledged only once it is stored."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from attrs import evolve

from wfcore import reconciler
from wfcore.lifecycle.conditions import with_audit_condition
from wfcore.program import Finished
from wfcore.programs import finishing
from wfcore.reasons import Reason
from wfcore.testing.checker.scope import Scope
from wfcore.testing.mutants.mutant import Schedules, mutant
from wfcore.testing.mutants.patching import Patch, original
from wfcore.testing.mutants.scopes import ONE, quick
from wfcore.testing.simulator.simulation import Mode


@mutant("S7", hunt=Schedules(within=100))
def the_end_is_written_again(patch: Patch) -> None:
    honest = original(finishing, "with_audit_condition")

    def again(status: Any, recorded: bool, reason: Any, message: str, now: datetime) -> Any:
        return evolve(honest(status, recorded, reason, message, now), completion_time=now)
    patch.setattr(finishing, "with_audit_condition", again)


@mutant("S27", hunt=Schedules(within=100))
def each_delivery_of_a_row_has_an_id_of_its_own(patch: Patch) -> None:
    honest = original(finishing, "audit_record")

    def audit_record(workflow: Any, end: datetime, status: str) -> Any:
        record = honest(workflow, end, status)
        return evolve(record, id=f"{record.id}-{workflow.metadata.resource_version}")
    patch.setattr(finishing, "audit_record", audit_record)


@mutant("S27", hunt=Schedules(within=100), defect="D12")
def a_row_is_acknowledged_before_it_is_stored(patch: Patch) -> None:
    honest = original(finishing.RecordAudit, "_acknowledge")

    def acknowledge(self: Any, uid: str, version: str, updated: Any, *, recorded: bool) -> Any:
        claimed = with_audit_condition(updated, True, Reason.RECORDED, "surely", self.at)
        return honest(self, uid, version, claimed, recorded=True)
    patch.setattr(finishing.RecordAudit, "_acknowledge", acknowledge)


@mutant("S20", hunt=quick(100, Scope(needs=ONE)))
def a_recorded_row_is_recorded_again(patch: Patch) -> None:
    patch.setattr(finishing, "is_true", lambda status, condition: False)


@mutant("L6", "S5", "S27", hunt=Schedules(within=200, mode=Mode.LIVENESS))
def nothing_holds_a_workflow_until_its_row_is_stored(patch: Patch) -> None:
    """It never gets our finalizer, so that a deletion is not heard of in time."""
    patch.setattr(reconciler, "adopted_metadata", lambda workflow, parent: (None, ()))


@mutant("L6", "L1", hunt=Schedules(within=100, mode=Mode.LIVENESS))
def a_refused_row_is_never_tried_again(patch: Patch) -> None:
    honest = original(finishing.RecordAudit, "run")

    def run(self: Any) -> Any:
        if any(condition.type == "AuditRecorded" for condition in self.workflow.status.conditions):
            return Finished()
        return (yield from honest(self))
    patch.setattr(finishing.RecordAudit, "run", run)
