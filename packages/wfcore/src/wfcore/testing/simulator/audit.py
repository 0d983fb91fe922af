"""The audit log in memory: the port's contract, with outages, unknown commits and refused rows."""

from __future__ import annotations

from collections.abc import Callable

from wfcore.audit import AuditRecord
from wfcore.ports import PermanentError, TransientError
from wfcore.program import Did, Failed, Response, Unknown
from wfcore.testing.simulator.agenda import SECOND, Agenda
from wfcore.testing.simulator.faults import Chance, Fault
from wfcore.testing.simulator.history import History


class SimulatedAuditLog:
    """Implements `wfcore.ports.AuditLog`; `answer` adds what may go wrong on the way to it."""

    def __init__(self, agenda: Agenda, chance: Chance, history: History,
                 watch: Callable[[AuditRecord], None]) -> None:
        self._agenda, self._chance, self._history, self._watch = agenda, chance, history, watch
        self._rows: dict[str, AuditRecord] = {}
        self._away_until = 0
        self._refused: dict[str, bool] = {}
        agenda.after(chance.micros(0, 60), self._fail)

    def record(self, record: AuditRecord, /) -> str:
        """As the port says."""
        self._watch(record)
        if self._away:
            raise TransientError("the database is away")
        if not self._chance.calm and self._refused.setdefault(record.workflow_uid,
                                                              self._chance.strikes(Fault.ROW_REFUSED)):
            raise PermanentError("the row is refused")
        stored = self._rows.setdefault(record.workflow_uid, record)
        if stored != record:
            raise PermanentError(f"another record of {record.workflow_uid} is stored")
        self._history.recorded(record)
        return stored.id

    def find(self, workflow_uid: str, /) -> AuditRecord | None:
        """As the port says."""
        if self._away:
            raise TransientError("the database is away")
        return self._rows.get(workflow_uid)

    def answer(self, record: AuditRecord) -> Response:
        """What a program hears."""
        try:
            self.record(record)
        except TransientError as error:
            self._history.audit_failed(record.workflow_uid)
            return Failed("unavailable", str(error), error.retry_after)
        except PermanentError as error:
            self._history.audit_failed(record.workflow_uid)
            return Failed("refused", str(error))
        if self._chance.strikes(Fault.COMMIT_UNKNOWN):
            self._history.audit_failed(record.workflow_uid)
            return Unknown()
        return Did()

    def delay(self) -> int:
        """How long a statement takes, in microseconds."""
        return 10 * SECOND if self._chance.strikes(Fault.DATABASE_SLOW) else 0

    @property
    def _away(self) -> bool:
        return self._agenda.now < self._away_until and not self._chance.calm

    def _fail(self) -> None:
        if self._chance.strikes(Fault.DATABASE_AWAY):
            self._away_until = self._agenda.now + self._chance.micros(5, 300)
        self._agenda.after(self._chance.micros(30, 300), self._fail)
