"""What a spec means, read from its JSON alone: the laws' own opinion, without planner, codec or graph library."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from wfcore.settings import Settings

Json = Mapping[str, Any]
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


@frozen
class Meaning:
    """One workflow: all mappings by step number."""

    needs: Mapping[int, frozenset[int]]
    retries: Mapping[int, int]
    timeout: Mapping[int, float]
    critical: frozenset[int]
    compensable: frozenset[int]
    automatic: bool
    max_parallel: int

    def dependants(self, number: int) -> frozenset[int]:
        """Every step that stands on `number`, directly or not."""
        found: set[int] = set()
        while True:
            more = {n for n, needs in self.needs.items() if n not in found and needs & (found | {number})}
            if not more:
                return frozenset(found)
            found |= more


def meaning_of(spec: Any, settings: Settings) -> Meaning | None:
    """What the spec asks for, or None when it is not a workflow at all."""
    try:
        definition = spec["workflowDefinition"]
        steps = {int(step["stepNumber"]): step for step in definition["steps"]}
        strategy = spec.get("executionStrategy", {})
        return Meaning(
            needs=_needs(definition, steps),
            retries={n: _first(step.get("maxRetries"), strategy.get("maxRetries"), settings.default_max_retries)
                     for n, step in steps.items()},
            timeout={n: seconds(step["timeout"]) if "timeout" in step else settings.step_timeout.total_seconds()
                     for n, step in steps.items()},
            critical=frozenset(n for n, step in steps.items() if step.get("criticalStep")),
            compensable=frozenset(n for n, step in steps.items() if step.get("rollbackSpec")),
            automatic=strategy.get("rollbackStrategy", "automatic") == "automatic",
            max_parallel=strategy.get("maxParallelSteps") or settings.max_parallel_steps,
        )
    except (TypeError, KeyError, AttributeError, ValueError):
        return None


def seconds(text: str) -> float:
    """A Go duration such as `1m30s`."""
    return sum(float(number) * _SECONDS[unit] for number, unit in _DURATION.findall(text))


def _needs(definition: Json, steps: Mapping[int, Json]) -> dict[int, frozenset[int]]:
    number_of = {step.get("name"): number for number, step in steps.items()}
    named = definition.get("dependencies", {})
    return {number: frozenset(step.get("dependsOn", ()))
            | frozenset(number_of[name] for name in named.get(step.get("name"), ()))
            for number, step in steps.items()}


def _first(*values: int | None) -> int:
    return next(value for value in values if value is not None)


def outcome_of(status: Any) -> str:
    """`success`, `failure` or, for everything that is neither, an empty string: the contract with executors."""
    if not isinstance(status, dict):
        return ""
    phase, result = status.get("phase"), status.get("executionResult")
    if phase == "failed":
        return "failure"
    if phase not in ("completed", "rollback_ready"):
        return ""
    if result is None or (isinstance(result, dict) and result.get("success") is True):
        return "success"
    return ""


def capture_of(status: Any) -> int:
    """The mark of what a child's status says it captured, 0 for none."""
    information = status.get("rollbackInformation") if isinstance(status, dict) else None
    return captured_in(information.get("parameters")) if isinstance(information, dict) else 0


def captured_in(parameters: Any) -> int:
    """The attempt that captured these parameters, as the simulated executor marks them; 0 for those of a spec."""
    if not isinstance(parameters, dict):
        return 0
    for value in parameters.values():
        marks = (value.get("previousReplicas", 0), value.get("snapshot", ""), value.get("config", {}).get("attempt", 0))
        for mark in marks:
            number = int(str(mark).rpartition("-")[2] or 0)
            if number > 100:
                return number - 100
    return 0
