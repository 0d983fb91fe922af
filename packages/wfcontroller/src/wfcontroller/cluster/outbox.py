"""Audit records that wait in the API server until the store takes them: AuditOutbox objects, one a record."""

from __future__ import annotations

from typing import TypeAlias

from wfcontroller.api import Api, ApiError, Object
from wfcontroller.listing import everything
from wfcore.audit import AuditRecord
from wfcore.audit_codec import decode_record, encode_record
from wfcore.codec import Malformed
from wfcore.codec.times import parse_time
from wfcore.program import Did, DropOutbox, Failed, ListOutbox, Outbox, OutboxEntry, Response, Waiting
from wfcore.resources import AUDIT_OUTBOXES

OutboxRequest: TypeAlias = Outbox | ListOutbox | DropOutbox


class OutboxObjects:
    """The outbox in one namespace: the controller's own, which outlives those of the workflows."""

    def __init__(self, api: Api, namespace: str) -> None:
        self._api, self._namespace = api, namespace

    async def perform(self, request: OutboxRequest) -> Response:
        """Keep, list or drop records; raises `ApiError`."""
        match request:
            case Outbox():
                return await self._keep(request)
            case ListOutbox():
                return await self._waiting()
            case DropOutbox():
                return await self._drop(request)

    async def _keep(self, request: Outbox) -> Did | Failed:
        waiting, _ = await everything(self._api, AUDIT_OUTBOXES, self._namespace)
        body = outbox_body(request.record, self._namespace)
        if len(waiting) >= request.limit and body["metadata"]["name"] not in {i["metadata"]["name"] for i in waiting}:
            return Failed("full", f"{len(waiting)} records wait already")
        try:
            await self._api.create(AUDIT_OUTBOXES, body)
        except ApiError as error:
            # A record follows from its workflow alone: what has its name says the same.
            if error.reason != "AlreadyExists":
                raise
        return Did()

    async def _waiting(self) -> Waiting:
        try:
            items, _ = await everything(self._api, AUDIT_OUTBOXES, self._namespace)
        except ApiError as error:
            if error.status != 404:
                raise
            items = []  # where the kind does not exist nothing can wait
        return Waiting(tuple(map(entry_of, sorted(items, key=_age))))

    async def _drop(self, request: DropOutbox) -> Did:
        try:
            await self._api.delete(AUDIT_OUTBOXES, self._namespace, request.name, uid=request.uid)
        except ApiError as error:
            # Absent, or a later object of that name.
            if error.status not in (404, 409):
                raise
        return Did()


def outbox_body(record: AuditRecord, namespace: str) -> Object:
    """The object that keeps a record; its name is the workflow's uid, so a record is never kept twice."""
    return {"apiVersion": AUDIT_OUTBOXES.api_version, "kind": AUDIT_OUTBOXES.kind,
            "metadata": {"name": f"audit-{record.workflow_uid}", "namespace": namespace},
            "spec": encode_record(record)}


def entry_of(item: Object) -> OutboxEntry:
    """What waits in an object; a record that cannot be read is None."""
    record, since = decode_record(item.get("spec")), item["metadata"].get("creationTimestamp")
    return OutboxEntry(item["metadata"]["name"], item["metadata"]["uid"],
                       None if isinstance(record, Malformed) else record, parse_time(since) if since else None)


def _age(item: Object) -> tuple[str, str]:
    return item["metadata"].get("creationTimestamp") or "", item["metadata"]["name"]
