"""Operations on Deployments: scale, restart, update the image, and their compensations."""

from __future__ import annotations

import copy
import hashlib
from datetime import datetime
from typing import Any

from wfcontroller.api import ApiError, Object
from wfcontroller.executor.change import MISSING, ObjectChange
from wfcontroller.executor.contract import ActionResult, Captured, Done, Work
from wfcontroller.executor.failures import ExecutionFailed
from wfcontroller.executor.owners import gitops_notices, hpa_notices
from wfcontroller.executor.parts import Part, Place, Replicas, Template
from wfcontroller.executor.rollouts import judge_rollout, judge_scale
from wfcontroller.executor.snapshots import load_part
from wfcontroller.listing import everything
from wfcore.model.actions import RestartDeploymentParams, ScaleDeploymentParams, UpdateImageParams
from wfcore.model.compensations import RestorePreviousDeploymentParams, ScaleToPreviousParams
from wfcore.model.enums import FailureClass
from wfcore.model.results import (
    AffectedResource,
    RestartExecutionResult,
    ScaleExecutionResult,
    UpdateExecutionResult,
)
from wfcore.resources import DEPLOYMENTS, REPLICA_SETS

RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
REVISION = "deployment.kubernetes.io/revision"
HASH_LABEL = "pod-template-hash"
MOST_REPLICAS = 1000  # what a compensation's parameters can carry
REPLICAS, TEMPLATE = Replicas(), Template()


async def scale(parameters: ScaleDeploymentParams, work: Work) -> ObjectChange:
    """Set the number of replicas and wait until they are ready."""
    await hpa_notices(work, parameters.namespace, parameters.deployment)
    return _scaling(Place(DEPLOYMENTS, parameters.namespace, parameters.deployment), parameters.replicas)


async def scale_to_previous(parameters: ScaleToPreviousParams, work: Work) -> ObjectChange:
    """Restore the number of replicas."""
    if parameters.previous_replicas is None:
        raise ExecutionFailed(
            FailureClass.VALIDATION_ERROR,
            f"nothing was captured of Deployment {parameters.namespace}/{parameters.deployment} and the step's"
            " rollbackSpec names no previousReplicas; set it",
        )
    return _scaling(Place(DEPLOYMENTS, parameters.namespace, parameters.deployment), parameters.previous_replicas)


def _scaling(place: Place, replicas: int) -> ObjectChange:
    def capture(found: Object) -> Captured:
        previous = REPLICAS.read(found)
        if previous > MOST_REPLICAS:
            raise ExecutionFailed(
                FailureClass.VALIDATION_ERROR,
                f"{place} has {previous} replicas; more than {MOST_REPLICAS} can't be restored, so they stay")
        parameters = ScaleToPreviousParams(
            namespace=place.namespace, deployment=place.name, previous_replicas=previous)
        return Captured(parameters, digested=previous)

    def previous(captured: Captured) -> Any:
        known = captured.parameters
        return known.previous_replicas if isinstance(known, ScaleToPreviousParams) else MISSING

    change = _change(place, REPLICAS, lambda _part: replicas, capture, previous)

    def judge(before: Object, found: Object) -> Any:
        result = ScaleExecutionResult(
            previous_replicas=REPLICAS.read(before), new_replicas=replicas, scaled_namespace=place.namespace,
            scaled_deployment=place.name)
        return judge_scale(before, found, _done(place, "scaled", result))

    change.judge = judge
    return change


async def restart(parameters: RestartDeploymentParams, work: Work) -> ObjectChange:
    """Roll the pods, as `kubectl rollout restart` does."""
    if parameters.grace_period is not None:
        work.warn("gracePeriod has no effect on a rolling restart; pods stop within their own"
                  " terminationGracePeriodSeconds")
    place = Place(DEPLOYMENTS, parameters.namespace, parameters.deployment)
    instant = restart_instant(work.started, work.execution.metadata.uid)

    def annotated(template: Any) -> Any:
        metadata = dict(template.get("metadata") or {})
        metadata["annotations"] = {**(metadata.get("annotations") or {}), RESTARTED_AT: instant}
        return {**template, "metadata": metadata}

    def result(_before: Object, found: Object) -> ActionResult:
        return RestartExecutionResult(pods_restarted=REPLICAS.read(found), namespace=place.namespace)

    return _templating(place, annotated, "restarted", result, work)


async def update_image(parameters: UpdateImageParams, work: Work) -> ObjectChange:
    """Change one container's image and wait for the rollout."""
    place = Place(DEPLOYMENTS, parameters.namespace, parameters.deployment)

    def with_image(template: Any) -> Any:
        changed = copy.deepcopy(template)
        _container(changed, parameters.container, place)["image"] = parameters.new_image
        return changed

    def result(before: Object, _found: Object) -> ActionResult:
        previous = _container(TEMPLATE.read(before), parameters.container, place)["image"]
        return _updated(place, "image", previous, parameters.new_image)

    return _templating(place, with_image, "modified", result, work)


