"""The faults a schedule may meet, by row of the fault matrix, and the chance that draws them from one seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from enum import Enum
from random import Random


class Fault(Enum):
    """One row of the matrix that can be built on the store kernel; the value starts with the row's number."""

    CONFLICT = "A1 conflict"
    ALREADY_EXISTS = "A2 already exists"
    FOREIGN_CHILD = "A2 foreign child in the place of ours"
    THROTTLED = "A3 429 with retry-after"
    SERVER_ERROR = "A4 500"
    LOST_BEFORE = "A5 request lost"
    LOST_AFTER = "A5 answer lost"
    FORBIDDEN = "A6 403"
    WORKFLOW_GONE = "A7 404 on a status write"
    WATCH_SILENT = "B1 silent watch"
    EXPIRED = "B2 410 and relist"
    TIME_TRAVEL = "B3 relist of the past"
    STALE_READ = "B3 lagging cache"
    DUPLICATED = "B4 duplicated event"
    LOST_EVENT = "B6 lost event"
    RECREATED = "B7 same name again"
    EMPTY_LIST = "B9 empty list"
    CRASH = "C1 crash"
    SEVERAL_LEADERS = "C2 several leaders"
    PAUSE = "C3 pause in the middle of a request"
    CLOCK_FORWARD = "T1 clock jumps forward"
    CLOCK_BACKWARD = "T2 clock jumps backward"
    SKEW = "T3 skew between controllers"
    CHILD_DELETED = "E1 child deleted"
    CHILD_STRIPPED = "E2 finalizer stripped and child gone"
    MALFORMED = "E3 malformed status"
    UNKNOWN_PHASE = "E3 unknown phase"
    CONTRADICTORY = "E3 status contradicts itself"
    REVERTED = "E4 outcome reverts"
    SILENT_EXECUTOR = "E5 executor never answers"
    LATE_EXECUTOR = "E6 executor acts after cancel"
    WILD_TIMES = "E7 impossible completion time"
    SPEC_EDITED = "E8 child spec edited"
    WORKFLOW_DELETED = "O2 workflow deleted"
    FOREGROUND = "O6 foreground deletion"
    DATABASE_AWAY = "P1 database away"
    DATABASE_SLOW = "P2 database slow"
    COMMIT_UNKNOWN = "P5 commit unknown"
    ROW_REFUSED = "P7 row refused"
    POISON_WORKFLOW = "S26 poison workflow"
    POISON_STATUS = "S26 poison status"
    POISON_CHILD = "S26 poison child"

    # Drawn at every step of the way; members are singletons, so their identity will do.
    __hash__ = object.__hash__


ALL_FAULTS: tuple[Fault, ...] = tuple(Fault)

# How often a fault strikes where it can, before the schedule's own intensity.  Rates of what is drawn once a
# workflow, child or schedule are high, those of what is drawn at each request low.
_RATE: Mapping[Fault, float] = {
    Fault.CONFLICT: 0.05, Fault.ALREADY_EXISTS: 0.1, Fault.FOREIGN_CHILD: 0.3, Fault.THROTTLED: 0.05,
    Fault.SERVER_ERROR: 0.05, Fault.LOST_BEFORE: 0.06, Fault.LOST_AFTER: 0.06, Fault.FORBIDDEN: 0.03,
    Fault.WORKFLOW_GONE: 0.01, Fault.WATCH_SILENT: 0.03, Fault.EXPIRED: 0.04, Fault.TIME_TRAVEL: 0.3,
    Fault.STALE_READ: 0.15, Fault.DUPLICATED: 0.1, Fault.LOST_EVENT: 0.1, Fault.RECREATED: 0.5,
    Fault.EMPTY_LIST: 0.15, Fault.CRASH: 0.02, Fault.SEVERAL_LEADERS: 0.8, Fault.PAUSE: 0.02,
    Fault.CLOCK_FORWARD: 0.01, Fault.CLOCK_BACKWARD: 0.01, Fault.SKEW: 0.8, Fault.CHILD_DELETED: 0.1,
    Fault.CHILD_STRIPPED: 0.1, Fault.MALFORMED: 0.15, Fault.UNKNOWN_PHASE: 0.15, Fault.CONTRADICTORY: 0.15,
    Fault.REVERTED: 0.15, Fault.SILENT_EXECUTOR: 0.15, Fault.LATE_EXECUTOR: 0.15, Fault.WILD_TIMES: 0.2,
    Fault.SPEC_EDITED: 0.1, Fault.WORKFLOW_DELETED: 0.5, Fault.FOREGROUND: 0.4, Fault.DATABASE_AWAY: 0.7,
    Fault.DATABASE_SLOW: 0.3, Fault.COMMIT_UNKNOWN: 0.3, Fault.ROW_REFUSED: 0.2, Fault.POISON_WORKFLOW: 0.5,
    Fault.POISON_STATUS: 0.2, Fault.POISON_CHILD: 0.3,
}
_INTENSITIES = (0.3, 1.0, 1.0, 2.5)
_CHOSEN = 0.3


class Chance:
    """Every draw of one schedule.  Few faults at a time, some of them often, find more than all of them seldom."""

    def __init__(self, seed: int, allowed: Collection[Fault] = ALL_FAULTS) -> None:
        self.random = Random(seed)
        self.counts: Counter[Fault] = Counter()
        self.calm = False  # no fault strikes any more
        self._rates: dict[Fault, float] = {}
        for fault in ALL_FAULTS:
            if fault in allowed and self.random.random() < _CHOSEN:
                self._rates[fault] = min(1.0, _RATE[fault] * self.random.choice(_INTENSITIES))

    def strikes(self, fault: Fault) -> bool:
        """Whether the fault strikes here; counted when it does."""
        rate = self._rates.get(fault)
        if rate is None or self.calm or self.random.random() >= rate:
            return False
        self.counts[fault] += 1
        return True

    def group(self, *faults: Fault) -> tuple[Fault, ...]:
        """Those of these faults that strike at all in this schedule, for `first`."""
        return tuple(fault for fault in faults if fault in self._rates)

    def first(self, group: tuple[Fault, ...]) -> Fault | None:
        """The first of these faults that strikes, if any."""
        for fault in group:
            if self.strikes(fault):
                return fault
        return None

    def micros(self, low: float, high: float) -> int:
        """Microseconds between two numbers of seconds."""
        return int(self.random.uniform(low, high) * 1_000_000)
