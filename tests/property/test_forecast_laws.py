"""Forecasts of any workflow that can be planned."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import HealthCheck, given, settings

from wfcore.insight.assumptions import Assumptions
from wfcore.insight.forecast import forecast
from wfcore.model.definition import WorkflowExecutionSpec
from wfcore.model.enums import Mode
from wfcore.model.plan import PlanInputs
from wfcore.planning.planner import plan_workflow
from wfcore.testing.strategies import SETTINGS, workflow_specs

few = settings(max_examples=settings().max_examples // 6, suppress_health_check=[HealthCheck.too_slow])


@few
@given(workflow_specs(max_size=5))
def test_without_failures_a_run_takes_the_critical_path_and_the_window(spec: WorkflowExecutionSpec) -> None:
    roomy = attrs.evolve(spec, execution_strategy=attrs.evolve(
        spec.execution_strategy, workflow_timeout=None, max_parallel_steps=500, mode=Mode.EXECUTE,
        dry_run_first=False))
    plan = plan_workflow(roomy, "default", SETTINGS, PlanInputs())
    certain = Assumptions(spread=1, healthy=1, failure_rates=dict.fromkeys(plan.steps, 0.0))
    said = forecast(roomy, SETTINGS, runs=1, assumptions=certain)

    assert {"success": 1.0} == said.outcomes
    assert plan.published.estimated_duration + SETTINGS.stability_window == said.durations.max


@few
@given(workflow_specs(max_size=4))
def test_every_workflow_has_a_forecast_whose_shares_fit_together(spec: WorkflowExecutionSpec) -> None:
    said = forecast(spec, SETTINGS, runs=6, assumptions=Assumptions(
        failure_rates={step.step_number: 0.4 for step in spec.workflow_definition.steps}))

    assert pytest.approx(1) == sum(said.outcomes.values())
    assert 0 <= said.manual_intervention <= said.outcomes.get("failed", 0) + said.outcomes.get("partial_success", 0)
    assert said.rollback_risk <= said.outcomes.get("failed", 0)
    assert all(0 <= step.blamed <= step.failed <= 1 for step in said.steps)
    assert (said.riskiest is None) == all(step.blamed == 0 for step in said.steps)