async def restore(parameters: RestorePreviousDeploymentParams, work: Work) -> ObjectChange:
    """Restore the pod template: from the snapshot when there is one, else from the ReplicaSet of the revision."""
    place = Place(DEPLOYMENTS, parameters.namespace, parameters.deployment)
    if parameters.snapshot:
        template = await load_part(work, parameters.snapshot, place)
    else:
        template = await _template_of_revision(work, place, parameters.revision)

    def result(_before: Object, _found: Object) -> ActionResult:
        return _updated(place, "spec", "", "")

    change = _templating(place, lambda _part: template, "modified", result, work)
    change.capture_of = lambda _found: Captured()  # what a compensation replaces is never restored
    return change


def restart_instant(started: datetime, uid: str) -> str:
    """The restart's annotation: when the attempt began, with the execution's uid hashed into the fraction.

    So a second pass recognises its own restart, and two of the same instant differ.
    """
    fraction = int(hashlib.sha256(uid.encode()).hexdigest(), 16) % 10**9
    return f"{started:%Y-%m-%dT%H:%M:%S}.{fraction:09d}Z"


def _templating(place: Place, wanted: Any, word: str, result: Any, work: Work) -> ObjectChange:
    def capture(found: Object) -> Captured:
        revision = (found["metadata"].get("annotations") or {}).get(REVISION, "")
        template = TEMPLATE.read(found)
        parameters = RestorePreviousDeploymentParams(
            namespace=place.namespace, deployment=place.name, snapshot=work.snapshot,
            revision=int(revision) if revision.isdigit() else 0)
        return Captured(parameters, {"of": str(place), "part": template}, template)

    def previous(captured: Captured) -> Any:
        return captured.kept["part"] if captured.kept is not None else MISSING

    change = _change(place, TEMPLATE, wanted, capture, previous)
    change.judge = lambda before, found: judge_rollout(before, found, _done(place, word, result(before, found)))
    return change


def _change(place: Place, part: Part, wanted: Any, capture: Any, previous: Any) -> ObjectChange:
    return ObjectChange(
        place=place, part=part, wanted=wanted, capture_of=capture, part_in=previous,
        judge=lambda before, found: judge_rollout(before, found, Done()), notices=gitops_notices)


async def _template_of_revision(work: Work, place: Place, revision: int) -> Any:
    """The template of a revision, 0 meaning the one before the present, as its ReplicaSet still has it."""
    try:
        deployment = await work.api.get(place.resource, place.namespace, place.name)
    except ApiError as error:
        if error.status != 404:
            raise
        raise ExecutionFailed(FailureClass.RESOURCE_NOT_FOUND, f"{place} does not exist") from None
    items, _ = await everything(work.api, REPLICA_SETS, place.namespace)
    owned = {_revision(item): item for item in items if _is_owned(item, deployment["metadata"]["uid"])}
    present = _revision(deployment)
    wanted = revision or max((number for number in owned if number < present), default=0)
    if wanted not in owned:
        kept = ", ".join(map(str, sorted(owned))) or "none"
        asked = f"revision {revision}" if revision else f"revision before {present}"
        raise ExecutionFailed(
            FailureClass.RESOURCE_NOT_FOUND, f"{place} has no {asked} any more; its ReplicaSets hold: {kept}")
    template = TEMPLATE.read(owned[wanted])
    template.get("metadata", {}).get("labels", {}).pop(HASH_LABEL, None)
    return template


def _revision(item: Object) -> int:
    given = (item["metadata"].get("annotations") or {}).get(REVISION, "")
    return int(given) if given.isdigit() else 0


def _is_owned(item: Object, uid: str) -> bool:
    return any(owner["uid"] == uid for owner in item["metadata"].get("ownerReferences") or ())


def _container(template: Any, name: str, place: Place) -> Any:
    spec = template.get("spec") or {}
    containers = [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
    found = next((each for each in containers if each.get("name") == name), None)
    if found is None:
        known = ", ".join(str(each.get("name")) for each in containers)
        raise ExecutionFailed(
            FailureClass.VALIDATION_ERROR, f"{place} has no container {name!r}; it has: {known}; correct `container`")
    return found


def _updated(place: Place, kind: str, previous: str, new: str) -> UpdateExecutionResult:
    return UpdateExecutionResult(
        resource_type=place.resource.kind, resource_name=place.name, namespace=place.namespace, update_type=kind,
        previous_value=previous, new_value=new)


def _done(place: Place, word: str, result: ActionResult) -> Done:
    affected = AffectedResource(
        resource_type=place.resource.kind, name=place.name, namespace=place.namespace, change_type=word)
    return Done(result, (affected,))
