"""Figures of an exploration, and what no exploration has looked at."""

from __future__ import annotations

from attrs import frozen

from wfcore.testing.checker.explore import Exploration
from wfcore.testing.checker.unbounded import Unbounded

# Said with every report: what no exploration here has looked at.
NOT_COVERED = (
    "three or more attempts of a step, more than one workflow at a time",
    "rollbackOf and retryOf workflows, busy targets, safety checks, history; a process that knows of a freeze too late",
    "unhealthy targets in monitoring, time to live, a parent that is created late",
    "children removed with force, workflows recreated under the same name",
    "a batch of children interleaved with another controller (any part of a batch may be lost, though)",
    "deadlines in every order where there are several steps (time then passes when nothing else can happen)",
)


@frozen
class Figures:
    """What was seen of one scope.

    Attributes:
        states: Distinct states; for any number of controllers: pairs of a core and a controller left in it.
        complete: Whether all of it was seen.
        cores: Distinct states of everything but the controllers.
        programs_run: How often a program was really run.
        longest_ending: The most passes and sleeps that a lone controller needed to end a workflow.
        phases: Those that occurred.
        requests: Those that were performed.
    """

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


def figures(found: Exploration | Unbounded) -> Figures:
    """The figures of an exploration."""
    world = found.turns.world
    ledgers = [world.ledger(core) for core in found.met]
    phases = {"gone" if ledger is None else ledger.phase or "new" for ledger in ledgers}
    return Figures(
        scope=found.name, states=found.states, transitions=found.transitions, depth=found.depth,
        complete=found.complete, cores=len(found.met), programs_run=found.turns.locals.runs,
        longest_ending=found.endings.longest, phases=tuple(sorted(phases)),
        requests=tuple(sorted(found.turns.written)))
