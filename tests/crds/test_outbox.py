"""What waits for the audit store: the server keeps every record that a workflow's status allows, whole."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wfcore.audit import AuditRecord, audit_record
from wfcore.audit_codec import decode_record, encode_record
from wfcore.codec.times import parse_time
from wfcore.model.definition import WorkflowExecutionSpec
from wfcore.model.status import WorkflowExecutionStatus
from wfcore.model.workflow import ObjectMeta, WorkflowExecution
from wfcore.resources import AUDIT_OUTBOXES
from wfcore.testing.instances import instances

from .judge import Server

SERVER = Server()
END = parse_time("2026-01-02T03:04:05Z")
META = ObjectMeta(name="w", namespace="default", uid="u")


def kept(record: AuditRecord) -> object:
    body = {"apiVersion": AUDIT_OUTBOXES.api_version, "kind": AUDIT_OUTBOXES.kind,
            "metadata": {"name": "audit-u"}, "spec": encode_record(record)}
    assert [] == SERVER.refusals(body)
    return decode_record(SERVER.stored(body)["spec"])


@given(instances(WorkflowExecutionStatus), instances(WorkflowExecutionSpec), st.sampled_from(["deleted", "failed"]))
def test_the_server_keeps_every_record_whole(
        status: WorkflowExecutionStatus, spec: WorkflowExecutionSpec, word: str) -> None:
    record = audit_record(WorkflowExecution(metadata=META, spec=spec, status=status), END, word)

    assert record == kept(record)
