"""The contract with the controller: order of writes, who may act when and where, cancellation, refusals."""

from __future__ import annotations

import asyncio

import pytest

from wfcontroller.api import ApiError
from wfcore.resources import CONFIG_MAPS, DEPLOYMENTS, KUBERNETES_EXECUTIONS, WORKFLOW_EXECUTIONS

from .world import OWN, run, trusting

WEB = {"namespace": "default", "deployment": "web"}
SCALE = {"scaleDeployment": {**WEB, "replicas": 5}}
CORDON = {"cordonNode": {"nodeName": "n1"}}


def test_the_rollback_information_is_persisted_before_anything_changes():
    async def scenario(world):
        await world.deployment()
        await world.perform("scale-deployment", SCALE)
        versions = [int(item["metadata"]["resourceVersion"]) for _, item in world.history(DEPLOYMENTS)
                    if item["spec"]["replicas"] == 5]
        told = [item for _, item in world.history(KUBERNETES_EXECUTIONS)]
        captured = next(item for item in told if item.get("status", {}).get("rollbackInformation"))

        assert int(captured["metadata"]["resourceVersion"]) < min(versions)
        assert "executing" == captured["status"]["phase"]
        assert ("unknown", 3) == (
            captured["status"]["rollbackInformation"]["mutated"],
            captured["status"]["rollbackInformation"]["parameters"]["scaleToPrevious"]["previousReplicas"])
        assert ["", "validating", "executing", "rollback_ready"] == [
            item.get("status", {}).get("phase", "") for item in told]

    run(scenario)


def test_every_change_is_rehearsed_and_the_workflow_is_read_live_right_before_it():
    async def scenario(world):
        await world.deployment()
        await world.perform("scale-deployment", SCALE)
        log = world.tap.log
        change = ("update", "Deployment", "default", "web", False)

        assert ("update", "Deployment", "default", "web", True) in log[:log.index(change)]
        assert ("get", "WorkflowExecution", "default", "wf", False) == log[log.index(change) - 1]

    run(scenario)


def test_each_eviction_reads_the_workflow_of_its_own():
    async def scenario(world):
        await world.deployment(replicas=6)
        await world.perform("drain-node", {"drainNode": {"nodeName": "n1"}})
        reads = [each for each in world.tap.log if each[:2] == ("get", "WorkflowExecution")]

        assert 3 < len(world.tap.mutations) == len(reads)

    run(scenario)


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


def test_a_workflow_that_undoes_another_runs_compensations_as_its_own_steps():
    async def scenario(world):
        await world.deployment()
        name = await world.step("scale-deployment", kind="rollback", intended=False, rollback=(
            "scale-to-previous", {"scaleToPrevious": {**WEB, "previousReplicas": 1}}))
        await world.intend(stepStatuses=[{"stepNumber": 1, "action": "scale-deployment", "status": "executing",
                                          "attempt": 1, "k8sExecutionRef": {"name": name}}])
        world.start()

        assert "completed" == (await world.ended(name))["phase"]
        assert 1 == world.spec()["replicas"]

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


def test_a_freeze_is_waited_for_and_then_the_change_is_made():
    async def scenario(world):
        await world.deployment()
        await world.create(CONFIG_MAPS, "wf-freeze", OWN)
        name = await world.step("scale-deployment", SCALE, timeout="1h")
        await asyncio.sleep(300)

        assert "executing" == world.status(name)["phase"]
        assert 3 == world.spec()["replicas"]
        await world.server.delete(CONFIG_MAPS, OWN, "wf-freeze")
        assert "rollback_ready" == (await world.ended(name))["phase"]

    run(scenario)


def test_a_dry_run_changes_nothing_and_tells_what_the_server_says():
    async def scenario(world):
        await world.deployment()
        good = await world.perform("scale-deployment", SCALE, kind="dryrun", number=1)
        bad = await world.perform("scale-deployment", {"scaleDeployment": {**WEB, "deployment": "gone", "replicas": 1}},
                                  kind="dryrun", number=2)

        assert ("completed", True) == (good["phase"], good["dryRunResult"]["wouldSucceed"])
        assert ("failed", False, "resource_not_found") == (
            bad["phase"], bad["dryRunResult"]["wouldSucceed"], bad["failureClass"])
        assert ["Deployment default/gone does not exist"] == bad["dryRunResult"]["validationErrors"]
        assert [] == world.tap.mutations

    run(scenario)


def elsewhere(namespace):
    return {"scaleDeployment": {"namespace": namespace, "deployment": "web", "replicas": 1}}


@pytest.mark.parametrize(("action", "parameters", "settings", "complaint"), [
    ("scale-deployment", elsewhere("other"), {"trusted_namespaces": frozenset()}, "may not act on namespace 'other'"),
    ("cordon-node", CORDON, {"trusted_namespaces": frozenset({"other"})}, "may not act on nodes"),
    ("scale-deployment", elsewhere("kube-system"), {}, "'kube-system', which is protected"),
    ("scale-deployment", elsewhere(OWN), {}, "which is protected"),
    ("scale-deployment", elsewhere("other"), {"controller_namespace": "other"}, "which is protected"),
])
def test_places_beyond_the_workflows_power_are_denied(action, parameters, settings, complaint):
    async def scenario(world):
        status = await world.perform(action, parameters)

        assert ("failed", "permission_denied") == (status["phase"], status["failureClass"])
        assert complaint in status["errorMessage"]
        assert [] == world.tap.mutations

    run(scenario, **settings)


