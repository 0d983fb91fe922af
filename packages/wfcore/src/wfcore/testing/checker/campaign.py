"""Many scopes explored within budgets, each in a process of its own when there are several jobs."""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from attrs import asdict, evolve, frozen

from wfcore.testing.checker.explore import Exploration
from wfcore.testing.checker.families import Task
from wfcore.testing.checker.report import figures
from wfcore.testing.checker.trace import trace, way
from wfcore.testing.checker.unbounded import Unbounded

_SAID_EVERY = 10.0  # seconds
_KIBIBYTES = 1 if sys.platform == "darwin" else 1024  # what ru_maxrss counts in


@frozen(kw_only=True)
class Budget:
    """What one scope may take: states, seconds, bytes of memory; 0 is no limit."""

    states: int = 0
    seconds: float = 0.0
    memory: int = 6 << 30


@frozen
class Outcome:
    """Figures of one scope as JSON, and the lines of a counterexample, if there is one."""

    row: dict[str, Any]
    lines: tuple[str, ...]


class _Watch:
    """Says how far a scope is, and when its budget is over."""

    def __init__(self, name: str, budget: Budget, say: Callable[[str], None]) -> None:
        self.name, self.budget, self._say = name, budget, say
        self.start = self._said = time.perf_counter()
        self.cut = ""

    def tick(self, states: int) -> bool:
        now = time.perf_counter()
        if now - self._said >= _SAID_EVERY:
            self._said = now
            self._say(f"... {self.name}: {states} states, {now - self.start:.0f} s, {_memory() >> 20} MiB")
        if self.budget.seconds and now - self.start >= self.budget.seconds:
            self.cut = "time"
        elif self.budget.memory and _memory() >= self.budget.memory:
            self.cut = "memory"
        return bool(self.cut)


def explore(task: Task, budget: Budget, say: Callable[[str], None]) -> Outcome:
    """One scope, as far as the budget goes."""
    found = Unbounded(task.scope) if task.unbounded else Exploration(task.scope)
    watch, began = _Watch(found.name, budget, say), time.process_time()
    found.run(most=budget.states or None, tick=watch.tick)
    seconds, busy = time.perf_counter() - watch.start, max(time.process_time() - began, 0.001)
    cut = "" if found.complete or found.broken else watch.cut or "states"
    row = {**asdict(figures(found)), "cut": cut, "seconds": round(seconds, 2), "cpuSeconds": round(busy, 2),
           "statesPerSecond": round(found.states / busy), "memoryBytes": _memory()}
    lines = way(found) if isinstance(found, Unbounded) else trace(found)
    whole = f"cut by {cut}" if cut else "all" if found.complete else "a law is broken"
    say(f"{found.name}: {found.states} states ({whole}), {found.transitions} transitions, {row['cores']} cores, "
        f"{busy:.1f} s of CPU, {row['statesPerSecond']} states/s")
    return Outcome(row, tuple(lines))


def explore_all(tasks: Sequence[Task], budget: Budget, jobs: int, total: float,
                say: Callable[[str], None]) -> Iterator[Outcome]:
    """Every scope in turn, or in `jobs` processes; within `total` seconds, if that is not 0.

    Then each scope gets an equal share of what is left, and what it does not
    need goes to later ones.
    """
    end = time.perf_counter() + total
    jobs_left = list(reversed(tasks))

    def following() -> Iterator[tuple[Task, Budget]]:
        while jobs_left:
            share = max(1.0, (end - time.perf_counter()) * jobs / len(jobs_left)) if total else 0.0
            least = min((s for s in (share, budget.seconds) if s), default=0.0)
            yield jobs_left.pop(), evolve(budget, seconds=least)
    if jobs == 1:
        for task, allowed in following():
            yield explore(task, allowed, say)
        return
    yield from _in_processes(following(), jobs)


def _in_processes(work: Iterator[tuple[Task, Budget]], jobs: int) -> Iterator[Outcome]:
    # One process per scope gives its memory back.
    with multiprocessing.get_context("spawn").Pool(jobs, maxtasksperchild=1) as pool:
        running = [pool.apply_async(_in_process, one) for one in islice(work, jobs)]
        while running:
            done = next((one for one in running if one.ready()), None)
            if done is None:
                running[0].wait(0.2)
                continue
            running.remove(done)
            running += [pool.apply_async(_in_process, one) for one in islice(work, 1)]
            yield done.get()


def _in_process(task: Task, budget: Budget) -> Outcome:
    return explore(task, budget, say_on_stderr)


def say_on_stderr(text: str) -> None:
    """One line of progress."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def _memory() -> int:
    """The most memory this process has held, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KIBIBYTES
