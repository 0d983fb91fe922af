"""One controller process: the real programs as live generators, driven by a queue, timers and two caches.

It may crash between any two requests, stop for minutes in the middle of one,
and have a clock of its own that is wrong and jumps.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from wfcore.program import Finished, Program, Ref, Request, Response, Steps
from wfcore.reconciler import Reconcile
from wfcore.resources import WORKFLOW_EXECUTIONS, Resource
from wfcore.settings import Settings
from wfcore.simulation.objects import StoredObject
from wfcore.simulation.watchlog import Change
from wfcore.testing.simulator.agenda import SECOND, instant
from wfcore.testing.simulator.cache import Cache, owner_name
from wfcore.testing.simulator.cluster import NAMESPACE, WATCHED, Cluster
from wfcore.testing.simulator.faults import Chance, Fault
from wfcore.testing.simulator.laws import LawBroken
from wfcore.testing.simulator.laws.broken import Clocks
from wfcore.testing.simulator.queueing import Queue
from wfcore.testing.simulator.wording import said

Perform = Callable[["Controller", Ref, Request], tuple[Response, int]]
_WORKERS = 2
_JUMPS = (30, 300, 3600)


class Controller:
    """A process with an identity that survives restarts; everything else does not."""

    def __init__(self, number: int, cluster: Cluster, chance: Chance, settings: Settings, perform: Perform,
                 clocks: Clocks) -> None:
        self.name, self.offset = f"c{number}", 0  # microseconds that its clock is ahead
        self._cluster, self._chance, self._settings, self._perform = cluster, chance, settings, perform
        self._clocks, self._life = clocks, 0
        self._frozen_until = 0
        self._disturbing = chance.group(Fault.CRASH, Fault.PAUSE, Fault.CLOCK_FORWARD, Fault.CLOCK_BACKWARD)
        self._begin()
        if chance.strikes(Fault.SKEW):
            self._set_clock(chance.random.choice((-300, -30, 30, 300)) * SECOND)
        self._soon(0, self._relist)

    def now(self) -> datetime:
        """What its clock says."""
        return instant(self._cluster.agenda.now + self.offset)

    def cache_of(self, resource: Resource) -> Cache:
        """Its copy of a kind that it watches."""
        return self.workflows if resource is WORKFLOW_EXECUTIONS else self.executions

    @property
    def idle(self) -> bool:
        """Whether it has nothing to do now."""
        return self._queue.idle

    def hear(self, actor: str, resource: Resource, change: Change) -> None:
        """Something was committed: the watch will say so, sooner or later."""
        cache = self.cache_of(resource)
        if cache.silent or cache.pending:
            return
        cache.pending = True
        lag = self._chance.micros(1, 40) if self._chance.strikes(Fault.STALE_READ) else self._chance.micros(0.001, 0.05)
        self._soon(lag, self._deliver, cache)

    def mend(self) -> None:
        """Faults are over: its clock is right again and it goes on if it stood still."""
        self.offset, self._frozen_until = 0, 0

    # --- life and death -----------------------------------------------------------------------------------

    def _begin(self) -> None:
        self.workflows, self.executions = (Cache(self._cluster, resource) for resource in WATCHED)
        self._queue = Queue(self._chance.random, lambda delay, key, token: self._soon(delay, self._rang, key, token))
        self._free = _WORKERS

    def _crash(self) -> None:
        self._cluster.trace.add(self._cluster.agenda.now, self.name, "crash")
        self._life += 1
        self._begin()
        self._soon(self._chance.micros(0.5, 20), self._relist)

    def _soon(self, delay: int, event: Callable[..., None], *arguments: Any) -> None:
        self._cluster.agenda.after(delay, self._alive, self._life, event, arguments)

    def _alive(self, life: int, event: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        if life != self._life:
            return
        agenda = self._cluster.agenda
        if agenda.now < self._frozen_until:
            agenda.after(self._frozen_until - agenda.now, self._alive, life, event, arguments)
            return
        event(*arguments)

    def _set_clock(self, offset: int) -> None:
        self.offset = offset
        self._clocks.lowest = min(self._clocks.lowest, offset)
        self._clocks.highest = max(self._clocks.highest, offset)

    def _disturbed(self) -> bool:
        """Whether something happens to the process before its next request."""
        chance = self._chance
        struck = chance.first(self._disturbing)
        if struck is Fault.CRASH:
            self._crash()
        elif struck is Fault.PAUSE:
            pause = chance.micros(5, 600)
            self._clocks.stall = max(self._clocks.stall, pause)
            self._frozen_until = self._cluster.agenda.now + pause
        elif struck is not None:
            jump = chance.random.choice(_JUMPS) * SECOND
            self._set_clock(self.offset + (jump if struck is Fault.CLOCK_FORWARD else -jump))
        else:
            return False
        return True

    # --- list and watch -----------------------------------------------------------------------------------

    def _relist(self) -> None:
        for cache in (self.workflows, self.executions):
            self._list(cache)
        self._soon(self._chance.micros(30, 60), self._relist)

    def _list(self, cache: Cache) -> None:
        version = self._cluster.state.version
        if self._chance.strikes(Fault.TIME_TRAVEL):
            version = max(0, version - self._chance.random.randint(1, 12))
        for stored in cache.relist(version, empty=self._chance.strikes(Fault.EMPTY_LIST)):
            self._wake(cache, stored)
        self._work()

    def _deliver(self, cache: Cache) -> None:
        cache.pending = False
        chance = self._chance
        if chance.strikes(Fault.WATCH_SILENT):
            cache.silent = True
            return
        if chance.strikes(Fault.EXPIRED):
            self._list(cache)
            return
        for change in cache.news():
            cache.version = change.version
            if chance.strikes(Fault.LOST_EVENT):
                continue
            for _ in range(2 if chance.strikes(Fault.DUPLICATED) else 1):
                cache.deliver(change)
                self._wake(cache, change.object)
        self._work()

    def _wake(self, cache: Cache, stored: StoredObject) -> None:
        """The workflow that a change of this object concerns gets a pass."""
        name = stored.place[1] if cache is self.workflows else owner_name(stored)
        if name:
            self._queue.add(name)

    def _rang(self, key: str, token: int) -> None:
        self._queue.rang(key, token)
        self._work()

    # --- workers ------------------------------------------------------------------------------------------

    def _work(self) -> None:
        while self._free and (name := self._queue.take()) is not None:
            self._free -= 1
            ref = Ref(NAMESPACE, name)
            self._run(ref, Reconcile(ref, self._settings).run(), None)

    def _run(self, ref: Ref, steps: Steps, response: Response | None) -> None:
        """Up to the next request, which is performed a moment later."""
        try:
            asked = _advance(steps, response)
        except Exception as error:
            raise LawBroken("S26", f"{self.name}: a pass over {ref} raised {type(error).__name__}: {error}") from error
        if isinstance(asked, Finished):
            self._free += 1
            wake = asked.wake_at
            wait = None if wake is None else (wake - self.now()) // timedelta(microseconds=1)
            self._queue.settle(ref.name, asked, wait)
            self._work()
            return
        steps, request = asked
        self._soon(self._chance.micros(0.0005, 0.02), self._ask, ref, steps, request)

    def _ask(self, ref: Ref, steps: Steps, request: Request) -> None:
        life = self._life
        if self._disturbed():
            if life == self._life:
                self._soon(0, self._ask, ref, steps, request)
            return
        response, delay = self._perform(self, ref, request)
        self._cluster.trace.add(self._cluster.agenda.now, self.name, ref.name, *said(request, response))
        if delay:
            self._soon(delay, self._run, ref, steps, response)
        else:
            self._run(ref, steps, response)


def _advance(steps: Steps, response: Response | None) -> tuple[Steps, Request] | Finished:
    """The next request of a program, or of one it hands over to."""
    while True:
        try:
            return steps, (next(steps) if response is None else steps.send(response))
        except StopIteration as end:
            program: Program | Finished = end.value
        if isinstance(program, Finished):
            return program
        steps, response = program.run(), None
