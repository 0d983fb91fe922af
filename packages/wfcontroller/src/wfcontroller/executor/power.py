"""Whose power?  From a namespace that is not trusted a step acts elsewhere only if its workflow's creator may.

The controller has asked the same before it created the execution; what is
created by anybody else, and what was taken from the creator meanwhile, ends here.
"""

from __future__ import annotations

from wfcontroller.api import Api, ApiError
from wfcontroller.cluster.reviews import Authorizer
from wfcontroller.deployment.standing import altered
from wfcontroller.executor.failures import ExecutionFailed
from wfcontroller.executor.guarded import patiently
from wfcontroller.executor.settings import ExecutorSettings
from wfcontroller.executor.validation import elsewhere
from wfcontroller.objects import metadata
from wfcore.model.enums import FailureClass
from wfcore.model.workflow import ANNOTATION_CREATED_BY, KubernetesExecution
from wfcore.resources import WORKFLOW_EXECUTIONS
from wfcore.validation.authority import Power, power_review


async def check_power(api: Api, execution: KubernetesExecution, settings: ExecutorSettings) -> None:
    """Return when the step may act where it does: at once within its own namespace, else after at most five requests.

    Raises `ExecutionFailed` (permission_denied; service_unavailable where nobody could say) and `ApiError`.
    """
    places = elsewhere(execution, settings)
    if not places:
        return
    creator = await _creator(api, execution)
    if not creator:
        raise ExecutionFailed(FailureClass.PERMISSION_DENIED, "; ".join(
            f"a workflow in namespace {execution.metadata.namespace!r} may not act on "
            f"{_named(place)} ({what}), and nobody vouches for it" for what, place in places))
    why = await _unproved(api, settings)
    if why:
        raise ExecutionFailed(FailureClass.PERMISSION_DENIED, f"nothing proves that {creator!r} created the workflow: "
                              f"the admission policy wf-guard does not stand as shipped ({why})")
    powers = sorted({Power(place, execution.spec.action) for _, place in places})
    reviewed = await Authorizer(api).review(power_review(creator, powers))
    for power, allowed in zip(powers, reviewed.answers, strict=True):
        if allowed is None:
            raise ExecutionFailed(FailureClass.SERVICE_UNAVAILABLE,
                                  f"nobody could say whether {creator} may have workflows {power}")
        if not allowed:
            raise ExecutionFailed(FailureClass.PERMISSION_DENIED, f"{creator} may not have workflows {power} "
                                  f"(verb {power.action.value} on remediations)")


async def _creator(api: Api, execution: KubernetesExecution) -> str:
    reference = execution.spec.workflow_execution_ref
    try:
        workflow = await patiently(lambda: api.get(WORKFLOW_EXECUTIONS, reference.namespace, reference.name))
    except ApiError as error:
        if error.status != 404:
            raise
        return ""
    meta = metadata(workflow)
    if meta.get("uid") != reference.uid:
        return ""
    return str((meta.get("annotations") or {}).get(ANNOTATION_CREATED_BY, ""))


async def _unproved(api: Api, settings: ExecutorSettings) -> str:
    try:
        return await patiently(lambda: altered(api, settings.controller_namespace or settings.namespace))
    except ApiError as error:
        if error.status != 404:
            raise
        return "it is missing"


def _named(place: str) -> str:
    return f"namespace {place!r}" if place else "nodes"
