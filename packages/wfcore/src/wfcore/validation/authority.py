"""Where a workflow may act: its own namespace, anywhere from a trusted one, elsewhere if its creator holds the power.

Protected namespaces are nobody's.  What a creator may do elsewhere only the API
server's authorizer knows; the static check lets it through when a creator is
named, and `power_review` asks before anything is created.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attrs import frozen

from wfcore.codec.problems import Path, Problem
from wfcore.model.definition import WorkflowStep
from wfcore.model.enums import Action
from wfcore.model.execution import KubernetesExecutionSpec
from wfcore.model.workflow import ANNOTATION_CREATED_BY, ObjectMeta
from wfcore.planning.targets import Target, in_namespace, rendered_targets, restored_targets, step_targets
from wfcore.program import AccessQuestion, Review
from wfcore.resources import WORKFLOW_GROUP
from wfcore.settings import Settings

# A virtual resource: whoever holds an action as verb on it may have workflows do that action there.
POWERS = "remediations"


def creator_of(meta: ObjectMeta) -> str:
    """Who is said to have created a workflow, or an empty string; only the admission policy makes it true."""
    return meta.annotations.get(ANNOTATION_CREATED_BY, "")


def protected(settings: Settings) -> frozenset[str]:
    """The namespaces in which no workflow acts."""
    return settings.protected_namespaces | ({settings.controller_namespace} - {""})


def outside_power(target: Target, namespace: str, settings: Settings, creator: str = "") -> str:
    """Why a workflow in `namespace` may not act on an object, empty if it may; with a creator, only what nobody may."""
    if target.namespace in protected(settings):
        return f"{target} is in a protected namespace; workflows never act there"
    if creator or not _is_outside(target.namespace, namespace, settings):
        return ""
    where = f"namespace {target.namespace!r}" if target.namespace else "nodes"
    return (f"a workflow in namespace {namespace!r} may not act on {where} ({target}), and nobody vouches for it; "
            "run it in a namespace the operator trusts, or name its creator in the annotation "
            f"{ANNOTATION_CREATED_BY}")


def outside_authority(step: WorkflowStep, namespace: str, settings: Settings, path: Path,
                      creator: str = "") -> Iterator[Problem]:
    """A problem for each place a step would act in without the power to; with a creator, only where nobody has it."""
    for target in step_targets(step, namespace):
        why = outside_power(target, namespace, settings, creator)
        if why:
            yield Problem((*path, "parameters"), "Forbidden", why)
    yield from _elsewhere(step, namespace, path)


def _elsewhere(step: WorkflowStep, namespace: str, path: Path) -> Iterator[Problem]:
    """A compensation acts where its step does: with the captured values, and with its power."""
    spec = step.rollback_spec
    if spec is None or spec.parameters is None:
        return
    acted = {target.namespace for target in step_targets(step, namespace)}
    for target in restored_targets(in_namespace(spec.parameters, namespace)):
        if target.namespace not in acted:
            where = f"in namespace {target.namespace!r}" if target.namespace else "on nodes"
            yield Problem((*path, "rollbackSpec", "parameters"), "Forbidden",
                          f"the compensation acts {where}, where the step itself does not")


def _is_outside(place: str, namespace: str, settings: Settings) -> bool:
    """Whether a place is not the workflow's own, and the operator does not trust its namespace with others."""
    trusted = settings.trusted_namespaces
    return trusted is not None and place != namespace and namespace not in trusted


@frozen(order=True)
class Power:
    """To do an action in a namespace; an empty one means cluster-wide, on nodes."""

    namespace: str
    action: Action

    def __str__(self) -> str:
        return f"{self.action.value} {f'in namespace {self.namespace!r}' if self.namespace else 'on nodes'}"


def needed_powers(specs: Iterable[KubernetesExecutionSpec], namespace: str, settings: Settings) -> tuple[Power, ...]:
    """What the creator of a workflow in `namespace` has to be allowed, sorted; empty within its own.  O(steps)."""
    return tuple(sorted({
        Power(target.namespace, spec.action) for spec in specs for target in rendered_targets(spec)
        if _is_outside(target.namespace, namespace, settings)}))


def power_review(creator: str, powers: Iterable[Power]) -> Review:
    """One question for each power, in their order."""
    return Review(tuple(
        AccessQuestion(creator, power.action.value, WORKFLOW_GROUP, POWERS, power.namespace, "", groups_of(creator))
        for power in powers))


def groups_of(user: str) -> tuple[str, ...]:
    """The groups of a service account, which follow from its name; those of people nobody but the API server knows."""
    parts = user.split(":")
    if len(parts) != 4 or parts[:2] != ["system", "serviceaccount"]:
        return ()
    return ("system:serviceaccounts", f"system:serviceaccounts:{parts[2]}", "system:authenticated")
