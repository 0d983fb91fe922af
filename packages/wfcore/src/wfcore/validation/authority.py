"""Where a workflow may act: its own namespace, and what the operator trusts it with; never protected namespaces."""

from __future__ import annotations

from collections.abc import Iterator

from wfcore.codec.problems import Path, Problem
from wfcore.model.definition import WorkflowStep
from wfcore.planning.targets import Target, in_namespace, step_targets
from wfcore.settings import Settings


def outside_power(target: Target, namespace: str, settings: Settings) -> str:
    """Why a workflow in `namespace` may not act on an object; empty if it may."""
    if target.namespace in settings.protected_namespaces:
        return f"{target} is in a protected namespace; workflows never act there"
    trusted = settings.trusted_namespaces
    if trusted is None or target.namespace == namespace or target.namespace in trusted:
        return ""
    where = f"namespace {target.namespace!r}" if target.namespace else "nodes"
    return (f"a workflow in namespace {namespace!r} may not act on {where} ({target}); "
            "run it in a namespace the operator trusts")


def outside_authority(step: WorkflowStep, namespace: str, settings: Settings, path: Path) -> Iterator[Problem]:
    """A problem for each place a step would act in without the power to."""
    for target in step_targets(step, namespace):
        why = outside_power(target, namespace, settings)
        if why:
            yield Problem((*path, "parameters"), "Forbidden", why)
    spec = step.rollback_spec
    if spec is None or spec.parameters is None:
        return
    restored = getattr(in_namespace(spec.parameters, namespace), "namespace", None)
    acted = {target.namespace for target in step_targets(step, namespace)}
    if restored is not None and restored not in acted:
        yield Problem((*path, "rollbackSpec", "parameters"), "Forbidden",
                      f"the compensation acts in namespace {restored!r}, where the step itself does not")
