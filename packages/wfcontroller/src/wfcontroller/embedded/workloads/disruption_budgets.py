"""The PodDisruptionBudget controller: keeps each budget's status true, so that evictions can be judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wfcontroller.api import Object
from wfcontroller.embedded.workloads.budgets import budget_status, forgotten_in
from wfcontroller.embedded.workloads.client import NAMESPACE, Client
from wfcontroller.embedded.workloads.pod_template import template_of
from wfcontroller.embedded.workloads.selectors import matches
from wfcontroller.embedded.workloads.workqueue import WorkQueue
from wfcontroller.objects import (
    Key,
    controller_uid,
    key_of,
    labels_of,
    metadata,
    replicas_of,
    spec,
    uid_of,
)
from wfcontroller.runtime.informer import Informer
from wfcore.resources import POD_DISRUPTION_BUDGETS


class DisruptionBudgetController:
    """Counts the pods that each budget of a namespace selects."""

    def __init__(self, client: Client) -> None:
        self.queue = WorkQueue()
        self._client = client
        client.budgets.subscribe(lambda budget: self.queue.add(key_of(budget)))
        client.pods.subscribe(self._pod_changed)
        for informer in (client.replica_sets, client.deployments, client.stateful_sets):
            informer.subscribe(self._workload_changed)

    async def sync(self, key: Key) -> float | None:
        """Write the status that the selected pods give."""
        budget = self._client.budgets.get(key)
        if budget is None:
            return None
        pods = [
            pod for pod in self._client.pods.having(NAMESPACE, key[0])
            if matches(spec(budget).get("selector"), labels_of(pod))
        ]
        now = self._client.now()
        wanted = budget_status(budget, pods, self._expected(pods), now)
        await self._client.write_status(POD_DISRUPTION_BUDGETS, budget, wanted)
        return forgotten_in(wanted, now)

    def _expected(self, pods: Sequence[Object]) -> int:
        """What the distinct owners of these pods want together; a pod without a scalable owner wants itself."""
        owners: dict[str, int] = {}
        for pod in pods:
            owner = self._scalable_owner(pod)
            owners[uid_of(owner) if owner is not None else uid_of(pod)] = replicas_of(owner) if owner is not None else 1
        return sum(owners.values())

    def _scalable_owner(self, pod: Object) -> Object | None:
        replica_set = _owner(pod, self._client.replica_sets)
        if replica_set is not None:
            return _owner(replica_set, self._client.deployments) or replica_set
        return _owner(pod, self._client.stateful_sets)

    def _pod_changed(self, pod: Object) -> None:
        self._enqueue_selecting(key_of(pod)[0], labels_of(pod))

    def _workload_changed(self, workload: Object) -> None:
        labels = (template_of(workload).get("metadata") or {}).get("labels") or {}
        self._enqueue_selecting(key_of(workload)[0], labels)

    def _enqueue_selecting(self, namespace: str, labels: Mapping[str, str]) -> None:
        for budget in self._client.budgets.having(NAMESPACE, namespace):
            if matches(spec(budget).get("selector"), labels):
                self.queue.add(key_of(budget))


def _owner(item: Object, informer: Informer) -> Object | None:
    for owner in metadata(item).get("ownerReferences") or ():
        if owner.get("uid") == controller_uid(item) and owner.get("kind") == informer.resource.kind:
            return informer.get((key_of(item)[0], owner["name"]))
    return None
