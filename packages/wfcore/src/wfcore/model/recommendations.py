"""What an AI or history recommended about a workflow: recorded, never applied by itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from attrs import frozen

from wfcore.model.enums import Level
from wfcore.model.fields import Limits, StrMap, prop


def _share(doc: str) -> float:
    value: float = prop(doc, minimum=0, maximum=1)
    return value


def _text(doc: str, **more: Any) -> str:
    value: str = prop(doc, max_length=1024, **more)
    return value


@frozen(kw_only=True)
class ParameterOptimization:
    """Parameters the recommender would rather see."""

    suggested_parameters: StrMap = prop("Suggested parameters by name.", max_properties=32,
                                        values=Limits(doc="Value.", max_length=1024))
    reason: str = _text("Why these parameters.")


@frozen(kw_only=True)
class StepOptimization:
    """A suggestion about one step."""

    step_number: int = prop("The step meant.", minimum=1, maximum=1_000_000)
    recommendation: str = _text("Suggestion for people.")
    confidence: float = _share("Confidence, 0 to 1.")
    impact_level: Level = prop("Expected impact.")
    parameter_changes: ParameterOptimization | None = prop("Suggested parameters.", default=None)


@frozen(kw_only=True)
class ParallelExecutionGroup:
    """Steps that the recommender thinks can run together."""

    group_name: str = _text("Name of the group.")
    step_numbers: tuple[int, ...] = prop("Steps of the group.", max_items=500,
                                         items=Limits(doc="Step number.", minimum=1, maximum=1_000_000))
    confidence: float = _share("Confidence, 0 to 1.")


@frozen(kw_only=True)
class SafetyImprovement:
    """A safety check that the recommender would add."""

    description: str = _text("What to improve.")
    step_number: int = prop("The step meant; 0 means the workflow.", default=0, minimum=0, maximum=1_000_000)
    safety_check: str = _text("Suggested check.")
    priority: Level = prop("How much it matters.")


@frozen(kw_only=True)
class RiskFactor:
    """Something that may go wrong."""

    factor: str = _text("The risk.")
    severity: Level = prop("How bad it would be.")
    probability: float = _share("Probability, 0 to 1.")
    mitigation: str = _text("Suggested mitigation.", default="")


@frozen(kw_only=True)
class AIRecommendations:
    """Everything a recommender said about this workflow."""

    overall_confidence: float = _share("Confidence in the whole workflow, 0 to 1.")
    recommendation_source: str = _text("Who recommended, e.g. holmesgpt, history-based.")
    generated_at: datetime | None = prop("When it was generated.", default=None)
    step_optimizations: tuple[StepOptimization, ...] = prop("Suggestions by step.", default=(), max_items=500)
    parallel_execution_suggestions: tuple[ParallelExecutionGroup, ...] = prop("Groups that could run in parallel.",
                                                                              default=(), max_items=100)
    safety_improvements: tuple[SafetyImprovement, ...] = prop("Suggested safety checks.", default=(), max_items=100)
    similar_workflow_success_rate: float = prop("Success rate of similar workflows, 0 to 1.", default=0.0,
                                                minimum=0, maximum=1)
    estimated_duration: timedelta | None = prop("Estimated duration, e.g. 5m30s.", default=None)
    risk_factors: tuple[RiskFactor, ...] = prop("Known risks.", default=(), max_items=100)
