"""The schema's version: brought up to date by whoever comes first, never written when it is newer than the code."""

from __future__ import annotations

from importlib import resources
from threading import Lock
from typing import TYPE_CHECKING

from attrs import define, field
from sqlalchemy import Connection, Engine, func, inspect, select

from wfcore.ports import PermanentError
from wfstorage.engine import migrating_engine
from wfstorage.schema import REVISIONS, VERSION_TABLE, schema_version

if TYPE_CHECKING:
    from alembic.config import Config

# Any number that no one else uses; "wfe" and a version in hexadecimal.
ADVISORY_LOCK = 0x77666501


@define
class SchemaGate:
    """Lets requests through to a schema that they understand.

    The schema is looked at when it is first needed, so a database that is away
    when the process starts costs nothing but the requests made meanwhile.
    """

    _engine: Engine = field(repr=False)  # Its text shows the options of the URL.
    _revision: str | None = None
    _lock: Lock = field(factory=Lock)

    def require_readable(self) -> None:
        """Bring the schema up to date unless that is done.  A newer schema is readable: migrations only add."""
        with self._lock:
            if self._revision is None:
                self._revision = upgrade(self._engine)

    def require_writable(self) -> None:
        """The same, and refuse a newer schema.

        Raises:
            PermanentError: the database's schema is newer than this code.
        """
        self.require_readable()
        if self._revision not in REVISIONS:
            raise PermanentError(
                f"the database's schema has revision {self._revision}, newer than {REVISIONS[-1]} that this version of"
                " wfstorage writes; upgrade wfstorage, nothing is written until then")


def upgrade(engine: Engine) -> str:
    """Bring the schema up to date and return its revision.  Safe when several processes start at once.

    A revision that this code does not know is left alone.  Costs one query when there is nothing to do.
    """
    with engine.connect() as connection:
        found = current_revision(connection)
    if found == REVISIONS[-1] or (found is not None and found not in REVISIONS):
        return found
    return _migrate(engine)


def current_revision(connection: Connection) -> str | None:
    """The database's revision; None before the first migration."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(select(schema_version.c.version_num)).scalar_one_or_none()


def alembic_config() -> Config:
    """Alembic's settings; the connection to use is to be put into its `attributes`."""
    from alembic.config import Config

    config = Config()
    folder = str(resources.files("wfstorage") / "migrations")
    config.set_main_option("script_location", folder.replace("%", "%%"))
    return config


def _migrate(engine: Engine) -> str:
    from alembic import command

    config = alembic_config()
    with migrating_engine(engine.url).begin() as connection:
        # Held until this transaction ends: the second process finds the work done.
        connection.execute(select(func.pg_advisory_xact_lock(ADVISORY_LOCK)))
        found = current_revision(connection)
        if found is not None and found not in REVISIONS:
            return found
        # A busy table is not to be blocked behind a waiting migration.
        connection.execute(select(func.set_config("lock_timeout", "5s", True)))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return REVISIONS[-1]
