"""What will probably happen: the workflow lived many times in virtual time, by the engine itself.

No model of the engine is simulated but the engine: the real programs against the
store kernel.  Only what executors and targets do is drawn, by hashes of the seed,
so that equal arguments give equal bytes and two forecasts with one seed differ
only by what was asked to differ.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta
from math import sqrt
from typing import Any

import attrs
from attrs import frozen

from wfcore.codec.durations import format_duration
from wfcore.insight.assumptions import Assumptions, sentences, step_models
from wfcore.insight.trial import START, Conditions, Moment, Trial, begin
from wfcore.lifecycle.planned import plan_of
from wfcore.model.definition import WorkflowExecutionSpec
from wfcore.model.enums import Outcome, StepPhase, Stop
from wfcore.model.plan import ActionHistory
from wfcore.model.status import StepStatus, WorkflowExecutionStatus
from wfcore.model.workflow import ObjectMeta, WorkflowExecution
from wfcore.planning.planner import Plan
from wfcore.program import SourceFound
from wfcore.resources import WORKFLOW_EXECUTIONS
from wfcore.settings import Settings
from wfcore.simulation.chance import Chance, percentile
from wfcore.snapshot import Snapshot

# How a run is counted that ended without executing anything (plan-only, observe-only).
NOTHING_EXECUTED = "nothing_executed"
# Uids decide the pauses before retries; so many different ones are enough, and each costs a planning.
_LIVES = 32


@frozen(kw_only=True)
class Durations:
    """From the beginning to the end of a run."""

    p50: timedelta
    p90: timedelta
    p95: timedelta
    max: timedelta


@frozen(kw_only=True)
class StepForecast:
    """One step over all runs.

    Attributes:
        attempts: Mean number of attempts, runs that never reached the step included.
        failed: Share of runs in which it failed for good.
        blamed: Share of runs in which it failed and the workflow did not succeed.
    """

    step_number: int
    name: str
    action: str
    attempts: float
    failed: float
    blamed: float


@frozen(kw_only=True)
class Forecast:
    """What will probably happen.  Probabilities are shares of `runs`.

    Attributes:
        outcomes: By outcome (`success`, `partial_success`, `failed`, `unknown`, `nothing_executed`); they sum to 1.
        reasons: By failure reason, of the runs that have one.
        standard_error: Of the probability of success.
        rollback_risk: Probability that anything is compensated.
        manual_intervention: Probability that an object stays changed.
        effectiveness: Mean score.
        riskiest: The step that is blamed most often; None when none ever is.
        assumptions: What was assumed, in sentences.
    """

    runs: int
    seed: int
    outcomes: Mapping[str, float]
    reasons: Mapping[str, float]
    standard_error: float
    rollback_risk: float
    manual_intervention: float
    durations: Durations
    effectiveness: float
    steps: tuple[StepForecast, ...]
    riskiest: int | None
    assumptions: tuple[str, ...]

    @property
    def success(self) -> float:
        """The probability that the outcome is `success`."""
        return self.outcomes.get(Outcome.SUCCESS.value, 0.0)

    def as_json(self) -> dict[str, Any]:
        """One JSON object; durations as everywhere else, shares rounded to six digits."""
        return {
            "runs": self.runs, "seed": self.seed,
            "outcomes": _rounded(self.outcomes), "reasons": _rounded(self.reasons),
            "standardError": _round(self.standard_error), "rollbackRisk": _round(self.rollback_risk),
            "manualIntervention": _round(self.manual_intervention), "effectiveness": _round(self.effectiveness),
            "durations": {name: format_duration(value) for name, value in attrs.asdict(self.durations).items()},
            "steps": [{"stepNumber": s.step_number, "name": s.name, "action": s.action, "attempts": _round(s.attempts),
                       "failed": _round(s.failed), "blamed": _round(s.blamed)} for s in self.steps],
            "riskiest": self.riskiest, "assumptions": list(self.assumptions),
        }


def forecast(workflow: WorkflowExecution | WorkflowExecutionSpec, settings: Settings | None = None, *,
             history: Iterable[ActionHistory] = (), runs: int = 1000, seed: int = 0,
             assumptions: Assumptions | None = None, source: SourceFound | None = None) -> Forecast:
    """Live a workflow `runs` times from the beginning, as if neither suspended nor stopped.

    A bare spec is taken to be in the namespace `default`.  Everything up to the
    first intents is the same in every run and is lived once per uid.  A `rollbackOf`
    or `retryOf` needs the finished workflow it starts from, as the `source`.

    Raises:
        ValueError: fewer runs than one; assumptions about unknown steps.

    O(runs x steps x (steps + children)).
    """
    if runs < 1:
        raise ValueError(f"runs: {runs} runs say nothing; give 1 or more")
    given = WorkflowExecution(metadata=ObjectMeta(name=""), spec=workflow) if isinstance(
        workflow, WorkflowExecutionSpec) else workflow
    fresh = WorkflowExecution(metadata=given.metadata, spec=attrs.evolve(given.spec, suspend=False, stop=Stop.NO))
    conditions = Conditions(settings=settings or Settings(), history=tuple(history),
                            assumptions=assumptions or Assumptions(), source=source or SourceFound(None))
    lives = [begin(fresh, life, conditions) for life in range(min(runs, _LIVES))]
    plan = _plan(lives[0], conditions)
    if plan is not None:
        conditions = attrs.evolve(conditions, models=step_models(plan, conditions.history, conditions.settings,
                                                                 conditions.assumptions))
    ends = [Trial(lives[run % len(lives)], conditions, Chance(f"{seed}/{run}")).to_the_end() for run in range(runs)]
    return _summary(ends, plan, conditions, seed)


def _plan(moment: Moment, conditions: Conditions) -> Plan | None:
    """The plan, None when nothing was planned to be executed."""
    stored = moment.state.find(WORKFLOW_EXECUTIONS, moment.ref.namespace, moment.ref.name)
    workflow = stored.raw.workflow() if stored is not None else None
    if not isinstance(workflow, WorkflowExecution) or not workflow.status.step_statuses:
        return None
    plan = plan_of(Snapshot(workflow=workflow, settings=conditions.settings))
    return plan if isinstance(plan, Plan) else None


def _summary(ends: list[WorkflowExecutionStatus], plan: Plan | None, conditions: Conditions, seed: int) -> Forecast:
    runs = len(ends)
    outcomes = _shares(map(_outcome, ends), runs)
    success = outcomes.get(Outcome.SUCCESS.value, 0.0)
    steps = tuple(_step(plan, number, ends) for number in plan.steps) if plan else ()
    riskiest = max(steps, key=lambda step: (step.blamed, -step.step_number), default=None)
    seconds = sorted((end.completion_time - START).total_seconds() for end in ends if end.completion_time is not None)
    p50, p90, p95, longest = (timedelta(seconds=percentile(seconds, share)) for share in (0.5, 0.9, 0.95, 1.0))
    return Forecast(
        runs=runs, seed=seed, outcomes=outcomes,
        reasons=_shares((end.failure_reason for end in ends if end.failure_reason), runs),
        standard_error=sqrt(success * (1 - success) / runs),
        rollback_risk=sum(end.rollback is not None and end.rollback.performed for end in ends) / runs,
        manual_intervention=sum(end.rollback is not None and bool(end.rollback.dirty) for end in ends) / runs,
        durations=Durations(p50=p50, p90=p90, p95=p95, max=longest),
        effectiveness=sum(end.workflow_result.effectiveness_score for end in ends if end.workflow_result) / runs,
        steps=steps, riskiest=riskiest.step_number if riskiest is not None and riskiest.blamed else None,
        assumptions=tuple(sentences(plan, conditions.models, conditions.assumptions)) if plan else (
            "the workflow ends before anything is executed",))


def _outcome(end: WorkflowExecutionStatus) -> str:
    return end.workflow_result.outcome.value if end.workflow_result else NOTHING_EXECUTED


def _step(plan: Plan, number: int, ends: list[WorkflowExecutionStatus]) -> StepForecast:
    entries = [(next(e for e in end.step_statuses if e.step_number == number), _outcome(end)) for end in ends]
    failed = [outcome for entry, outcome in entries if _has_failed(entry)]
    step = plan.steps[number]
    return StepForecast(
        step_number=number, name=step.name, action=step.action.value,
        attempts=sum(entry.attempt for entry, _ in entries) / len(ends), failed=len(failed) / len(ends),
        blamed=sum(outcome != Outcome.SUCCESS.value for outcome in failed) / len(ends))


def _has_failed(entry: StepStatus) -> bool:
    """A step that was never launched because the workflow had been halted has not failed."""
    return entry.status is StepPhase.FAILED


def _shares(names: Iterable[str], runs: int) -> dict[str, float]:
    counted = Counter(names)
    return {name: counted[name] / runs for name in sorted(counted)}


def _round(share: float) -> float:
    return round(share, 6)


def _rounded(shares: Mapping[str, float]) -> dict[str, float]:
    return {name: _round(share) for name, share in shares.items()}
