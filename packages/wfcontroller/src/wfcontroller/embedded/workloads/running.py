"""The composition: every workload controller of the embedded cluster, on one loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from wfcontroller.api import Api
from wfcontroller.embedded.workloads.client import Client
from wfcontroller.embedded.workloads.controller import Controller, work
from wfcontroller.embedded.workloads.daemon_sets import DaemonSetController
from wfcontroller.embedded.workloads.deployments import DeploymentController
from wfcontroller.embedded.workloads.disruption_budgets import DisruptionBudgetController
from wfcontroller.embedded.workloads.endpoint_slices import EndpointSliceController
from wfcontroller.embedded.workloads.nodes import NodeController, ensure_node
from wfcontroller.embedded.workloads.pods import PodController
from wfcontroller.embedded.workloads.replica_sets import ReplicaSetController
from wfcontroller.embedded.workloads.resource_quotas import ResourceQuotaController
from wfcontroller.embedded.workloads.stateful_sets import StatefulSetController
from wfcontroller.embedded.workloads.timings import Timings


async def run_workloads(api: Api, now: Callable[[], datetime], *, timings: Timings | None = None) -> None:
    """Run the nodes, pods and workloads of an embedded cluster until cancelled.

    Load the cluster's initial objects first: a cluster without a node gets
    one, called `embedded`, when this starts.  `now` gives the instants that
    are written into objects; everything waits on the loop's clock only.  An
    idle cluster is not written to, and the only timers it holds are the ends
    of its watches.
    """
    client = Client(api, now, timings or Timings())
    controllers: tuple[Controller, ...] = (
        NodeController(client), PodController(client), ReplicaSetController(client), DeploymentController(client),
        StatefulSetController(client), DaemonSetController(client), DisruptionBudgetController(client),
        EndpointSliceController(client), ResourceQuotaController(client),
    )
    await ensure_node(api)
    async with asyncio.TaskGroup() as tasks:
        for informer in client.informers:
            tasks.create_task(informer.follow(api, client.timings), name=f"informer-{informer.resource.plural}")
        for informer in client.informers:
            # A controller that saw only some kinds would, say, create pods that already exist.
            await informer.synced.wait()
        for controller in controllers:
            tasks.create_task(work(controller, client.timings), name=type(controller).__name__)
