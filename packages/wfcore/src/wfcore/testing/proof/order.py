"""How much is proved: how many schedules, which scopes and how long, which mutants."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from attrs import frozen

from wfcore.testing.checker.families import Task, default, full
from wfcore.testing.mutants import MUTANTS


@frozen(kw_only=True)
class Order:
    """What to run.

    Attributes:
        safety: Schedules in which faults strike to the end; seeds from `seed` on.
        liveness: Schedules in which they stop and everything has to end; the same seeds.
        scopes: Makes the tasks of the checker.
        states: Where a scope is cut; 0: nowhere.
        minutes: Shared out among the scopes; 0: as long as they take.
        mutants: Names of those that are hunted.
    """

    safety: int
    liveness: int
    scopes: Callable[[], Iterable[Task]]
    states: int = 0
    minutes: float = 0.0
    mutants: tuple[str, ...] = tuple(MUTANTS)
    seed: int = 0


def _common() -> Iterable[Task]:
    return default(2, controllers=2, faults=1, lag=1)


# Half a minute, three minutes and some hours of two cores.
PROOFS: Mapping[str, Order] = {
    "quick": Order(safety=400, liveness=100, scopes=_common, states=2_000,
                   mutants=tuple(name for name, mutant in MUTANTS.items() if mutant.by_hand)),
    "gate": Order(safety=7_000, liveness=3_000, scopes=_common, states=25_000),
    "evidence": Order(safety=780_000, liveness=220_000, scopes=full, minutes=40),
}
