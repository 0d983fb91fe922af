"""What dry runs predict besides what the plan says: changes of objects that are no targets, steps that collide.

The lists that executors report are only read for which objects they name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import frozen

from wfcore.execution.ledger import clipped
from wfcore.model.enums import Action
from wfcore.model.execution import KubernetesExecutionSpec, KubernetesExecutionStatus
from wfcore.model.results import ResourceChange
from wfcore.planning.planner import Plan
from wfcore.planning.review import collisions
from wfcore.planning.targets import Target, impact_of, rendered_targets
from wfcore.settings import Settings
from wfcore.validation.authority import protected

_LONGEST_NAME = 253
_OF_A_DEPLOYMENT = frozenset({"Pod", "ReplicaSet"})

Predictions = Mapping[int, tuple[ResourceChange, ...]]


@frozen
class SideEffect:
    """A predicted change of something that no step aims at.  `forbidden`: where the workflow has no business."""

    step_number: int
    change: ResourceChange
    forbidden: bool

    def __str__(self) -> str:
        return f"step {self.step_number} would also change {target_of(self.change)} ({self.change.change_type})"


def predicted(status: KubernetesExecutionStatus) -> tuple[ResourceChange, ...]:
    """The changes that a dry run names, without values: those may be secret, and nobody needs them here."""
    result, dry_run = status.execution_result, status.dry_run_result
    named = [(c.resource_type, c.resource_name, c.namespace, c.change_type)
             for c in (dry_run.resource_changes if dry_run else ())]
    named += [(r.resource_type, r.name, r.namespace, r.change_type)
              for r in (result.resources_affected if result else ())]
    short = [tuple(clipped(text, _LONGEST_NAME) for text in each) for each in dict.fromkeys(named)]
    return tuple(ResourceChange(resource_type=kind, resource_name=name, namespace=namespace, change_type=how)
                 for kind, name, namespace, how in short)


def target_of(change: ResourceChange) -> Target:
    """The object that a prediction names."""
    return Target(change.resource_type, change.namespace, change.resource_name)


def side_effects(plan: Plan, predictions: Predictions, namespace: str, settings: Settings) -> Iterator[SideEffect]:
    """The predicted changes that nobody asked for.

    Nobody knows the targets of a custom action; it has to stay in the workflow's
    own namespace.  O(predictions x targets of a step).
    """
    places = {namespace, *(target.namespace for spec in plan.rendered.values() for target in rendered_targets(spec))}
    allowed = places - protected(settings)
    for number, changes in predictions.items():
        for change in changes:
            if not _is_expected(change, plan.rendered[number], namespace):
                yield SideEffect(number, change, change.namespace not in allowed)


def _is_expected(change: ResourceChange, spec: KubernetesExecutionSpec, namespace: str) -> bool:
    if spec.action is Action.CUSTOM:
        return change.namespace == namespace
    # A drain evicts whatever runs there, wherever it belongs.
    evicted = spec.action is Action.DRAIN_NODE and change.resource_type == "Pod"
    return evicted or any(_belongs(change, target) for target in rendered_targets(spec))


def _belongs(change: ResourceChange, target: Target) -> bool:
    """Whether a change is one of the target itself, or of what the target's controller makes of it."""
    if change.namespace != target.namespace:
        return False
    if change.resource_type == target.kind:
        return target.name in ("", change.resource_name)
    made = target.kind == "Deployment" and change.resource_type in _OF_A_DEPLOYMENT
    return made and change.resource_name.startswith(f"{target.name}-")


def colliding(plan: Plan, predictions: Predictions) -> Iterator[tuple[int, int, Target]]:
    """Pairs of steps that change the same object, by plan or by prediction, and may do so at the same time."""
    touched = {number: (*(rendered_targets(spec) if impact_of(spec) != "none" else ()),
                        *map(target_of, predictions.get(number, ())))
               for number, spec in plan.rendered.items()}
    return collisions(touched, plan.needs, plan.order)
