"""A performer on an embedded server that holds one workflow, its cache following."""

import asyncio
from datetime import UTC, datetime

from wfcontroller.cluster.performer import Performer, Ports
from wfcontroller.embedded import EmbeddedServer
from wfcontroller.runtime.cache import Cache
from wfcontroller.runtime.pacing import Pacing
from wfcontroller.runtime.surroundings import Watched
from wfcontroller.runtime.virtualtime import VirtualLoop, run_virtual
from wfcore.crds import crds, others
from wfcore.program import Did, Ref
from wfcore.resources import NAMESPACES, WORKFLOW_EXECUTIONS

OWN = "kubernaut-system"
REF = Ref("default", "w")
START = datetime(2026, 1, 1, tzinfo=UTC)


def workflow(name="w", *, deployment=""):
    """A workflow that checks, or scales a Deployment."""
    step = {"stepNumber": 1, "action": "check-pod-health"}
    if deployment:
        step = {"stepNumber": 1, "action": "scale-deployment",
                "parameters": {"scaleDeployment": {"deployment": deployment, "replicas": 2}}}
    return {"apiVersion": WORKFLOW_EXECUTIONS.api_version, "kind": "WorkflowExecution",
            "metadata": {"name": name, "namespace": "default"},
            "spec": {"workflowDefinition": {"name": "x", "steps": [step]}}}


class Broken:
    """An API server that answers chosen methods with one error."""

    def __init__(self, api, error, *methods):
        self._api, self._error, self._methods = api, error, methods

    def __getattr__(self, name):
        if name not in self._methods:
            return getattr(self._api, name)

        async def fail(*args, **kwargs):
            raise self._error

        return fail


async def done(request):
    """A store that takes everything."""
    return Did()


def run(scenario, wrap=lambda api: api, *, consult=done, guarded=lambda: True, kinds=None):
    """Run `scenario(performer, server, created)` in virtual time."""
    loop = VirtualLoop(START)

    async def main():
        server = EmbeddedServer(loop.now, 1, (*crds(), *others()) if kinds is None else kinds)
        await server.create(NAMESPACES, {"metadata": {"name": OWN}})
        created = await server.create(WORKFLOW_EXECUTIONS, workflow())
        cache = Cache(OWN)
        following = asyncio.create_task(cache.follow(server, Pacing()))
        await cache.synced()
        ports = Ports(now=loop.now, record=done, consult=consult, surroundings=Watched(cache, guarded))
        performer = Performer(wrap(server), cache, ports, OWN)
        try:
            return await scenario(performer, server, created)
        finally:
            following.cancel()

    return run_virtual(loop, main())
