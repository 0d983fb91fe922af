"""What a recommender says about a workflow is shown to whoever reads the plan, and changes nothing."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfcore.codec import decode, encode
from wfcore.model.definition import WorkflowExecutionSpec
from wfcore.model.plan import PlanInputs
from wfcore.model.recommendations import AIRecommendations
from wfcore.planning.advice import advice
from wfcore.planning.planner import Plan, plan_workflow
from wfcore.testing.strategies import SETTINGS, advised, workflow_specs

from .stories import Story, scale, workflow

NEEDS = {1: frozenset(), 2: frozenset({1}), 3: frozenset({2}), 4: frozenset()}


def said(**more: Any) -> AIRecommendations:
    found = decode(AIRecommendations, {"overallConfidence": 0.9, "recommendationSource": "holmesgpt", **more})
    assert isinstance(found, AIRecommendations), found
    return found


def group(*numbers: int) -> dict[str, Any]:
    return {"groupName": "both", "stepNumbers": list(numbers), "confidence": 1}


def planned(spec: WorkflowExecutionSpec) -> Plan:
    plan = plan_workflow(spec, "default", SETTINGS, PlanInputs())
    assert isinstance(plan, Plan)
    return plan


@given(workflow_specs().flatmap(lambda spec: st.tuples(st.just(spec), advised(spec.workflow_definition))))
def test_recommendations_change_nothing_but_the_warnings(drawn: Any) -> None:
    spec, definition = drawn
    plain, told = planned(spec), planned(attrs.evolve(spec, workflow_definition=definition))

    assert (plain.rendered, plain.order, plain.needs, plain.retries, plain.critical, plain.digest) == (
        told.rendered, told.order, told.needs, told.retries, told.critical, told.digest)
    assert plain.published == attrs.evolve(told.published, warnings=plain.published.warnings)
    assert plain.published.warnings == told.published.warnings[:len(plain.published.warnings)]


@pytest.mark.parametrize(("more", "line"), [
    ({"riskFactors": [{"factor": "may evict too much", "severity": "high", "probability": 0.3, "mitigation": "wait"}]},
     "risk (high, probability 30%): may evict too much; mitigation: wait"),
    ({"riskFactors": [{"factor": "slow", "severity": "low", "probability": 1}]}, "risk (low, probability 100%): slow"),
    ({"safetyImprovements": [{"description": "is it there", "stepNumber": 2, "safetyCheck": "health",
                              "priority": "medium"}]},
     "recommended check for step 2 (medium priority), not applied: health: is it there"),
    ({"safetyImprovements": [{"description": "quota", "safetyCheck": "capacity", "priority": "low"}]},
     "recommended check for the workflow (low priority), not applied: capacity: quota"),
    ({"parallelExecutionSuggestions": [group(1, 3)]},
     "recommended group 'both' cannot run together: step 3 has to wait for step 1"),
    ({"parallelExecutionSuggestions": [group(1, 9)]}, "recommended group 'both' names step 9, which does not exist"),
    ({"stepOptimizations": [{"stepNumber": 1, "recommendation": "more", "confidence": 0.5, "impactLevel": "low",
                             "parameterChanges": {"suggestedParameters": {"replicas": "5", "zone": "a"},
                                                  "reason": "load"}}]},
     "other parameters are recommended for step 1, not applied: replicas, zone"),
])
def test_each_kind_of_recommendation_is_one_line(more: Any, line: str) -> None:
    assert (line,) == advice(said(**more), NEEDS)


@pytest.mark.parametrize("more", [
    {}, {"parallelExecutionSuggestions": [group(1, 4), group(3, 4), group(2), group()]},
    {"stepOptimizations": [{"stepNumber": 1, "recommendation": "more", "confidence": 0.5, "impactLevel": "low"}]},
    {"stepOptimizations": [{"stepNumber": 1, "recommendation": "more", "confidence": 0.5, "impactLevel": "low",
                            "parameterChanges": {"suggestedParameters": {}, "reason": ""}}]}])
def test_what_the_graph_permits_anyway_and_empty_suggestions_need_no_line(more: Any) -> None:
    assert () == advice(said(**more), NEEDS)


def test_much_is_shortened_and_on_one_line_each() -> None:
    risks = [{"factor": "a\nb" * 300, "severity": "low", "probability": 0}] * 100
    lines = advice(said(riskFactors=risks), NEEDS)

    assert (31, "and 70 more recommendations; see the definition") == (len(lines), lines[-1])
    assert all(len(line) <= 300 and line.isprintable() for line in lines)
    assert f"{('risk (low, probability 0%): ' + 'a b' * 300)[:297]}..." == lines[0]


@pytest.mark.parametrize(("length", "cut"), [(300, False), (301, True)])
def test_only_what_is_longer_than_300_characters_is_cut(length: int, cut: bool) -> None:
    line = "risk (low, probability 0%): ".ljust(length, "x")
    risk = {"factor": line.removeprefix("risk (low, probability 0%): "), "severity": "low", "probability": 0}

    assert (f"{line[:297]}..." if cut else line,) == advice(said(riskFactors=[risk]), NEEDS)


def test_without_recommendations_there_is_nothing_to_say() -> None:
    assert () == advice(None, NEEDS)


def test_recommendations_are_seen_in_the_plan_and_stay_in_the_spec() -> None:
    body = workflow(scale(1))
    risk = {"factor": "may be slow", "severity": "low", "probability": 0.5}
    body["spec"]["workflowDefinition"]["aiRecommendations"] = encode(said(riskFactors=[risk]))
    story = Story(body).go()

    assert "risk (low, probability 50%): may be slow" in story.status.execution_plan.warnings
    assert "holmesgpt" == story.world.workflow("w").spec.workflow_definition.ai_recommendations.recommendation_source
