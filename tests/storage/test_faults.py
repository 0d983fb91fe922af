"""What a database error means, for each SQLSTATE that the code distinguishes."""

from __future__ import annotations

import traceback

import psycopg
import pytest
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    InterfaceError,
    NoResultFound,
    OperationalError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from wfcore.ports import PermanentError, TransientError
from wfstorage.faults import DISK_FULL_RETRY_AFTER, sqlstate, translate, translated

STATEMENT, PARAMETERS = "INSERT INTO t VALUES (%s)", ("hunter2",)


def of_server(code):
    """An error as SQLAlchemy raises it for a SQLSTATE, in the class that psycopg gives it."""
    if code in psycopg.errors._sqlcodes:
        cause = psycopg.errors.lookup(code)("the server's sentence")
    else:
        cause = psycopg.DatabaseError("the server's sentence")
        cause.sqlstate = code
    return DBAPIError(STATEMENT, PARAMETERS, cause, hide_parameters=True)


@pytest.mark.parametrize(("code", "wait"), [
    ("08000", 5), ("08001", 5), ("08003", 5), ("08004", 5), ("08006", 5), ("08007", 5), ("08P01", 5),
    ("57P01", 5), ("57P02", 5), ("57P03", 5), ("57P05", 5), ("57014", 5), ("55P03", 5), ("25P03", 5),
    ("40001", 5), ("40P01", 5), ("53000", 5), ("53200", 5), ("53300", 5), ("53400", 5), ("25006", 5),
    ("53100", DISK_FULL_RETRY_AFTER),
])
def test_what_may_heal_by_itself_is_tried_again(code, wait):
    error = translate(of_server(code), "recording ns/x")

    assert (TransientError, wait) == (type(error), error.retry_after)
    assert f"recording ns/x: the server's sentence (SQLSTATE {code})" == str(error)


@pytest.mark.parametrize("code", [
    "0A000", "22003", "22P05", "23502", "23505", "25001", "28000", "28P01", "3D000", "40002", "42501", "42601", "42P01",
    "54000", "55000", "57000", "58030", "XX000", "P0001", "ZZZZZ",
])
def test_every_other_answer_of_the_server_needs_somebody_to_act(code):
    error = translate(of_server(code), "recording ns/x")

    assert f"recording ns/x: the server's sentence (SQLSTATE {code})" == str(error)
    assert isinstance(error, PermanentError)


@pytest.mark.parametrize(("error", "meaning", "sentence"), [
    (PoolTimeoutError("QueuePool limit of size 4\nmore"), TransientError, "QueuePool limit of size 4"),
    (OperationalError(STATEMENT, PARAMETERS, psycopg.OperationalError("connection\n\trefused")), TransientError,
     "connection refused"),
    (InterfaceError(STATEMENT, PARAMETERS, psycopg.InterfaceError("the connection is closed")), TransientError,
     "the connection is closed"),
    (ProgrammingError(STATEMENT, PARAMETERS, psycopg.ProgrammingError("invalid connection option")), PermanentError,
     "invalid connection option"),
    (DataError(STATEMENT, PARAMETERS, psycopg.DataError("NUL bytes")), PermanentError, "NUL bytes"),
    (ArgumentError("Can't mix"), PermanentError, "Can't mix"),
    (NoResultFound("No row was found"), PermanentError, "No row was found"),
], ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "")
def test_an_error_of_the_client_is_worth_another_try_only_when_the_connection_was_lost(error, meaning, sentence):
    assert (meaning, f"doing: {sentence}") == (type(translate(error, "doing")), str(translate(error, "doing")))
    assert sqlstate(error) == ""


def test_neither_statement_nor_parameters_nor_the_cause_reach_the_message_or_the_traceback():
    with pytest.raises(PermanentError) as refusal, translated("doing"):
        raise of_server("23505")
    told = "".join(traceback.format_exception(refusal.value))
    assert "doing: the server's sentence (SQLSTATE 23505)" in told
    assert "hunter2" not in told
    assert "[SQL:" not in told


def test_an_error_that_is_not_the_databases_passes():
    with pytest.raises(ZeroDivisionError), translated("doing"):
        raise ZeroDivisionError
