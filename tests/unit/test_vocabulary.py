"""What is said in conditions, ledgers and Events over many stories is one vocabulary."""

from __future__ import annotations

from functools import cache

import pytest

from wfcore.reasons import EventReason, Reason

from .stories import Story, broken, done, scale, workflow
from .test_deletion_phases import SITUATIONS

SNAKES = {"", *(reason.snake for reason in Reason)}
# What these few stories have to say at the least; the rest is said in the tests of each behaviour.
COMMON = {
    Reason.PLANNED, Reason.VALIDATED, Reason.STEPS_RUNNING, Reason.STABILISING, Reason.SUCCEEDED, Reason.ROLLING_BACK,
    Reason.ROLLED_BACK, Reason.STEP_EXECUTION_FAILED, Reason.SUSPENDED, Reason.FROZEN, Reason.PLAN_ONLY,
    Reason.OBSERVE_ONLY, Reason.WAITING_FOR_RETRY, Reason.RECORDED, Reason.PREREQUISITE_FAILED,
}


@cache
def stories() -> tuple[Story, ...]:
    skipping = Story(workflow(scale(1), scale(2, 1), scale(3))).go()
    ended = [situation() for situation in SITUATIONS.values()]
    return (*ended, skipping.say(step_1=broken(), step_3=done()).stable())


def said() -> set[str]:
    statuses = [status for story in stories() for status in story.world.commits]
    conditions = {condition.reason for status in statuses for condition in status.conditions}
    return conditions | {entry.reason for status in statuses for entry in status.step_statuses} - {""}


def test_every_reason_of_a_condition_or_of_a_step_is_a_member() -> None:
    assert said() <= set(Reason)


def test_every_failure_reason_is_a_member_in_snake_case() -> None:
    assert {status.failure_reason for story in stories() for status in story.world.commits} <= SNAKES


def test_every_reason_of_an_event_is_a_member() -> None:
    assert {event.reason for story in stories() for event in story.world.events} <= set(EventReason)


@pytest.mark.parametrize("reason", sorted(COMMON))
def test_what_is_common_is_really_said(reason: Reason) -> None:
    assert reason in said()
