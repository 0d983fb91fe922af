"""The tables.  `migrations/` builds them; a test holds the two equal.

Places are kept, by name only, for what other ports will store: `workflow_execution_journal`,
`workflow_execution_pattern`; history is read from the two tables here.
"""

from __future__ import annotations

from sqlalchemy import (
    Column,
    DateTime,
    Double,
    Index,
    Integer,
    Interval,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

# Oldest first.  A database whose revision is not here was written by newer code.
REVISIONS = ("0001",)
VERSION_TABLE = "workflow_execution_schema_version"

metadata = MetaData()
INSTANT = DateTime(timezone=True)
DURATION = Interval(native=True)

schema_version = Table(VERSION_TABLE, MetaData(), Column("version_num", Text))


def _text(name: str, comment: str) -> Column[str]:
    return Column(name, Text, nullable=False, comment=comment)


def _count(name: str, comment: str) -> Column[int]:
    return Column(name, Integer, nullable=False, comment=comment)


# Exactly once: a unique index on a partitioned table must contain the partition key, so the promise
# "one record per workflow" is kept by a table of its own (docs/decisions/0003-exactly-once-audit.md).
audit_keys = Table(
    "workflow_execution_audit_key", metadata,
    Column("workflow_uid", Text, primary_key=True, comment="metadata.uid of the WorkflowExecution."),
    Column("id", Uuid, nullable=False, comment="Its row in workflow_execution_audit."),
    Column("completed_at", INSTANT, nullable=False, comment="Partition key of that row."),
    _text("digest", "format:sha256 of the whole record; an equal record again is accepted, another refused."),
    comment="Which workflows are recorded; outlives the partitions, so a late second delivery stays refused.",
)

audits = Table(
    "workflow_execution_audit", metadata,
    Column("id", Uuid, nullable=False, comment="Derived from workflow_uid."),
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
    Column("total_duration", DURATION, nullable=False, comment="From planning to the end."),
    _text("outcome", "success, partial_success, failed or unknown."),
    Column("effectiveness_score", Double, nullable=False, comment="0 to 1."),
    _count("rollbacks_performed", "0 or 1."),
    Column("adaptive_adjustments", JSONB, nullable=False, server_default=text("'[]'::jsonb"),
           comment="List of {timestamp, adjustment, reason}."),
    Column("started_at", INSTANT, comment="When planning began; null when it never did."),
    Column("completed_at", INSTANT, nullable=False, comment="When the workflow ended or was deleted; partition key."),
    _text("status", "Last phase, or deleted."),
    _text("failure_reason", "One word, or empty."),
    _text("rollback_reason", "One word, or empty."),
    _text("error_message", "A sentence, or empty."),
    Column("created_at", INSTANT, nullable=False, server_default=func.now(), comment="When this row was written."),
    PrimaryKeyConstraint("id", "completed_at"),
    # Most effective workflows of 30 days, workflows needing work of 7 days.
    Index("workflow_execution_audit_outcome_completed_at", "outcome", "completed_at"),
    # The past of one definition: expected duration, adaptation, `wfctl history`.
    Index("workflow_execution_audit_workflow_name_completed_at", "workflow_name", "completed_at"),
    # All executions of one remediation.
    Index("workflow_execution_audit_remediation_id_completed_at", "remediation_id", "completed_at"),
    # The executions of one object by its name, newest first: `wfctl report NAME`.
    Index("workflow_execution_audit_namespace_name_completed_at", "namespace", "name", "completed_at"),
    postgresql_partition_by="RANGE (completed_at)",
    comment="One row per finished or deleted WorkflowExecution, exactly once; partitioned by completed_at.",
)

# No foreign key to the record: both are written in one transaction, and a key between partitioned tables
# would have every detached partition proved anew.
step_audits = Table(
    "workflow_execution_step_audit", metadata,
    Column("audit_id", Uuid, nullable=False, comment="The row in workflow_execution_audit."),
    Column("completed_at", INSTANT, nullable=False, comment="completed_at of that row; partition key."),
    _count("step_number", "Number of the step in the definition."),
    _text("action", "Its action."),
    _text("status", "Last stage of the step."),
    Column("duration", DURATION, comment="From first attempt to the end; null for a step that never started."),
    _count("retries_attempted", "Attempts after the first."),
    _text("rollback_status", "Last stage of its compensation, or empty."),
    _text("error_message", "Why it failed, or empty."),
    PrimaryKeyConstraint("audit_id", "completed_at", "step_number"),
    # Slowest steps and retry pattern by action, of 7 days.
    Index("workflow_execution_step_audit_action_completed_at", "action", "completed_at"),
    postgresql_partition_by="RANGE (completed_at)",
    comment="One row per step of a recorded WorkflowExecution; partitioned like workflow_execution_audit.",
)
