"""The audit log on PostgreSQL: one transaction per record, recognised by its workflow's uid."""

from __future__ import annotations

from attrs import field, frozen
from sqlalchemy import Connection, Engine, insert, select
from sqlalchemy.dialects import postgresql

from wfcore.audit import AuditRecord
from wfcore.ports import PermanentError
from wfstorage.faults import translated
from wfstorage.rows import audit_row, comparable, key_row, record_of, step_rows, storable, storable_text
from wfstorage.schema import audit_keys, audits, step_audits
from wfstorage.upgrade import SchemaGate


@frozen
class PostgresAuditLog:
    """`wfcore.ports.AuditLog`.  Thread-safe; each call takes one connection of the pool."""

    _engine: Engine = field(repr=False)  # Its text shows the options of the URL.
    _gate: SchemaGate

    def record(self, record: AuditRecord, /) -> str:
        """See the port.  Text that PostgreSQL cannot hold is stored with U+FFFD in its place.

        Two deliveries at once: the second waits for the first's commit, at most the lock timeout.
        """
        record = storable(record)
        doing = f"recording workflow {record.namespace}/{record.name} (uid {record.workflow_uid[:100]})"
        with translated(doing):
            self._gate.require_writable()
            with self._engine.begin() as connection:
                return _record(connection, record)

    def find(self, workflow_uid: str, /) -> AuditRecord | None:
        """See the port.  A record whose partition was archived is not found."""
        uid = storable_text(workflow_uid)
        with translated(f"reading the record of workflow uid {uid[:100]}"):
            self._gate.require_readable()
            with self._engine.connect() as connection:
                return _find(connection, uid)


def _record(connection: Connection, record: AuditRecord) -> str:
    key = key_row(record)
    claim = postgresql.insert(audit_keys).values(key).on_conflict_do_nothing().returning(audit_keys.c.id)
    if connection.execute(claim).scalar_one_or_none() is None:
        return _recognise(connection, record, key["digest"])
    connection.execute(insert(audits).values(audit_row(record)))
    if record.steps:
        connection.execute(insert(step_audits), step_rows(record))
    return record.id


def _recognise(connection: Connection, record: AuditRecord, digest: str) -> str:
    """The id of the stored record, when the new one may be it."""
    known = select(audit_keys.c.id, audit_keys.c.digest).where(audit_keys.c.workflow_uid == record.workflow_uid)
    stored = connection.execute(known).one()
    if stored.digest != digest and comparable(stored.digest, digest):
        raise PermanentError(
            f"workflow {record.namespace}/{record.name} (uid {record.workflow_uid[:100]}) is recorded with digest"
            f" {stored.digest} and was now delivered with digest {digest}; the first one is kept: compare it with the"
            " object's status to see which of the two was altered")
    return str(stored.id)


def _find(connection: Connection, workflow_uid: str) -> AuditRecord | None:
    # completed_at takes part in both joins so that only one partition is read.
    same = (audits.c.id == audit_keys.c.id) & (audits.c.completed_at == audit_keys.c.completed_at)
    wanted = select(audits).join_from(audit_keys, audits, same).where(audit_keys.c.workflow_uid == workflow_uid)
    row = connection.execute(wanted).mappings().one_or_none()
    if row is None:
        return None
    of_record = (step_audits.c.audit_id == row["id"]) & (step_audits.c.completed_at == row["completed_at"])
    steps = connection.execute(select(step_audits).where(of_record).order_by(step_audits.c.step_number))
    return record_of(row, steps.mappings().all())
