"""The audit log: keys, records, steps."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Monthly partitions are made by maintenance; until one exists, and when one is missing, the default takes the rows.
PARTITIONED = ("workflow_execution_audit", "workflow_execution_step_audit")
INDEXES = (
    ("workflow_execution_audit", ("outcome", "completed_at")),
    ("workflow_execution_audit", ("workflow_name", "completed_at")),
    ("workflow_execution_audit", ("remediation_id", "completed_at")),
    ("workflow_execution_audit", ("namespace", "name", "completed_at")),
    ("workflow_execution_step_audit", ("action", "completed_at")),
)


def upgrade() -> None:
    """Create the three tables, their default partitions and indexes."""
    _create_keys()
    _create_records()
    _create_steps()
    for table in PARTITIONED:
        op.execute(f"CREATE TABLE {table}_default PARTITION OF {table} DEFAULT")
    for table, columns in INDEXES:
        op.create_index(f"{table}_{'_'.join(columns)}", table, list(columns))


def downgrade() -> None:
    """Drop them; the partitions go with their parents."""
    for table in (*reversed(PARTITIONED), "workflow_execution_audit_key"):
        op.drop_table(table)


def _text(name: str, comment: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, comment=comment)


def _count(name: str, comment: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False, comment=comment)


def _instant(name: str, comment: str, *, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, comment=comment)


def _create_keys() -> None:
    op.create_table(
        "workflow_execution_audit_key",
        sa.Column("workflow_uid", sa.Text, primary_key=True, comment="metadata.uid of the WorkflowExecution."),
        sa.Column("id", sa.Uuid, nullable=False, comment="Its row in workflow_execution_audit."),
        _instant("completed_at", "Partition key of that row."),
        _text("digest", "format:sha256 of the whole record; an equal record again is accepted, another refused."),
        comment="Which workflows are recorded; outlives the partitions, so a late second delivery stays refused.",
    )


def _create_records() -> None:
    op.create_table(
        "workflow_execution_audit",
        sa.Column("id", sa.Uuid, nullable=False, comment="Derived from workflow_uid."),
        _text("workflow_uid", "metadata.uid of the WorkflowExecution."),
        _text("namespace", "Its namespace."),
        _text("name", "Its name."),
        _text("remediation_id", "namespace/name of the parent AlertRemediation, or empty."),
        _text("workflow_name", "Name of the workflow definition."),
        _text("workflow_version", "Version of the definition, or empty."),
        _text("plan_digest", "Digest of the plan that ran, or empty when none was made."),
        _count("total_steps", "Steps of the plan."),
        _count("steps_completed", "Steps that succeeded, compensated ones included."),
        _count("steps_failed", "Steps that failed."),
        sa.Column("total_duration", sa.Interval(native=True), nullable=False, comment="From planning to the end."),
        _text("outcome", "success, partial_success, failed or unknown."),
        sa.Column("effectiveness_score", sa.Double, nullable=False, comment="0 to 1."),
        _count("rollbacks_performed", "0 or 1."),
        sa.Column("adaptive_adjustments", postgresql.JSONB, nullable=False, server_default=sa.text("'[]'::jsonb"),
                  comment="List of {timestamp, adjustment, reason}."),
        _instant("started_at", "When planning began; null when it never did.", nullable=True),
        _instant("completed_at", "When the workflow ended or was deleted; partition key."),
        _text("status", "Last phase, or deleted."),
        _text("failure_reason", "One word, or empty."),
        _text("rollback_reason", "One word, or empty."),
        _text("error_message", "A sentence, or empty."),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now(),
                  comment="When this row was written."),
        sa.PrimaryKeyConstraint("id", "completed_at"),
        postgresql_partition_by="RANGE (completed_at)",
        comment="One row per finished or deleted WorkflowExecution, exactly once; partitioned by completed_at.",
    )


def _create_steps() -> None:
    op.create_table(
        "workflow_execution_step_audit",
        sa.Column("audit_id", sa.Uuid, nullable=False, comment="The row in workflow_execution_audit."),
        _instant("completed_at", "completed_at of that row; partition key."),
        _count("step_number", "Number of the step in the definition."),
        _text("action", "Its action."),
        _text("status", "Last stage of the step."),
        sa.Column("duration", sa.Interval(native=True),
                  comment="From first attempt to the end; null for a step that never started."),
        _count("retries_attempted", "Attempts after the first."),
        _text("rollback_status", "Last stage of its compensation, or empty."),
        _text("error_message", "Why it failed, or empty."),
        sa.PrimaryKeyConstraint("audit_id", "completed_at", "step_number"),
        postgresql_partition_by="RANGE (completed_at)",
        comment="One row per step of a recorded WorkflowExecution; partitioned like workflow_execution_audit.",
    )
