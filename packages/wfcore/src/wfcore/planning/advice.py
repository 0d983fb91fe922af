"""What a recommender said about a workflow, for whoever reads its plan.  Nothing of it is ever applied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from wfcore.model.recommendations import AIRecommendations, ParallelExecutionGroup
from wfcore.planning import dag

# A status holds the plan beside the spec that says all of it; this is to be read, and small.
_LONGEST, _MOST = 300, 30
# Pairs of a group that are compared; a group of many steps is judged by its first ones.
_COMPARED = 20


def advice(recommendations: AIRecommendations | None, needs: Mapping[int, frozenset[int]]) -> tuple[str, ...]:
    """Risks, suggested checks and parameters, and groups that may not run together: one line each."""
    lines = list(_lines(recommendations, needs)) if recommendations else []
    shown = [_on_one_line(line) for line in lines[:_MOST]]
    return (*shown, *([f"and {len(lines) - _MOST} more recommendations; see the definition"] if lines[_MOST:] else ()))


def _on_one_line(text: str) -> str:
    clean = "".join(c if c.isprintable() else " " for c in text)
    return clean if len(clean) <= _LONGEST else f"{clean[:_LONGEST - 3]}..."


def _lines(said: AIRecommendations, needs: Mapping[int, frozenset[int]]) -> Iterator[str]:
    for risk in said.risk_factors:
        mitigation = f"; mitigation: {risk.mitigation}" if risk.mitigation else ""
        yield f"risk ({risk.severity.value}, probability {risk.probability:.0%}): {risk.factor}{mitigation}"
    for check in said.safety_improvements:
        place = f"step {check.step_number}" if check.step_number else "the workflow"
        yield (f"recommended check for {place} ({check.priority.value} priority), not applied: "
               f"{check.safety_check}: {check.description}")
    for group in said.parallel_execution_suggestions:
        yield from _forbidden(group, needs)
    for step in said.step_optimizations:
        if step.parameter_changes is not None and step.parameter_changes.suggested_parameters:
            names = ", ".join(step.parameter_changes.suggested_parameters)
            yield f"other parameters are recommended for step {step.step_number}, not applied: {names}"


def _forbidden(group: ParallelExecutionGroup, needs: Mapping[int, frozenset[int]]) -> Iterator[str]:
    """Why the steps of a group cannot run together; the first reason is enough."""
    unknown = [number for number in group.step_numbers if number not in needs]
    if unknown:
        yield f"recommended group {group.group_name!r} names step {unknown[0]}, which does not exist"
        return
    compared = group.step_numbers[:_COMPARED]
    for step in compared:
        before = next((other for other in compared if other != step and dag.is_ancestor(needs, other, step)), None)
        if before is not None:
            yield (f"recommended group {group.group_name!r} cannot run together: "
                   f"step {step} has to wait for step {before}")
            return
