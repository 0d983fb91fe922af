"""The laws hold over ten thousand schedules; each part of them has met every fault, and every deed of people."""

from __future__ import annotations

import pytest

from wfcore.testing.simulator import Fault, Mode
from wfcore.testing.simulator.laws.of_status import PHASES
from wfcore.testing.simulator.suite import Report, run_suite
from wfcore.testing.simulator.workload import Workload

PART, SHORT_PART = 250, 500
# Seldom: a workflow is stopped with a rollback just while it is monitored, or an alert comes up.
SELDOM = {"monitoring -> rolling_back", "monitoring -> failed"}
EDGES = {f"{before or 'new'} -> {after}" for before, nexts in PHASES.items() for after in nexts}


def assert_sound(report: Report) -> None:
    assert [] == report.as_json()["violations"]
    assert [] == report.never


@pytest.mark.parametrize("part", range(10))
def test_the_laws_hold_while_faults_strike(part: int) -> None:
    report = run_suite(range(part * PART, (part + 1) * PART), Mode.SAFETY)

    assert_sound(report)
    assert [] == report.missed
    assert EDGES - SELDOM <= report.edges.keys()
    assert 0.03 <= report.stale_reads / report.cached_reads


@pytest.mark.parametrize("part", range(9))
def test_the_laws_hold_in_short_schedules_too(part: int) -> None:
    report = run_suite(range(part * SHORT_PART, (part + 1) * SHORT_PART), Mode.SAFETY, workload=Workload.SHORT)

    assert_sound(report)


@pytest.mark.parametrize("part", range(4))
def test_short_schedules_end_when_faults_stop(part: int) -> None:
    report = run_suite(range(part * SHORT_PART, (part + 1) * SHORT_PART), Mode.LIVENESS, workload=Workload.SHORT)

    assert_sound(report)
    assert report.schedules == report.settled


@pytest.mark.parametrize("part", range(4))
def test_everything_ends_when_faults_stop(part: int) -> None:
    report = run_suite(range(part * PART, (part + 1) * PART), Mode.LIVENESS)

    assert_sound(report)
    assert [] == report.missed
    assert report.schedules == report.settled


def test_without_faults_nobody_conflicts_with_anybody() -> None:
    report = run_suite(range(60), Mode.LIVENESS, faults=())

    assert_sound(report)
    assert 60 == report.settled
    assert report.stale_reads == 0 or report.stale_reads < report.cached_reads / 20


def test_a_deletion_meets_every_phase() -> None:
    report = run_suite(range(2 * PART), Mode.SAFETY, faults=(Fault.WORKFLOW_DELETED,))

    assert {"new", "planning", "validating", "executing", "monitoring", "rolling_back", "completed", "failed"} <= \
        report.deleted_in.keys()


def test_every_edge_of_the_phases_is_taken() -> None:
    report = run_suite(range(2 * PART), Mode.SAFETY)

    assert EDGES == report.edges.keys() & EDGES
