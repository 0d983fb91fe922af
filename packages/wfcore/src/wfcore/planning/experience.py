"""What the recorded history of an action is worth: figures that every history computes in the same way."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from math import sqrt

from wfcore.model.enums import Action
from wfcore.model.plan import ActionHistory
from wfcore.settings import Settings

# Two-sided 95 % of the normal distribution.
_Z = 1.959964
# Of fewer retried steps no rate is given: one lucky retry is no habit.
FEWEST_RETRIED = 5
# So many steps of a definition's own say more than those of every definition.
OWN_IS_ENOUGH = 10


def confidence(samples: int, succeeded: int) -> float:
    """How sure a success rate is, 0 to 1: 1 less half the width of its 95 % Wilson score interval.

    Ten equal outcomes give 0.86, ten with one exception 0.81; where half of them
    failed it takes 21 for 0.80.  No samples give 0.  (E. B. Wilson, JASA 22, 1927.)
    """
    if samples <= 0:
        return 0.0
    rate = succeeded / samples
    half = _Z / (1 + _Z**2 / samples) * sqrt(rate * (1 - rate) / samples + (_Z / (2 * samples)) ** 2)
    return round(1 - half, 6)


def experience(action: Action, *, samples: int, succeeded: int, retried: int = 0, retried_succeeded: int = 0,
               typical: timedelta | None = None, slow: timedelta | None = None) -> ActionHistory:
    """The history of an action from its counts.

    Args:
        action: The action.
        samples: Steps that ended, well or not; what never ran is none.
        succeeded: Those that succeeded, whatever became of them later.
        retried: Those that took more than one attempt.
        retried_succeeded: Those of them that succeeded.
        typical: Median duration of those that succeeded at once.
        slow: Their 95th percentile.
    """
    return ActionHistory(
        action=action, samples=samples, success_rate=round(succeeded / samples, 6) if samples else 0.0,
        retry_success_rate=round(retried_succeeded / retried, 6) if retried >= FEWEST_RETRIED else 0.0,
        confidence=confidence(samples, succeeded), typical_duration=typical, slow_duration=slow)


def what_counts(history: Iterable[ActionHistory], settings: Settings) -> tuple[ActionHistory, ...]:
    """The entries sure enough to act on, one per action, in the order of their names."""
    counting = {h.action: h for h in history if h.confidence >= settings.history_min_confidence
                and h.samples >= settings.history_min_samples}
    return tuple(counting[action] for action in sorted(counting))
