"""Only what the workflow intends, live, is done; a deletion is a cancellation, a freeze is waited for."""

from __future__ import annotations

import asyncio

import pytest

from wfcore.resources import DEPLOYMENTS, KUBERNETES_EXECUTIONS, WORKFLOW_EXECUTIONS

from .world import run

WEB = {"namespace": "default", "deployment": "web"}
SCALE = {"scaleDeployment": {**WEB, "replicas": 5}}
CORDON = {"cordonNode": {"nodeName": "n1"}}


async def terminal(world):
    await world.intend(phase="failed")


async def another_attempt(world):
    entry = world.one(WORKFLOW_EXECUTIONS, "wf")["status"]["stepStatuses"][0]
    await world.intend(stepStatuses=[{**entry, "attempt": 2, "k8sExecutionRef": {"name": "wf-step-1-r1"}}])


async def no_entry(world):
    await world.intend(stepStatuses=[])


async def another_uid(world):
    await world.server.delete(WORKFLOW_EXECUTIONS, "default", "wf")
    await world.workflow()


async def no_workflow(world):
    await world.server.delete(WORKFLOW_EXECUTIONS, "default", "wf")


@pytest.mark.parametrize(("change", "complaint"), [
    (terminal, "has ended (failed)"), (another_attempt, "intends attempt 2 as wf-step-1-r1"),
    (no_entry, "has no step 1 in its status"), (another_uid, "has uid"), (no_workflow, "is gone"),
])
def test_what_the_workflow_does_not_intend_is_refused(change, complaint):
    """An executor that was away must not act on what was decided in an earlier age."""
    async def scenario(world):
        await world.deployment()
        name = await world.step("scale-deployment", SCALE)
        await change(world)
        world.start()
        status = await world.ended(name)

        assert ("failed", "cancelled") == (status["phase"], status["failureClass"])
        assert complaint in status["errorMessage"]
        assert "no" == status["rollbackInformation"]["mutated"]
        assert 3 == world.spec()["replicas"]

    run(scenario, started=False)


def test_an_entry_that_cannot_be_read_intends_nothing():
    async def scenario(world):
        await world.deployment()
        name = await world.step("scale-deployment", SCALE)
        broken = {"stepNumber": 1, "action": "scale-deployment", "status": "executing", "attempt": "one"}
        reads = lambda entry: entry[:2] == ("get", "WorkflowExecution")  # noqa: E731
        tap = world.start()
        original = tap.get

        async def get(resource, namespace, name):
            found = await original(resource, namespace, name)
            if reads(("get", resource.kind)):
                found["status"]["stepStatuses"] = [broken]
            return found

        tap.get = get

        assert "can't be read" in (await world.ended(name))["errorMessage"]

    run(scenario, started=False)


UNDO = {"rollbackOf": {"name": "earlier", "uid": "1"}}
BACK = ("scale-to-previous", {"scaleToPrevious": {**WEB, "previousReplicas": 1}})


async def as_own_step(world, name):
    """The ledger intends this execution as the step's own attempt."""
    await world.intend(stepStatuses=[{"stepNumber": 1, "action": "scale-deployment", "status": "executing",
                                      "attempt": 1, "k8sExecutionRef": {"name": name}}])
    world.start()
    return await world.ended(name)


def test_a_workflow_that_undoes_another_runs_compensations_as_its_own_steps():
    async def scenario(world):
        await world.deployment()
        await world.workflow(**UNDO)
        name = await world.step("scale-deployment", kind="rollback", intended=False, rollback=BACK)

        assert "completed" == (await as_own_step(world, name))["phase"]
        assert 1 == world.spec()["replicas"]

    run(scenario, started=False)


@pytest.mark.parametrize(("spec", "kind", "content", "complaint"), [
    ({}, "rollback", {"rollback": BACK}, "is executing, no time for an execution of kind rollback"),
    (UNDO, "forward", {"parameters": SCALE}, "only undoes another workflow, and this execution is of kind forward"),
])
def test_only_a_workflow_that_undoes_another_executes_compensations_and_it_executes_nothing_else(
        spec, kind, content, complaint):
    async def scenario(world):
        await world.deployment()
        await world.workflow(**spec)
        name = await world.step("scale-deployment", kind=kind, intended=False, **content)
        status = await as_own_step(world, name)

        assert ("failed", "cancelled") == (status["phase"], status["failureClass"])
        assert complaint in status["errorMessage"]
        assert 3 == world.spec()["replicas"]

    run(scenario, started=False)


def test_a_compensation_that_is_cancelled_or_waits_for_a_retry_is_not_intended():
    async def scenario(world):
        await world.deployment()
        name = await world.step("scale-deployment", kind="rollback", rollback=BACK)
        undo = {"status": "executing", "attempt": 1, "k8sExecutionRef": {"name": name},
                "cancelledAt": "2026-01-01T00:00:00Z"}
        await world.intend(phase="rolling_back", stepStatuses=[
            {"stepNumber": 1, "action": "scale-deployment", "status": "completed", "rollback": undo}])
        world.start()

        assert "intends nothing for step 1" in (await world.ended(name))["errorMessage"]
        assert 3 == world.spec()["replicas"]

    run(scenario, started=False)


