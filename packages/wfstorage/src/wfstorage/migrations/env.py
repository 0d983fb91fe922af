"""Run by Alembic: migrates over the connection it is given, or one of the engine it is given."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, Engine

from wfstorage.schema import VERSION_TABLE, metadata


def migrate(connection: Connection) -> None:
    """Run the wanted migrations in the connection's transaction."""
    context.configure(
        connection=connection, target_metadata=metadata, version_table=VERSION_TABLE, compare_server_default=True,
        # The default partition belongs to its parent, and others may share the database.
        include_name=lambda name, kind, _: kind != "table" or name in metadata.tables,
    )
    with context.begin_transaction():
        context.run_migrations()


def main() -> None:
    """Find the connection."""
    given = context.config.attributes["connection"]
    if isinstance(given, Engine):
        with given.begin() as connection:
            migrate(connection)
    else:
        migrate(given)


main()
