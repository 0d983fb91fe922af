"""Who else owns a target: an autoscaler or a GitOps controller will change it back."""

from __future__ import annotations

from wfcontroller.api import ApiError, Object
from wfcontroller.executor.contract import Work
from wfcontroller.listing import everything
from wfcore.resources import HORIZONTAL_POD_AUTOSCALERS

# What Argo CD and Flux write on the objects they apply.
_MARKS = {
    "argocd.argoproj.io/instance": "Argo CD", "argocd.argoproj.io/tracking-id": "Argo CD",
    "kustomize.toolkit.fluxcd.io/name": "Flux", "helm.toolkit.fluxcd.io/name": "Flux",
}


def gitops_notices(found: Object) -> tuple[str, ...]:
    """A warning for each mark of a GitOps controller on the object."""
    metadata = found["metadata"]
    marks = {**(metadata.get("labels") or {}), **(metadata.get("annotations") or {})}
    place = f"{found.get('kind', 'object')} {metadata.get('namespace', '')}/{metadata['name']}"
    return tuple(
        f"{place} is managed by {owner} ({mark}={marks[mark]}), which may revert this change"
        for mark, owner in _MARKS.items() if mark in marks)


async def hpa_notices(work: Work, namespace: str, deployment: str) -> None:
    """Warn of the autoscalers that scale this Deployment, or that nobody could tell."""
    try:
        scalers, _ = await everything(work.api, HORIZONTAL_POD_AUTOSCALERS, namespace)
    except ApiError as error:
        work.warn(f"whether an autoscaler owns Deployment {namespace}/{deployment} is unknown: {error.message}")
        return
    for scaler in scalers:
        target = (scaler.get("spec") or {}).get("scaleTargetRef") or {}
        if (target.get("kind"), target.get("name")) == ("Deployment", deployment):
            work.warn(f"HorizontalPodAutoscaler {namespace}/{scaler['metadata']['name']} owns the replicas of"
                      f" Deployment {namespace}/{deployment} and may change them again")
