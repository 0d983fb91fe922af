"""What a database error means: try again, or somebody has to act.  The one place that reads SQLSTATEs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from wfcore.ports import PermanentError, TransientError

# Classes and codes after which the same request may succeed.
TRANSIENT = (
    "08",     # connection exceptions
    "57P0",   # the server shuts down, starts or recovers
    "57014",  # statement_timeout
    "55P03",  # lock_timeout
    "25P03",  # the session idled inside its transaction: this process was suspended
    "40001",  # serialization failure
    "40P01",  # deadlock
    "53",     # out of memory, disk or connections
    "25006",  # read-only: a replica after a fail-over
)
# A full disk is not freed in seconds, and each try costs it more.
DISK_FULL, DISK_FULL_RETRY_AFTER = "53100", 60.0


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn database errors of the block into the port's.  `doing` begins the message: "recording ns/name"."""
    try:
        yield
    except SQLAlchemyError as error:
        # Without the cause: its text holds the statement, and a traceback of it the connection's arguments.
        raise translate(error, doing) from None


def translate(error: SQLAlchemyError, doing: str) -> TransientError | PermanentError:
    """The port's error for a database error; its message has the SQLSTATE and the server's sentence, no parameters."""
    code = sqlstate(error)
    message = f"{doing}: {_sentence(error)}" + (f" (SQLSTATE {code})" if code else "")
    if code == DISK_FULL:
        return TransientError(message, retry_after=DISK_FULL_RETRY_AFTER)
    if code.startswith(TRANSIENT) if code else _connection_lost(error):
        return TransientError(message)
    return PermanentError(message)


def sqlstate(error: SQLAlchemyError) -> str:
    """The server's five characters, or an empty string when the error is the client's."""
    return str(getattr(getattr(error, "orig", None), "sqlstate", None) or "")


def _connection_lost(error: SQLAlchemyError) -> bool:
    # libpq gives no SQLSTATE for a connection it could not make: refused, timed out, wrong password or database.
    # All of these have been seen to heal without a restart of the client.
    return isinstance(error, PoolTimeoutError | OperationalError | InterfaceError)


def _sentence(error: SQLAlchemyError) -> str:
    if not isinstance(error, DBAPIError) or error.orig is None:
        return str(error).partition("\n")[0]
    diagnosis = getattr(error.orig, "diag", None)
    return str(getattr(diagnosis, "message_primary", None) or " ".join(str(error.orig).split()))
