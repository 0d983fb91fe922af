"""Contract suites: the tests that every implementation of a port passes.

Subclass one in a test module, under a name that pytest collects, and give the
fixture its methods ask for.  They need nothing but `assert`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from attrs import evolve

from wfcore.audit import AuditRecord, StepAudit, audit_id
from wfcore.ports import AuditLog, PermanentError

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
        record = evolve(sample_record("contract-text"), error_message=text)
        audit_log.record(record)

        assert record == audit_log.find(record.workflow_uid)

    def test_text_that_is_no_text_does_not_block_the_log(self, audit_log: AuditLog) -> None:
        """NUL and lone surrogates may be replaced, always in the same way: a second delivery is recognised."""
        record = evolve(sample_record("contract-broken"), error_message="a\0b\ud800c")

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
