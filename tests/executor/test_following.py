"""Executions and targets are followed through expired, broken and forbidden watches, page by page."""


from __future__ import annotations

import pytest

from wfcontroller import listing
from wfcontroller.api import ApiError
from wfcore.resources import KUBERNETES_EXECUTIONS
from wfcore.simulation.operations import Compact
from wfcore.simulation.store import apply

from .world import run

WEB = {"namespace": "default", "deployment": "web"}
SCALE = {"scaleDeployment": {**WEB, "replicas": 5}}
IMAGE = {"updateImage": {**WEB, "container": "main", "newImage": "web:2"}}
CONFLICT = ApiError(409, "Conflict", "the object has been modified")


def test_expired_and_broken_watches_are_opened_again():
    async def scenario(world):
        await world.deployment()
        for error in (ApiError(410, "Expired", "too old"), ApiError(500, "InternalError", "?")):
            world.tap.fault(lambda entry: entry[:2] == ("watch", "Deployment"), error)
        status = await world.perform("update-image", IMAGE)

        assert "rollback_ready" == status["phase"]

    run(scenario)


def test_a_watch_that_is_forbidden_is_a_failure():
    async def scenario(world):
        await world.deployment()
        world.tap.fault(lambda entry: entry[:2] == ("watch", "Deployment"), ApiError(403, "Forbidden", "no"), times=9)

        assert "permission_denied" == (await world.perform("update-image", IMAGE))["failureClass"]

    run(scenario)


@pytest.mark.parametrize("error", [ApiError(410, "Expired", "too old"), ApiError(503, "ServiceUnavailable", "busy")])
def test_executions_are_found_again_after_the_watch_is_lost(error):
    async def scenario(world):
        await world.deployment()
        follows = lambda entry: entry[1] == "KubernetesExecution" and entry[0] in ("watch", "list")  # noqa: E731
        world.tap.fault(follows, error, times=3)

        assert "rollback_ready" == (await world.perform("scale-deployment", SCALE))["phase"]

    run(scenario, started=True)


def test_an_execution_that_vanished_while_the_watch_was_lost_is_cancelled():
    async def scenario(world):
        await world.deployment(deadline=86_400)
        name = await world.step(
            "update-image", {"updateImage": {**IMAGE["updateImage"], "newImage": "web:bad"}}, timeout="24h")
        await world.until(lambda: world.tap.mutations)
        # The next watch, opened when this one has run its time, fails; meanwhile the execution goes.
        world.tap.fault(lambda entry: entry[:2] == ("watch", "KubernetesExecution"), ApiError(410, "Expired", "?"))
        lists = lambda entry: entry[:2] == ("list", "KubernetesExecution")  # noqa: E731
        world.tap.fault(lists, ApiError(0, "Timeout", "?"), times=6)
        await world.until(lambda: world.tap.log[-1][:2] == ("list", "KubernetesExecution"))
        await world.edit(KUBERNETES_EXECUTIONS, name, lambda body: body["metadata"].update(finalizers=[]))
        await world.server.delete(KUBERNETES_EXECUTIONS, "default", name)
        status = await world.perform("cordon-node", {"cordonNode": {"nodeName": "n1"}}, number=2, timeout="10m")

        assert "rollback_ready" == status["phase"]

    run(scenario, parallelism=1)


def test_an_execution_that_cannot_be_read_at_first_is_read_later():
    async def scenario(world):
        await world.deployment()
        world.tap.fault(lambda entry: entry[:2] == ("get", "KubernetesExecution"), ApiError(403, "Forbidden", "no"))

        assert "rollback_ready" == (await world.perform("scale-deployment", SCALE))["phase"]

    run(scenario)


def test_a_history_that_was_forgotten_is_listed_again():
    async def scenario(world):
        await world.deployment()
        server = world.server
        server._store.state = apply(server.state, Compact(server.state.version))[0]

        assert "rollback_ready" == (await world.perform("scale-deployment", SCALE))["phase"]

    run(scenario)


def test_long_lists_are_read_page_by_page(monkeypatch):
    monkeypatch.setattr(listing, "PAGE_SIZE", 2)

    async def scenario(world):
        await world.deployment(replicas=7)
        status = await world.perform("drain-node", {"drainNode": {"nodeName": "n1"}})

        assert "rollback_ready" == status["phase"]
        assert {"n2"} == {pod["spec"]["nodeName"] for pod in world.pods()}

    run(scenario)
