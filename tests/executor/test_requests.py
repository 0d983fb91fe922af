"""Bad lines and busy servers: conflicts, lost answers, refusals, expired watches."""

from __future__ import annotations

import asyncio

import pytest

from wfcontroller.api import ApiError
from wfcontroller.executor.failures import CLASS_OF_STATUS, class_of, withholding
from wfcore.model.enums import FailureClass
from wfcore.resources import CONFIG_MAPS, DEPLOYMENTS, KUBERNETES_EXECUTIONS, SECRETS

from .world import run

WEB = {"namespace": "default", "deployment": "web"}
SCALE = {"scaleDeployment": {**WEB, "replicas": 5}}
IMAGE = {"updateImage": {**WEB, "container": "main", "newImage": "web:2"}}
CONFLICT = ApiError(409, "Conflict", "the object has been modified")


def changes(entry):
    return entry[:2] == ("update", "Deployment") and not entry[4]


def reports(entry):
    return entry[0] == "update_status"


def test_refusals_fall_into_the_classes_of_the_contract():
    assert FailureClass.RESOURCE_QUOTA_EXCEEDED is class_of(ApiError(403, "Forbidden", "exceeded quota: q"))
    assert FailureClass.PERMISSION_DENIED is class_of(ApiError(403, "Forbidden", "no"))
    assert FailureClass.UNKNOWN_ERROR is class_of(ApiError(418, "Teapot", "?"))
    for status, expected in CLASS_OF_STATUS.items():
        assert expected is class_of(ApiError(status, "x", "y"))


def test_the_server_s_words_about_secrets_are_withheld():
    error = ApiError(422, "Invalid", "Invalid value: hunter2", retry_after=3.0)

    assert "hunter2" not in str(withholding(error, SECRETS))
    assert error is withholding(error, CONFIG_MAPS)
    assert 3.0 == withholding(error, SECRETS).retry_after


@pytest.mark.parametrize(("error", "performed"), [
    (CONFLICT, False), (ApiError(0, "Timeout", "no answer"), False), (ApiError(0, "Timeout", "no answer"), True),
    (ApiError(503, "ServiceUnavailable", "busy", retry_after=2.0), False),
])
def test_a_refused_or_unanswered_change_is_read_again_and_made_once(error, performed):
    async def scenario(world):
        await world.deployment()
        world.tap.fault(changes, error, performed=performed)
        status = await world.perform("scale-deployment", SCALE)

        assert ("rollback_ready", "yes") == (status["phase"], status["rollbackInformation"]["mutated"])
        changed = [item for _, item in world.history(DEPLOYMENTS) if item["spec"]["replicas"] == 5]
        assert 1 == len({item["metadata"]["generation"] for item in changed})

    run(scenario)


@pytest.mark.parametrize(("error", "failure_class", "mutated"), [
    (CONFLICT, "resource_conflict", "no"), (ApiError(0, "Timeout", "no answer"), "service_unavailable", "unknown"),
    (ApiError(403, "Forbidden", "no"), "permission_denied", "no"),
])
def test_a_change_that_never_goes_through_ends_with_its_class_and_what_is_known(error, failure_class, mutated):
    async def scenario(world):
        await world.deployment()
        world.tap.fault(changes, error, times=99)
        status = await world.perform("scale-deployment", SCALE)

        assert ("failed", failure_class, mutated) == (
            status["phase"], status["failureClass"], status["rollbackInformation"]["mutated"])
        assert len([each for each in world.tap.log if changes(each)]) <= 7

    run(scenario)


def test_reads_are_patient():
    async def scenario(world):
        await world.deployment()
        world.tap.fault(lambda entry: entry[0] == "get", ApiError(500, "InternalError", "?"), times=3)

        assert "rollback_ready" == (await world.perform("scale-deployment", SCALE))["phase"]

    run(scenario)


