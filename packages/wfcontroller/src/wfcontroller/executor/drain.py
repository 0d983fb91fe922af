"""Drain a node: cordon it, then evict its pods, honouring disruption budgets until the deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from typing import Any

from attrs import define, field

from wfcontroller.api import ApiError, Object
from wfcontroller.executor.change import ObjectChange
from wfcontroller.executor.contract import Captured, Done, Pending, Verdict, Work
from wfcontroller.executor.failures import ExecutionFailed
from wfcontroller.executor.following import until_all_done
from wfcontroller.executor.nodes import cordon
from wfcontroller.executor.podstate import (
    has_local_data,
    is_daemon,
    is_finished,
    is_going,
    is_mirror,
    owner_of,
    place_of,
    some,
)
from wfcontroller.listing import everything
from wfcore.model.actions import CordonNodeParams, DrainNodeParams
from wfcore.model.enums import FailureClass
from wfcore.model.results import AffectedResource, RestartExecutionResult
from wfcore.resources import NODES, PODS


def evictable(pods: Iterable[Object], node: str) -> list[Object]:
    """The pods of a node that a drain removes: all but those of DaemonSets and the kubelet's own."""
    return [
        pod for pod in pods
        if (pod.get("spec") or {}).get("nodeName") == node and not is_mirror(pod) and not is_daemon(pod)]


def obstacles(pods: Iterable[Object], parameters: DrainNodeParams) -> Iterator[str]:
    """Why the node must not be drained with these parameters."""
    here = [pod for pod in pods if (pod.get("spec") or {}).get("nodeName") == parameters.node_name]
    daemons = [place_of(pod) for pod in here if is_daemon(pod)]
    if daemons and not parameters.ignore_daemon_sets:
        yield f"DaemonSets run {some(daemons)}; set ignoreDaemonSets to leave them"
    local = [place_of(pod) for pod in evictable(here, parameters.node_name)
             if has_local_data(pod) and not is_finished(pod)]
    if local and not parameters.delete_local_data:
        yield f"{some(local)} would lose the data of emptyDir volumes; set deleteLocalData to accept that"


@define
class Drain:
    """Implements `Operation`."""

    parameters: DrainNodeParams
    _cordon: ObjectChange = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._cordon = cordon(CordonNodeParams(node_name=self.parameters.node_name))

    async def capture(self, work: Work) -> Captured:
        captured = await self._cordon.capture(work)
        pods, _ = await everything(work.api, PODS, "")
        wrong = list(obstacles(pods, self.parameters))
        if wrong:
            raise ExecutionFailed(FailureClass.VALIDATION_ERROR, "; ".join(wrong))
        leaving = evictable(pods, self.parameters.node_name)
        bare = [place_of(pod) for pod in leaving if owner_of(pod) is None and not is_finished(pod)]
        if bare:
            work.warn(f"no controller will replace {some(bare)}")
        kept = [{"namespace": pod["metadata"].get("namespace", ""), "name": pod["metadata"]["name"]} for pod in leaving]
        return Captured(captured.parameters, {"pods": kept}, captured.digested)

    async def rehearse(self, work: Work, captured: Captured) -> None:
        await self._cordon.rehearse(work, captured)

    async def act(self, work: Work, captured: Captured) -> None:
        await self._cordon.act(work, captured)
        while True:
            pods, _ = await everything(work.api, PODS, "")
            standing = [pod for pod in evictable(pods, self.parameters.node_name) if not is_going(pod)]
            refused = [why for pod in standing if (why := await self._evict(work, pod))]
            if not refused:
                return
            work.waiting_for = f"{len(refused)} evictions wait for disruption budgets, e.g. {refused[0]}"
            await asyncio.sleep(work.settings.drain_retry.total_seconds())

    async def verify(self, work: Work, captured: Captured) -> Done:
        node = self.parameters.node_name
        await self._cordon.verify(work, captured)
        done = Done(_result(captured.kept["pods"]), tuple(_affected(node, captured.kept["pods"])))

        def judge(pods: dict[str, Object]) -> Verdict:
            left = [place_of(pod) for pod in evictable(pods.values(), node)]
            return Pending(f"still on node {node}: {some(left)}") if left else done

        return await until_all_done(work, PODS, "", judge)

    def changed(self, work: Work, captured: Captured) -> bool:
        return self._cordon.changed(work, captured) or bool(captured.kept["pods"])

    async def _evict(self, work: Work, pod: Object) -> str:
        """Evict one pod; the sentence of the budget that forbids it now, else empty."""
        grace = self.parameters.grace_period
        try:
            await work.api.evict(
                pod["metadata"].get("namespace", ""), pod["metadata"]["name"],
                grace_period_seconds=None if grace is None else int(grace.total_seconds()))
        except ApiError as error:
            if error.status == 429:
                return f"{place_of(pod)}: {error.message}"
            if error.status != 404:
                raise
        return ""


def _result(pods: list[dict[str, Any]]) -> RestartExecutionResult:
    names = tuple(f"{pod['namespace']}/{pod['name']}" for pod in pods)
    return RestartExecutionResult(pods_restarted=len(names), restarted_pods=names[:500])


def _affected(node: str, pods: list[dict[str, Any]]) -> Iterator[AffectedResource]:
    yield AffectedResource(resource_type=NODES.kind, name=node, change_type="cordoned")
    for pod in pods:
        yield AffectedResource(
            resource_type=PODS.kind, name=pod["name"], namespace=pod["namespace"], change_type="evicted")
