"""Breadth-first search over every interleaving of a scope; the first broken law comes with a shortest trace.

A state is a core, the versions a cached view may still hold, what is left of
the fault budget, and for each controller its local state and how far behind
each of its two views may be.  Views are not delivered event by event: a cached
read may return any version not older than the last one read, which allows the
same answers and needs fewer states.  Controllers are interchangeable: their
parts are sorted.  Each state is kept as 8 + 4 bytes per controller, exactly.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Callable, Iterator

from attrs import frozen

from wfcore.testing.checker.ending import Endings
from wfcore.testing.checker.locals import CACHED, IDLE, LIVE
from wfcore.testing.checker.scope import Scope
from wfcore.testing.checker.turns import Turns
from wfcore.testing.checker.violation import Violation
from wfcore.testing.world import START

_LAG = 8  # exclusive bound of a lag, of which two are packed with a local state
_LAGS = _LAG * _LAG
_HISTORIES = 1 << 28
_History = tuple[tuple[int, ...], tuple[int, ...]]  # older versions of workflow and children, newest first


@frozen
class Broken:
    """A violation, and the numbers of the states on a shortest way to it."""

    violation: Violation
    path: tuple[int, ...]
    during: str


class Exploration:
    """One scope explored.  `keys` holds the states in the order they were found."""

    def __init__(self, scope: Scope) -> None:
        if not 0 <= scope.lag < _LAG:
            raise ValueError(f"lag must be from 0 to {_LAG - 1}, found {scope.lag}")
        self.scope, self.turns = scope, Turns(scope)
        self.endings = Endings(self.turns)
        self.keys: list[bytes] = []
        self.parents = array("I")
        self.transitions = self.depth = 0
        self.complete = False
        self.broken: Broken | None = None
        self.during = "the beginning"
        self._codec = struct.Struct(f"<{2 + scope.controllers}I")
        self._histories: dict[_History, int] = {((), ()): 0}
        self._history: list[_History] = [((), ())]
        self._shifts: dict[tuple[int, int, int], int] = {}
        self._backs: dict[tuple[int, int], tuple[int, int]] = {}
        self._cuts: dict[tuple[int, int, int], int] = {}

    # --- search ---------------------------------------------------------------------------------------------

    def run(self, most: int | None = None, tick: Callable[[int], bool] = lambda states: False) -> Exploration:
        """Explore until all is seen, a law is broken, `most` states are found or `tick` (now and then) says stop."""
        first = self._key(self.turns.world.first, 0, self.scope.faults, [IDLE * _LAGS] * self.scope.controllers)
        self.keys.append(first)
        self.parents.append(0)
        seen, at, level = {first}, 0, 1
        keys, parents, check = self.keys, self.parents, self.endings.check
        checked: set[int] = set()
        try:
            while at < len(keys):
                if at == level:
                    self.depth, level = self.depth + 1, len(keys)
                if (most is not None and len(keys) >= most) or (at % 4096 == 4095 and tick(len(keys))):
                    return self
                key = keys[at]
                core = int.from_bytes(key[:4], "little")
                if core not in checked and self.scope.endings:
                    self.during = "a lone controller later on"
                    check(core)
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

    def successors(self, key: bytes) -> list[tuple[bytes, str]]:
        """Every state one step later, with words for the step."""
        core, packed, *actors = self._codec.unpack(key)
        faults, history = divmod(packed, _HISTORIES)
        found: list[tuple[bytes, str]] = []
        asks = self.turns.locals.asks
        busy = False
        for i, actor in enumerate(actors):
            local = actor // _LAGS
            busy = busy or local != IDLE
            if i and actor == actors[i - 1]:
                continue  # the same as its neighbour
            self.during = f"controller {'ABCDEFGH'[i]}"
            if asks[local] == CACHED:
                self._read(found, core, history, faults, actors, i)
            elif asks[local] == LIVE:
                _, workflow, group, _, _ = self.turns.world.cores[core]
                after, _ = self.turns.observe(core, local, workflow, group)
                self._to(found, core, history, faults, actors, i, after * _LAGS + actor % _LAGS, "reads live")
            else:
                turn, _ = self.turns.perform(core, local)
                self._write(found, core, history, faults, actors, i, turn.core, turn.local, turn.words)
            if faults:
                self._faults(found, core, history, faults, actors, i)
        self._world(found, core, history, faults, actors, busy=busy)
        return found

    def _read(self, found: list[tuple[bytes, str]], core: int, history: int, faults: int, actors: list[int],
              i: int) -> None:
        actor = actors[i]
        local, lags = divmod(actor, _LAGS)
        _, workflow, group, _, _ = self.turns.world.cores[core]
        workflows, groups = self._history[history]
        for behind in range(lags // _LAG + 1):
            seen = workflows[behind - 1] if behind else workflow
            for late in range(lags % _LAG + 1):
                after, _ = self.turns.observe(core, local, seen, groups[late - 1] if late else group)
                self._to(found, core, history, faults, actors, i, after * _LAGS + behind * _LAG + late,
                         f"reads its cache, workflow {behind} and children {late} versions behind"
                         if behind or late else "reads its cache")

    def _faults(self, found: list[tuple[bytes, str]], core: int, history: int, faults: int, actors: list[int],
                i: int) -> None:
        local, lags = divmod(actors[i], _LAGS)
        workflows, groups = self._history[history]
        restarted = IDLE * _LAGS + len(workflows) * _LAG + len(groups)
        if restarted != actors[i]:
            self._to(found, core, history, faults - 1, actors, i, restarted, "crashes and restarts with old caches")
        for turn in self.turns.faults(core, local):
            self._write(found, core, history, faults - 1, actors, i, turn.core, turn.local, turn.words, lags=lags)

    def _world(self, found: list[tuple[bytes, str]], core: int, history: int, faults: int, actors: list[int], *,
               busy: bool) -> None:
        self.during = "the world"
        moves = self.turns.moves(core)
        for words, after in moves:
            self._write(found, core, history, faults, actors, -1, after, 0, words)
        # That time passes while a controller is in the middle of a pass is a fault: it was stopped.
        if (faults or not busy) and (self.scope.impatient or not (moves or busy or self._progress(found, core))):
            for words, after in self.turns.times(core):
                self._write(found, core, history, faults - busy, actors, -1, after, 0, words)

    def _progress(self, found: list[tuple[bytes, str]], core: int) -> bool:
        """Whether some step leads out of rest."""
        return any(after != core or any(local != IDLE for local in locals_)
                   for after, _, locals_ in (self.unpack(key) for key, _ in found))

    # --- states ---------------------------------------------------------------------------------------------

    def _to(self, found: list[tuple[bytes, str]], core: int, history: int, faults: int, actors: list[int], i: int,
            actor: int, words: str) -> None:
        parts = actors.copy()
        parts[i] = actor
        found.append((self._key(core, history, faults, parts), words))

    def _write(self, found: list[tuple[bytes, str]], core: int, history: int, faults: int, actors: list[int], i: int,
               after: int, local: int, words: str, lags: int | None = None) -> None:
        """A step to another core: views fall behind, but not those of the one who wrote and heard so."""
        unheard = lags is not None
        parts = actors.copy()
        if i >= 0:
            parts[i] = local * _LAGS + actors[i] % _LAGS
        if after != core:
            old, new, most = self.turns.world.cores[core], self.turns.world.cores[after], self.scope.lag
            if (workflows := old[1] != new[1]) or old[2] != new[2]:
                history = self._shifted(history, core, after)
            for j, actor in enumerate(parts):
                behind, late = actor % _LAGS // _LAG, actor % _LAG
                if workflows:
                    behind = 0 if j == i and not unheard else min(behind + 1, most)
                if old[2] != new[2]:
                    late = 0 if j == i and not unheard else min(late + 1, most)
                parts[j] = actor // _LAGS * _LAGS + behind * _LAG + late
        found.append((self._key(after, history, faults, parts), words))

    def _shifted(self, history: int, core: int, after: int) -> int:
        found = self._shifts.get((history, core, after))
        if found is None:
            old, new, most = self.turns.world.cores[core], self.turns.world.cores[after], self.scope.lag
            workflows, groups = self._history[history]
            found = self._shifts[history, core, after] = self._number((
                (old[1], *workflows)[:most] if old[1] != new[1] else workflows,
                (old[2], *groups)[:most] if old[2] != new[2] else groups))
        return found

    def _key(self, core: int, history: int, faults: int, actors: list[int]) -> bytes:
        actors.sort()
        if actors[-1] < _LAGS and self.turns.world.cores[core][0]:
            core, history = self._set_back(core, history)
        if history and not faults:
            # Only a restart could bring back what nobody's view holds any more.
            behind = max(actor % _LAGS // _LAG for actor in actors)
            late = max(actor % _LAG for actor in actors)
            history = self._cut(history, behind, late)
        return self._codec.pack(core, faults * _HISTORIES + history, *actors)

    def _set_back(self, core: int, history: int) -> tuple[int, int]:
        """All rest: nobody remembers an instant but the objects, so the clock can begin anew."""
        found = self._backs.get((core, history))
        if found is None:
            objects, by = self.turns.world.objects, self.turns.world.now(core) - START
            workflows, groups = self._history[history]
            found = self._backs[core, history] = self.turns.world.set_back(core), self._number((
                tuple(objects.earlier(n, by) for n in workflows), tuple(objects.earlier_group(n, by) for n in groups)))
        return found

    def _cut(self, history: int, behind: int, late: int) -> int:
        found = self._cuts.get((history, behind, late))
        if found is None:
            workflows, groups = self._history[history]
            found = self._cuts[history, behind, late] = self._number((workflows[:behind], groups[:late]))
        return found

    def _number(self, history: _History) -> int:
        number = self._histories.setdefault(history, len(self._history))
        if number == len(self._history):
            self._history.append(history)
        return number

    def _path(self, at: int) -> tuple[int, ...]:
        path = [at]
        while at:
            at = self.parents[at]
            path.append(at)
        return tuple(reversed(path))

    def unpack(self, key: bytes) -> tuple[int, int, Iterator[int]]:
        """(core, faults left, local states) of a state."""
        core, packed, *actors = self._codec.unpack(key)
        return core, packed // _HISTORIES, (actor // _LAGS for actor in actors)
