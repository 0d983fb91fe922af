"""Looks for a planted breakage where it says it can be found."""

from __future__ import annotations

import multiprocessing
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from attrs import asdict, frozen

from wfcore.lifecycle import planned
from wfcore.testing.checker.explore import Exploration
from wfcore.testing.checker.source import found as found_source
from wfcore.testing.mutants.mutant import Examination, Mutant, Schedules, States
from wfcore.testing.mutants.patching import patching
from wfcore.testing.mutants.registry import MUTANTS
from wfcore.testing.simulator.laws import LawBroken
from wfcore.testing.simulator.simulation import simulate


@frozen(kw_only=True)
class Catch:
    """How a breakage was found: the law it broke, after how many schedules, states or examinations."""

    name: str
    law: str
    after: int
    within: int
    unit: str
    message: str

    def as_json(self) -> dict[str, Any]:
        """The fields by name."""
        return asdict(self)


def hunt(mutant: Mutant) -> Catch | None:
    """Plant a breakage, look for it, take it out again; None when it survived.

    A catch may be by a law that is none of the mutant's: see `Catch.law`.  Of a
    state the checker also looks at what a lone controller makes of it, so that one
    state may be enough.

    Cost: up to `within` schedules or states.
    """
    if isinstance(mutant.hunt, States) and mutant.hunt.scope.source:
        found_source(mutant.hunt.scope.source)  # remembered for all scopes, so it has to be the honest engine's
    with patching() as patch:
        # A plan is remembered as a function of the spec, which a breakage may change.
        patch.setattr(planned, "_plans", OrderedDict())
        mutant.plant(patch)
        match mutant.hunt:
            case Schedules():
                found = _by_schedules(mutant.hunt)
            case States():
                found = _by_states(mutant.hunt)
            case Examination():
                found = _by_examination(mutant.hunt)
    if found is None:
        return None
    law, after, message = found
    return Catch(name=mutant.name, law=law, after=after, within=mutant.hunt.within, unit=mutant.hunt.unit,
                 message=message)


def hunt_all(names: Sequence[str] = (), jobs: int = 1,
             report: Callable[[str, Catch | None], None] = lambda name, catch: None) -> dict[str, Catch | None]:
    """Hunt the mutants of these names, all of them by default, in `jobs` processes.

    The result is in the order of the names and does not depend on `jobs`.
    `report` hears of each as soon as it and those before it are done.

    Raises:
        KeyError: for a name that no mutant has; nothing is hunted then.
    """
    wanted = [MUTANTS[name].name for name in names or MUTANTS]
    caught: dict[str, Catch | None] = {}
    for name, catch in zip(wanted, _catches(wanted, jobs), strict=True):
        caught[name] = catch
        report(name, catch)
    return caught


def _catches(names: Iterable[str], jobs: int) -> Iterator[Catch | None]:
    if jobs == 1:
        yield from map(_hunt_named, names)
        return
    # Spawned: a process of its own has an engine of its own.
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        yield from pool.imap(_hunt_named, names)


def _hunt_named(name: str) -> Catch | None:
    return hunt(MUTANTS[name])


_Found = tuple[str, int, str]


def _by_schedules(where: Schedules) -> _Found | None:
    for seed in range(where.within):
        broken = simulate(seed, where.mode, faults=where.faults).violation
        if broken is not None:
            return broken.law, seed + 1, str(broken)
    return None


def _by_states(where: States) -> _Found | None:
    found = Exploration(where.scope).run(most=where.within)
    if found.broken is None:
        return None
    return found.broken.violation.law, found.states, str(found.broken.violation)


def _by_examination(where: Examination) -> _Found | None:
    try:
        where.examine()
    except LawBroken as broken:
        return broken.law, 1, str(broken)
    return None
