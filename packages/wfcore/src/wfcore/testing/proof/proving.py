"""Runs the three parts of a proof one after the other."""

from __future__ import annotations

import time
from collections.abc import Callable

from wfcore.testing.checker.campaign import Budget, Outcome, explore_all
from wfcore.testing.mutants import Catch, hunt_all
from wfcore.testing.proof.order import Order
from wfcore.testing.proof.result import Proof
from wfcore.testing.simulator.faults import ALL_FAULTS
from wfcore.testing.simulator.jobs import Order as Schedules
from wfcore.testing.simulator.jobs import run_jobs
from wfcore.testing.simulator.simulation import Mode
from wfcore.testing.simulator.suite import Report
from wfcore.testing.simulator.workload import Workload

Say = Callable[[str], None]


def prove(order: Order, jobs: int = 1, say: Say = lambda text: None) -> Proof:
    """Run an order in `jobs` processes; `say` hears of its progress.

    Nothing is raised for what was found: it is in the proof's `problems`.
    """
    clock, seconds = time.perf_counter, {}
    began = clock()
    schedules = _schedules(order, jobs, say)
    seconds["schedules"], began = clock() - began, clock()
    scopes = _scopes(order, jobs, say)
    seconds["states"], began = clock() - began, clock()
    caught = hunt_all(order.mutants, jobs, lambda name, catch: say(_heard(name, catch))) if order.mutants else {}
    seconds["mutants"] = clock() - began
    return Proof(seed=order.seed, schedules=schedules, scopes=scopes, caught=caught, seconds=seconds)


def _schedules(order: Order, jobs: int, say: Say) -> tuple[Report, ...]:
    reports = []
    for mode, count in ((Mode.SAFETY, order.safety), (Mode.LIVENESS, order.liveness)):
        if count:
            what = Schedules(mode=mode, faults=ALL_FAULTS, keep_going=False, workload=Workload.MIXED)
            reports.append(run_jobs(range(order.seed, order.seed + count), what, jobs, _Now(say, mode, count)))
    return tuple(reports)


class _Now:
    """Says how far the schedules are, at most once in ten seconds."""

    def __init__(self, say: Say, mode: Mode, count: int) -> None:
        self._say, self._mode, self._count, self._last = say, mode, count, time.perf_counter()

    def __call__(self, done: int) -> None:
        if time.perf_counter() - self._last >= 10:
            self._last = time.perf_counter()
            self._say(f"{done} of {self._count} {self._mode.value} schedules")


def _scopes(order: Order, jobs: int, say: Say) -> tuple[Outcome, ...]:
    found = []
    for outcome in explore_all(list(order.scopes()), Budget(states=order.states), jobs, order.minutes * 60, say):
        found.append(outcome)
        if outcome.lines:
            break
    return tuple(found)


def _heard(name: str, catch: Catch | None) -> str:
    return f"{name} survived" if catch is None else f"{name}: {catch.law} after {catch.after} {catch.unit}"