@pytest.mark.parametrize("performed", [True, False])
@pytest.mark.parametrize("nth", [0, 1, 2])
def test_a_report_without_an_answer_is_repeated_until_it_is_there(nth, performed):
    async def scenario(world):
        await world.deployment()
        seen = []

        def nth_report(entry):
            seen.extend([entry] if reports(entry) else [])
            return reports(entry) and len(seen) in (nth + 1, nth + 2)

        world.tap.fault(nth_report, ApiError(0, "Timeout", "no answer"), performed=performed, times=1)
        status = await world.perform("scale-deployment", SCALE)

        assert "rollback_ready" == status["phase"]
        assert 5 == world.spec()["replicas"]
        assert 1 == len(world.tap.mutations)

    run(scenario)


def test_a_report_survives_a_long_outage_and_a_change_of_the_metadata():
    async def scenario(world):
        await world.deployment()
        name = await world.step("scale-deployment", SCALE)
        await world.until(lambda: world.tap.mutations)
        world.tap.fault(lambda entry: reports(entry) or entry[1] == "KubernetesExecution",
                        ApiError(0, "Timeout", "no answer"), times=12)
        await world.edit(KUBERNETES_EXECUTIONS, name, lambda body: body["metadata"].update(labels={"seen": "yes"}))

        assert "rollback_ready" == (await world.ended(name))["phase"]

    run(scenario)


def test_a_status_that_somebody_else_wrote_is_left_alone():
    async def scenario(world):
        await world.deployment()
        name = await world.step("update-image", IMAGE)
        await world.until(lambda: world.tap.mutations)
        body = await world.server.get(KUBERNETES_EXECUTIONS, "default", name)
        body["status"] = {"phase": "failed", "errorMessage": "taken over"}
        await world.server.update_status(KUBERNETES_EXECUTIONS, body)
        await asyncio.sleep(60)

        assert "taken over" == world.status(name)["errorMessage"]
        assert "rollback_ready" == (await world.perform("scale-deployment", SCALE, number=2))["phase"]

    run(scenario)


def test_a_report_that_the_server_refuses_is_cut_down_to_what_it_accepts():
    async def scenario(world):
        await world.deployment()
        name = await world.step("scale-deployment", SCALE)
        await world.until(lambda: world.tap.mutations)
        world.tap.fault(reports, ApiError(422, "Invalid", "too long"))
        status = await world.ended(name)

        assert ("failed", "unknown_error", "yes") == (
            status["phase"], status["failureClass"], status["rollbackInformation"]["mutated"])
        assert "the report was refused" in status["errorMessage"]

    run(scenario)


def test_an_executor_whose_reports_are_always_refused_goes_on():
    async def scenario(world):
        await world.deployment()
        world.tap.fault(lambda entry: reports(entry) and entry[3] == "wf-step-1", ApiError(403, "Forbidden", "no"),
                        times=99)
        await world.step("scale-deployment", SCALE)

        assert "rollback_ready" == (await world.perform("update-image", IMAGE, number=2))["phase"]
        assert "phase" not in world.status("wf-step-1")

    run(scenario)


@pytest.mark.parametrize("kind", ["ConfigMap", "WorkflowExecution"])
def test_what_cannot_be_read_permits_nothing(kind):
    """The freeze and the workflow's word: unknown is not yes."""
    async def scenario(world):
        await world.deployment()
        world.tap.fault(lambda entry: entry[:2] == ("get", kind), ApiError(403, "Forbidden", "no"), times=9)
        status = await world.perform("scale-deployment", SCALE)

        assert ("failed", "permission_denied", "no") == (
            status["phase"], status["failureClass"], status["rollbackInformation"]["mutated"])
        assert 3 == world.spec()["replicas"]

    run(scenario)


def test_a_source_secret_that_may_not_be_read_is_a_denial_without_its_words():
    async def scenario(world):
        await world.create(SECRETS, "token")
        world.tap.fault(lambda entry: entry[:2] == ("get", "Secret"), ApiError(403, "Forbidden", "hunter2"), times=9)
        status = await world.perform("update-secret", {"updateSecret": {
            "namespace": "default", "name": "token", "updates": [
                {"key": "k", "secretKeyRef": {"name": "source", "key": "k"}}]}})

        assert "permission_denied" == status["failureClass"]
        assert "hunter2" not in status["errorMessage"]

    run(scenario)
