"""Operations on pods: delete one, or restart those of a controller and wait for the replacements.

A pod is its uid: under the same name another one may already stand.  So what is
to go is kept as a list of uids in the snapshot before anything is deleted.
"""

from __future__ import annotations

from typing import Any

from attrs import frozen

from wfcontroller.api import ApiError, Object
from wfcontroller.executor.contract import Captured, Done, Pending, Verdict, Work
from wfcontroller.executor.failures import ExecutionFailed
from wfcontroller.executor.following import until_all_done, until_selected_done
from wfcontroller.executor.podstate import is_going, is_ready, owner_of, place_of, some
from wfcontroller.listing import everything
from wfcore.model.actions import DeletePodParams, RestartPodParams
from wfcore.model.enums import FailureClass
from wfcore.model.results import AffectedResource, RestartExecutionResult
from wfcore.resources import DAEMON_SETS, PODS, REPLICA_SETS, STATEFUL_SETS

# The controllers that replace pods, and where they say how many they want.
_WANTED = {
    "ReplicaSet": (REPLICA_SETS, "spec", "replicas", 1), "StatefulSet": (STATEFUL_SETS, "spec", "replicas", 1),
    "DaemonSet": (DAEMON_SETS, "status", "desiredNumberScheduled", 0),
}


def delete(parameters: DeletePodParams) -> PodDeletion:
    """Delete one pod and wait until it is gone."""
    return PodDeletion(parameters.namespace, parameters.pod_name, "", _seconds(parameters), replaced=False)


def restart(parameters: RestartPodParams) -> PodDeletion:
    """Delete one pod, or all that match, and wait for their replacements."""
    return PodDeletion(
        parameters.namespace, parameters.pod_name, parameters.selector, _seconds(parameters), replaced=True)


