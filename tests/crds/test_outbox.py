"""What waits for the audit store: the server keeps every record that a workflow's status allows, whole."""

from __future__ import annotations

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from wfcore.audit import AuditRecord, audit_record
from wfcore.audit_codec import decode_record, encode_record
from wfcore.codec import encode
from wfcore.codec.times import parse_time
from wfcore.model.definition import WorkflowExecutionSpec
from wfcore.model.status import WorkflowExecutionStatus
from wfcore.model.workflow import ObjectMeta, WorkflowExecution
from wfcore.resources import AUDIT_OUTBOXES
from wfcore.testing.instances import instances

from .judge import Server
from .samples import workflow

SERVER = Server()
END = parse_time("2026-01-02T03:04:05Z")
META = ObjectMeta(name="w", namespace="default", uid="u")


def kept(record: AuditRecord) -> object:
    body = {"apiVersion": AUDIT_OUTBOXES.api_version, "kind": AUDIT_OUTBOXES.kind,
            "metadata": {"name": "audit-u"}, "spec": encode_record(record)}
    assert [] == SERVER.refusals(body)
    return decode_record(SERVER.stored(body)["spec"])


@settings(max_examples=settings().max_examples // 4)
@given(instances(WorkflowExecutionStatus), st.sampled_from(["deleted", "failed"]))
def test_the_server_keeps_the_record_of_every_status_it_keeps_whole(status: WorkflowExecutionStatus, word: str) -> None:
    assume([] == SERVER.refusals({**workflow(), "status": encode(status)}))
    ended = WorkflowExecution(metadata=META, spec=WorkflowExecutionSpec(), status=status)
    record = audit_record(ended, END, word)

    assert record == kept(record)
