"""The laws hold over thousands of schedules, and every fault that is claimed has struck in each part of them."""

from __future__ import annotations

import pytest

from wfcore.testing.simulator import Mode
from wfcore.testing.simulator.laws.of_status import PHASES
from wfcore.testing.simulator.suite import Report, run_suite

PART = 250
# Not reached: nothing completes a plan without executing it, and monitoring only tells what it saw.
UNREACHED = {"planning -> completed", "validating -> completed", "monitoring -> rolling_back", "monitoring -> failed"}
EDGES = {f"{before or 'new'} -> {after}" for before, nexts in PHASES.items() for after in nexts} - UNREACHED


def assert_sound(report: Report) -> None:
    assert [] == report.as_json()["violations"]
    assert [] == report.never


@pytest.mark.parametrize("part", range(10))
def test_the_laws_hold_while_faults_strike(part: int) -> None:
    report = run_suite(range(part * PART, (part + 1) * PART), Mode.SAFETY)

    assert_sound(report)
    assert EDGES <= report.edges.keys()
    assert 0.03 <= report.stale_reads / report.cached_reads


@pytest.mark.parametrize("part", range(4))
def test_everything_ends_when_faults_stop(part: int) -> None:
    report = run_suite(range(part * PART, (part + 1) * PART), Mode.LIVENESS)

    assert_sound(report)
    assert report.schedules == report.settled


def test_without_faults_nobody_conflicts_with_anybody() -> None:
    report = run_suite(range(60), Mode.LIVENESS, faults=())

    assert_sound(report)
    assert 60 == report.settled
    assert report.stale_reads == 0 or report.stale_reads < report.cached_reads / 20


def test_a_deletion_meets_every_phase() -> None:
    report = run_suite(range(PART), Mode.SAFETY)

    assert {"new", "planning", "validating", "executing", "monitoring", "rolling_back", "completed", "failed"} <= \
        report.deleted_in.keys()
