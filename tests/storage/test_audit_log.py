"""Exactly once, whatever happens to the connection, the server or the text."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from attrs import evolve
from sqlalchemy import Text, cast, create_engine, func, insert, literal_column, select
from sqlalchemy.dialects.postgresql import REGCLASS
from sqlalchemy.schema import DDL

from wfcore.audit import audit_id
from wfcore.model.status import AdaptiveAdjustment
from wfcore.ports import PermanentError, TransientError
from wfcore.testing.contracts import ENDED, sample_record
from wfstorage import open_storage
from wfstorage.rows import key_row
from wfstorage.schema import audit_keys, audits, step_audits

HOSTILE = [
    "\0", "\ud800", "\udfff\ud800", "'", "''; DROP TABLE workflow_execution_audit; --", '"', "\\", "\\x00", "%s",
    "%(name)s", ":bind", "{}", "$1", "\r\n", "\x1b[31m", "\u202e", "e\u0301", "\U0010ffff", "\ufeff", " ", "", "NULL",
    "é" * 500_000,
]


@pytest.fixture
def engine(module_database):
    engine = create_engine(module_database)
    yield engine
    engine.dispose()


def rows(engine, table, **wanted):
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(table).filter_by(**wanted)).scalar_one()


@pytest.mark.parametrize("text", HOSTILE, ids=[str(number) for number in range(len(HOSTILE))])
def test_hostile_text_is_recorded_once_and_read_back(audit_log, text):
    record = evolve(sample_record(f"hostile-{HOSTILE.index(text)}"), error_message=text, name=text[:200])
    record = evolve(record, steps=tuple(evolve(step, error_message=text) for step in record.steps))

    assert audit_log.record(record) == audit_log.record(record)
    found = audit_log.find(record.workflow_uid)
    kept = "".join("\ufffd" if c == "\0" or "\ud800" <= c <= "\udfff" else c for c in text)
    assert {kept} == {found.error_message, *(step.error_message for step in found.steps)}


def test_a_hostile_uid_is_found_again(audit_log):
    for uid in (HOSTILE[0], *HOSTILE[2:-1]):  # the second becomes the same uid as the first
        record = evolve(sample_record("plain"), id=audit_id(f"uid-{HOSTILE.index(uid)}"), workflow_uid=f"uid-{uid}")
        assert audit_log.record(record) == audit_log.record(record)
        assert audit_log.find(f"uid-{uid}").id == record.id


def test_threads_that_record_at_once_record_once(audit_log, engine):
    record = sample_record("threads")
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda _: audit_log.record(record), range(40)))

    assert [record.id] * 40 == ids
    assert (1, 1, 3) == (rows(engine, audits, workflow_uid="threads"), rows(engine, audit_keys, workflow_uid="threads"),
                         rows(engine, step_audits, audit_id=key_row(record)["id"]))


def test_processes_that_record_at_once_record_once(audit_log, engine, module_database):
    code = ("import sys\nfrom wfstorage import open_storage\nfrom wfcore.testing.contracts import sample_record\n"
            "with open_storage(sys.argv[1]) as s:\n"
            "  for n in range(20): print(s.audit_log.record(sample_record(f'p-{n}')))")
    running = [subprocess.Popen([sys.executable, "-c", code, module_database], stdout=subprocess.PIPE, text=True)
               for _ in range(2)]
    answers = {process.communicate(timeout=60)[0] for process in running}

    assert 1 == len(answers)
    assert all(1 == rows(engine, audits, workflow_uid=f"p-{n}") for n in range(20))


def test_a_different_record_is_refused_naming_both_digests(audit_log):
    record = sample_record("digests")
    other = evolve(record, outcome="failed")
    audit_log.record(record)

    with pytest.raises(PermanentError) as refusal:
        audit_log.record(other)
    assert key_row(record)["digest"] in str(refusal.value)
    assert key_row(other)["digest"] in str(refusal.value)


def test_a_record_digested_by_another_release_is_recognised_by_its_uid(audit_log, engine):
    record = sample_record("release")
    with engine.begin() as connection:
        connection.execute(insert(audit_keys), key_row(record) | {"digest": "0:feed"})

    assert record.id == audit_log.record(record)
    assert audit_log.find("release") is None  # its row was archived


@pytest.mark.parametrize("committed", [True, False])
def test_a_connection_lost_around_the_commit_is_transient_and_the_next_try_records_once(
    module_database, admin, engine, monkeypatch, committed,
):
    """The backend is ended before its commit, or between its commit and the client's hearing of it."""
    record = sample_record(f"lost-{committed}")

    def commit_and_die(raw):
        if committed:
            raw.commit()
        terminate(admin, raw.driver_connection.info.backend_pid)
        raw.driver_connection.execute("SELECT 1")

    with open_storage(module_database) as storage:
        with monkeypatch.context() as patch:
            patch.setattr(storage.audit_log._engine.dialect, "do_commit", commit_and_die)
            with pytest.raises(TransientError, match=r"recording workflow payments/restart-lost-.*SQLSTATE 57P01"):
                storage.audit_log.record(record)
        assert int(committed) == rows(engine, audits, workflow_uid=record.workflow_uid)

        assert record.id == storage.audit_log.record(record)
        assert 1 == rows(engine, audits, workflow_uid=record.workflow_uid)


