"""Every key of the executor has an effect: what it does in a cluster changes with it, from the file on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from attrs import frozen
from tests.executor.test_config import INLINE, secrets
from tests.executor.test_nodes import DRAIN, guarded
from tests.executor.world import CONFIG_MAPS, OWN, SECRETS, World, run

from wfcontroller.configuration.executor import EXECUTOR, ExecutorConfig
from wfcontroller.configuration.loading import load
from wfcontroller.executor.settings import ExecutorSettings
from wfcore.resources import LEASES

TRUSTING = {"trustedNamespaces": "*"}
CORDON = {"cordonNode": {"nodeName": "n1"}}


def scaled(name: str = "web", namespace: str = "default") -> dict[str, Any]:
    return {"scaleDeployment": {"namespace": namespace, "deployment": name, "replicas": 1}}


async def lease(world: World) -> Any:
    """Where the executor renews a Lease."""
    await asyncio.sleep(1)
    return [(one["metadata"]["namespace"], one["metadata"]["name"]) for one in world.all(LEASES)]


async def cordon(world: World) -> Any:
    return (await world.perform("cordon-node", CORDON))["phase"]


async def taken(world: World) -> Any:
    """Whether an execution in `default` is taken."""
    name = await world.step("cordon-node", CORDON)
    await asyncio.sleep(30)
    return bool(world.status(name))


async def frozen_elsewhere(world: World) -> Any:
    """How far a step comes while the freeze stands in the namespace `other`."""
    await world.create(CONFIG_MAPS, "wf-freeze", "other")
    name = await world.step("cordon-node", CORDON, timeout="1h")
    await asyncio.sleep(300)
    return world.status(name)["phase"]


async def elsewhere(world: World) -> Any:
    await world.deployment("web", namespace="other", wait=False)
    return (await world.perform("scale-deployment", scaled(namespace="other")))["phase"]


async def inline(world: World) -> Any:
    await secrets(world)
    return (await world.perform("update-secret", INLINE))["phase"]


async def beside_a_slow_one(world: World) -> Any:
    """Whether a step is taken while another one takes its time."""
    await world.deployment()
    await world.deployment("api")
    image = {"namespace": "default", "deployment": "web", "container": "main", "newImage": "web:slow-30s"}
    slow = await world.step("update-image", {"updateImage": image}, timeout="10m")
    beside = await world.step("scale-deployment", scaled("api"), number=2, timeout="10m")
    await world.until(lambda: world.status(slow).get("phase") == "executing")
    return bool(world.status(beside))


async def reported_after(world: World) -> Any:
    """Seconds until a step that never works is reported as failed, of ten minutes."""
    await world.deployment(deadline=7200)
    image = {"namespace": "default", "deployment": "web", "container": "main", "newImage": "web:bad"}
    status = await world.perform("update-image", {"updateImage": image}, timeout="10m")
    begin, end = (datetime.fromisoformat(status[key]) for key in ("startTime", "completionTime"))
    return round((end - begin).total_seconds())


async def swept(world: World) -> Any:
    """Whether a snapshot that nobody needs is gone after a while."""
    await asyncio.sleep(1)
    await world.create(SECRETS, "left", OWN, labels={"kubernetesexecution.kubernaut.io/snapshot": "true"})
    await asyncio.sleep(90)
    return world.one(SECRETS, "left", OWN) is None


async def watches(world: World) -> Any:
    """Requests to watch executions within five minutes."""
    await asyncio.sleep(299)
    return len([entry for entry in world.tap.log if entry[:2] == ("watch", "KubernetesExecution")])


async def evictions(world: World) -> Any:
    """How often the eviction of one pod, which a budget forbids, is tried within half a minute after the first time."""
    await guarded(world, 4)
    await world.step("drain-node", DRAIN, timeout="10m")
    await world.until(lambda: any(entry[0] == "evict" and not entry[4] for entry in world.tap.log))
    await asyncio.sleep(29.5)
    tried = [entry[3] for entry in world.tap.log if entry[0] == "evict" and not entry[4]]
    return tried.count(tried[0])


@frozen
class Effect:
    """A key, another value for it, and what is seen without and with it; `along` is said in both."""

    key: str
    value: Any
    see: Callable[[World], Any]
    without: Any
    with_it: Any
    along: Any = TRUSTING


EFFECTS = [
    Effect("executorNamespace", "other", lease, [(OWN, "wf-executor")], [("other", "wf-executor")]),
    Effect("heartbeat.lease", "robot", lease, [(OWN, "wf-executor")], [(OWN, "robot")]),
    Effect("controllerNamespace", "other", frozen_elsewhere, "rollback_ready", "executing"),
    Effect("watchNamespace", "other", taken, True, False),
    Effect("trustedNamespaces", ["default"], cordon, "failed", "rollback_ready", {}),
    Effect("protectedNamespaces", ["other"], elsewhere, "rollback_ready", "failed"),
    Effect("allowInlineSecrets", True, inline, "failed", "rollback_ready"),
    Effect("parallelism", 1, beside_a_slow_one, True, False),
    Effect("reportMargin", "30s", reported_after, 595, 570),
    Effect("snapshots.sweepInterval", "1m", swept, False, True),
    Effect("watch.timeout", "1m", watches, 1, 5),
    Effect("drain.retryInterval", "1s", evictions, 6, 30),
]


def settings(*said: Any) -> ExecutorSettings:
    document: dict[str, Any] = {}
    for one in said:
        document |= one
    return load(ExecutorConfig, str(document), "wf.yaml", {}).executor


def seen(effect: Effect, *said: Any) -> Any:
    found: list[Any] = []

    async def scenario(world: World) -> None:
        world.start(settings(*said))
        found.append(await effect.see(world))

    run(scenario, started=False)
    return found[0]


@pytest.mark.parametrize("effect", EFFECTS, ids=lambda effect: effect.key)
def test_a_key_changes_what_the_executor_does(effect: Effect) -> None:
    section, _, name = effect.key.rpartition(".")
    said = {section: {name: effect.value}} if section else {name: effect.value}

    assert effect.without == seen(effect, effect.along)
    assert effect.with_it == seen(effect, effect.along, said)
    assert effect.without != effect.with_it


def test_every_key_of_the_executor_has_its_effect() -> None:
    assert {key.path for key in EXECUTOR.values()} == {effect.key for effect in EFFECTS}
