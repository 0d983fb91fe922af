"""Figures of an exploration, and the scopes that are explored by default."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import frozen

from wfcore.testing.checker.explore import Exploration
from wfcore.testing.checker.scope import Scope, dags

# Said with every report: what no exploration here has looked at.
NOT_COVERED = (
    "three or more attempts of a step, more than one workflow at a time",
    "suspension, stop, plan-only and rollbackOf workflows, the workflow's own timeout",
    "unhealthy targets in monitoring, time to live, a parent that is created late",
    "children removed with force, workflows recreated under the same name",
    "a batch of children interleaved with another controller (any part of a batch may be lost, though)",
)


@frozen
class Figures:
    """What was seen of one scope.  `phases` and `requests` are those that occurred."""

    scope: str
    states: int
    transitions: int
    depth: int
    complete: bool
    cores: int
    programs_run: int
    longest_ending: int
    phases: tuple[str, ...]
    requests: tuple[str, ...]


def figures(exploration: Exploration) -> Figures:
    """The figures of an exploration."""
    turns, world = exploration.turns, exploration.turns.world
    ledgers = [world.ledger(core) for core in {exploration.unpack(key)[0] for key in exploration.keys}]
    phases = {"gone" if ledger is None else ledger.phase or "new" for ledger in ledgers}
    return Figures(
        scope=exploration.scope.name, states=len(exploration.keys), transitions=exploration.transitions,
        depth=exploration.depth, complete=exploration.complete, cores=len(world.cores),
        programs_run=turns.locals.runs, longest_ending=exploration.endings.longest, phases=tuple(sorted(phases)),
        requests=tuple(sorted(turns.written)))


def default_scopes(steps: int, controllers: int, faults: int, lag: int) -> Iterator[Scope]:
    """Scopes that end: one step with deadlines, one with a retry; every class of graphs; intruders; deletion.

    Only the first lets time pass while something else may happen: with more
    steps or a retry that multiplies the states by the orders of all deadlines.
    """
    common: dict[str, Any] = {"controllers": controllers, "faults": faults, "lag": lag}
    one = dags(1)[0]
    yield Scope(needs=one, retries=(0,), **common)
    yield Scope(needs=one, impatient=False, **common)
    for size in range(2, steps + 1):
        for needs in dags(size):
            yield Scope(needs=needs, retries=(0,) * size, max_parallel=max(2, size - 1), impatient=False,
                        unreliable=False, **common)
    for intruder in ("stranger", "impostor"):
        yield Scope(needs=one, retries=(0,), intruder=intruder, **common)
    yield Scope(needs=one, retries=(0,), delete=True, **common)
