"""Protocol bugs to plant: each breaks the real programs in one place, by the name of what goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest

from wfcore import reconciler
from wfcore.execution import attempts
from wfcore.execution.attempts import Succeeded
from wfcore.lifecycle import machine, phase_executing
from wfcore.model.enums import Mutated
from wfcore.program import CommitStatus, Finished
from wfcore.programs import cleanup, finishing
from wfcore.reconciler import Commit, Judge, Perform
from wfcore.rollback import advance, start
from wfcore.testing.simulator import ALL_FAULTS, Fault, Mode

Patch = pytest.MonkeyPatch
# What makes a cache lie.
LAGGING = (Fault.EMPTY_LIST, Fault.STALE_READ, Fault.TIME_TRAVEL, Fault.CRASH, Fault.LOST_EVENT, Fault.WATCH_SILENT,
           Fault.EXPIRED, Fault.SEVERAL_LEADERS)


@attrs.frozen(kw_only=True)
class Bug:
    """How to plant it, which laws may find it first, and within how many schedules of which kind."""

    plant: Callable[[Patch], None]
    laws: frozenset[str]
    mode: Mode
    faults: tuple[Fault, ...]
    within: int


BUGS: dict[str, Bug] = {}


def bug(*laws: str, mode: Mode = Mode.SAFETY, faults: tuple[Fault, ...] = ALL_FAULTS,
        within: int = 200) -> Callable[[Callable[[Patch], None]], Callable[[Patch], None]]:
    """Register a bug under the name of the function that plants it."""
    def register(plant: Callable[[Patch], None]) -> Callable[[Patch], None]:
        BUGS[plant.__name__] = Bug(plant=plant, laws=frozenset(laws), mode=mode, faults=faults, within=within)
        return plant
    return register


@bug("S3")
def effects_are_performed_before_the_commit(patch: Patch) -> None:
    def run(self: Commit) -> Any:
        status = self.decision.status
        steps = Perform(self.ref, self.settings, self.decision.effects, None).run()
        try:
            request = next(steps)
            while True:
                request = steps.send((yield request))
        except StopIteration:
            pass
        yield CommitStatus(self.ref, self.meta.uid, self.meta.resource_version, status)
        return Finished(wake_at=self.decision.wake_at, backoff=True)
    patch.setattr(Commit, "run", run)


@bug("S3")
def children_are_created_without_an_intent(patch: Patch) -> None:
    honest = Judge._act

    def act(self: Judge, decision: Any) -> Any:
        if decision.effects and not decision.need_live:
            return Perform(self.ref, self.settings, decision.effects, decision.wake_at)
        return honest(self, decision)
    patch.setattr(Judge, "_act", act)


@bug("S11", "S15", "S16")
def the_owners_uid_is_not_checked(patch: Patch) -> None:
    def sort_children(workflow: Any, raws: Any) -> Any:
        return {raw.metadata().name: child for raw in raws if hasattr(child := raw.execution(), "metadata")}, {}
    patch.setattr(reconciler, "sort_children", sort_children)
    patch.setattr(attempts, "_mismatch", lambda attempt, child: "")
    patch.setattr(reconciler, "_owned_by", lambda raw, owner: False)


@bug("S15")
def an_edited_spec_is_not_noticed(patch: Patch) -> None:
    patch.setattr(attempts, "_mismatch", lambda attempt, child: "")


@bug("S16")
def a_contradictory_status_counts_as_success(patch: Patch) -> None:
    honest = attempts._terminal

    def terminal(attempt: Any, child: Any, now: datetime) -> Any:
        if child.status.phase == "completed":
            return Succeeded(uid=child.metadata.uid, end=now, mutated=Mutated.YES, result=None)
        return honest(attempt, child, now)
    patch.setattr(attempts, "_terminal", terminal)


@bug("S5", "S9", "S11", "S6", "S2")
def absence_in_the_cache_is_believed(patch: Patch) -> None:
    honest = reconciler.Snapshot
    patch.setattr(reconciler, "Snapshot", lambda **parts: honest(**{**parts, "live": True}))


@bug("S5", "S6")
def orphans_are_swept_after_a_cached_read(patch: Patch) -> None:
    patch.setattr(reconciler, "_going", lambda seen: False)


@bug("S9", faults=LAGGING, within=1500)
def captured_values_are_read_from_a_stale_child(patch: Patch) -> None:
    patch.setattr(advance, "_shows_the_capture", lambda snapshot, entry: True)


@bug("S10")
def compensations_run_in_forward_order(patch: Patch) -> None:
    patch.setattr(advance, "_blocked", lambda plan, ledger: frozenset())


@bug("S11", "S8")
def the_rollback_starts_while_steps_run(patch: Patch) -> None:
    honest = phase_executing.advance_execution

    def advance_execution(snapshot: Any, status: Any, plan: Any, now: datetime) -> Any:
        decision = honest(snapshot, status, plan, now)
        lost = [e for e in decision.status.step_statuses if e.status == "failed" and e.step_number in plan.critical]
        if lost and decision.status.phase == "executing" and not decision.need_live:
            return start.begin_rollback(snapshot, decision.status, plan, phase_executing.Reason.STEP_EXECUTION_FAILED,
                                        "at once", now)
        return decision
    patch.setattr(machine, "advance_execution", advance_execution)


@bug("S4")
def one_retry_too_many(patch: Patch) -> None:
    honest = phase_executing.should_retry

    def should_retry(failure: Any, attempt: int, most: int, *, idempotent: bool) -> bool:
        return honest(failure, attempt - 1, most, idempotent=idempotent)
    patch.setattr(phase_executing, "should_retry", should_retry)


@bug("S21")
def the_back_off_has_no_cap(patch: Patch) -> None:
    honest = phase_executing.retry_delay

    def retry_delay(uid: str, what: str, attempt: int, settings: Any) -> timedelta:
        return honest(uid, what, attempt, settings) * 50
    patch.setattr(phase_executing, "retry_delay", retry_delay)


@bug("S21")
def clocks_may_take_a_workflow_back_in_time(patch: Patch) -> None:
    patch.setattr(machine, "_latest", lambda status: datetime.min.replace(tzinfo=UTC))


def _replanned(patch: Patch, **changes: Any) -> None:
    honest = machine.plan_of

    def plan_of(snapshot: Any) -> Any:
        plan = honest(snapshot)
        return attrs.evolve(plan, **{k: v(plan) for k, v in changes.items()}) if hasattr(plan, "needs") else plan
    patch.setattr(machine, "plan_of", plan_of)


@bug("S1")
def dependencies_are_ignored(patch: Patch) -> None:
    _replanned(patch, needs=lambda plan: {number: frozenset() for number in plan.needs})


@bug("S6")
def too_many_steps_run_at_once(patch: Patch) -> None:
    _replanned(patch, max_parallel=lambda plan: plan.max_parallel + 1)


@bug("S6")
def a_critical_failure_stops_nothing(patch: Patch) -> None:
    _replanned(patch, critical=lambda plan: frozenset())


@bug("S9")
def what_stays_changed_is_forgotten(patch: Patch) -> None:
    patch.setattr(start, "dirty_objects", lambda entry, plan: ())


@bug("S7")
def the_end_is_written_again(patch: Patch) -> None:
    honest = finishing.with_audit_condition

    def with_audit_condition(status: Any, recorded: bool, reason: Any, message: str, now: datetime) -> Any:
        return attrs.evolve(honest(status, recorded, reason, message, now), completion_time=now)
    patch.setattr(finishing, "with_audit_condition", with_audit_condition)


@bug("S27")
def each_delivery_of_a_row_has_an_id_of_its_own(patch: Patch) -> None:
    honest = finishing.audit_record

    def audit_record(workflow: Any, end: datetime, status: str) -> Any:
        record = honest(workflow, end, status)
        return attrs.evolve(record, id=f"{record.id}-{workflow.metadata.resource_version}")
    patch.setattr(finishing, "audit_record", audit_record)


@bug("S27")
def a_lost_answer_counts_as_recorded(patch: Patch) -> None:
    honest = finishing.RecordAudit._acknowledge

    def acknowledge(self: Any, uid: str, version: str, updated: Any, *, recorded: bool) -> Any:
        claimed = finishing.with_audit_condition(updated, True, finishing.Reason.RECORDED, "surely", self.at)
        return honest(self, uid, version, claimed, recorded=True)
    patch.setattr(finishing.RecordAudit, "_acknowledge", acknowledge)


@bug("S27")
def the_finalizer_goes_before_the_row(patch: Patch) -> None:
    patch.setattr(cleanup, "is_true", lambda status, condition: True)


@bug("S5")
def children_are_released_while_they_act(patch: Patch) -> None:
    honest = cleanup.child_requests

    def child_requests(owner: Any, children: Any, settings: Any, now: datetime) -> Any:
        return honest(owner, children, attrs.evolve(settings, cancel_grace=timedelta(0)), now)
    patch.setattr(cleanup, "child_requests", child_requests)


@bug("S5", "S11")
def the_grace_begins_before_the_child_is_told(patch: Patch) -> None:
    honest = attempts._waiting

    def waiting(attempt: Any, child: Any, now: datetime, settings: Any) -> Any:
        if attempt.cancelled_at is not None and now >= attempt.cancelled_at + settings.cancel_grace:
            return None
        return honest(attempt, child, now, settings)
    patch.setattr(attempts, "_waiting", waiting)


@bug("S26")
def poison_is_not_expected(patch: Patch) -> None:
    def refuse_malformed(*arguments: Any) -> Any:
        raise KeyError("spec")
    patch.setattr(reconciler, "refuse_malformed", refuse_malformed)


@bug("S26")
def a_pass_writes_to_another_workflow(patch: Patch) -> None:
    honest = cleanup.CleanUp.run

    def run(self: Any) -> Any:
        yield CommitStatus(attrs.evolve(self.ref, name=f"{self.ref.name}x"), "", "", self.workflow.status)
        return (yield from honest(self))
    patch.setattr(cleanup.CleanUp, "run", run)


@bug("L1", mode=Mode.LIVENESS)
def cancels_are_never_sent(patch: Patch) -> None:
    honest = Perform.run

    def run(self: Perform) -> Any:
        kept = tuple(effect for effect in self.effects if not isinstance(effect, reconciler.CancelChild))
        return (yield from honest(attrs.evolve(self, effects=kept)))
    patch.setattr(Perform, "run", run)


@bug("L7", mode=Mode.LIVENESS)
def the_finalizer_is_never_dropped(patch: Patch) -> None:
    def run(self: Any) -> Any:
        yield from ()
        return Finished()
    patch.setattr(cleanup.CleanUp, "run", run)


@bug("L6", "L1", mode=Mode.LIVENESS)
def a_refused_row_is_never_tried_again(patch: Patch) -> None:
    honest = finishing.RecordAudit.run

    def run(self: Any) -> Any:
        if any(c.type == "AuditRecorded" for c in self.workflow.status.conditions):
            return Finished()
        return (yield from honest(self))
    patch.setattr(finishing.RecordAudit, "run", run)


