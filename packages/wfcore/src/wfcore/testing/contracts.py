"""Contract suites: the tests that every implementation of a port passes.

Subclass one in a test module, under a name that pytest collects, and give the
fixture its methods ask for.  They need nothing but `assert`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from attrs import evolve

from wfcore.audit import AuditRecord, StepAudit, audit_id
from wfcore.model.enums import Action, AdjustmentType
from wfcore.model.status import AdaptiveAdjustment
from wfcore.planning.experience import OWN_IS_ENOUGH, experience
from wfcore.ports import AuditLog, History, PermanentError

ENDED = datetime(2025, 10, 4, 12, 30, 15, 123456, tzinfo=UTC)


def sample_record(uid: str, *, steps: int = 3) -> AuditRecord:
    """A record of a workflow with this uid; equal arguments give equal records."""
    return AuditRecord(
        id=audit_id(uid), workflow_uid=uid, namespace="payments", name=f"restart-{uid}",
        remediation_id="payments/alert-1", workflow_name="restart-and-verify", workflow_version="v2",
        plan_digest="sha256:00ff", total_steps=steps, steps_completed=steps, steps_failed=0,
        total_duration=timedelta(days=1, seconds=5, microseconds=7), outcome="success", effectiveness_score=0.1 + 0.2,
        rollbacks_performed=0, started_at=ENDED - timedelta(minutes=3), completed_at=ENDED,
        status="completed", failure_reason="", rollback_reason="", error_message="",
        steps=tuple(_sample_step(number) for number in range(1, steps + 1)),
        adaptive_adjustments=(
            AdaptiveAdjustment(timestamp=ENDED, type=AdjustmentType.TIMEOUT, step_number=1, adjustment="5m -> 10m",
                               reason="it was slow"),
            AdaptiveAdjustment(timestamp=ENDED, adjustment="order", reason="")),
    )


def _sample_step(number: int) -> StepAudit:
    return StepAudit(
        step_number=number, action="restart-deployment", status="completed", retries_attempted=number % 2,
        duration=timedelta(milliseconds=250 * number), rollback_status="", error_message="",
    )


class AuditLogContract:
    """The laws of `wfcore.ports.AuditLog`.  Fixture: `audit_log`, empty or holding records of other uids."""

    def test_a_record_is_found_as_it_was_recorded(self, audit_log: AuditLog) -> None:
        record = sample_record("contract-found")

        assert record.id == audit_log.record(record)
        assert record == audit_log.find(record.workflow_uid)

    def test_a_workflow_never_recorded_is_not_found(self, audit_log: AuditLog) -> None:
        assert audit_log.find("contract-never") is None

    def test_an_equal_record_again_is_accepted_and_changes_nothing(self, audit_log: AuditLog) -> None:
        record = sample_record("contract-again")

        assert {record.id} == {audit_log.record(record) for _ in range(3)}
        assert record == audit_log.find(record.workflow_uid)

    def test_equal_instants_in_another_time_zone_make_an_equal_record(self, audit_log: AuditLog) -> None:
        record = sample_record("contract-zone")
        elsewhere = evolve(record, completed_at=record.completed_at.astimezone(timezone(timedelta(hours=-7))))

        assert audit_log.record(record) == audit_log.record(elsewhere)

    def test_a_different_record_of_the_same_workflow_is_refused_and_the_first_kept(self, audit_log: AuditLog) -> None:
        """A different end is a difference too, although storage may be split by it."""
        record = sample_record("contract-different")
        audit_log.record(record)
        for other in (
            evolve(record, outcome="failed"),
            evolve(record, completed_at=record.completed_at + timedelta(days=40)),
            evolve(record, steps=record.steps[:-1]),
            evolve(record, adaptive_adjustments=record.adaptive_adjustments[1:]),
        ):
            assert refused(audit_log, other)

        assert record == audit_log.find(record.workflow_uid)

    def test_a_workflow_without_steps_start_or_durations_is_recorded(self, audit_log: AuditLog) -> None:
        empty = evolve(sample_record("contract-empty", steps=0), started_at=None, total_duration=timedelta(0))
        unstarted = sample_record("contract-unstarted")
        unstarted = evolve(unstarted, steps=tuple(evolve(step, duration=None) for step in unstarted.steps))
        for record in (empty, unstarted):
            audit_log.record(record)

            assert record == audit_log.find(record.workflow_uid)

    def test_records_of_different_workflows_stay_apart(self, audit_log: AuditLog) -> None:
        records = [sample_record(f"contract-apart-{number}", steps=number) for number in range(4)]
        for record in records:
            audit_log.record(record)

        assert records == [audit_log.find(record.workflow_uid) for record in records]

    def test_five_hundred_steps_keep_their_order(self, audit_log: AuditLog) -> None:
        record = sample_record("contract-long", steps=500)
        audit_log.record(record)

        assert record == audit_log.find(record.workflow_uid)

    def test_text_of_any_script_is_kept(self, audit_log: AuditLog) -> None:
        text = "'; -- \"quoted\" \\ %s :x {y} \t\n 日本語 \U0001f525 e\u0301"
        record = sample_record("contract-text")
        adjustments = tuple(evolve(made, reason=text) for made in record.adaptive_adjustments)
        record = evolve(record, error_message=text, adaptive_adjustments=adjustments)
        audit_log.record(record)

        assert record == audit_log.find(record.workflow_uid)

    def test_text_that_is_no_text_does_not_block_the_log(self, audit_log: AuditLog) -> None:
        """NUL and lone surrogates may be replaced, always in the same way: a second delivery is recognised."""
        record, broken = sample_record("contract-broken"), "a\0b\ud800c"
        adjustments = tuple(evolve(made, adjustment=broken) for made in record.adaptive_adjustments)
        record = evolve(record, error_message=broken, adaptive_adjustments=adjustments)

        assert audit_log.record(record) == audit_log.record(record)
        found = audit_log.find(record.workflow_uid)
        assert found is not None
        assert audit_log.record(found) == record.id


def refused(audit_log: AuditLog, record: AuditRecord) -> bool:
    """Whether the log answers that it will never take the record."""
    try:
        audit_log.record(record)
    except PermanentError:
        return True
    return False


SCALE, RESTART, DRAIN = Action.SCALE_DEPLOYMENT, Action.RESTART_DEPLOYMENT, Action.DRAIN_NODE


def ended_step(number: int, action: Action, status: str = "completed", *, seconds: float | None = 10,
               retries: int = 0) -> StepAudit:
    """A recorded step; `seconds` None never started."""
    return StepAudit(step_number=number, action=action.value, status=status, retries_attempted=retries,
                     duration=None if seconds is None else timedelta(seconds=seconds), rollback_status="",
                     error_message="")


def past(uid: str, *steps: StepAudit, workflow: str = "heal", ago: timedelta = timedelta(hours=1)) -> AuditRecord:
    """The record of a workflow of this definition that ended some time ago with these steps."""
    ended = datetime.now(UTC) - ago
    return evolve(sample_record(uid, steps=len(steps)), workflow_name=workflow, started_at=ended, completed_at=ended,
                  steps=steps)


class HistoryContract:
    """The laws of `wfcore.ports.History`.  Fixtures: `history` and `audit_log` of one store, empty at first."""

    def test_an_action_that_never_ran_is_left_out(self, history: History, audit_log: AuditLog) -> None:
        audit_log.record(past("a", ended_step(1, SCALE, "skipped", seconds=None), ended_step(2, SCALE, "pending")))

        assert () == history.about("heal", (SCALE,)) == history.about("heal", ())

    def test_counts_give_the_figures_of_experience(self, history: History, audit_log: AuditLog) -> None:
        """What was compensated had succeeded; durations are those of successes without a retry."""
        audit_log.record(past(
            "a", *(ended_step(n, SCALE, seconds=n) for n in range(1, 12)),
            *(ended_step(n, SCALE, retries=1, seconds=900) for n in range(12, 17)),
            ended_step(17, SCALE, "rolled_back", seconds=11), ended_step(18, SCALE, "failed", seconds=800),
            ended_step(19, SCALE, "failed", seconds=800, retries=2), ended_step(20, RESTART, seconds=1)))

        assert (experience(SCALE, samples=19, succeeded=17, retried=6, retried_succeeded=5,
                           typical=timedelta(seconds=6.5), slow=timedelta(seconds=11)),
                ) == history.about("heal", (SCALE,))

    def test_a_success_without_a_duration_counts_and_gives_none(self, history: History, audit_log: AuditLog) -> None:
        audit_log.record(past("a", ended_step(1, SCALE, seconds=None)))

        assert (experience(SCALE, samples=1, succeeded=1),) == history.about("heal", (SCALE,))

    def test_each_action_is_told_once_in_the_order_of_names(self, history: History, audit_log: AuditLog) -> None:
        audit_log.record(past("a", ended_step(1, SCALE), ended_step(2, RESTART), ended_step(3, DRAIN)))

        assert [RESTART, SCALE] == [h.action for h in history.about("heal", (SCALE, RESTART, SCALE))]

    def test_what_ended_more_than_thirty_days_ago_is_forgotten(self, history: History, audit_log: AuditLog) -> None:
        for uid, days in (("a", 29), ("b", 31)):
            audit_log.record(past(uid, ended_step(1, SCALE), ago=timedelta(days=days)))

        assert [1] == [h.samples for h in history.about("heal", (SCALE,))]

    def test_a_definition_with_enough_steps_of_its_own_is_judged_by_them(
            self, history: History, audit_log: AuditLog) -> None:
        own = (ended_step(n, SCALE) for n in range(1, OWN_IS_ENOUGH + 1))
        audit_log.record(past("a", *own, ended_step(99, RESTART)))
        audit_log.record(past("b", ended_step(1, SCALE, "failed"), ended_step(2, RESTART, "failed"), workflow="other"))

        assert [(RESTART, 2), (SCALE, OWN_IS_ENOUGH)] == [
            (h.action, h.samples) for h in history.about("heal", (SCALE, RESTART))]
        assert [OWN_IS_ENOUGH + 1] == [h.samples for h in history.about("other", (SCALE,))]

    def test_a_name_of_any_text_is_only_a_name(self, history: History, audit_log: AuditLog) -> None:
        audit_log.record(past("a", ended_step(1, SCALE)))
        for name in ("'; DROP TABLE x; --", "a\0b", "\ud800", "%s", "", "é" * 100_000):
            assert [1] == [h.samples for h in history.about(name, (SCALE,))]
