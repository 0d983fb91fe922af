"""The person a run plays: asked for approvals, and answering as the command line said, once per workflow."""

import asyncio

import pytest

from wfcontroller.api import ApiError
from wfcontroller.embedded import EmbeddedServer
from wfcontroller.run.person import Person, is_asking
from wfcontroller.run.request import RunFailed
from wfcontroller.runtime.cache import Cache
from wfcontroller.runtime.pacing import Pacing
from wfcontroller.runtime.virtualtime import VirtualLoop, run_virtual
from wfcore.crds import crds
from wfcore.model.enums import ApprovalDecision
from wfcore.resources import WORKFLOW_EXECUTIONS

from .performing import OWN, START, workflow

DIGEST = "sha256:" + "0" * 64
ASKED = {"neededBecause": "the spec asks for one", "requestedAt": "2026-01-01T00:00:00Z",
         "deadline": "2026-01-01T01:00:00Z"}
PREFIX = "approval.workflowexecution.kubernaut.io/"


class Refusing:
    """The server, whose updates fail as they are told, one after the other."""

    def __init__(self, server, *errors):
        self._server, self._errors, self.updates = server, list(errors), 0

    async def get(self, *args):
        return await self._server.get(*args)

    async def update(self, resource, body):
        self.updates += 1
        if self._errors:
            raise self._errors.pop(0)
        return await self._server.update(resource, body)


def run(scenario, *errors, decision=ApprovalDecision.APPROVED):
    loop = VirtualLoop(START)

    async def main():
        server = EmbeddedServer(loop.now, 1, crds())
        api, cache = Refusing(server, *errors), Cache(OWN)
        person = Person(api, decision)
        cache.workflows.subscribe(person.look)
        following = asyncio.create_task(cache.follow(server, Pacing()))
        answering = asyncio.create_task(person.run())
        try:
            return await scenario(server, api, answering)
        finally:
            following.cancel()
            answering.cancel()
            await asyncio.gather(answering, return_exceptions=True)

    return run_virtual(loop, main())


async def asking(server, name="w", phase="validating", **approval):
    made = await server.create(WORKFLOW_EXECUTIONS, workflow(name))
    return await server.update_status(WORKFLOW_EXECUTIONS, {
        **made, "status": {"phase": phase, "planDigest": DIGEST, "approval": {**ASKED, **approval}}})


async def annotations(server, name="w"):
    return (await server.get(WORKFLOW_EXECUTIONS, "default", name))["metadata"].get("annotations", {})


@pytest.mark.parametrize(("decision", "reason"), [
    (ApprovalDecision.APPROVED, "wfctl run --approve"), (ApprovalDecision.DENIED, "wfctl run --reject")])
def test_a_workflow_that_asks_gets_the_answer_on_its_digest(decision, reason):
    async def scenario(server, api, answering):
        await asking(server)
        await asyncio.sleep(1)
        return await annotations(server)

    assert {PREFIX + "by": "wfctl run", PREFIX + "decision": decision.value, PREFIX + "digest": DIGEST,
            PREFIX + "reason": reason} == run(scenario, decision=decision)


def test_each_workflow_is_answered_once_however_often_it_changes():
    async def scenario(server, api, answering):
        for name in ("a", "b"):
            await asking(server, name)
        await asyncio.sleep(1)
        for name in ("a", "b"):
            body = await server.get(WORKFLOW_EXECUTIONS, "default", name)
            await server.update_status(WORKFLOW_EXECUTIONS, {**body, "status": {**body["status"], "currentStep": 1}})
        await asyncio.sleep(1)
        return api.updates, [len(await annotations(server, name)) for name in ("a", "b")]

    assert (2, [4, 4]) == run(scenario)


def test_whoever_was_faster_is_no_reason_to_stay_silent():
    async def scenario(server, api, answering):
        await asking(server)
        await asyncio.sleep(1)
        return api.updates, len(await annotations(server))

    assert (3, 4) == run(scenario, *[ApiError(409, "Conflict", "the object has been modified")] * 2)


def test_a_workflow_that_is_gone_needs_no_answer():
    async def scenario(server, api, answering):
        await asking(server)
        await server.delete(WORKFLOW_EXECUTIONS, "default", "w")
        await asking(server, "other")
        await asyncio.sleep(1)
        return answering.done(), len(await annotations(server, "other"))

    assert (False, 4) == run(scenario)


def test_an_answer_that_is_refused_ends_the_run_and_says_why():
    async def scenario(server, api, answering):
        await asking(server)
        await asyncio.wait([answering], timeout=60)
        return answering.exception()

    failed = run(scenario, ApiError(403, "Forbidden", "the policy says no"))

    assert isinstance(failed, RunFailed)
    assert "--approve of workflow default/w was refused: the policy says no" == str(failed)


@pytest.mark.parametrize(("status", "asks"), [
    ({}, False), ({"phase": "validating"}, False), ({"phase": "validating", "approval": ASKED}, True),
    ({"phase": "validating", "approval": {**ASKED, "decision": "approved"}}, False),
    ({"phase": "failed", "approval": ASKED}, False),
])
def test_only_a_workflow_that_goes_on_without_a_decision_asks(status, asks):
    assert asks is is_asking({"metadata": {"name": "w"}, "status": status})
    assert not is_asking({"metadata": {"name": "w", "annotations": {PREFIX + "decision": "denied"}}, "status": status})
