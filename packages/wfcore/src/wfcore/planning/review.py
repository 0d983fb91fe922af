"""What a reviewer reads in a plan: touched resources, success criteria, warnings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta

from wfcore.codec.durations import format_duration
from wfcore.model.definition import ExecutionStrategy, WorkflowStep
from wfcore.model.enums import Action, RollbackStrategy
from wfcore.model.execution import KubernetesExecutionSpec
from wfcore.model.plan import PlannedResource
from wfcore.planning import dag
from wfcore.planning.targets import BY_NAME, IMPACTS, Target, impact_of, rendered_targets
from wfcore.settings import Settings

_SHOWN = 20
_MAX_COLLISIONS = 500

# How each success criterion begins: by it a criterion is recognised when it is judged.
EVERY_STEP, CRITICAL = "every step completes", "a failure of step"
HEALTHY, NO_NEW_ALERTS = "the targets stay healthy", "no new alert names a target"


def planned_resources(rendered: Mapping[int, KubernetesExecutionSpec]) -> tuple[PlannedResource, ...]:
    """Every object the steps touch, sorted, with the strongest impact of its steps."""
    steps_of: dict[Target, list[int]] = {}
    for number, spec in rendered.items():
        for target in rendered_targets(spec):
            steps_of.setdefault(target, []).append(number)
    return tuple(
        PlannedResource(
            kind=target.kind, namespace=target.namespace, name=target.name or f"({target.selector})",
            steps=tuple(numbers), impact=max((impact_of(rendered[n]) for n in numbers), key=IMPACTS.index))
        for target, numbers in ((target, steps_of[target]) for target in sorted(steps_of, key=BY_NAME)))


def criteria(steps: Mapping[int, WorkflowStep], settings: Settings, what: str = "step") -> tuple[str, ...]:
    """What has to hold for the outcome `success`."""
    critical = [number for number, step in steps.items() if step.critical_step]
    found = [f"{EVERY_STEP if what == 'step' else f'every {what} completes'} and its outcome is verified"]
    if critical:
        found.append(f"{CRITICAL} {_listed(critical)} fails the workflow")
    found.append(f"{HEALTHY} for {format_duration(settings.stability_window)}, "
                 f"within {format_duration(settings.monitoring_timeout)} after the last step")
    found.append(f"{NO_NEW_ALERTS} meanwhile")
    return tuple(found)


def plan_warnings(steps: Mapping[int, WorkflowStep], rendered: Mapping[int, KubernetesExecutionSpec],
                  needs: Mapping[int, frozenset[int]], order: tuple[int, ...], estimate: timedelta,
                  strategy: ExecutionStrategy) -> tuple[str, ...]:
    """Things that are allowed but that a reviewer should know; `order` is a topological order."""
    return tuple(_warnings(steps, rendered, needs, order, estimate, strategy))


def _warnings(steps: Mapping[int, WorkflowStep], rendered: Mapping[int, KubernetesExecutionSpec],
              needs: Mapping[int, frozenset[int]], order: tuple[int, ...], estimate: timedelta,
              strategy: ExecutionStrategy) -> Iterator[str]:
    uncompensated = [n for n, s in steps.items() if s.rollback_spec is None and s.action is not Action.CHECK_POD_HEALTH]
    if uncompensated and strategy.rollback_strategy is not RollbackStrategy.NONE:
        yield (f"step {_listed(uncompensated)} changes the cluster but has no rollbackSpec: "
               "after a rollback what it changed stays changed")
    yield from collision_warnings(rendered, needs, order)
    blind = [n for n, spec in rendered.items()
             if spec.action is Action.CHECK_POD_HEALTH and spec.parameters is None and not spec.health_targets]
    if blind:
        yield (f"step {_listed(blind)} checks nothing: it has no parameters and no prerequisite "
               "that touches a Deployment or Node")
    if not any(step.critical_step for step in steps.values()):
        yield "no step is critical: a failure never triggers a rollback unless every step fails"
    yield from too_short(strategy, estimate)


def too_short(strategy: ExecutionStrategy, estimate: timedelta) -> Iterator[str]:
    """A limit that the workflow will probably break."""
    if strategy.workflow_timeout is not None and strategy.workflow_timeout < estimate:
        yield (f"workflowTimeout {format_duration(strategy.workflow_timeout)} is shorter than "
               f"the estimated duration {format_duration(estimate)}")


def collision_warnings(rendered: Mapping[int, KubernetesExecutionSpec], needs: Mapping[int, frozenset[int]],
                       order: tuple[int, ...]) -> Iterator[str]:
    """Steps that change the same object and may run at the same time, in words."""
    touched = {n: rendered_targets(spec) for n, spec in rendered.items() if impact_of(spec) != "none"}
    for before, after, target in collisions(touched, needs, order):
        yield (f"steps {before} and {after} both change {target} and neither waits for the other: "
               "which change stays is open; let one depend on the other")


def collisions(touched: Mapping[int, Iterable[Target]], needs: Mapping[int, frozenset[int]],
               order: tuple[int, ...]) -> Iterator[tuple[int, int, Target]]:
    """Pairs of steps that change the same object and may run at the same time.  `touched` is what each changes."""
    last: dict[Target, int] = {}
    looked = 0
    for number in order:
        for target in dict.fromkeys(touched.get(number, ())):
            before = last.get(target)
            last[target] = number
            looked += before is not None
            if before is not None and looked <= _MAX_COLLISIONS and not dag.is_ancestor(needs, before, number):
                yield before, number, target


def _listed(numbers: list[int]) -> str:
    more = f", ... ({len(numbers)} in all)" if len(numbers) > _SHOWN else ""
    return ", ".join(map(str, numbers[:_SHOWN])) + more
