"""What one controller may do next, and the world, in a context: lists of steps, and what need not be looked at.

A step is (context afterwards, the controller afterwards, what has changed, words).
A controller is its local state and, packed with it, how far behind its two views may be.

Three reductions; each leaves every write to the store, and every core, to be met:

- *Alone.*  A request that changes nothing and is answered the same for ever
  (`Turns.is_inert`) is done before anything else, and so are its faults: it
  commutes with every step of others, which it can neither enable nor disable but
  by the fault budget, and whoever spends that later may as well spend it now.
  Afterwards the controller is not inert any more, so nothing is put off for ever.
- *Covered by a crash.*  A fault after which the pass ends is left out where a
  crash at the same place gives the same core and an even older cache, for the
  same price: a restarted controller may do whatever the other may.
- *Covered by rest.*  A pass that ends without a write leaves the controller with
  a fresher cache and nothing else; before it, it could do all that it can do now.
"""

from __future__ import annotations

from collections.abc import Iterator

from wfcore.testing.checker.contexts import CHILDREN, LAG, LAGS, WORKFLOW, Contexts
from wfcore.testing.checker.locals import CACHED, IDLE, LIVE
from wfcore.testing.checker.turns import Turn, Turns

Step = tuple[int, int, int, str]
MEMORY = 400_000


class Steps:
    """Steps by (context, controller) and by context; the former are forgotten when there are many."""

    def __init__(self, turns: Turns, contexts: Contexts) -> None:
        self._turns, self._contexts = turns, contexts
        self._of: dict[tuple[int, int], tuple[bool, tuple[Step, ...]]] = {}
        self._moves: dict[int, tuple[Step, ...]] = {}
        self._times: dict[int, tuple[Step, ...]] = {}

    def of(self, context: int, actor: int) -> tuple[bool, tuple[Step, ...]]:
        """Whether this controller goes alone, and its steps."""
        found = self._of.get((context, actor))
        if found is None:
            if len(self._of) >= MEMORY:
                self._of.clear()
            found = self._of[context, actor] = self._make(context, actor)
        return found

    def moves(self, context: int) -> tuple[Step, ...]:
        """What executors and people may do."""
        found = self._moves.get(context)
        if found is None:
            found = self._moves[context] = tuple(
                self._step(context, core, 0, 0, words)
                for words, core in self._turns.moves(self._contexts.cores[context]))
        return found

    def times(self, context: int, *, busy: bool) -> tuple[Step, ...]:
        """That time passes; while a controller is in the middle of a pass that is a fault: it was stopped."""
        if busy and (not self._contexts.faults[context] or not self._turns.scope.impatient):
            return ()
        key = context * 2 + busy
        found = self._times.get(key)
        if found is None:
            core = self._contexts.cores[context]
            times = self._turns.times(core) if self._turns.scope.impatient or self._is_quiet(core) else ()
            found = self._times[key] = tuple(self._step(context, after, 0, busy, words) for words, after in times)
        return found

    def _is_quiet(self, core: int) -> bool:
        """Whether nothing happens any more but by time, as long as all views are fresh."""
        _, workflow, group, *_ = self._turns.world.cores[core]
        return not self._turns.moves(core) and self._turns.observe(core, IDLE, workflow, group)[0] == IDLE

    def _make(self, context: int, actor: int) -> tuple[bool, tuple[Step, ...]]:
        turns, core, (local, lags) = self._turns, self._contexts.cores[context], divmod(actor, LAGS)
        asks, alone = turns.locals.asks[local], False
        if asks == CACHED:
            alone = turns.is_inert(core, local)
            steps = list(self._reads(context, core, local, lags))
        elif asks == LIVE:
            _, workflow, group, *_ = turns.world.cores[core]
            steps = [(context, turns.observe(core, local, workflow, group)[0] * LAGS + lags, 0, "reads live")]
        else:
            alone = turns.is_inert(core, local)
            steps = [self._written(context, lags, turns.perform(core, local)[0])]
        if self._contexts.faults[context]:
            steps += self._faults(context, core, local, lags)
        return alone, tuple(steps)

    def _reads(self, context: int, core: int, local: int, lags: int) -> Iterator[Step]:
        _, workflow, group, *_ = self._turns.world.cores[core]
        workflows, groups = self._contexts.histories[self._contexts.olds[context]]
        for behind, seen in enumerate((workflow, *workflows[:lags // LAG])):
            for late, children in enumerate((group, *groups[:lags % LAG])):
                after = self._turns.observe(core, local, seen, children)[0]
                if covered_by_rest(local, after):
                    continue
                yield context, after * LAGS + behind * LAG + late, 0, (
                    f"reads its cache, workflow {behind} and children {late} versions behind"
                    if behind or late else "reads its cache")

    def _faults(self, context: int, core: int, local: int, lags: int) -> Iterator[Step]:
        oldest = self._contexts.oldest(context)
        if local != IDLE or oldest != lags:
            yield self._step(context, core, oldest, 1, "crashes and restarts with old caches")
        sound = self._turns.perform(core, local)[0].core if self._turns.locals.asks[local] not in (CACHED, LIVE) else 0
        for turn in self._turns.faults(core, local):
            if covered_by_crash(turn, core, sound):
                continue
            after, change = self._contexts.moved(context, turn.core, 1)
            yield after, turn.local * LAGS + self._contexts.fallen[change][lags], change, turn.words

    def _written(self, context: int, lags: int, turn: Turn) -> Step:
        """Who wrote and heard so has seen its own write."""
        after, change = self._contexts.moved(context, turn.core)
        behind, late = divmod(lags, LAG)
        own = (0 if change & WORKFLOW else behind) * LAG + (0 if change & CHILDREN else late)
        return after, turn.local * LAGS + own, change, turn.words

    def _step(self, context: int, core: int, actor: int, cost: int, words: str) -> Step:
        after, change = self._contexts.moved(context, core, cost)
        return after, actor, change, words


def covered_by_rest(before: int, after: int) -> bool:
    """Whether a pass from the first to the second local state has done nothing."""
    return before == after == IDLE


def covered_by_crash(turn: Turn, before: int, after: int) -> bool:
    """Whether a crash before the write, or after it, does the same as this fault."""
    return turn.local == IDLE and turn.core in (before, after)
