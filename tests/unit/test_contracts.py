"""The contract suites: a store that keeps the contract passes them, one that breaks it in any way does not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from inspect import signature
from typing import Any

import pytest
from attrs import evolve

from wfcore.audit import AuditRecord, StepAudit
from wfcore.model.enums import Action
from wfcore.model.plan import ActionHistory
from wfcore.planning.experience import OWN_IS_ENOUGH, experience
from wfcore.ports import PermanentError, TransientError
from wfcore.testing.contracts import AuditLogContract, HistoryContract

WELL = {"completed", "rolled_back"}


class InMemory:
    """An audit log and its history, kept in a dict."""

    own_is_enough, looks_back, ended = OWN_IS_ENOUGH, timedelta(days=30), WELL | {"failed"}

    def __init__(self) -> None:
        self.kept: dict[str, AuditRecord] = {}

    def record(self, record: AuditRecord, /) -> str:
        if record != self.kept.setdefault(record.workflow_uid, record):
            raise PermanentError(f"another record of {record.workflow_uid} is kept")
        return record.id

    def find(self, workflow_uid: str, /) -> AuditRecord | None:
        return self.kept.get(workflow_uid)

    def about(self, workflow_name: str, actions: Sequence[Action], /) -> tuple[ActionHistory, ...]:
        since = datetime.now(UTC) - self.looks_back
        steps = [(record.workflow_name, step) for record in self.kept.values() if record.completed_at >= since
                 for step in record.steps if step.status in self.ended]
        found = []
        for action in sorted(set(actions)):
            every = [step for _, step in steps if step.action == action]
            own = [step for name, step in steps if step.action == action and name == workflow_name]
            if every:
                found.append(figures(action, own if len(own) >= self.own_is_enough else every))
        return tuple(found)


def figures(action: Action, steps: Sequence[StepAudit]) -> ActionHistory:
    again = [step for step in steps if step.retries_attempted]
    at_once = sorted(step.duration for step in steps
                     if step.status in WELL and step.duration is not None and step not in again)
    return experience(
        action, samples=len(steps), succeeded=sum(step.status in WELL for step in steps), retried=len(again),
        retried_succeeded=sum(step.status in WELL for step in again),
        typical=percentile(at_once, 0.5), slow=percentile(at_once, 0.95))


def percentile(durations: Sequence[timedelta], share: float) -> timedelta | None:
    if not durations:
        return None
    index, rest = divmod(share * (len(durations) - 1), 1)
    low, high = durations[int(index)], durations[min(int(index) + 1, len(durations) - 1)]
    return low + (high - low) * rest


class Forgets(InMemory):
    def record(self, record: AuditRecord, /) -> str:
        return record.id


class KeepsTheNewest(InMemory):
    def record(self, record: AuditRecord, /) -> str:
        self.kept[record.workflow_uid] = record
        return record.id


class KeepsTheFirstAndSaysNothing(InMemory):
    def record(self, record: AuditRecord, /) -> str:
        return self.kept.setdefault(record.workflow_uid, record).id


class TakesEachOnce(InMemory):
    def record(self, record: AuditRecord, /) -> str:
        if record.workflow_uid in self.kept:
            raise PermanentError("it is kept already")
        return super().record(record)


class FindsAnyone(InMemory):
    def find(self, workflow_uid: str, /) -> AuditRecord | None:
        return next(iter(self.kept.values()), None)


class CutsText(InMemory):
    def record(self, record: AuditRecord, /) -> str:
        return super().record(evolve(record, error_message=record.error_message[:5]))


class DropsSteps(InMemory):
    def record(self, record: AuditRecord, /) -> str:
        return super().record(evolve(record, steps=record.steps[:100]))


class CountsWhatNeverRan(InMemory):
    ended = InMemory.ended | {"skipped"}


class CountsNoCompensated(InMemory):
    ended = InMemory.ended - {"rolled_back"}


class ForgetsAWeekLater(InMemory):
    looks_back = timedelta(days=7)


class ForgetsNothing(InMemory):
    looks_back = timedelta(days=3650)


class JudgesByItsOwnAlone(InMemory):
    own_is_enough = 0


class JudgesByAll(InMemory):
    own_is_enough = 10**9


class TellsInTheOrderAsked(InMemory):
    def about(self, workflow_name: str, actions: Sequence[Action], /) -> tuple[ActionHistory, ...]:
        return tuple(one for action in actions for one in super(TellsInTheOrderAsked, self).about(
            workflow_name, (action,)))


def laws_broken(contract: type, store: Callable[[], Any]) -> list[str]:
    """The laws that a store does not keep, each tried on a store of its own."""
    broken = []
    for name in (name for name in dir(contract) if name.startswith("test_")):
        law, one = getattr(contract(), name), store()
        try:
            law(**dict.fromkeys(signature(law).parameters, one))
        except (AssertionError, PermanentError):
            broken.append(name)
    return broken


@pytest.mark.parametrize(("contract", "store"), [
    *((AuditLogContract, store) for store in (
        Forgets, KeepsTheNewest, KeepsTheFirstAndSaysNothing, TakesEachOnce, FindsAnyone, CutsText, DropsSteps)),
    *((HistoryContract, store) for store in (
        CountsWhatNeverRan, CountsNoCompensated, ForgetsAWeekLater, ForgetsNothing, JudgesByItsOwnAlone, JudgesByAll,
        TellsInTheOrderAsked)),
], ids=lambda of: of.__name__)
def test_a_store_that_breaks_the_contract_breaks_a_law_of_the_suite(contract: type, store: Callable[[], Any]) -> None:
    assert laws_broken(contract, store)


@pytest.mark.parametrize("contract", [AuditLogContract, HistoryContract])
def test_a_store_that_keeps_the_contract_breaks_no_law_of_the_suite(contract: type) -> None:
    assert [] == laws_broken(contract, InMemory)


def test_a_store_that_is_away_says_when_to_try_again() -> None:
    assert (5.0, 3.0) == (TransientError("away").retry_after, TransientError("away", retry_after=3.0).retry_after)
