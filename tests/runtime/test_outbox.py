"""Audit records that wait in the API server: kept once, found again as they were, dropped by uid."""

import asyncio

from wfcontroller.api import ApiError
from wfcore.crds import crds, others
from wfcore.program import Did, DropOutbox, Failed, ListOutbox, Outbox, Waiting
from wfcore.resources import AUDIT_OUTBOXES
from wfcore.testing.contracts import sample_record

from .performing import OWN, Broken, run

RECORD = sample_record("u1")


def test_a_record_waits_as_it_was_kept_under_the_uid_of_its_workflow_and_only_once():
    async def scenario(performer, server, created):
        answers = [await performer.perform(Outbox(RECORD, 9)) for _ in range(2)]
        return answers, await performer.perform(ListOutbox())

    answers, waiting = run(scenario)

    assert [Did(), Did()] == answers
    assert [("audit-u1", RECORD)] == [(entry.name, entry.record) for entry in waiting.entries]


def test_records_wait_oldest_first():
    async def scenario(performer, server, created):
        for uid in ("b", "a", "c"):
            await performer.perform(Outbox(sample_record(uid), 9))
            await asyncio.sleep(2)
        return await performer.perform(ListOutbox())

    assert ["b", "a", "c"] == [entry.record.workflow_uid for entry in run(scenario).entries]


def test_a_record_is_dropped_by_uid_and_what_is_gone_is_dropped():
    async def scenario(performer, server, created):
        await performer.perform(Outbox(RECORD, 9))
        (entry,) = (await performer.perform(ListOutbox())).entries
        spared = await performer.perform(DropOutbox(entry.name, "another-uid"))
        still = await performer.perform(ListOutbox())
        answers = [await performer.perform(DropOutbox(entry.name, entry.uid)) for _ in range(2)]
        return spared, len(still.entries), answers, await performer.perform(ListOutbox())

    assert (Did(), 1, [Did(), Did()], Waiting(())) == run(scenario)


def test_what_cannot_be_read_waits_without_a_record():
    async def scenario(performer, server, created):
        for name, spec in (("audit-x", {"id": 5}), ("audit-y", {})):
            await server.create(AUDIT_OUTBOXES, {"metadata": {"name": name, "namespace": OWN}, "spec": spec})
        return await performer.perform(ListOutbox())

    found = run(scenario, kinds=(*_others_than_the_outbox(), _outbox_of_anything()))
    assert [("audit-x", None), ("audit-y", None)] == [(e.name, e.record) for e in found.entries]


def _others_than_the_outbox():
    return tuple(kind for kind in crds() if kind["spec"]["names"]["kind"] != AUDIT_OUTBOXES.kind)


def _outbox_of_anything():
    (ours,) = (kind for kind in crds() if kind["spec"]["names"]["kind"] == AUDIT_OUTBOXES.kind)
    return {**ours, "spec": {**ours["spec"], "versions": others()[0]["spec"]["versions"]}}


def test_where_the_kind_does_not_exist_nothing_waits_and_nothing_can_be_kept():
    async def scenario(performer, server, created):
        return await performer.perform(ListOutbox()), (await performer.perform(Outbox(RECORD, 9))).why

    assert (Waiting(()), "missing") == run(scenario, kinds=_others_than_the_outbox())


def test_a_server_that_does_not_answer_has_kept_listed_and_dropped_nothing():
    away = ApiError(503, "ServiceUnavailable", "m")

    async def scenario(performer, server, created):
        return [await performer.perform(request) for request in (Outbox(RECORD, 9), ListOutbox(), DropOutbox("a", "u"))]

    assert [Failed("unavailable", "m")] * 3 == run(scenario, lambda api: Broken(api, away, "create", "list", "delete"))
