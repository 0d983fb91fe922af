"""What a state holds besides its controllers: a core, the faults left, the older versions that a view may still hold.

A view is a bound: a cached read may return any version not older than the last
one read, so a history is two tuples of older versions, newest first, and a
controller's lags say how many of them it may still meet.
"""

from __future__ import annotations

from datetime import timedelta

from wfcore.testing.checker.world import World

LAG = 8  # exclusive bound of a lag, of which two are packed with a local state
LAGS = LAG * LAG
BEHIND, LATE = LAGS - LAG, LAG - 1  # masks of the two lags
WORKFLOW, CHILDREN = 1, 2  # bits: what a step has changed

_History = tuple[tuple[int, ...], tuple[int, ...]]
_Context = tuple[int, int, int]


class Contexts:
    """Contexts as numbers.

    `cores`, `faults` and `olds` are their parts by number, a history being a
    number too; `rough` tells which of them may have to be made canonical.
    """

    def __init__(self, world: World, lag: int) -> None:
        if not 0 <= lag < LAG:
            raise ValueError(f"lag must be from 0 to {LAG - 1}, found {lag}")
        self._world, self._most = world, lag
        self.cores: list[int] = []
        self.faults: list[int] = []
        self.olds: list[int] = []
        self.rough = bytearray()
        self.histories: list[_History] = [((), ())]
        self._history_numbers: dict[_History, int] = {((), ()): 0}
        self._numbers: dict[_Context, int] = {}
        self._backs: dict[int, int] = {}
        self._cuts: dict[int, int] = {}
        # How far behind a view is after a change of neither, one or both kinds that it has not been told of.
        self.fallen = [[self._fall(lags, change) for lags in range(LAGS)] for change in range(4)]

    def _fall(self, lags: int, change: int) -> int:
        behind, late = divmod(lags, LAG)
        return min(behind + (change & WORKFLOW), self._most) * LAG + min(late + (change >> 1), self._most)

    def number(self, core: int, faults: int, history: int) -> int:
        """The number of a context."""
        key = core, faults, history
        number = self._numbers.setdefault(key, len(self.cores))
        if number == len(self.cores):
            self.cores.append(core)
            self.faults.append(faults)
            self.olds.append(history)
            self.rough.append(bool(self._world.cores[core][0]) or bool(history and not faults))
        return number

    def moved(self, context: int, core: int, cost: int = 0) -> tuple[int, int]:
        """The context after a step to another core that takes so many faults, and what has changed."""
        before, history = self.cores[context], self.olds[context]
        change = 0
        if before != core:
            old, new, most = self._world.cores[before], self._world.cores[core], self._most
            workflows, groups = self.histories[history]
            if old[1] != new[1]:
                change, workflows = WORKFLOW, (old[1], *workflows)[:most]
            if old[2] != new[2]:
                change, groups = change | CHILDREN, (old[2], *groups)[:most]
            history = self._history(workflows, groups)
        return self.number(core, self.faults[context] - cost, history), change

    def oldest(self, context: int) -> int:
        """The lags of a controller that has just started, with old caches."""
        workflows, groups = self.histories[self.olds[context]]
        return len(workflows) * LAG + len(groups)

    def canonical(self, context: int, actors: list[int]) -> int:
        """One context for all that these controllers, sorted, cannot tell apart.

        When all of them rest nobody remembers an instant but the objects, so the
        clock begins anew.  Without faults no controller starts anew, so what no
        view can meet any more is forgotten.
        """
        if actors[-1] < LAGS and self._world.cores[self.cores[context]][0]:
            context = self._set_back(context)
        if self.faults[context] or not self.olds[context]:
            return context
        behind = late = 0
        for actor in actors:
            behind = max(behind, actor & BEHIND)
            late = max(late, actor & LATE)
        key = context * LAGS + behind + late
        found = self._cuts.get(key)
        if found is None:
            found = self._cuts[key] = self._cut(context, behind // LAG, late)
        return found

    def _set_back(self, context: int) -> int:
        found = self._backs.get(context)
        if found is None:
            core, objects = self.cores[context], self._world.objects
            by = timedelta(microseconds=self._world.cores[core][0])
            workflows, groups = self.histories[self.olds[context]]
            history = self._history(tuple(objects.earlier(n, by) for n in workflows),
                                    tuple(objects.earlier_group(n, by) for n in groups))
            found = self._backs[context] = self.number(self._world.set_back(core), self.faults[context], history)
        return found

    def _cut(self, context: int, behind: int, late: int) -> int:
        workflows, groups = self.histories[self.olds[context]]
        return self.number(self.cores[context], 0, self._history(workflows[:behind], groups[:late]))

    def _history(self, workflows: tuple[int, ...], groups: tuple[int, ...]) -> int:
        history = workflows, groups
        number = self._history_numbers.setdefault(history, len(self.histories))
        if number == len(self.histories):
            self.histories.append(history)
        return number