def test_a_deletion_before_the_change_prevents_it():
    async def scenario(world):
        await world.deployment()
        name = await world.step("scale-deployment", SCALE)
        await world.server.delete(KUBERNETES_EXECUTIONS, "default", name)
        world.start()
        status = await world.ended(name)

        assert ("failed", "cancelled") == (status["phase"], status["failureClass"])
        assert [] == world.tap.mutations

    run(scenario, started=False)


def test_a_deletion_while_it_waits_is_reported_at_once_with_what_was_changed():
    async def scenario(world):
        await world.deployment()
        name = await world.step(
            "update-image", {"updateImage": {**WEB, "container": "main", "newImage": "web:bad"}}, timeout="1h")
        await world.until(lambda: world.tap.mutations)
        await asyncio.sleep(5)
        deleted = world.loop.time()
        await world.server.delete(KUBERNETES_EXECUTIONS, "default", name)
        for turn in range(9):  # each is told to the executor again, at the same instant
            labels = {"turn": str(turn)}
            await world.edit(KUBERNETES_EXECUTIONS, name, lambda body, new=labels: body["metadata"].update(labels=new))
        status = await world.ended(name)

        assert ("failed", "cancelled") == (status["phase"], status["failureClass"])
        assert "yes" == status["rollbackInformation"]["mutated"]
        assert world.loop.time() - deleted < 1

    run(scenario)


def test_a_deletion_stops_a_drain_before_its_next_eviction():
    async def scenario(world):
        await world.deployment(replicas=6)
        tap = world.tap
        original = tap.evict

        async def evict(namespace, pod, **options):
            await original(namespace, pod, **options)
            await world.server.delete(KUBERNETES_EXECUTIONS, "default", "wf-step-1")

        tap.evict = evict
        status = await world.perform("drain-node", {"drainNode": {"nodeName": "n1"}})

        assert "cancelled" == status["failureClass"]
        assert 1 == sum(each[0] == "evict" for each in tap.log)

    run(scenario)


def test_an_execution_that_is_gone_ends_without_a_report_and_the_next_one_runs():
    async def scenario(world):
        await world.deployment(deadline=86_400)
        name = await world.step(
            "update-image", {"updateImage": {**WEB, "container": "main", "newImage": "web:bad"}}, timeout="24h")
        await world.until(lambda: world.tap.mutations)
        await world.edit(KUBERNETES_EXECUTIONS, name, lambda body: body["metadata"].update(finalizers=[]))
        await world.server.delete(KUBERNETES_EXECUTIONS, "default", name)

        assert "rollback_ready" == (await world.perform("cordon-node", CORDON, number=2))["phase"]
        assert world.one(KUBERNETES_EXECUTIONS, name) is None

    run(scenario, parallelism=1)


def test_a_deletion_that_the_watch_has_not_told_is_seen_by_the_live_read():
    async def scenario(world):
        await world.deployment(replicas=6)
        name = await world.step("drain-node", {"drainNode": {"nodeName": "n1"}})
        tap = world.start()
        original, evict = tap.watch, tap.evict

        async def watch(resource, namespace="", **options):
            if resource == KUBERNETES_EXECUTIONS:
                await asyncio.Event().wait()
            async for event in original(resource, namespace, **options):
                yield event

        async def evict_and_cancel(namespace, pod, **options):
            await evict(namespace, pod, **options)
            await world.server.delete(KUBERNETES_EXECUTIONS, "default", name)

        tap.watch, tap.evict = watch, evict_and_cancel

        assert "cancelled" == (await world.ended(name))["failureClass"]
        assert 1 == sum(each[0] == "evict" for each in tap.log)

    run(scenario, started=False)


def test_a_deletion_while_a_change_is_on_its_way_awaits_its_answer_and_then_reports():
    async def scenario(world):
        await world.deployment()
        tap = world.tap
        original = tap.update

        async def update(resource, body, *, dry_run=False):
            if resource == DEPLOYMENTS and not dry_run:
                await world.server.delete(KUBERNETES_EXECUTIONS, "default", "wf-step-1")
                await asyncio.sleep(3)
            return await original(resource, body, dry_run=dry_run)

        tap.update = update
        began = world.loop.time()
        status = await world.perform("update-image", {"updateImage": {
            **WEB, "container": "main", "newImage": "web:slow-30s"}}, timeout="1h")

        assert ("failed", "cancelled") == (status["phase"], status["failureClass"])
        assert "yes" == status["rollbackInformation"]["mutated"]
        assert world.loop.time() - began < 5

    run(scenario)
