"""History on PostgreSQL keeps the contract of the port, is bounded, and its errors are the port's."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import create_engine, update

from wfcore.model.enums import Action
from wfcore.ports import PermanentError, TransientError
from wfcore.testing.contracts import HistoryContract, ended_step, past, sample_record
from wfstorage import open_storage
from wfstorage.history import MOST_STEPS
from wfstorage.schema import audits, step_audits

SCALE = Action.SCALE_DEPLOYMENT


@pytest.fixture
def storage(database):
    with open_storage(database) as storage:
        yield storage


@pytest.fixture
def history(storage):
    return storage.history


class TestPostgresHistory(HistoryContract):
    pass


@pytest.fixture
def engine(database):
    engine = create_engine(database)
    yield engine
    engine.dispose()


def test_no_more_than_the_newest_thousand_steps_of_an_action_are_judged(history, audit_log):
    for hour in range(3):
        status = "failed" if hour == 2 else "completed"
        steps = (ended_step(n, SCALE, status) for n in range(1, 501))
        audit_log.record(past(f"w-{hour}", *steps, ago=timedelta(hours=hour + 1)))

    assert [(MOST_STEPS, 1.0)] == [(h.samples, h.success_rate) for h in history.about("heal", (SCALE,))]


def test_a_store_that_is_away_is_transient_and_says_what_was_read():
    with open_storage("postgresql://nobody@127.0.0.1:1/nothing") as storage:
        with pytest.raises(TransientError, match="reading the history of workflow 'heal'"):
            storage.history.about("heal", (SCALE,))


def test_a_statement_that_is_refused_is_permanent(history, engine):
    with engine.begin() as connection:
        step_audits.drop(connection)

    with pytest.raises(PermanentError, match=r"reading the history of workflow 'heal'.*SQLSTATE 42P01"):
        history.about("heal", (SCALE,))


def test_adjustments_that_somebody_altered_are_no_record(audit_log, engine):
    audit_log.record(sample_record("altered"))
    with engine.begin() as connection:
        connection.execute(update(audits).values(adaptive_adjustments=[{"timestamp": 5}]))

    with pytest.raises(PermanentError, match="the row of workflow 'altered' was altered"):
        audit_log.find("altered")
