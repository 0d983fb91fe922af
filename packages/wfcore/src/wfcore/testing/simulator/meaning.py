"""What a spec means, read from its JSON alone: the laws' own opinion, without planner, codec or graph library."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from attrs import evolve, frozen

from wfcore.settings import Settings

Json = Mapping[str, Any]
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


@frozen
class Meaning:
    """One workflow: all mappings by step number.  `steps` are its steps as they are written."""

    steps: Mapping[int, Json]
    needs: Mapping[int, frozenset[int]]
    retries: Mapping[int, int]
    timeout: Mapping[int, float]
    critical: frozenset[int]
    compensable: frozenset[int]
    strategy: str
    max_parallel: int
    dry_run_first: bool = False
    approval_required: bool = False
    learning: bool = False  # limits may be raised in planning
    dynamic: bool = False  # limits may be raised while it runs

    @property
    def automatic(self) -> bool:
        """Whether a failure is rolled back by itself."""
        return self.strategy == "automatic"

    @property
    def stretch(self) -> int:
        """How many times as long as it says an attempt may take: twice as planning, twice as running finds it."""
        return (1 + self.learning) * (1 + self.dynamic)

    def most_retries(self, number: int) -> int:
        """With what adaptation may add; none at all stays none."""
        planned = self.retries.get(number, 0)
        return planned and min(planned + 2 * self.learning + 2 * self.dynamic, 10)

    def dependants(self, number: int) -> frozenset[int]:
        """Every step that stands on `number`, directly or not."""
        found: set[int] = set()
        while True:
            more = {n for n, needs in self.needs.items() if n not in found and needs & (found | {number})}
            if not more:
                return frozenset(found)
            found |= more


def meaning_of(spec: Any, settings: Settings, source: Meaning | None = None) -> Meaning | None:
    """What the spec asks for, or None when it is not a workflow at all; `source` is what it starts from means."""
    try:
        if "rollbackOf" in spec:
            return None if source is None else _reversal(spec, settings, source)
        definition = spec.get("workflowDefinition")
        if definition is None and source is None:
            return None
        steps = source.steps if source is not None and definition is None else {
            int(step["stepNumber"]): step for step in definition["steps"]}
        strategy, adaptive = spec.get("executionStrategy", {}), spec.get("adaptiveOrchestration", {})
        adapts = adaptive.get("optimizationEnabled", False)
        return Meaning(
            steps=steps,
            needs=source.needs if source is not None and definition is None else _needs(definition, steps),
            retries={n: _first(step.get("maxRetries"), strategy.get("maxRetries"), settings.default_max_retries)
                     for n, step in steps.items()},
            timeout={n: seconds(step["timeout"]) if "timeout" in step else settings.step_timeout.total_seconds()
                     for n, step in steps.items()},
            critical=frozenset(n for n, step in steps.items() if step.get("criticalStep")),
            compensable=frozenset(n for n, step in steps.items() if step.get("rollbackSpec")),
            strategy=strategy.get("rollbackStrategy", "automatic"),
            max_parallel=strategy.get("maxParallelSteps") or settings.max_parallel_steps,
            dry_run_first=strategy.get("dryRunFirst", False),
            approval_required=strategy.get("approvalRequired", False),
            learning=adapts and adaptive.get("learningFromHistory", False),
            dynamic=adapts and adaptive.get("dynamicStepAdjustment", False),
        )
    except (TypeError, KeyError, AttributeError, ValueError):
        return None


def _reversal(spec: Any, settings: Settings, source: Meaning) -> Meaning:
    """What undoes another: its steps are the compensations of the other's, and none needs another to succeed."""
    strategy = spec.get("executionStrategy", {})
    usual = settings.compensation_timeout.total_seconds()
    return evolve(
        source, needs=dict.fromkeys(source.steps, frozenset()), critical=frozenset(),
        retries={n: _first(strategy.get("maxRetries"), source.most_retries(n)) for n in source.steps},
        timeout={n: seconds((step.get("rollbackSpec") or {}).get("timeout", f"{usual}s"))
                 for n, step in source.steps.items()},
        max_parallel=strategy.get("maxParallelSteps") or settings.max_parallel_steps, dry_run_first=False,
        approval_required=strategy.get("approvalRequired", False), learning=False, dynamic=False)


def source_uid(spec: Any) -> str:
    """The uid of the workflow that a spec starts from, or an empty string."""
    if not isinstance(spec, dict):
        return ""
    reference = spec.get("rollbackOf") or spec.get("retryOf")
    return str(reference.get("uid", "")) if isinstance(reference, dict) else ""


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


def dry_run_of(status: Any) -> str:
    """What a dry run found: `good`, `excused` where what comes before may still make it possible, `bad`, or nothing."""
    outcome = outcome_of(status)
    if outcome == "success":
        result = status.get("dryRunResult")
        return "good" if not isinstance(result, dict) or result.get("wouldSucceed") is not False else "bad"
    excused = outcome and status.get("failureClass") in ("resource_not_found", "resource_conflict")
    return "excused" if excused else outcome and "bad"