def terminate(admin, pid):
    with admin.connect() as connection:
        # With a timeout: the answer comes when the backend is gone.
        assert connection.execute(select(func.pg_terminate_backend(pid, 5000))).scalar_one()


def test_a_record_held_by_a_stuck_transaction_is_tried_again(audit_log, engine):
    record = sample_record("stuck")
    with engine.connect() as other, other.begin() as transaction:
        other.execute(insert(audit_keys), key_row(record))
        with pytest.raises(TransientError, match="SQLSTATE 55P03"):
            audit_log.record(record)
        transaction.rollback()

    assert record.id == audit_log.record(record)


def test_rows_go_to_the_partition_of_their_end_and_else_to_the_default(audit_log, engine):
    with engine.begin() as connection:
        for table in ("workflow_execution_audit", "workflow_execution_step_audit"):
            connection.execute(DDL(f"CREATE TABLE {table}_2031_01 PARTITION OF {table}"
                                   " FOR VALUES FROM ('2031-01-01Z') TO ('2031-02-01Z')"))
    inside = evolve(sample_record("inside"), completed_at=datetime(2031, 1, 31, 23, 59, 59, 999999, tzinfo=UTC))
    outside = evolve(sample_record("outside"), completed_at=datetime(2031, 2, 1, tzinfo=UTC))
    for record in (inside, outside):
        audit_log.record(record)
        assert record == audit_log.find(record.workflow_uid)

    home = select(audits.c.workflow_uid, cast(cast(literal_column("tableoid"), REGCLASS), Text)).where(
        audits.c.workflow_uid.in_(["inside", "outside"]))
    with engine.connect() as connection:
        assert {("inside", "workflow_execution_audit_2031_01"), ("outside", "workflow_execution_audit_default")} == {
            tuple(row) for row in connection.execute(home)}


@pytest.mark.parametrize(("change", "message"), [
    ({"id": "not-a-uuid"}, "id 'not-a-uuid' is no UUID"),
    ({"completed_at": ENDED.replace(tzinfo=None)}, "completed_at 2025-10-04T12:30:15.123456 has no time zone"),
    ({"adaptive_adjustments": (AdaptiveAdjustment(timestamp=ENDED.replace(tzinfo=None), adjustment="", reason=""),)},
     "the timestamp 2025-10-04T12:30:15.123456 of an adjustment has no time zone"),
    ({"total_steps": 2**40}, "integer out of range"),
])
def test_a_record_that_cannot_be_stored_is_refused_for_good(audit_log, change, message):
    with pytest.raises(PermanentError, match=message):
        audit_log.record(evolve(sample_record("refused"), **change))
    assert audit_log.find("refused") is None