@pytest.mark.parametrize("rollback", [
    ("scale-to-previous", {"scaleToPrevious": {"namespace": "other", "deployment": "web", "previousReplicas": 1}}),
    ("uncordon-node", {"uncordonNode": {"nodeName": "n1"}}),
])
def test_compensations_have_no_more_power_than_steps(rollback):
    async def scenario(world):
        status = await world.perform("cordon-node", kind="rollback", rollback=rollback)

        assert "permission_denied" == status["failureClass"]

    run(scenario, trusted_namespaces=frozenset())


def test_a_trusted_namespace_may_be_acted_in():
    async def scenario(world):
        await world.deployment(namespace="other", wait=False)
        status = await world.perform("scale-deployment", elsewhere("other"))

        assert "rollback_ready" == status["phase"]

    run(scenario, trusted_namespaces=frozenset({"other"}))


def test_every_problem_of_an_execution_is_told_at_once():
    async def scenario(world):
        status = await world.perform("scale-deployment", elsewhere("kube-system"), targetCluster="far")

        assert "validation_error" == status["failureClass"]
        assert "targetCluster 'far'" in status["errorMessage"]
        assert "protected" in status["errorMessage"]

    run(scenario)


@pytest.mark.parametrize(("change", "complaint"), [
    ({"parameters": CORDON}, "does not take CordonNodeParams"),
    ({"parameters": None}, "action scale-deployment needs parameters"),
    ({"kind": "rollback", "parameters": None}, "needs rollbackAction"),
    ({"kind": "rollback", "rollbackAction": "scale-to-previous",
      "rollbackParameters": {"uncordonNode": {"nodeName": "n1"}}}, "does not take UncordonNodeParams"),
    ({"workflowExecutionRef": {"name": "wf", "namespace": "other"}}, "names namespace 'other'"),
    ({"workflowExecutionRef": {"name": "wf", "namespace": "default"}}, "has no uid"),
    ({"attempt": "one"}, "can't be read"),
])
def test_what_another_api_server_might_let_through_is_refused_here(change, complaint):
    """The schema refuses these; whoever weakened it meets the executor."""
    async def scenario(world):
        name = await world.step("scale-deployment", SCALE)
        tap = world.start()
        original = tap.get

        async def get(resource, namespace, name):
            found = await original(resource, namespace, name)
            if resource == KUBERNETES_EXECUTIONS:
                found["spec"] = {key: value for key, value in {**found["spec"], **change}.items() if value is not None}
            return found

        tap.get = get
        status = await world.ended(name)

        assert ("failed", "validation_error") == (status["phase"], status["failureClass"])
        assert complaint in status["errorMessage"]

    run(scenario, started=False)


@pytest.mark.parametrize(("attempts", "attempt", "expected"), [
    (1, 1, ("failed", "service_unavailable", "no", 3)), (1, 2, ("rollback_ready", None, "yes", 5)),
    (None, 1, ("failed", "verification_failed", "yes", 5)), (None, 3, ("failed", "verification_failed", "yes", 5)),
])
def test_injected_faults_fail_before_acting_or_after_it(attempts, attempt, expected):
    async def scenario(world):
        await world.deployment()
        status = await world.perform("scale-deployment", SCALE, attempt=attempt)

        assert expected == (status["phase"], status.get("failureClass"), status["rollbackInformation"]["mutated"],
                            world.spec()["replicas"])
        if expected[2] == "yes":
            assert "completed" == (await world.undo("wf-step-1" + (f"-r{attempt - 1}" if attempt > 1 else ""),
                                                    "scale-to-previous"))["phase"]

    run(scenario, fail={1: attempts})


def test_attempts_beyond_the_parallelism_wait_their_turn():
    async def scenario(world):
        await world.deployment()
        await world.deployment("api")
        slow = await world.step("update-image", {"updateImage": {**WEB, "container": "main", "newImage": "web:slow-30s"}},
                                timeout="10m")
        next_one = await world.step(
            "scale-deployment", {"scaleDeployment": {"namespace": "default", "deployment": "api", "replicas": 1}}, number=2,
            timeout="10m")
        await world.until(lambda: world.status(slow).get("phase") == "executing")
        await asyncio.sleep(20)

        assert {} == world.status(next_one)
        assert ["rollback_ready"] * 2 == [(await world.ended(each))["phase"] for each in (slow, next_one)]

    run(scenario, parallelism=1)


def test_two_executors_at_once_change_the_object_once():
    async def scenario(world):
        await world.deployment()
        first = world.start()
        other = world.executing
        second = world.start()
        status = await world.perform("scale-deployment", SCALE)
        other.cancel()

        changed = [item["metadata"]["generation"] for _, item in world.history(DEPLOYMENTS)
                   if item["spec"]["replicas"] == 5]

        assert "rollback_ready" == status["phase"]
        assert 1 == len(set(changed))
        reports = [each for tap in (first, second) for each in tap.log if each[0] == "update_status"]
        assert 4 == len(reports)

    run(scenario, started=False)


def test_an_ended_execution_is_never_touched_again():
    async def scenario(world):
        await world.deployment()
        name = await world.step("scale-deployment", SCALE)
        world.start()
        before = await world.ended(name)
        await world.kill()
        await world.edit(DEPLOYMENTS, "web", lambda body: body["spec"].update(replicas=1))
        world.start(trusting())
        await asyncio.sleep(60)

        assert before == world.status(name)
        assert 1 == world.spec()["replicas"]
        assert [] == world.tap.mutations

    run(scenario, started=False)


def test_an_api_error_of_no_known_status_is_an_unknown_error():
    async def scenario(world):
        await world.deployment()
        world.tap.fault(lambda entry: entry[1] == "Deployment", ApiError(418, "Teapot", "short and stout"))
        status = await world.perform("scale-deployment", SCALE)

        assert ("failed", "unknown_error") == (status["phase"], status["failureClass"])
        assert "short and stout" in status["errorMessage"]

    run(scenario)
