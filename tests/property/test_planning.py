"""Planning: waves, strategy, critical path, rollback order and digest, each against an oracle of its own."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfcore.codec import Malformed
from wfcore.model.actions import PARAMETERS_OF, ScaleDeploymentParams, UpdateSecretParams
from wfcore.model.definition import (
    DependencyList,
    SourceReference,
    WorkflowDefinition,
    WorkflowExecutionSpec,
    WorkflowStep,
)
from wfcore.model.enums import Action, RollbackStrategy, Strategy
from wfcore.model.fields import StrMap
from wfcore.model.plan import PlanInputs
from wfcore.planning import dag
from wfcore.planning.estimate import TYPICAL
from wfcore.planning.outline import outline_of, resolve
from wfcore.planning.planner import Plan, plan_workflow
from wfcore.planning.targets import IMPACT_OF, IMPACTS
from wfcore.testing.strategies import SETTINGS, graphs, workflow_specs

INPUTS = PlanInputs()
SECONDS = st.dictionaries(st.integers(1, 60), st.integers(0, 1000))


def planned(spec: WorkflowExecutionSpec, namespace: str = "default") -> Plan:
    plan = plan_workflow(spec, namespace, SETTINGS, INPUTS)
    assert isinstance(plan, Plan), plan
    return plan


def with_steps(spec: WorkflowExecutionSpec, steps: tuple[WorkflowStep, ...], **more: object) -> WorkflowExecutionSpec:
    return attrs.evolve(spec, workflow_definition=attrs.evolve(spec.workflow_definition, steps=steps, **more))


def edges(spec: WorkflowExecutionSpec) -> dict[int, set[int]]:
    """The oracle of dependencies: both spellings, without a graph library."""
    definition = spec.workflow_definition
    number = {step.name: step.step_number for step in definition.steps}
    found = {step.step_number: set(step.depends_on) for step in definition.steps}
    for entry in definition.dependencies:
        found[number[entry.step]] |= {number[name] for name in entry.needs}
    return found


def before(needs: Mapping[int, object], step: int) -> set[int]:
    """Every step that (transitively) has to come before one."""
    found: set[int] = set()
    todo = list(needs[step])
    while todo:
        one = todo.pop()
        if one not in found:
            found.add(one)
            todo += needs[one]
    return found


def longest_chain(needs: Mapping[int, object], weight: Mapping[int, float]) -> float:
    total: dict[int, float] = {}
    for step in sorted(needs, key=lambda n: len(before(needs, n))):
        total[step] = weight.get(step, 0) + max((total[n] for n in needs[step]), default=0)
    return max(total.values(), default=0)


@given(workflow_specs())
def test_both_spellings_of_dependencies_are_united(spec: WorkflowExecutionSpec) -> None:
    assert edges(spec) == planned(spec).needs


@given(graphs())
def test_waves_partition_the_steps_respect_the_edges_and_are_as_few_as_possible(needs: dict) -> None:
    levels = dag.waves(needs)
    wave_of = {step: i for i, wave in enumerate(levels) for step in wave}

    assert sorted(needs) == sorted(step for wave in levels for step in wave)
    assert all(wave_of[b] < wave_of[step] for step in needs for b in needs[step])
    assert longest_chain(needs, dict.fromkeys(needs, 1)) == len(levels)
    assert all(list(wave) == sorted(wave) for wave in levels)


@given(workflow_specs())
def test_the_strategy_says_how_much_can_run_at_once(spec: WorkflowExecutionSpec) -> None:
    plan = planned(spec).published
    widest, count = max(len(w.steps) for w in plan.waves), len(plan.waves)
    expected = (Strategy.SEQUENTIAL if widest == 1 else Strategy.PARALLEL if count == 1
                else Strategy.SEQUENTIAL_WITH_PARALLEL)

    assert expected is plan.strategy


@given(graphs(), SECONDS)
def test_the_critical_path_is_a_chain_and_none_is_longer(needs: dict, seconds: dict) -> None:
    weight = {step: float(seconds.get(step, 1)) for step in needs}
    path, length = dag.critical_path([s for wave in dag.waves(needs) for s in wave], needs, weight)

    assert all(earlier in needs[later] for earlier, later in itertools.pairwise(path))
    assert sum(weight[step] for step in path) == length == longest_chain(needs, weight)


@given(graphs(), st.data())
def test_the_rollback_order_undoes_dependants_first_in_as_few_waves_as_possible(
        needs: dict, data: st.DataObject) -> None:
    chosen = data.draw(st.sets(st.sampled_from(sorted(needs))))
    order = [s for wave in dag.waves(needs) for s in wave]
    waves = dag.reverse_waves(order, needs, chosen)
    wave_of = {step: i for i, wave in enumerate(waves) for step in wave}

    assert chosen == wave_of.keys()
    assert all(wave_of[step] < wave_of[b] for step in chosen for b in before(needs, step) & chosen)
    among = {step: before(needs, step) & chosen for step in chosen}
    assert longest_chain(among, dict.fromkeys(chosen, 1)) == len(waves)


@given(graphs(min_size=2), st.data())
def test_a_cycle_is_named_in_the_order_its_steps_would_run(needs: dict, data: st.DataObject) -> None:
    last = data.draw(st.sampled_from([s for s in needs if needs[s]] or [0]))
    if not last:
        assert () == dag.find_cycle(needs)
        return
    first = data.draw(st.sampled_from(sorted(before(needs, last))))
    looped = {**needs, first: needs[first] | {last}}
    cycle = dag.find_cycle(looped)

    assert min(cycle) == cycle[0]
    assert len(set(cycle)) == len(cycle)
    assert all(a in looped[b] for a, b in itertools.pairwise((*cycle, cycle[0])))


@given(graphs())
def test_dependants_are_the_edges_turned_round(needs: dict) -> None:
    after = dag.dependants(needs)

    assert {(a, b) for a in after for b in after[a]} == {(a, b) for b in needs for a in needs[b]}
    assert all(list(steps) == sorted(steps) for steps in after.values())


def essence(plan: Plan) -> tuple:
    return plan.needs, plan.order, plan.rendered, plan.retries, plan.critical, plan.published, plan.digest


@given(workflow_specs(), st.randoms(use_true_random=False))
def test_the_order_of_steps_in_the_list_decides_nothing(spec: WorkflowExecutionSpec, random: object) -> None:
    steps = list(spec.workflow_definition.steps)
    random.shuffle(steps)

    assert essence(planned(spec)) == essence(planned(with_steps(spec, tuple(steps))))


@given(workflow_specs())
def test_the_spelling_of_dependencies_decides_nothing(spec: WorkflowExecutionSpec) -> None:
    needs = edges(spec)
    by_number = tuple(attrs.evolve(step, depends_on=tuple(sorted(needs[step.step_number], reverse=True)))
                      for step in spec.workflow_definition.steps)

    assert essence(planned(spec)) == essence(planned(with_steps(spec, by_number, dependencies=())))


@given(workflow_specs())
def test_names_of_steps_decide_nothing(spec: WorkflowExecutionSpec) -> None:
    steps = tuple(attrs.evolve(step, name=f"{step.name}!") for step in spec.workflow_definition.steps)
    entries = tuple(DependencyList(step=f"{e.step}!", needs=tuple(f"{n}!" for n in e.needs))
                    for e in spec.workflow_definition.dependencies)

    assert essence(planned(spec)) == essence(planned(with_steps(spec, steps, dependencies=entries)))


@given(workflow_specs())
def test_an_independent_step_changes_nothing_for_the_others(spec: WorkflowExecutionSpec) -> None:
    lone = WorkflowStep(step_number=900, action=Action.SCALE_DEPLOYMENT,
                        parameters=ScaleDeploymentParams(deployment="lone", replicas=1))
    alone, together = planned(spec), planned(with_steps(spec, (*spec.workflow_definition.steps, lone)))

    assert alone.digest != together.digest
    for mapping in ("needs", "rendered", "retries", "dependants"):
        assert getattr(alone, mapping) == {k: v for k, v in getattr(together, mapping).items() if k != 900}
    assert [tuple(s for s in w.steps if s != 900) for w in together.published.waves] == [
        w.steps for w in alone.published.waves]


@given(workflow_specs())
def test_renumbering_renames_and_nothing_else(spec: WorkflowExecutionSpec) -> None:
    needs = edges(spec)
    moved = tuple(attrs.evolve(s, step_number=s.step_number + 100,
                               depends_on=tuple(n + 100 for n in sorted(needs[s.step_number])))
                  for s in spec.workflow_definition.steps)
    old, new = planned(spec), planned(with_steps(spec, moved, dependencies=()))

    assert tuple(n + 100 for n in old.order) == new.order
    assert {n + 100: {m + 100 for m in wanted} for n, wanted in old.needs.items()} == new.needs


ONE = WorkflowExecutionSpec(workflow_definition=WorkflowDefinition(name="w", steps=(
    WorkflowStep(step_number=1, action=Action.SCALE_DEPLOYMENT,
                 parameters=ScaleDeploymentParams(deployment="web", replicas=1)),
    WorkflowStep(step_number=2, action=Action.SCALE_DEPLOYMENT,
                 parameters=ScaleDeploymentParams(deployment="web", replicas=2)))))


def changed_step(**changes: object) -> WorkflowExecutionSpec:
    first, second = ONE.workflow_definition.steps
    return with_steps(ONE, (first, attrs.evolve(second, **changes)))


def changed_strategy(**changes: object) -> WorkflowExecutionSpec:
    return attrs.evolve(ONE, execution_strategy=attrs.evolve(ONE.execution_strategy, **changes))


@pytest.mark.parametrize("other", [
    changed_step(parameters=ScaleDeploymentParams(deployment="web", replicas=3)),
    changed_step(parameters=ScaleDeploymentParams(deployment="api", replicas=2)),
    changed_step(depends_on=(1,)), changed_step(critical_step=True), changed_step(max_retries=0),
    changed_step(timeout=timedelta(minutes=4)), changed_step(step_number=3),
    changed_strategy(max_retries=1), changed_strategy(max_parallel_steps=1),
    changed_strategy(rollback_strategy=RollbackStrategy.NONE), changed_strategy(workflow_timeout=timedelta(hours=1)),
])
def test_the_digest_differs_when_what_is_done_differs(other: WorkflowExecutionSpec) -> None:
    assert planned(ONE).digest != planned(other).digest


def test_the_digest_covers_the_namespace_and_what_planning_took_from_outside() -> None:
    assert planned(ONE).digest != planned(ONE, "elsewhere").digest
    suspicious = PlanInputs(approval_needed_because="it failed three times")
    assert planned(ONE).digest != plan_workflow(ONE, "default", SETTINGS, suspicious).digest


def test_the_digest_does_not_say_which_sources_answered() -> None:
    """Only what they said decides anything: a source that is away asks for no other approval."""
    silent = PlanInputs(note="nobody answered", history_available=True)
    assert planned(ONE).digest == plan_workflow(ONE, "default", SETTINGS, silent).digest


@given(st.text("abc", min_size=1), st.text("abc", min_size=1))
def test_the_digest_tells_nothing_about_secret_values(one: str, other: str) -> None:
    def digest(value: str, key: str = "k") -> str:
        parameters = UpdateSecretParams(name="s", data_updates=StrMap({key: value}))
        return planned(changed_step(action=Action.UPDATE_SECRET, parameters=parameters)).digest

    assert digest(one) == digest(other)
    assert digest(one) != digest(one, "another")


@given(workflow_specs())
def test_a_plan_says_what_it_touches_with_the_strongest_effect(spec: WorkflowExecutionSpec) -> None:
    plan = planned(spec)
    for resource in plan.published.resources:
        impacts = [IMPACT_OF[plan.rendered[n].action] for n in resource.steps]
        assert max(impacts, key=IMPACTS.index) == resource.impact
    assert all(spec.timeout >= timedelta(seconds=1) for spec in plan.rendered.values())
    assert plan.published.estimated_duration <= sum((r.timeout for r in plan.rendered.values()), timedelta(0))


@given(workflow_specs())
def test_a_definition_without_problems_resolves_without_problems(spec: WorkflowExecutionSpec) -> None:
    needs, problems = resolve(outline_of(spec.workflow_definition))

    assert ((), set(needs)) == (problems, {s.step_number for s in spec.workflow_definition.steps})


def test_a_graph_with_problems_is_not_planned() -> None:
    assert isinstance(plan_workflow(changed_step(depends_on=(2, 9)), "default", SETTINGS, INPUTS), Malformed)


def test_a_spec_without_definition_cannot_be_planned() -> None:
    source = SourceReference(name="w", uid="1")
    for spec, reason in ((WorkflowExecutionSpec(), "Missing"),
                         (WorkflowExecutionSpec(rollback_of=source), "SourceNeeded"),
                         (WorkflowExecutionSpec(retry_of=source), "SourceNeeded")):
        plan = plan_workflow(spec, "default", SETTINGS, INPUTS)

        assert isinstance(plan, Malformed)
        assert [reason] == [problem.reason for problem in plan.problems]


def test_every_action_has_parameters_an_impact_and_a_usual_duration() -> None:
    assert set(Action) == PARAMETERS_OF.keys() == IMPACT_OF.keys() == TYPICAL.keys()


def test_a_reviewer_is_warned_of_what_is_allowed_but_odd() -> None:
    check = WorkflowStep(step_number=3, action=Action.CHECK_POD_HEALTH)
    odd = attrs.evolve(with_steps(ONE, (*ONE.workflow_definition.steps, check)), execution_strategy=attrs.evolve(
        ONE.execution_strategy, workflow_timeout=timedelta(seconds=1)))
    warnings = " ".join(planned(odd).published.warnings)

    for words in ("step 1, 2 changes the cluster but has no rollbackSpec", "step 3 checks nothing",
                  "no step is critical", "workflowTimeout 1s is shorter than the estimated duration 20s"):
        assert words in warnings


def test_a_check_without_parameters_judges_the_targets_of_its_prerequisites() -> None:
    check = WorkflowStep(step_number=3, action=Action.CHECK_POD_HEALTH, depends_on=(1, 2))
    rendered = planned(with_steps(ONE, (*ONE.workflow_definition.steps, check))).rendered[3]

    assert [("Deployment", "default", "web")] == [(t.kind, t.namespace, t.name) for t in rendered.health_targets]
