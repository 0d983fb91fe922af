"""Breadth-first search over every interleaving of a scope; the first broken law comes with a shortest trace.

A state is a context (`contexts`) and for each controller its local state and how
far behind each of its two views may be.  Controllers are interchangeable: their
parts are sorted.  Each state is kept exactly, as one integer of 4 bytes and 4
for each controller.
"""

from __future__ import annotations

import gc
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from attrs import frozen

from wfcore.testing.checker.contexts import LAGS, Contexts
from wfcore.testing.checker.ending import Endings
from wfcore.testing.checker.locals import IDLE
from wfcore.testing.checker.scope import Scope
from wfcore.testing.checker.steps import Steps
from wfcore.testing.checker.turns import Turns
from wfcore.testing.checker.violation import Violation

_BITS = 32
_PART = (1 << _BITS) - 1
_LAGS = LAGS - 1  # as a mask


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """All that is made here is kept, and nothing of it refers in circles: to search it costs a third of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@frozen
class Broken:
    """A violation, and the numbers of the states on a shortest way to it."""

    violation: Violation
    path: tuple[int, ...]
    during: str


class Exploration:
    """One scope explored.  `keys` holds the states in the order they were found."""

    def __init__(self, scope: Scope) -> None:
        self.scope, self.turns = scope, Turns(scope)
        self.contexts = Contexts(self.turns.world, scope.lag)
        self.steps = Steps(self.turns, self.contexts)
        self.endings = Endings(self.turns)
        self.keys: list[int] = []
        self.parents = array("I")
        self.transitions = self.depth = 0
        self.complete = False
        self.broken: Broken | None = None
        self.during = "the beginning"
        self._shift = _BITS * scope.controllers

    @property
    def name(self) -> str:
        """The scope's name."""
        return self.scope.name

    @property
    def states(self) -> int:
        """How many states were found."""
        return len(self.keys)

    @property
    def met(self) -> set[int]:
        """Every core."""
        return {self.contexts.cores[key >> self._shift] for key in self.keys}

    # --- search ---------------------------------------------------------------------------------------------

    def run(self, most: int | None = None, tick: Callable[[int], bool] = lambda states: False) -> Exploration:
        """Explore until all is seen, a law is broken, `most` states are found or `tick` (now and then) says stop."""
        with collector_at_rest():
            return self._run(most, tick)

    def _run(self, most: int | None, tick: Callable[[int], bool]) -> Exploration:
        context = self.contexts.number(self.turns.world.first, self.scope.faults, 0)
        first = self._key(context, [IDLE * LAGS] * self.scope.controllers)
        self.keys.append(first)
        self.parents.append(0)
        seen, at, level = {first}, 0, 1
        keys, parents, cores, shift = self.keys, self.parents, self.contexts.cores, self._shift
        checked: set[int] = set()
        try:
            while at < len(keys):
                if at == level:
                    self.depth, level = self.depth + 1, len(keys)
                if (most is not None and len(keys) >= most) or (at % 4096 == 4095 and tick(len(keys))):
                    return self
                key = keys[at]
                core = cores[key >> shift]
                if core not in checked and self.scope.endings:
                    self.during = "a lone controller later on"
                    self.endings.check(core)
                    checked.add(core)
                following = self.successors(key)
                self.transitions += len(following)
                for after, _ in following:
                    if after not in seen:
                        seen.add(after)
                        keys.append(after)
                        parents.append(at)
                at += 1
        except Violation as violation:
            self.broken = Broken(violation, self._path(at), self.during)
            return self
        self.complete = True
        return self

    def successors(self, key: int) -> list[tuple[int, str]]:
        """Every state one step later, with words for the step."""
        context, actors = key >> self._shift, self._actors(key)
        found: list[tuple[int, str]] = []
        for i, actor in enumerate(actors):
            if i and actor == actors[i - 1]:
                continue  # the same as its neighbour
            self.during = f"controller {'ABCDEFGH'[i]}"
            alone, steps = self.steps.of(context, actor)
            if alone:
                found.clear()
            others = actors[:i] + actors[i + 1:]
            for after, acted, change, words in steps:
                found.append((self._key(after, [acted, *self._fallen(others, change)]), words))
            if alone:
                return found
        self.during = "the world"
        busy = actors[-1] >= LAGS
        for after, _, change, words in (*self.steps.moves(context), *self.steps.times(context, busy=busy)):
            found.append((self._key(after, self._fallen(actors, change)), words))
        return found

    def _fallen(self, actors: list[int], change: int) -> list[int]:
        """Controllers whose views have not been told of a change."""
        fall = self.contexts.fallen[change]
        return [actor & ~_LAGS | fall[actor & _LAGS] for actor in actors]

    # --- states ---------------------------------------------------------------------------------------------

    def _key(self, context: int, actors: list[int]) -> int:
        actors.sort()
        if self.contexts.rough[context]:
            context = self.contexts.canonical(context, actors)
        for actor in actors:
            context = context << _BITS | actor
        return context

    def _actors(self, key: int) -> list[int]:
        return [key >> bits & _PART for bits in range(self._shift - _BITS, -1, -_BITS)]

    def _path(self, at: int) -> tuple[int, ...]:
        path = [at]
        while at:
            at = self.parents[at]
            path.append(at)
        return tuple(reversed(path))

    def unpack(self, key: int) -> tuple[int, int, Iterator[int]]:
        """(core, faults left, local states) of a state."""
        context = key >> self._shift
        return (self.contexts.cores[context], self.contexts.faults[context],
                (actor // LAGS for actor in self._actors(key)))
