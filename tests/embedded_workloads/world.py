"""A cluster in memory with all its workload controllers, on a clock that jumps from timer to timer."""

from __future__ import annotations

import asyncio
import selectors
import sys
from datetime import UTC, datetime, timedelta

from wfcontroller.api import ApiError
from wfcontroller.embedded import EmbeddedServer
from wfcontroller.embedded.workloads import Timings, run_workloads
from wfcore.resources import DEPLOYMENTS, NODES, PODS, REPLICA_SETS

START = datetime(2026, 1, 1, tzinfo=UTC)


class Pace(selectors.DefaultSelector):
    """Idle means: the next timer is due.  Without a timer nothing could ever happen again."""

    def __init__(self):
        super().__init__()
        self.now, self.jumps = 0.0, 0

    def select(self, timeout=None):
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("deadlock: nothing is ready and no timer is set")
        if not ready and timeout:
            self.now, self.jumps = self.now + timeout, self.jumps + 1
        return ready


class Loop(asyncio.SelectorEventLoop):
    def __init__(self):
        self.pace = Pace()
        super().__init__(self.pace)

    def time(self):
        return self.pace.now


class Faulty:
    """The server behind a bad line: writes fail as `faults` says, by their number; the others pass."""

    def __init__(self, server, faults):
        self._server, self._faults, self.writes = server, faults, 0

    def __getattr__(self, name):
        call = getattr(self._server, name)
        if name not in ("create", "update", "update_status", "delete"):
            return call

        async def write(*args, **kwargs):
            self.writes += 1
            status, reason, performed = self._faults.get(self.writes % 7, (None, "", True))
            answer = await call(*args, **kwargs) if performed else None
            if status is not None:
                raise ApiError(status, reason, "injected", retry_after=3.0 if status == 429 else None)
            return answer

        return write


