"""What must not matter does not: the same workflow spelt otherwise is decided alike, commit by commit."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wfcore.model.actions import ScaleDeploymentParams
from wfcore.model.definition import DependencyList, WorkflowExecutionSpec, WorkflowStep
from wfcore.model.enums import Action, FailureClass
from wfcore.model.status import WorkflowExecutionStatus
from wfcore.testing.strategies import workflow_specs
from wfcore.testing.walking import BEHAVIOURS, Behaviour, Walk

from .machine import quietly
from .test_planning import edges, with_steps

walks = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
                 max_examples=settings().max_examples // 3)
SPECS = workflow_specs(max_size=4).map(quietly)


def decided(spec: WorkflowExecutionSpec, behaviours: list[Behaviour]) -> list[WorkflowExecutionStatus]:
    return Walk(spec, behaviours).to_the_end().world.commits


@walks
@given(SPECS, BEHAVIOURS, st.randoms(use_true_random=False))
def test_the_order_of_steps_in_the_list_decides_nothing(
        spec: WorkflowExecutionSpec, behaviours: list[Behaviour], random: Any) -> None:
    steps = list(spec.workflow_definition.steps)
    random.shuffle(steps)

    assert decided(spec, behaviours) == decided(with_steps(spec, tuple(steps)), behaviours)


@walks
@given(SPECS, BEHAVIOURS)
def test_the_spelling_of_dependencies_decides_nothing(
        spec: WorkflowExecutionSpec, behaviours: list[Behaviour]) -> None:
    needs, definition = edges(spec), spec.workflow_definition
    name = {step.step_number: step.name for step in definition.steps}
    by_number = with_steps(spec, tuple(attrs.evolve(s, depends_on=tuple(sorted(needs[s.step_number])))
                                       for s in definition.steps), dependencies=())
    by_name = with_steps(spec, tuple(attrs.evolve(s, depends_on=()) for s in definition.steps), dependencies=tuple(
        DependencyList(step=name[n], needs=tuple(name[b] for b in sorted(before))) for n, before in needs.items()))

    assert decided(by_number, behaviours) == decided(by_name, behaviours)


@walks
@given(SPECS, BEHAVIOURS)
def test_the_names_of_steps_decide_nothing(spec: WorkflowExecutionSpec, behaviours: list[Behaviour]) -> None:
    steps = tuple(attrs.evolve(step, name=f"{step.name}!") for step in spec.workflow_definition.steps)
    entries = tuple(DependencyList(step=f"{e.step}!", needs=tuple(f"{n}!" for n in e.needs))
                    for e in spec.workflow_definition.dependencies)

    assert decided(spec, behaviours) == decided(with_steps(spec, steps, dependencies=entries), behaviours)


# One behaviour for every child, and no retries, whose pauses are derived from the number of the step.
ALIKE = st.builds(Behaviour, st.integers(0, 90), st.just("report"), st.sampled_from([
    {"phase": "completed", "rollbackInformation": {"mutated": "yes"}},
    {"phase": "failed", "failureClass": FailureClass.VALIDATION_ERROR.value},
    {"phase": "failed", "failureClass": FailureClass.VALIDATION_ERROR.value, "rollbackInformation": {"mutated": "yes"}},
])) | st.just(Behaviour(0, "nothing"))


def shape(status: WorkflowExecutionStatus, less: int = 0) -> tuple:
    """What was decided, without what shows a number or a name."""
    return (status.phase, status.current_step, status.phase_deadline, status.completion_time, {
        entry.step_number - less: (entry.status, entry.attempt, entry.start_time, entry.end_time, entry.deadline,
                                   entry.mutated, entry.rollback and (entry.rollback.status, entry.rollback.start_time))
        for entry in status.step_statuses})


def without_retries(spec: WorkflowExecutionSpec) -> WorkflowExecutionSpec:
    steps = tuple(attrs.evolve(step, max_retries=0) for step in spec.workflow_definition.steps)
    return with_steps(spec, steps)


@walks
@given(SPECS.map(without_retries), ALIKE)
def test_renumbering_renames_and_decides_nothing(spec: WorkflowExecutionSpec, behaviour: Behaviour) -> None:
    needs = edges(spec)
    moved = with_steps(spec, tuple(attrs.evolve(
        s, step_number=s.step_number + 100, depends_on=tuple(n + 100 for n in sorted(needs[s.step_number])))
        for s in spec.workflow_definition.steps), dependencies=())

    assert [shape(status) for status in decided(spec, [behaviour])] == [
        shape(status, less=100) for status in decided(moved, [behaviour])]


LONE = WorkflowStep(step_number=900, action=Action.SCALE_DEPLOYMENT, max_retries=0, timeout=timedelta(minutes=20),
                    parameters=ScaleDeploymentParams(deployment="lone", replicas=1))


@walks
@given(SPECS.map(without_retries), st.integers(0, 90))
def test_an_independent_step_changes_no_decision_on_the_others(spec: WorkflowExecutionSpec, after: int) -> None:
    """With room for all, each of the others starts and ends when it did, whether this one is there or not."""
    roomy = attrs.evolve(spec, execution_strategy=attrs.evolve(
        spec.execution_strategy, max_parallel_steps=99, workflow_timeout=None))
    good = [Behaviour(after, "succeed", {"phase": "completed"})]
    alone = shape(decided(roomy, good)[-1])[-1]
    together = shape(decided(with_steps(roomy, (*roomy.workflow_definition.steps, LONE)), good)[-1])[-1]

    assert alone == {number: entry for number, entry in together.items() if number != 900}
