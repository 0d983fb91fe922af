"""A cluster in memory with an executor on virtual time."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

from wfcontroller.api import ApiError
from wfcontroller.embedded import EmbeddedServer
from wfcontroller.embedded.workloads import run_workloads
from wfcontroller.executor import Executor, ExecutorSettings
from wfcontroller.runtime.virtualtime import VirtualLoop, run_virtual
from wfcore.crds import crds
from wfcore.execution.names import child_name
from wfcore.model.enums import ExecutionKind
from wfcore.model.workflow import TRACKING_FINALIZER
from wfcore.resources import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    KUBERNETES_EXECUTIONS,
    NAMESPACES,
    NODES,
    PODS,
    SECRETS,
    WORKFLOW_EXECUTIONS,
)

from .tap import OWN, Tap

START = datetime(2026, 1, 1, tzinfo=UTC)
TERMINAL = ("completed", "rollback_ready", "failed")


class World:
    """The server with its workloads, one executor at a time, and the shortest ways to ask and to change."""

    def __init__(self, loop):
        self.loop = loop
        self.server = EmbeddedServer(loop.now, seed=1, crds=[*crds()])
        self.tap: Tap = Tap(self.server)
        self.executing: asyncio.Task[None] | None = None

    def start(self, settings=None, *, actions=None, crash_after=None):
        """A new life of the executor."""
        self.tap = Tap(self.server, crash_after)
        executor = Executor(self.tap, settings or trusting(), self.loop.now, actions or {})
        self.executing = asyncio.create_task(executor.run(), name="executor")
        return self.tap

    async def kill(self):
        """End the executor without any warning; its requests reach nobody."""
        self.tap.crash_after = 0
        assert self.executing is not None
        self.executing.cancel()
        await asyncio.gather(self.executing, return_exceptions=True)

    def one(self, resource, name, namespace="default"):
        found = self.server.state.find(resource, namespace if resource.namespaced else "", name)
        return json.loads(found.text) if found else None

    def all(self, resource):
        return [json.loads(stored.text) for stored in self.server.state.bucket(resource).ordered]

    def history(self, resource):
        return [(change.type.value, json.loads(change.object.text))
                for change in self.server.state.bucket(resource).log]

    def spec(self, name="web"):
        return self.one(DEPLOYMENTS, name)["spec"]

    async def create(self, resource, name, namespace="default", *, labels=None, annotations=None, **content):
        metadata = {"name": name, "labels": labels or {}, "annotations": annotations or {}}
        if resource.namespaced:
            metadata["namespace"] = namespace
        return await self.server.create(resource, {
            "apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata, **content})

    async def deployment(self, name="web", image="web:1", replicas=3, wait=True, deadline=60, **options):
        spec = {
            "replicas": replicas, "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}},
                         "spec": {"containers": [{"name": "main", "image": image}]}},
            "progressDeadlineSeconds": deadline,
        }
        await self.create(DEPLOYMENTS, name, spec=spec, **options)
        if wait:
            await self.until(lambda: self.ready(name) == replicas)

    def ready(self, name="web"):
        return (self.one(DEPLOYMENTS, name).get("status") or {}).get("readyReplicas", 0)

    def pods(self, app="web"):
        return [pod for pod in self.all(PODS) if pod["metadata"].get("labels", {}).get("app") == app
                and "deletionTimestamp" not in pod["metadata"]]

    async def edit(self, resource, name, change, namespace="default"):
        while True:
            body = await self.server.get(resource, namespace if resource.namespaced else "", name)
            change(body)
            try:
                return await self.server.update(resource, body)
            except ApiError as error:
                if error.reason != "Conflict":
                    raise

    async def workflow(self, name="wf", namespace="default", **spec):
        await self.create(WORKFLOW_EXECUTIONS, name, namespace, spec=spec or {"workflowDefinition": {
            "name": name, "steps": [{"stepNumber": 1, "action": "cordon-node",
                                     "parameters": {"cordonNode": {"nodeName": "n"}}}]}})
        await self.intend(name, namespace, phase="executing", stepStatuses=[])

    async def intend(self, name="wf", namespace="default", **status):
        """Change fields of the workflow's status."""
        body = await self.server.get(WORKFLOW_EXECUTIONS, namespace, name)
        body["status"] = {**body.get("status", {}), **status}
        return await self.server.update_status(WORKFLOW_EXECUTIONS, body)

    async def step(self, action, parameters=None, *, number=1, attempt=1, kind="forward", rollback=None, intended=True,
                   workflow="wf", namespace="default", **more):
        """Intend an attempt in the workflow's ledger, then create its execution; answers its name."""
        if self.one(WORKFLOW_EXECUTIONS, workflow, namespace) is None:
            await self.workflow(workflow, namespace)
        name = child_name(workflow, ExecutionKind(kind), number, attempt)
        owner = self.one(WORKFLOW_EXECUTIONS, workflow, namespace)
        if intended:
            await self._enter(owner, number, action, attempt, kind, name)
        spec = {
            "workflowExecutionRef": {"name": workflow, "namespace": namespace, "uid": owner["metadata"]["uid"]},
            "stepNumber": number, "attempt": attempt, "kind": kind, "action": action, "timeout": "2m", **more}
        if parameters is not None:
            spec["parameters"] = parameters
        if rollback is not None:
            spec["rollbackAction"], spec["rollbackParameters"] = rollback
        metadata = {"name": name, "namespace": namespace, "finalizers": [TRACKING_FINALIZER]}
        await self.server.create(KUBERNETES_EXECUTIONS, {
            "apiVersion": KUBERNETES_EXECUTIONS.api_version, "kind": "KubernetesExecution", "metadata": metadata,
            "spec": spec})
        return name

    async def _enter(self, owner, number, action, attempt, kind, name):
        entries = {each["stepNumber"]: each for each in owner["status"].get("stepStatuses", ())}
        entry = entries.get(number, {"stepNumber": number, "action": action, "status": "executing"})
        if kind == "rollback":
            entry["rollback"] = {"status": "executing", "attempt": attempt, "k8sExecutionRef": {"name": name}}
        else:
            entry |= {"attempt": attempt, "k8sExecutionRef": {"name": name}}
        entries[number] = entry
        metadata, phase = owner["metadata"], "rolling_back" if kind == "rollback" else "executing"
        await self.intend(metadata["name"], metadata["namespace"], phase=phase, stepStatuses=list(entries.values()))

    async def perform(self, action, parameters=None, **options):
        """Intend, create, wait; answers the terminal status."""
        return await self.ended(await self.step(action, parameters, **options))

    async def undo(self, name, action, *, number=1, **options):
        """Run the compensation with what the execution captured."""
        captured = self.status(name)["rollbackInformation"]["parameters"]
        forward = self.one(KUBERNETES_EXECUTIONS, name)["spec"]["action"]
        return await self.perform(forward, kind="rollback", number=number, rollback=(action, captured), **options)

    def status(self, name, namespace="default"):
        return self.one(KUBERNETES_EXECUTIONS, name, namespace).get("status", {})

    async def ended(self, name, within=7200.0, namespace="default"):
        await self.until(lambda: self.status(name, namespace).get("phase") in TERMINAL, within)
        return self.status(name, namespace)

    async def until(self, condition, within=600.0):
        """Let the world go on until the condition holds."""
        end = self.loop.time() + within
        while not condition():
            if self.executing is not None and self.executing.done():
                await self.executing
            assert self.loop.time() < end, f"not reached within {within} virtual seconds"
            await asyncio.sleep(0.05)


def trusting(**settings):
    return ExecutorSettings(**{"namespace": OWN, "trusted_namespaces": None, **settings})


def run(scenario, *, started=True, nodes=("n1", "n2"), workloads=True, **settings):
    """Run `scenario(world)` to its end in no time."""
    loop = VirtualLoop(START)

    async def main():
        world = World(loop)
        for namespace in (OWN, "other"):
            await world.create(NAMESPACES, namespace)
        for node in nodes:
            await world.create(NODES, node, spec={})
        controllers = asyncio.create_task(
            run_workloads(world.server, loop.now) if workloads else asyncio.sleep(0), name="workloads")
        if started:
            world.start(trusting(**settings))
        try:
            await scenario(world)
        finally:
            for task in (world.executing, controllers):
                if task is not None:
                    task.cancel()
                    await asyncio.gather(task, return_exceptions=True)
        return world

    return run_virtual(loop, main())


__all__ = ["CONFIG_MAPS", "DEPLOYMENTS", "KUBERNETES_EXECUTIONS", "NODES", "OWN", "PODS", "SECRETS", "START",
           "WORKFLOW_EXECUTIONS", "World", "run", "trusting"]