class World:
    """The embedded server with its workloads running, and the shortest ways to ask and to change."""

    def __init__(self, loop, faults=None):
        self._loop, self.running = loop, None
        self.server = EmbeddedServer(self.now, seed=1)
        self.api = Faulty(self.server, faults) if faults else self.server

    def now(self):
        return START + timedelta(seconds=self.seconds)

    @property
    def seconds(self):
        return self._loop.time()

    @property
    def jumps(self):
        return self._loop.pace.jumps

    def start(self, timings=None):
        self.running = asyncio.create_task(run_workloads(self.api, self.now, timings=timings or Timings()))
        return self.running

    def all(self, resource):
        return [dict(stored.value) for stored in self.server.state.bucket(resource).ordered]

    def one(self, resource, name, namespace="default"):
        found = self.server.state.find(resource, namespace if resource.namespaced else "", name)
        return dict(found.value) if found else None

    def status(self, resource, name):
        return self.one(resource, name).get("status", {})

    def names(self, resource):
        return [each["metadata"]["name"] for each in self.all(resource)]

    def ready(self, image=None):
        return [pod for pod in self.all(PODS) if is_serving(pod) and image in (None, image_of(pod))]

    def pods(self):
        return [pod for pod in self.all(PODS) if "deletionTimestamp" not in pod["metadata"]]

    def pods_over_time(self):
        """The pods after each change that is still in the history."""
        pods = {}
        for change in self.server.state.bucket(PODS).log:
            if change.type.value == "DELETED":
                del pods[change.place]
            else:
                pods[change.place] = change.object.value
            yield list(pods.values())

    async def create(self, resource, name, spec=None, **metadata):
        place = {"namespace": "default"} if resource.namespaced else {}
        await self.server.create(resource, {
            "apiVersion": resource.api_version, "kind": resource.kind,
            "metadata": {"name": name, **place, **metadata}, "spec": spec or {},
        })

    async def workload(self, resource=DEPLOYMENTS, name="web", image="web:1", replicas=3, **spec):
        template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "main", "image": image}]}}
        sized = {} if resource.plural == "daemonsets" else {"replicas": replicas}
        await self.create(
            resource, name, {**sized, "selector": {"matchLabels": {"app": name}}, "template": template, **spec})

    async def nodes(self, *names):
        for name in names:
            await self.create(NODES, name)

    async def edit(self, resource, name, change):
        """Change the object as `kubectl edit` does: again, when somebody else was faster."""
        while True:
            body = await self.server.get(resource, "default" if resource.namespaced else "", name)
            change(body)
            try:
                return await self.server.update(resource, body)
            except ApiError as error:
                if error.reason != "Conflict":
                    raise

    async def image(self, image, resource=DEPLOYMENTS, name="web"):
        await self.edit(
            resource, name, lambda body: body["spec"]["template"]["spec"]["containers"][0].update(image=image))

    async def scale(self, replicas, resource=DEPLOYMENTS, name="web"):
        await self.edit(resource, name, lambda body: body["spec"].update(replicas=replicas))

    async def cordon(self, name, unschedulable=True):
        await self.edit(NODES, name, lambda node: node["spec"].update(unschedulable=unschedulable))

    async def node_ready(self, name, ready):
        node = await self.server.get(NODES, "", name)
        node["status"]["conditions"] = [{"type": "Ready", "status": str(ready)}]
        await self.server.update_status(NODES, node)

    async def until(self, condition, within=60.0):
        """Let the world go on until the condition holds; fails when it doesn't within so many virtual seconds."""
        end = self.seconds + within
        while not condition():
            if self.running is not None and self.running.done():
                await self.running  # it never ends by itself: say why it did
            assert self.seconds < end, f"not reached within {within} virtual seconds"
            await asyncio.sleep(0.25)

    async def settled(self, resource=DEPLOYMENTS, name="web", within=60.0):
        await self.until(lambda: self.rolled_out(resource, name), within)

    def rolled_out(self, resource=DEPLOYMENTS, name="web"):
        item = self.one(resource, name)
        status, wanted = item.get("status", {}), item["spec"]["replicas"]
        counted = [status.get(each, 0) for each in ("replicas", "updatedReplicas", "availableReplicas")]
        return status.get("observedGeneration") == item["metadata"]["generation"] and counted == [wanted] * 3


def image_of(pod):
    return pod["spec"]["containers"][0]["image"]


def is_serving(pod):
    conditions = pod.get("status", {}).get("conditions", ())
    ready = any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
    return ready and "deletionTimestamp" not in pod["metadata"]


async def _with_workloads(world, scenario, started):
    if started:
        world.start()
    try:
        await scenario(world)
    finally:
        if world.running is not None:
            world.running.cancel()
            await asyncio.gather(world.running, return_exceptions=True)


def run(scenario, *, started=True, faults=None):
    """Run `scenario(world)` to its end in no time; the workloads run beside it unless it starts them itself."""
    loop = Loop()
    world = World(loop, faults)
    try:
        loop.run_until_complete(_with_workloads(world, scenario, started))
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
    return world


async def a_busy_day(world):
    """A little of everything, for runs that are compared byte by byte."""
    await world.nodes("n1", "n2", "n3")
    await world.workload(replicas=5)
    await world.workload(name="api", replicas=4)
    await world.settled()
    await world.image("web:2")
    await world.scale(2, name="api")
    await world.settled()
    await world.cordon("n1")
    for pod in world.pods():
        if pod["spec"].get("nodeName") == "n1":
            await world.server.evict("default", pod["metadata"]["name"])
    await world.settled()
    await world.image("web:bad")
    await asyncio.sleep(700)
    await world.server.delete(DEPLOYMENTS, "default", "web")
    await world.until(lambda: len(world.all(PODS)) == 2 and len(world.all(REPLICA_SETS)) == 1)


if __name__ == "__main__":
    sys.stdout.write(run(a_busy_day).server.state.digest.hex())
