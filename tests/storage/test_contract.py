"""The audit log on PostgreSQL keeps the contract of the port."""

from wfcore.testing.contracts import AuditLogContract


class TestPostgresAuditLog(AuditLogContract):
    pass
