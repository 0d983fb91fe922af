"""S17 and more: any number of controllers, each as slow and as stale as it likes, and any number of faults.

Here a state is a core alone.  With it are kept, over every way to it, the
versions of workflow and children that once were (what a cache may still show)
and the local states in which some controller may have been left standing.  In
each core every pair of such versions may be read, each left controller may go
on, be told nothing, or have done part of what it wanted, and stays where it is
as well: another one may stand there too.  So each decision taken on any earlier
state is applied in every later one, which is S17 for every (ancestor, state)
pair; nothing has to be counted, not controllers, faults or versions.

It allows more than can happen: versions and controllers of two ways to a core
are mixed.  What holds here holds for every number of controllers and faults; a
violation has to be confirmed by `explore`.  In a scope that is not impatient
time passes only where a controller with fresh caches finds nothing to do, but
then over the heads of all that were left standing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count

from attrs import Factory, define, frozen

from wfcore.testing.checker.ending import Endings
from wfcore.testing.checker.explore import collector_at_rest
from wfcore.testing.checker.locals import CACHED, IDLE, LIVE, WRITE
from wfcore.testing.checker.scope import Scope
from wfcore.testing.checker.turns import Turns
from wfcore.testing.checker.violation import Violation


@define
class Past:
    """What may be left of earlier states in a core."""

    workflows: dict[int, None] = Factory(dict)
    groups: dict[int, None] = Factory(dict)
    locals: dict[int, str] = Factory(dict)  # with words for where it was left


@frozen
class Edge:
    """How a core was first met."""

    before: int
    words: str


class Unbounded:
    """One scope explored for every number of controllers and faults; `controllers`, `faults` and `lag` mean nothing."""

    def __init__(self, scope: Scope) -> None:
        self.scope, self.turns = scope, Turns(scope)
        self.endings = Endings(self.turns)
        self.pasts: dict[int, Past] = {}
        self.edges: dict[int, Edge] = {}
        self.states = self.transitions = self.depth = 0
        self.complete = False
        self.broken: tuple[Violation, int, str] | None = None
        self._after: dict[int, dict[int, None]] = {}
        self._todo: deque[tuple[int, str, int, str]] = deque()

    @property
    def name(self) -> str:
        """The scope's name, without what means nothing here."""
        return self.scope.name.replace(self.scope.actors, "any controllers and faults")

    @property
    def met(self) -> set[int]:
        """Every core."""
        return set(self.pasts)

    def run(self, most: int | None = None, tick: Callable[[int], bool] = lambda states: False) -> Unbounded:
        """Explore until nothing is new, a law is broken, `most` states are met or `tick` says stop."""
        core, doing = self.turns.world.first, "the beginning"
        try:
            with collector_at_rest():
                self._meet(core, -1, "")
                for number in count(1):
                    if not self._todo:
                        break
                    if (most is not None and self.states >= most) or (number % 1024 == 0 and tick(self.states)):
                        return self
                    core, kind, what, words = self._todo.popleft()
                    doing = f"a controller that {words}" if words else "the world, or a reader"
                    self._handle(core, kind, what, words)
        except Violation as violation:
            self.broken = violation, core, doing
            return self
        self.complete = True
        return self

    def _meet(self, core: int, before: int, words: str) -> None:
        if before in self._after:
            self._after[before].setdefault(core)
        if core not in self.pasts:
            self.pasts[core], self._after[core] = Past(), {}
            self.edges[core] = Edge(before, words)
            self._todo.append((core, "core", 0, ""))
        if before in self.pasts and before != core:
            past = self.pasts[before]
            for kind, known in (("workflow", past.workflows), ("group", past.groups)):
                for number in known:
                    self._add(core, kind, number, "")
            for local, origin in past.locals.items():
                self._add(core, "local", local, origin)

    def _add(self, core: int, kind: str, number: int, words: str) -> None:
        past = self.pasts[core]
        if kind == "local":
            if number == IDLE or number in past.locals:
                return
            past.locals[number] = words
            self.states += 1
        else:
            known = past.workflows if kind == "workflow" else past.groups
            if number in known:
                return
            known[number] = None
        self._todo.append((core, kind, number, words))

    def _handle(self, core: int, kind: str, number: int, words: str) -> None:
        if kind == "core":
            self._look(core)
            return
        for after in self._after[core]:
            self._add(after, kind, number, words)
        if kind == "local":
            self._go_on(core, number, words)
            return
        past = self.pasts[core]
        pairs = ((number, g) for g in past.groups) if kind == "workflow" else ((w, number) for w in past.workflows)
        self._read(core, tuple(pairs), {IDLE: f"read in state {core}", **{
            local: origin for local, origin in past.locals.items() if self.turns.locals.asks[local] == CACHED}})

    def _read(self, core: int, pairs: Sequence[tuple[int, int]], readers: Mapping[int, str]) -> None:
        for local, origin in readers.items():
            same = self.turns.locals.looked_at[local]
            for workflow, group in pairs:
                if same not in (0, workflow):
                    continue  # it begins anew
                self._leave(core, self.turns.observe(core, local, workflow, group)[0], origin)

    def _look(self, core: int) -> None:
        """A core met for the first time: its own versions, and what the world does."""
        if self.scope.endings:
            self.endings.check(core)
        _, workflow, group, *_ = self.turns.world.cores[core]
        self._add(core, "workflow", workflow, "")
        self._add(core, "group", group, "")
        quiet = self.scope.impatient or (
            not self.turns.moves(core) and self.turns.observe(core, IDLE, workflow, group)[0] == IDLE)
        for step, after in (*self.turns.moves(core), *(self.turns.times(core) if quiet else ())):
            self._meet(after, core, step)

    def _go_on(self, core: int, local: int, words: str) -> None:
        turns = self.turns
        if turns.locals.asks[local] == LIVE:
            _, workflow, group, *_ = turns.world.cores[core]
            self._leave(core, turns.observe(core, local, workflow, group)[0], words)
            return
        if turns.locals.asks[local] == CACHED:
            past = self.pasts[core]
            self._read(core, tuple((w, g) for w in past.workflows for g in past.groups), {local: words})
            return
        turn, _ = turns.perform(core, local)
        for outcome in (turn, *turns.faults(core, local)):
            self.transitions += 1
            if outcome.core != core:
                self._meet(outcome.core, core, f"a controller that {words}: {outcome.words}")
            self._leave(outcome.core, outcome.local, words)

    def _leave(self, core: int, local: int, words: str) -> None:
        """A controller stands there; where its write can only be refused, go on as if it had been."""
        if local != IDLE and self.turns.locals.asks[local] == WRITE and self.turns.is_inert(core, local):
            for turn in (self.turns.perform(core, local)[0], *self.turns.faults(core, local)):
                self._leave(turn.core, turn.local, words)
            return
        self._add(core, "local", local, words)

    def way(self, core: int) -> Iterator[tuple[int, str]]:
        """The shortest way to a core: (core, words) from the beginning."""
        path = []
        while core >= 0:
            path.append((core, self.edges[core].words))
            core = self.edges[core].before
        return reversed(path)
