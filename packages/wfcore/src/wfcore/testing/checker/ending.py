"""L1 and S20: from every state a lone controller brings the workflow to its end, though no executor ever answers.

Faults have stopped, what was under way is forgotten, every executor is dead.
Then passes alternate with sleep: a pass that changes nothing must ask to be
woken later than now, and by that the workflow must end, be recorded, and then
cause no more writes.  One chain per core, shared where chains meet.
"""

from __future__ import annotations

from attrs import evolve

from wfcore.program import Finished
from wfcore.testing.checker.locals import IDLE, LATER, WRITE
from wfcore.testing.checker.reading import SILENT
from wfcore.testing.checker.turns import Turns
from wfcore.testing.checker.violation import Violation, hold

LONGEST_PASS = 60


class Endings:
    """Cores known to end.  `longest` is the most sleeps and passes any of them needed."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.longest = 0
        self._lengths: dict[int, int] = {}

    def check(self, core: int) -> None:
        """Raise L1 when a workflow in this state may never end, or S20 when it never comes to rest."""
        if core in self._lengths:
            return
        if self.turns.world.cores[core].frozen:
            self._check_frozen(core)
        at: int | None = self._without_executors(core)
        path: dict[int, None] = {}
        while at is not None and at not in self._lengths:
            if at in path:
                raise Violation("L1", f"a lone controller goes round in circles: {self._words(at)}")
            path[at] = None
            at = self._next(at)
        length = 0 if at is None else self._lengths[at]
        for passed in reversed(path):
            length += 1
            self._lengths[passed] = length
        self._lengths.setdefault(core, length)
        self.longest = max(self.longest, length)

    def _check_frozen(self, core: int) -> None:
        """What a process knows of a freeze may be old, so only who knows of it is held to it: a pass of its own."""
        world = self.turns.world
        after, _ = self.lone_pass(core)
        hold("S6", world.cores[after].born == world.cores[core].born, "a child is created under a freeze")
        olds, news = world.ledger(core), world.ledger(after)
        for number, entry in (news.entries if news is not None else {}).items():
            before = olds.entries.get(number) if olds is not None else None
            for side, was in ((entry.forward, before and before.forward), (entry.undo, before and before.undo)):
                hold("S6", side is None or side.attempt == (was.attempt if was else 0),
                     f"an attempt at step {number} is intended under a freeze")

    def _without_executors(self, core: int) -> int:
        world = self.turns.world
        ledger = world.ledger(core)
        if ledger is not None and ledger.suspended:
            core = world.change_spec(core, {"suspend": False})  # L1 excludes holds
        if world.cores[core].frozen:
            core = world.freeze(core, frozen=False)
        for child in world.children(core):
            if child.acting:
                status = {"phase": "executing", "errorMessage": SILENT, "rollbackInformation": {
                    "captured": True, "mutated": child.mutated, "parameters": {"scaleToPrevious": {
                        "deployment": f"web-{child.step}", "previousReplicas": child.captured}}}}
                core = world.report(core, child.name, status)
        return core

    def _next(self, core: int) -> int | None:
        world = self.turns.world
        after, finished = self.lone_pass(core)
        if after != core:
            return after
        if self._is_done(core):
            if finished.backoff or (finished.wake_at is not None and finished.wake_at <= world.now(core)):
                raise Violation("S20", "a workflow that has ended and is recorded is looked at again and again")
            return None
        # A backed-off pass comes again by itself; by then the next deadline may have come.
        wake_at = finished.wake_at or (world.due(core) if finished.backoff else None)
        if wake_at is None:
            raise Violation("L1", f"nothing will ever wake the workflow: {self._words(core)}")
        if wake_at <= world.now(core):
            raise Violation("S20", f"a pass that changes nothing asks to be woken at once: {self._words(core)}")
        return world.set_back(world.wait(core, wake_at))

    def lone_pass(self, core: int) -> tuple[int, Finished]:
        """One pass of a controller that is alone and sees everything."""
        turns, local, later = self.turns, IDLE, None
        for _ in range(LONGEST_PASS):
            if turns.locals.asks[local] == WRITE:
                turn, (local, end, wake_at) = turns.perform(core, local)
                core, later = turn.core, wake_at or later
            else:
                _, workflow, group, *_ = turns.world.cores[core]
                local, end, later = turns.observe(core, local, workflow, group)
            if end is not None:
                return core, evolve(end, wake_at=later) if end.wake_at == LATER else end
        raise Violation("S20", f"a pass does not end within {LONGEST_PASS} requests: {self._words(core)}")

    def _is_done(self, core: int) -> bool:
        world = self.turns.world
        ledger = world.ledger(core)
        if ledger is None:
            return not any(child.owner == world.uid for child in world.children(core))
        return ledger.terminal and ledger.audited and ledger.deleted_at is None

    def _words(self, core: int) -> str:
        ledger = self.turns.world.ledger(core)
        if ledger is None:
            return "it is gone, its children are not"
        steps = ", ".join(f"{n} {e.forward.stage}" for n, e in ledger.entries.items())
        return f"phase {ledger.phase or 'new'}, steps {steps or 'none'}"
