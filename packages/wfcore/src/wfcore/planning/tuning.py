"""Fits a plan to what is known of its actions, within limits that nobody has to approve anew.

Time-outs only grow, to twice at most; retries grow by two at most, and only
where repeating does no harm; of steps that are ready together the more reliable
and the longer start first.  Nothing is left out: that is only recommended.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from math import ceil
from typing import TypeVar

from attrs import frozen

from wfcore.codec.durations import format_duration
from wfcore.model.enums import Action, AdjustmentType
from wfcore.model.plan import ActionHistory

T = TypeVar("T")

TIMEOUT_FACTOR = 2
EXTRA_RETRIES = 2
MOST_RETRIES = 10
LONGEST_TIMEOUT = timedelta(hours=24)
# From this share of successes after a retry on, retries help; from the second on they nearly always do.
RETRIES_HELP, RETRIES_HELP_MUCH = 0.5, 0.8
# Below this success rate a step is not worth its time.
NEVER_HELPS = 0.1
# What the plan digest says about adaptation at run time.
ENVELOPE: Mapping[str, object] = {
    "timeoutFactor": TIMEOUT_FACTOR, "extraRetries": EXTRA_RETRIES, "maxParallelSteps": "down", "order": "independent",
}
_MARGIN = 1.25
_SHOWN = 20


@frozen
class Adjustment:
    """What was fitted, for which steps (none: the whole plan), and why."""

    type: AdjustmentType
    steps: tuple[int, ...]
    what: str
    why: str


@frozen(eq=False)
class Limits:
    """The limits of each step and the order in which ready steps start."""

    timeouts: Mapping[int, timedelta]
    retries: Mapping[int, int]
    order: tuple[int, ...]


def tuned(limits: Limits, levels: tuple[tuple[int, ...], ...], actions: Mapping[int, Action],
          idempotent: frozenset[int],
          experience: Mapping[Action, ActionHistory]) -> tuple[Limits, tuple[Adjustment, ...]]:
    """The limits fitted to experience, and what was adjusted.  Without experience nothing changes.  O(n log n).

    Args:
        limits: As the spec and the operator give them.
        levels: The steps by the length of their chain of prerequisites.
        actions: What each step does.
        idempotent: Steps that may be repeated without harm.
        experience: History that counts.
    """
    known = {number: experience[action] for number, action in actions.items() if action in experience}
    if not known:
        return limits, ()
    fitted = Limits(
        {n: fitted_timeout(timeout, known.get(n)) for n, timeout in limits.timeouts.items()},
        {n: fitted_retries(count, known.get(n) if n in idempotent else None) for n, count in limits.retries.items()},
        tuple(number for level in levels for number in sorted(level, key=lambda n: (*_rank(known.get(n)), n))))
    return fitted, tuple(_adjustments(limits, fitted, actions, experience, known))


def fitted_timeout(timeout: timedelta, known: ActionHistory | None) -> timedelta:
    """The time-out raised to what slow successes take and a margin, to twice at most; in whole seconds."""
    if known is None or known.slow_duration is None:
        return timeout
    wanted = timedelta(seconds=ceil(min(known.slow_duration, LONGEST_TIMEOUT).total_seconds() * _MARGIN))
    return max(timeout, min(wanted, TIMEOUT_FACTOR * timeout, LONGEST_TIMEOUT))


def fitted_retries(count: int, known: ActionHistory | None) -> int:
    """One retry more where retries mostly help, two where they nearly always do; 0 is a decision and stays."""
    if known is None or not count:
        return count
    extra = (known.retry_success_rate >= RETRIES_HELP) + (known.retry_success_rate >= RETRIES_HELP_MUCH)
    return max(count, min(count + extra, MOST_RETRIES))


def _rank(known: ActionHistory | None) -> tuple[bool, float, timedelta]:
    """Sorts the more reliable first, then the longer; what nothing is known about comes last."""
    if known is None:
        return True, 0.0, timedelta(0)
    return False, -known.success_rate, -(known.typical_duration or timedelta(0))


def _adjustments(before: Limits, after: Limits, actions: Mapping[int, Action],
                 experience: Mapping[Action, ActionHistory],
                 known: Mapping[int, ActionHistory]) -> Iterator[Adjustment]:
    for action in sorted(experience):
        numbers = [n for n in known if actions[n] is action]
        seen = experience[action]
        for old, new, steps in _changed(numbers, before.timeouts, after.timeouts):
            yield Adjustment(AdjustmentType.TIMEOUT, steps, f"timeout of {listed(steps)} ({action.value}) raised from "
                             f"{format_duration(old)} to {format_duration(new)}", _slow(seen))
        for fewer, more, steps in _changed(numbers, before.retries, after.retries):
            yield Adjustment(AdjustmentType.RETRY, steps, f"retries of {listed(steps)} ({action.value}) raised from "
                             f"{fewer} to {more}", f"{seen.retry_success_rate:.0%} of the retried ones succeeded")
        if numbers and seen.success_rate < NEVER_HELPS:
            yield Adjustment(AdjustmentType.SKIP, tuple(numbers), f"{listed(numbers)} ({action.value}) could be left "
                             "out; nothing was", f"it succeeded in {seen.success_rate:.0%} of {seen.samples} runs")
    if after.order != before.order:
        yield Adjustment(AdjustmentType.ORDER, (), f"ready steps start in the order {listed(after.order)}",
                         "more reliable and longer actions come first")


def _changed(numbers: Iterable[int], before: Mapping[int, T], after: Mapping[int, T]) -> list[
        tuple[T, T, tuple[int, ...]]]:
    """Each (old value, new value, steps) that differs, in the order of the first step."""
    groups: dict[tuple[T, T], list[int]] = {}
    for number in numbers:
        if before[number] != after[number]:
            groups.setdefault((before[number], after[number]), []).append(number)
    return [(*values, tuple(steps)) for values, steps in groups.items()]


def _slow(seen: ActionHistory) -> str:
    slow = format_duration(seen.slow_duration or timedelta(0))
    return f"95 % of the successes took up to {slow}, of {seen.samples} runs"


def listed(numbers: Iterable[int]) -> str:
    """`step 3`, or `steps 1, 2, 4`; a long list is cut."""
    all_of_them = tuple(numbers)
    more = f", ... ({len(all_of_them)} in all)" if len(all_of_them) > _SHOWN else ""
    return f"step{'s' * (len(all_of_them) > 1)} {', '.join(map(str, all_of_them[:_SHOWN]))}{more}"
