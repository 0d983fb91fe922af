"""One schedule: a whole world drawn from one seed, run until it has settled, with every law watched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from enum import Enum

from attrs import field, frozen

from wfcore.program import Ref, Request, Response
from wfcore.resources import WORKFLOW_EXECUTIONS
from wfcore.settings import Settings
from wfcore.testing.simulator.agenda import SECOND, Agenda
from wfcore.testing.simulator.answers import Answers
from wfcore.testing.simulator.audit import SimulatedAuditLog
from wfcore.testing.simulator.cluster import Cluster
from wfcore.testing.simulator.controller import Controller
from wfcore.testing.simulator.deeds import Deed
from wfcore.testing.simulator.executor import Executor
from wfcore.testing.simulator.faults import ALL_FAULTS, Chance, Fault
from wfcore.testing.simulator.features import Features
from wfcore.testing.simulator.followers import Followers
from wfcore.testing.simulator.history import History
from wfcore.testing.simulator.laws import LawBroken, Watchman
from wfcore.testing.simulator.laws.broken import Clocks
from wfcore.testing.simulator.laws.of_the_end import acknowledged, has_ended
from wfcore.testing.simulator.outbox import Drain, SimulatedOutbox
from wfcore.testing.simulator.people import People
from wfcore.testing.simulator.performing import Performing
from wfcore.testing.simulator.scenario import SETTINGS
from wfcore.testing.simulator.trace import Trace
from wfcore.testing.simulator.user import User
from wfcore.testing.simulator.workload import Workload

HOUR = 3600 * SECOND
_GOING = 120 * SECOND  # how long a deletion may take that began in the quiet time, heard of by a list alone
_TOO_MANY_EVENTS = 60_000


class Mode(Enum):
    """SAFETY: faults to the end.  LIVENESS: they stop, and then everything has to end in time."""

    SAFETY = "safety"
    LIVENESS = "liveness"


@frozen(kw_only=True)
class Outcome:
    """What came of one schedule."""

    seed: int
    digest: str
    events: int
    virtual_seconds: float
    settled: bool
    faults: Counter[Fault]
    deeds: Counter[Deed]
    edges: Counter[str]
    reasons: Counter[str]
    deleted_in: Counter[str]
    cached_reads: int
    stale_reads: int
    workflows: int
    violation: LawBroken | None
    lines: tuple[str, ...] = field(repr=False, default=())


def simulate(seed: int, mode: Mode = Mode.SAFETY, *, faults: Collection[Fault] = ALL_FAULTS, trace: bool = False,
             settings: Settings = SETTINGS, workload: Workload = Workload.MIXED) -> Outcome:
    """Run the schedule of a seed.

    Same arguments, same outcome and same trace digest, in any process.  Nothing
    is raised for a law that does not hold: it is the outcome's `violation`.
    `workload` says which workflows there are.
    """
    return _Schedule(seed, mode, faults, trace, settings, workload).run()


class _Schedule:
    def __init__(self, seed: int, mode: Mode, faults: Collection[Fault], trace: bool, settings: Settings,
                 workload: Workload) -> None:
        self.seed, self.mode, self.tracing = seed, mode, trace
        self.chaos = workload.chaos * SECOND
        self.features = Features(seed, settings, allowed=workload.draw is None)
        settings = self.settings = self.features.settings
        self.agenda, self.trace = Agenda(), Trace()
        self.chance = Chance(seed, faults)
        self.history = History(settings, guarded=self.features.guarded, skippers=self.features.skippers)
        self.clocks = Clocks()
        self.watchman = Watchman(self.agenda, self.history, self.clocks, self.features.canaries)
        self.cluster = Cluster(f"simulation-{seed}", self.agenda, self.trace)
        audit = SimulatedAuditLog(self.agenda, self.chance, self.history, self.watchman.recording)
        self.outbox = SimulatedOutbox(self.history)
        self.people = People(self.cluster, self.features, self.history)
        self.followers = Followers(self.cluster, self.features)
        answers = Answers(seed, self.agenda, self.chance.random.random(), self.features)
        self.performing = Performing(self.cluster, self.chance, audit, self.outbox, answers, self.people)
        Drain(self.agenda, self.chance, settings, self.performing.drain)
        leaders = self.chance.random.choice((2, 3)) if self.chance.strikes(Fault.SEVERAL_LEADERS) else 1
        self.cluster.listeners.append(self.watchman.hear)
        self.controllers = [Controller(n, self.cluster, self.chance, settings, self._perform, self.clocks)
                            for n in range(leaders)]
        self.cluster.listeners += [c.hear for c in self.controllers]
        self.cluster.listeners.append(Executor(self.cluster, self.chance, self.features).hear)
        self.user = User(self.cluster, self.chance, self.features, workload)
        self.cluster.listeners.append(self.user.hear)
        if self.features.peopled:
            self.cluster.listeners += [self.people.hear, self.followers.hear]

    def _perform(self, controller: Controller, ref: Ref, request: Request) -> tuple[Response, int]:
        self.watchman.asked(controller.name, ref, request)
        return self.performing.perform(controller, ref, request)

    def run(self) -> Outcome:
        violation, settled = None, False
        try:
            settled = self._live()
        except LawBroken as broken:
            violation = broken
            self.trace.add(self.agenda.now, "LAW", str(broken))
        return Outcome(
            seed=self.seed, digest=self.trace.digest, events=self.agenda.done,
            virtual_seconds=self.agenda.now / SECOND, settled=settled, faults=self.chance.counts,
            deeds=self.features.deeds,
            edges=self.watchman.edges, reasons=self.watchman.reasons, deleted_in=self.watchman.deleted_in,
            cached_reads=self.performing.cached_reads, stale_reads=self.performing.stale_reads,
            workflows=len(self.history.runs), violation=violation, lines=self.trace.lines if self.tracing else ())

    def _live(self) -> bool:
        if self.mode is Mode.LIVENESS:
            self._until(self.chaos, stop_when_settled=False)
            self.chance.calm = True
            self.people.calm()
            self.followers.calm()
            for controller in self.controllers:
                controller.mend()
        bound = self._bound() if self.mode is Mode.LIVENESS else 2 * self.chaos
        settled = self._until(self.agenda.now + bound, stop_when_settled=True)
        if self.mode is Mode.SAFETY:
            return settled
        if settled:
            self._stay_quiet()
            self._until(self.agenda.now + _GOING, stop_when_settled=True)
        self.watchman.finish()
        if not settled:
            raise LawBroken("L1", "the world has not settled within the bound")
        return True

    def _until(self, end: int, *, stop_when_settled: bool) -> bool:
        agenda, look = self.agenda, 0
        while (at := agenda.next_at()) is not None and at <= end:
            if agenda.done > _TOO_MANY_EVENTS:
                raise LawBroken("S20", f"{agenda.done} events in {agenda.now / SECOND} seconds: somebody is busy "
                                       "without getting anywhere")
            if stop_when_settled and at >= look:
                if self._settled():
                    return True
                look = agenda.now + 5 * SECOND
            agenda.step()
        return self._settled()

    def _bound(self) -> int:
        """When everything must have ended: every timeout of every attempt in a row, and the clocks' errors."""
        return HOUR + self.clocks.spread

    def _settled(self) -> bool:
        for stored in self.cluster.all(WORKFLOW_EXECUTIONS):
            run = self.history.runs[stored.uid]
            if stored.terminating or not has_ended(run) or not (acknowledged(run) or run.spoilt):
                return False
        for child in self.history.children.values():
            owner = self.history.runs.get(child.owner)
            if owner is not None and owner.gone and not child.gone:
                return False
        # A row that contradicts the one of a status that somebody wrote is refused for ever, and stays where it is.
        kept = all(self.history.runs[uid].spoilt for uid in self.outbox.records)
        quiet = kept and not self.user.pending + self.followers.pending and all(c.idle for c in self.controllers)
        return quiet and self.agenda.now > 25 * SECOND

    def _stay_quiet(self) -> None:
        """S20: after the end nobody writes any more, until something is deleted because its time is over."""
        before = len(self.watchman.writes)
        self._until(self.agenda.now + 200 * SECOND, stop_when_settled=False)
        spoilt = tuple(run.name for run in self.history.runs.values() if run.spoilt)
        idle = [name for name, terminating in self.watchman.writes[before:]
                if not terminating and not name.startswith(spoilt)]
        if idle:
            raise LawBroken("S20", f"{idle[0]} was written to although nothing was left to do")
