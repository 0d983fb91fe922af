"""The outbox: a deletion does not wait for the database, and no record is lost or stored twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given

from wfcore.audit import AuditRecord
from wfcore.audit_codec import decode_record, encode_record
from wfcore.codec import Malformed
from wfcore.program import (
    Did,
    DropOutbox,
    Emit,
    Failed,
    Finished,
    ListOutbox,
    Outbox,
    OutboxEntry,
    Record,
    SetMetadata,
    Unknown,
    Waiting,
)
from wfcore.programs.outbox import DrainOutbox
from wfcore.resources import WORKFLOW_EXECUTIONS
from wfcore.settings import Settings
from wfcore.testing.driving import drive
from wfcore.testing.instances import instances, json_values
from wfcore.testing.world import START

from .stories import Story, done, scale, workflow

MINUTE = timedelta(minutes=1)
AWAY = Failed("unavailable", "the database is away")


def deleting(**spec: Any) -> Story:
    """A workflow that is being deleted; its only child has ended."""
    story = Story(workflow(scale(1, criticalStep=True), **spec)).go()
    story.world.report("w-step-1", done())
    story.world.delete(WORKFLOW_EXECUTIONS, "w")
    return story


def is_gone(story: Story) -> bool:
    return story.world.get(WORKFLOW_EXECUTIONS, "w") is None


def to_the_end(story: Story) -> Story:
    """Wake when asked, for a minute."""
    begin = story.now
    story.go()
    while not is_gone(story) and story.now < begin + MINUTE:
        finished = story.passes[-1].finished
        story.world.now = max(story.now, finished.wake_at or story.now + timedelta(seconds=5))
        story.go()
    return story


def reasons(story: Story) -> list[str]:
    return [e.reason for e in story.world.events if e.reason.startswith("Audit")]


@pytest.mark.parametrize("answer", [AWAY, Unknown()])
def test_while_the_database_is_away_the_record_moves_to_the_outbox_and_the_workflow_goes(answer: object) -> None:
    story = deleting()
    begin = story.now
    story.fault = lambda request: answer if isinstance(request, Record) else None
    to_the_end(story)

    assert is_gone(story)
    assert story.now - begin < MINUTE
    [record] = story.world.outbox.values()
    assert ("deleted", begin, {}) == (record.status, record.completed_at, story.world.audit)
    assert ["AuditOutboxed"] == reasons(story)


def test_a_database_that_comes_back_in_time_needs_no_outbox() -> None:
    story = deleting()
    story.world.audit_available = False
    story.go().after(seconds=5)
    story.world.audit_available = True
    to_the_end(story)

    assert (1, {}, []) == (len(story.world.audit), story.world.outbox, reasons(story))


def test_a_refused_record_is_set_aside_at_once() -> None:
    """Waiting changes nothing: somebody has to act, and nothing may be lost until then."""
    story = deleting()
    story.fault = lambda request: Failed("refused", "no such column") if isinstance(request, Record) else None
    begin = story.now
    story.go()

    assert (True, begin, 1) == (is_gone(story), story.now, len(story.world.outbox))
    assert "the audit record waits in the outbox: no such column" in [e.message for e in story.world.events]


def test_an_outbox_that_does_not_answer_is_asked_again() -> None:
    story = deleting()
    story.world.audit_available = False
    story.fault = lambda request: Unknown() if isinstance(request, Outbox) else None
    story.go().after(seconds=16)
    assert not is_gone(story)

    story.fault = lambda request: None
    to_the_end(story)
    assert (True, 1) == (is_gone(story), len(story.world.outbox))


def test_without_database_and_outbox_the_workflow_goes_within_a_minute_and_its_loss_is_said() -> None:
    story = deleting()
    begin = story.now
    story.fault = lambda request: AWAY if isinstance(request, Record | Outbox) else None
    to_the_end(story)

    assert is_gone(story)
    assert story.now - begin < MINUTE
    assert ["AuditDropped"] == reasons(story)
    assert ("deleted without an audit row: the database is away; and the outbox did not keep it: "
            "the database is away") in [e.message for e in story.world.events]


def test_a_full_outbox_is_not_waited_for() -> None:
    story = Story(workflow(scale(1)), Settings(outbox_limit=0)).go()
    story.world.report("w-step-1", done())
    story.world.delete(WORKFLOW_EXECUTIONS, "w")
    story.fault = lambda request: Unknown() if isinstance(request, Record) else None
    begin = story.now
    to_the_end(story)

    assert timedelta(seconds=15) == story.now - begin
    assert ["AuditDropped"] == reasons(story)
    assert any("no answer; and the outbox did not keep it: 0 records wait already" in e.message
               for e in story.world.events)


def test_what_is_recorded_needs_no_outbox() -> None:
    story = Story(workflow(scale(1))).go().say(step_1=done()).stable()
    story.world.audit_available = False
    story.world.delete(WORKFLOW_EXECUTIONS, "w")
    story.go()

    assert (True, {}) == (is_gone(story), story.world.outbox)


def drained(story: Story, settings: Settings | None = None) -> Finished:
    return drive(DrainOutbox(settings or story.settings), story.answer).finished


def outboxed() -> Story:
    story = deleting()
    story.world.audit_available = False
    to_the_end(story)
    story.world.audit_available = True
    return story


def test_the_outbox_is_drained_once_the_database_answers() -> None:
    story = outboxed()
    [record] = story.world.outbox.values()

    assert Finished() == drained(story)
    assert ({record.workflow_uid: record}, {}) == (story.world.audit, story.world.outbox)
    assert Finished() == drained(story)


class Killed(Exception):
    """The process ends here."""


KILLABLE = (Record, Outbox, Emit, SetMetadata, ListOutbox, DropOutbox)


@pytest.mark.parametrize("done_before", [False, True])
@pytest.mark.parametrize("nth", range(12))
def test_a_kill_between_any_two_requests_leaves_exactly_one_row_at_last(nth: int, done_before: bool) -> None:
    """Before or after the request took effect; the database is away first, and comes back."""
    story, count = deleting(), iter(range(100))
    story.world.audit_available = False

    def fault(request: object) -> object:
        if isinstance(request, KILLABLE) and next(count) == nth:
            if done_before:
                story.world.answer(request)
            raise Killed
        return None

    story.fault = fault
    for step in (lambda: to_the_end(story), lambda: drained(story)):
        for _ in range(2):
            try:
                step()
            except Killed:
                story.world.advance(timedelta(seconds=1))
        story.world.audit_available = True
    drained(story)

    assert is_gone(story)
    assert (1, {}) == (len(story.world.audit), story.world.outbox)


def test_a_row_that_was_stored_without_an_answer_is_recognised_when_its_twin_is_drained() -> None:
    story = deleting()

    def lost(request: object) -> object:
        if not isinstance(request, Record):
            return None
        story.world.answer(request)
        return Unknown()

    story.fault = lost
    to_the_end(story)
    story.fault = lambda request: None
    assert story.world.audit == story.world.outbox != {}

    assert Finished() == drained(story)
    assert (1, {}) == (len(story.world.audit), story.world.outbox)


def test_a_refused_record_stays_and_is_said_in_one_event_and_keeps_no_other_waiting() -> None:
    story = outboxed()
    [record] = story.world.outbox.values()
    other = attrs.evolve(record, workflow_uid="other", name="other")
    story.world.outbox["other"] = other
    story.fault = lambda request: Failed("refused", "it differs") if request == Record(record) else None
    emitted = [drive(DrainOutbox(story.settings), story.answer) for _ in range(2)]

    assert ({"other"}, {record.workflow_uid}) == (set(story.world.audit), set(story.world.outbox))
    assert Finished(backoff=True) == emitted[0].finished
    assert emitted[0].asked(Emit) == emitted[1].asked(Emit)
    [event] = emitted[0].asked(Emit)[0].events
    assert (f"AuditOutbox kubernaut-system/{record.workflow_uid} is not stored: it differs", "AuditRefused") == (
        event.message, event.reason)


@pytest.mark.parametrize(("since", "said"), [(None, 0), (START, 1)])
def test_an_entry_that_cannot_be_read_stays(since: object, said: int) -> None:
    entry = OutboxEntry("audit-x", "u", None, since)
    answers = {ListOutbox: Waiting((entry,)), Emit: Did()}
    ended = drive(DrainOutbox(Settings()), lambda request: answers[type(request)])

    assert (Finished(backoff=True), said) == (ended.finished, len(ended.asked(Emit)))


@pytest.mark.parametrize(("answer", "finished"), [
    (Failed("unavailable", retry_after=7.0), Finished(backoff=True, retry_after=7.0)),
    (Unknown(), Finished(backoff=True)),
])
@pytest.mark.parametrize("kind", [ListOutbox, Record])
def test_whoever_does_not_answer_is_asked_again_later(kind: type, answer: object, finished: Finished) -> None:
    story = outboxed()
    story.fault = lambda request: answer if isinstance(request, kind) else None

    assert finished == drained(story)


def test_a_drop_that_fails_is_repeated() -> None:
    story = outboxed()
    story.fault = lambda request: Unknown() if isinstance(request, DropOutbox) else None

    assert Finished(backoff=True) == drained(story)
    story.fault = lambda request: None
    assert (Finished(), 1) == (drained(story), len(story.world.audit))


@given(instances(AuditRecord))
def test_a_record_survives_its_json(record: AuditRecord) -> None:
    assert record == decode_record(encode_record(record))


@given(json_values())
def test_no_json_makes_reading_a_record_raise(value: Any) -> None:
    assert isinstance(decode_record(value), Malformed)


def test_a_record_with_a_field_of_a_newer_version_is_not_read_by_halves() -> None:
    [record] = outboxed().world.outbox.values()

    assert isinstance(decode_record({**encode_record(record), "colour": "red"}), Malformed)
