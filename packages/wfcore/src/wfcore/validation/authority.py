"""Where a workflow may act: its own namespace, and what the operator trusts it with; never protected namespaces."""

from __future__ import annotations

from collections.abc import Iterator

from wfcore.codec.problems import Path, Problem
from wfcore.model.definition import WorkflowStep
from wfcore.planning.targets import in_namespace, step_targets
from wfcore.settings import Settings


def outside_authority(step: WorkflowStep, namespace: str, settings: Settings, path: Path) -> Iterator[Problem]:
    """A problem for each place a step would act in without the power to."""
    for target in step_targets(step, namespace):
        place = (*path, "parameters")
        if target.namespace in settings.protected_namespaces:
            yield Problem(place, "Forbidden", f"{target} is in a protected namespace; workflows never act there")
        elif settings.trusted_namespaces is not None and target.namespace != namespace:
            if target.namespace not in settings.trusted_namespaces:
                where = f"namespace {target.namespace!r}" if target.namespace else "nodes"
                yield Problem(place, "Forbidden", f"a workflow in namespace {namespace!r} may not act on {where} "
                              f"({target}); run it in a namespace the operator trusts")
    spec = step.rollback_spec
    if spec is None or spec.parameters is None:
        return
    restored = getattr(in_namespace(spec.parameters, namespace), "namespace", None)
    acted = {target.namespace for target in step_targets(step, namespace)}
    if restored is not None and restored not in acted:
        yield Problem((*path, "rollbackSpec", "parameters"), "Forbidden",
                      f"the compensation acts in namespace {restored!r}, where the step itself does not")
