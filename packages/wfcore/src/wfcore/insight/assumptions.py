"""What a forecast assumes about executors: from history where there is enough of it, else stated defaults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from attrs import field, frozen

from wfcore.codec.durations import format_duration
from wfcore.model.enums import Action
from wfcore.model.plan import ActionHistory
from wfcore.planning.estimate import typical_duration
from wfcore.planning.planner import Plan
from wfcore.settings import Settings
from wfcore.simulation.chance import Quantiles

# The share of attempts that fail where no history says: cautious round figures, larger where more can go wrong.
FAILURE_RATES: Mapping[Action, float] = {
    Action.SCALE_DEPLOYMENT: 0.03, Action.RESTART_DEPLOYMENT: 0.05, Action.UPDATE_IMAGE: 0.08,
    Action.RESTART_POD: 0.03, Action.DELETE_POD: 0.02, Action.UPDATE_CONFIGMAP: 0.01, Action.UPDATE_SECRET: 0.02,
    Action.CORDON_NODE: 0.01, Action.UNCORDON_NODE: 0.01, Action.DRAIN_NODE: 0.10, Action.CHECK_POD_HEALTH: 0.05,
    Action.CUSTOM: 0.10,
}
# Of failures: those of a kind that is worth a retry (unavailable, throttled, in conflict).
RETRYABLE_SHARE = 0.5
# Half of all attempts are between so much of the typical duration and the typical one.
_FASTEST, _SLOWEST = 0.5, 1.5


def _shares(instance: object, attribute: object, value: Mapping[int, float] | float) -> None:
    for share in value.values() if isinstance(value, Mapping) else (value,):
        if not 0 <= share <= 1:
            raise ValueError(f"{getattr(attribute, 'name', 'share')}: {share} is no probability; give 0 to 1")


def _at_least_one(instance: object, attribute: object, value: float) -> None:
    if not value >= 1:
        raise ValueError(f"spread: a slow attempt is not {value} times a typical one; give 1 or more")


@frozen(kw_only=True)
class Assumptions:
    """What the caller wants assumed; everything else follows from history or stated defaults.

    Attributes:
        failure_rates: By step number, the share of its attempts that fail.
        fail: By step number, how many first attempts fail before they act; None: every one, after it acted.
        spread: Slow (95th percentile) over typical duration where no history says; 1: durations are fixed.
        healthy: Probability that a target is healthy after the steps.
        compensation_failure_rate: The share of attempts at compensations that fail.
        approval_after: When an approval is given that is waited for; None: never.

    Raises:
        ValueError: a probability that is none, or a spread below 1.
    """

    failure_rates: Mapping[int, float] = field(factory=dict, validator=_shares)
    fail: Mapping[int, int | None] = field(factory=dict)
    spread: float = field(default=2.0, validator=_at_least_one)
    healthy: float = field(default=0.98, validator=_shares)
    compensation_failure_rate: float = field(default=0.03, validator=_shares)
    approval_after: timedelta | None = timedelta(0)


@frozen(kw_only=True)
class StepModel:
    """How one step is assumed to go.

    Attributes:
        seconds: Distribution of the duration of an attempt.
        fails: Probability that the first attempt fails.
        fails_again: The same for each retry.
        known_from: A few words on where the figures are from.
    """

    seconds: Quantiles
    fails: float
    fails_again: float
    known_from: str


def step_models(plan: Plan, history: tuple[ActionHistory, ...], settings: Settings,
                assumptions: Assumptions) -> dict[int, StepModel]:
    """One model a step.

    Raises:
        ValueError: assumptions about steps that the plan does not have.
    """
    unknown = sorted((assumptions.failure_rates.keys() | assumptions.fail.keys()) - plan.steps.keys())
    if unknown:
        known = ", ".join(map(str, plan.steps))
        raise ValueError(f"no step {', '.join(map(str, unknown))} to assume something about; the steps are {known}")
    recorded = {h.action: h for h in history if h.samples >= max(1, settings.history_min_samples)
                and h.confidence >= settings.history_min_confidence}
    return {number: _model(plan, number, recorded.get(step.action), assumptions)
            for number, step in plan.steps.items()}


def _model(plan: Plan, number: int, known: ActionHistory | None, assumptions: Assumptions) -> StepModel:
    step, timeout = plan.steps[number], plan.rendered[number].timeout
    first, again = _rates(known) if known else (FAILURE_RATES[step.action],) * 2
    if number in assumptions.failure_rates:
        first = again = assumptions.failure_rates[number]
    typical = known.typical_duration if known and known.typical_duration else typical_duration(step, timeout)
    slow = known.slow_duration if known and known.slow_duration else typical * assumptions.spread
    seconds = _quantiles(typical.total_seconds(), max(slow, typical).total_seconds())
    if not known:
        # Nobody gives a step less time than it takes: without history no attempt times out.
        seconds = Quantiles(tuple((share, min(value, timeout.total_seconds())) for share, value in seconds.points))
    source = f"{known.samples} recorded" if known else "no history"
    return StepModel(seconds=seconds, fails=first, fails_again=again, known_from=source)


def _rates(known: ActionHistory) -> tuple[float, float]:
    """Per attempt, from per step: what failed for good did so at once, or after a retry that failed too."""
    retries = known.retry_success_rate or known.success_rate  # 0: none was ever recorded
    return min(1.0, (1 - known.success_rate) / (1 - RETRYABLE_SHARE * retries)), 1 - retries


def _quantiles(typical: float, slow: float) -> Quantiles:
    """Straight lines through what is known: half are faster than typical, one in twenty slower than slow."""
    if slow == typical:
        return Quantiles(((0.0, typical), (1.0, typical)))
    return Quantiles(((0.0, typical * _FASTEST), (0.5, typical), (0.95, slow), (1.0, slow * _SLOWEST)))


def sentences(plan: Plan, models: Mapping[int, StepModel], assumptions: Assumptions) -> Iterator[str]:
    """What was assumed, for people."""
    for number, model in models.items():
        middle, slow = (timedelta(seconds=round(model.seconds.value(share))) for share in (0.5, 0.95))
        yield (f"step {number} ({plan.steps[number].action.value}, {model.known_from}): an attempt takes "
               f"{format_duration(middle)}, one in twenty more than {format_duration(slow)}; {_percent(model.fails)} "
               f"of first attempts and {_percent(model.fails_again)} of retries fail")
    for number, attempts in sorted(assumptions.fail.items()):
        which = "every attempt fails after it acted" if attempts is None else f"the first {attempts} attempts fail"
        yield f"step {number}: {which}, as asked"
    yield (f"of failures {_percent(RETRYABLE_SHARE)} are worth a retry and changed nothing; the others changed their "
           "target, and captured before what it was")
    yield f"{_percent(assumptions.compensation_failure_rate)} of attempts at compensations fail"
    yield f"each target is healthy afterwards in {_percent(assumptions.healthy)} of runs"
    yield ("an approval that is waited for is never given" if assumptions.approval_after is None else
           f"an approval that is waited for is given after {format_duration(assumptions.approval_after)}")
    yield ("executors begin at once and answer a cancellation within a second; the API server and the database always "
           "answer; nothing else touches the targets; nobody suspends or stops the workflow")


def _percent(share: float) -> str:
    return f"{share * 100:.3g} %"