@frozen
class PodDeletion:
    """Implements `Operation`.  `replaced`: each pod must have a controller, whose replacements are awaited."""

    namespace: str
    name: str
    selector: str
    grace_seconds: int | None
    replaced: bool

    async def capture(self, work: Work) -> Captured:
        pods = await self._targets(work)
        if self.replaced:
            self._check_replaceable(pods)
        if not pods and not self.replaced:
            work.warn(f"Pod {self.namespace}/{self.name} does not exist; nothing to delete")
        siblings, _ = await everything(work.api, PODS, self.namespace) if self.replaced and pods else ([], "")
        kept = {"pods": [_kept(pod) for pod in pods], "known": [each["metadata"]["uid"] for each in siblings]}
        return Captured(None, kept, [each["uid"] for each in kept["pods"]])

    async def rehearse(self, work: Work, captured: Captured) -> None:
        for pod in await self._left(work, captured):
            await self._delete(work, pod, dry_run=True)

    async def act(self, work: Work, captured: Captured) -> None:
        for pod in await self._left(work, captured):
            await self._delete(work, pod, dry_run=False)

    async def verify(self, work: Work, captured: Captured) -> Done:
        gone = {each["uid"] for each in captured.kept["pods"]}
        done = Done(_result(captured, self.namespace), _affected(captured, "restarted" if self.replaced else "deleted"))

        def judge(pods: dict[str, Object]) -> Verdict:
            left = [place_of(pod) for uid, pod in pods.items() if uid in gone]
            return Pending(f"still there: {some(left)}") if left else done

        await until_all_done(work, PODS, self.namespace, judge)
        for owner in _owners(captured) if self.replaced else ():
            await self._replacements(work, captured, owner)
        return done

    def changed(self, work: Work, captured: Captured) -> bool:
        return bool(captured.kept["pods"])

    async def _targets(self, work: Work) -> list[Object]:
        if not self.name:
            pods, _ = await everything(work.api, PODS, self.namespace, self.selector)
            pods = [pod for pod in pods if not is_going(pod)]
            if not pods:
                raise ExecutionFailed(
                    FailureClass.RESOURCE_NOT_FOUND, f"no pod in {self.namespace} matches {self.selector!r}")
            return pods
        try:
            return [await work.api.get(PODS, self.namespace, self.name)]
        except ApiError as error:
            if error.status != 404:
                raise
        if self.replaced:
            raise ExecutionFailed(FailureClass.RESOURCE_NOT_FOUND, f"Pod {self.namespace}/{self.name} does not exist")
        return []

    def _check_replaceable(self, pods: list[Object]) -> None:
        bare = [place_of(pod) for pod in pods if owner_of(pod) is None]
        if bare:
            raise ExecutionFailed(
                FailureClass.VALIDATION_ERROR,
                f"no controller would replace {some(bare)}; restart only pods of a controller, or use delete-pod")

    async def _left(self, work: Work, captured: Captured) -> list[dict[str, Any]]:
        pods, _ = await everything(work.api, PODS, self.namespace)
        standing = {pod["metadata"]["uid"] for pod in pods if not is_going(pod)}
        return [each for each in captured.kept["pods"] if each["uid"] in standing]

    async def _delete(self, work: Work, pod: dict[str, Any], *, dry_run: bool) -> None:
        try:
            await work.api.delete(
                PODS, pod["namespace"], pod["name"], uid=pod["uid"], grace_period_seconds=self.grace_seconds,
                dry_run=dry_run)
        except ApiError as error:
            if error.status not in (404, 409):  # gone, or another one by now
                raise

    async def _replacements(self, work: Work, captured: Captured, owner: dict[str, Any]) -> None:
        """Wait until the controller has as many ready pods as it wants, or as many ready new ones as were deleted."""
        known = {*captured.kept["known"]}
        lost = sum(each["owner"]["uid"] == owner["uid"] for each in captured.kept["pods"])

        async def judge(pods: list[Object]) -> Verdict:
            wanted = await _wanted_of(work, self.namespace, owner)  # it may be scaled meanwhile
            owned = [pod for pod in pods if (owner_of(pod) or {}).get("uid") == owner["uid"]]
            ready = [pod["metadata"]["uid"] for pod in owned if is_ready(pod)]
            fresh = [uid for uid in ready if uid not in known]
            if wanted is None or len(ready) >= wanted or len(fresh) >= lost:
                return Done()
            return Pending(f"{owner['kind']} {owner['name']} has {len(fresh)} of {lost} replacements ready")

        await until_selected_done(work, PODS, self.namespace, "", judge)


async def _wanted_of(work: Work, namespace: str, owner: dict[str, Any]) -> int | None:
    """How many pods a controller wants; None when it is gone or of a kind that replaces no pods."""
    found = _WANTED.get(owner["kind"])
    if found is None:
        return None
    resource, section, field, default = found
    try:
        controller = await work.api.get(resource, namespace, owner["name"])
    except ApiError as error:
        if error.status != 404:
            raise
        return None
    given = (controller.get(section) or {}).get(field)
    return default if given is None else int(given)


def _owners(captured: Captured) -> list[dict[str, Any]]:
    return list({each["owner"]["uid"]: each["owner"] for each in captured.kept["pods"]}.values())


def _kept(pod: Object) -> dict[str, Any]:
    metadata, owner = pod["metadata"], owner_of(pod) or {}
    return {
        "namespace": metadata.get("namespace", ""), "name": metadata["name"], "uid": metadata["uid"],
        "owner": {name: owner.get(name, "") for name in ("kind", "name", "uid")},
    }


def _result(captured: Captured, namespace: str) -> RestartExecutionResult:
    names = tuple(each["name"] for each in captured.kept["pods"])
    return RestartExecutionResult(pods_restarted=len(names), restarted_pods=names[:500], namespace=namespace)


def _affected(captured: Captured, word: str) -> tuple[AffectedResource, ...]:
    return tuple(
        AffectedResource(resource_type=PODS.kind, name=each["name"], namespace=each["namespace"], change_type=word)
        for each in captured.kept["pods"])


def _seconds(parameters: DeletePodParams | RestartPodParams) -> int | None:
    return None if parameters.grace_period is None else int(parameters.grace_period.total_seconds())
