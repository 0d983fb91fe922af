"""A freeze holds every change until it ends, and what vanished meanwhile is not acted for."""


from __future__ import annotations

import asyncio

from wfcore.resources import CONFIG_MAPS, KUBERNETES_EXECUTIONS

from .world import OWN, run

WEB = {"namespace": "default", "deployment": "web"}
SCALE = {"scaleDeployment": {**WEB, "replicas": 5}}
CORDON = {"cordonNode": {"nodeName": "n1"}}


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


def test_a_freeze_that_is_being_deleted_holds_nothing():
    """Whoever deletes it has ended it, however long the object stays; the controller reads it the same way."""
    async def scenario(world):
        await world.deployment()
        await world.create(CONFIG_MAPS, "wf-freeze", OWN)
        await world.edit(CONFIG_MAPS, "wf-freeze", lambda body: body["metadata"].update(finalizers=["a.example/slow"]),
                         OWN)
        name = await world.step("scale-deployment", SCALE, timeout="1h")
        await asyncio.sleep(300)
        assert 3 == world.spec()["replicas"]
        await world.server.delete(CONFIG_MAPS, OWN, "wf-freeze")

        assert "rollback_ready" == (await world.ended(name))["phase"]

    run(scenario)


def test_an_execution_that_vanished_unseen_is_never_acted_for():
    """It was held by a freeze; when that ends, the live read finds nobody to act for."""
    async def scenario(world):
        await world.deployment()
        await world.create(CONFIG_MAPS, "wf-freeze", OWN)
        name = await world.step("scale-deployment", SCALE, timeout="1h")
        tap = world.start()
        original = tap.watch

        async def watch(resource, namespace="", **options):
            if resource == KUBERNETES_EXECUTIONS:
                await asyncio.Event().wait()
            async for event in original(resource, namespace, **options):
                yield event

        tap.watch = watch
        await world.until(lambda: world.status(name).get("phase") == "executing")
        await world.edit(KUBERNETES_EXECUTIONS, name, lambda body: body["metadata"].update(finalizers=[]))
        await world.server.delete(KUBERNETES_EXECUTIONS, "default", name)
        await world.server.delete(CONFIG_MAPS, OWN, "wf-freeze")
        await asyncio.sleep(60)

        assert 3 == world.spec()["replicas"]
        assert [] == tap.mutations

    run(scenario, started=False)
