"""The outbox of a schedule and the process that drains it: records that the API server keeps for an absent database."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from wfcore.audit import AuditRecord
from wfcore.program import (
    Did,
    DropOutbox,
    Failed,
    ListOutbox,
    Outbox,
    OutboxEntry,
    Request,
    Response,
    Waiting,
)
from wfcore.programs.outbox import DrainOutbox
from wfcore.settings import Settings
from wfcore.testing.simulator.agenda import SECOND, Agenda
from wfcore.testing.simulator.faults import Chance, Fault
from wfcore.testing.simulator.history import History

_INTERVAL = 20 * SECOND


class SimulatedOutbox:
    """Kept in the order of their arrival, each workflow's record once."""

    def __init__(self, history: History) -> None:
        self._history = history
        self.records: dict[str, AuditRecord] = {}

    def answer(self, request: Outbox | ListOutbox | DropOutbox) -> Response:
        """What a program hears; refusals and lost answers are for whoever performs requests."""
        match request:
            case Outbox():
                if len(self.records) >= request.limit:
                    return Failed("full", "too many records wait already")
                self.records.setdefault(request.record.workflow_uid, request.record)
                self._history.outboxed(request.record.workflow_uid)
            case ListOutbox():
                return Waiting(tuple(OutboxEntry(uid, uid, record) for uid, record in self.records.items()))
            case DropOutbox():
                self.records.pop(request.uid, None)
        return Did()


class Drain:
    """Runs the real program at an interval; a crash abandons a pass wherever it is."""

    def __init__(self, agenda: Agenda, chance: Chance, settings: Settings,
                 perform: Callable[[Request], Response]) -> None:
        self._agenda, self._chance, self._settings, self._perform = agenda, chance, settings, perform
        agenda.after(_INTERVAL, self._drain)

    def _drain(self) -> None:
        steps = DrainOutbox(self._settings).run()
        with suppress(StopIteration):  # the pass came to its end
            request = next(steps)
            while not self._chance.strikes(Fault.CRASH):
                request = steps.send(self._perform(request))
        self._agenda.after(_INTERVAL, self._drain)
