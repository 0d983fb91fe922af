"""What goes wrong in a schedule is told as what it is: to a program as an answer, to people as a broken law."""

from __future__ import annotations

import pytest
from attrs import evolve

from wfcore import reconciler
from wfcore.program import Did, Failed, ListOutbox, Request, Response, Waiting
from wfcore.settings import Settings
from wfcore.testing.contracts import sample_record
from wfcore.testing.simulator import Chance, Fault, simulate
from wfcore.testing.simulator.agenda import SECOND, Agenda
from wfcore.testing.simulator.audit import SimulatedAuditLog
from wfcore.testing.simulator.history import History
from wfcore.testing.simulator.outbox import Drain

RECORD = sample_record("u")


class Striking(Chance):
    """These faults strike whenever they can, others never."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(0, ())
        self.faults = faults

    def strikes(self, fault: Fault) -> bool:
        return fault in self.faults


def audit_log(*faults: Fault) -> SimulatedAuditLog:
    """After its first minute, in which it goes away if it ever does."""
    agenda = Agenda()
    log = SimulatedAuditLog(agenda, Striking(*faults), History(Settings()), lambda record: None)
    agenda.step()
    return log


def drained(*, crashes_until: int = 0) -> list[tuple[int, Request]]:
    """What a process that drains an empty outbox asks for in a minute, and at which second."""
    agenda, chance, asked = Agenda(), Striking(Fault.CRASH), []

    def perform(request: Request) -> Response:
        asked.append((agenda.now // SECOND, request))
        return Waiting(())
    Drain(agenda, chance, Settings(), perform)
    while (at := agenda.next_at()) is not None and at <= 60 * SECOND:
        chance.faults = (Fault.CRASH,) if at < crashes_until * SECOND else ()
        agenda.step()
    return asked


def test_a_pass_that_raises_breaks_a_law_that_names_who_looked_at_what(monkeypatch: pytest.MonkeyPatch) -> None:
    def fall(*_: object) -> None:
        raise ValueError("on its nose")
    monkeypatch.setattr(reconciler, "decide", fall)
    broken = simulate(1, faults=()).violation

    assert broken is not None
    assert "S26" == broken.law
    assert str(broken).startswith("S26: c0: a pass over ")
    assert str(broken).endswith(" raised ValueError: on its nose")


def test_a_database_that_is_away_says_when_to_ask_again() -> None:
    assert Failed("unavailable", "the database is away", 5.0) == audit_log(Fault.DATABASE_AWAY).answer(RECORD)


def test_a_record_that_is_refused_is_refused_whenever_it_comes() -> None:
    log = audit_log(Fault.ROW_REFUSED)

    assert [Failed("refused", "the row is refused")] * 2 == [log.answer(RECORD), log.answer(RECORD)]


def test_another_record_of_a_workflow_is_refused_and_the_first_kept() -> None:
    log = audit_log()

    assert Did() == log.answer(RECORD) == log.answer(RECORD)
    assert Failed("refused", "another record of u is stored") == log.answer(evolve(RECORD, outcome="failed"))
    assert RECORD == log.find("u")


def test_the_outbox_is_looked_at_every_twenty_seconds() -> None:
    assert [(at, ListOutbox()) for at in (20, 40, 60)] == drained()


def test_a_crash_abandons_the_pass_and_the_next_one_begins_in_time() -> None:
    assert [(at, ListOutbox()) for at in (40, 60)] == drained(crashes_until=30)
