"""L2 and L8: everything ends although controllers hear nothing, or die for good while others live."""

from __future__ import annotations

from typing import Any

import pytest

from wfcore.testing.simulator import Mode
from wfcore.testing.simulator.controller import Controller
from wfcore.testing.simulator.suite import Report, run_suite

SCHEDULES = range(120)


def assert_everything_ended(report: Report) -> None:
    assert [] == report.as_json()["violations"]
    assert len(SCHEDULES) == report.settled


def test_controllers_that_hear_no_event_end_every_workflow_by_looking_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Controller, "hear", lambda *event: None)

    assert_everything_ended(run_suite(SCHEDULES, Mode.LIVENESS))


def test_whoever_is_left_finishes_the_work_of_controllers_that_died(monkeypatch: pytest.MonkeyPatch) -> None:
    dead: list[str] = []
    honest = Controller._crash

    def crash(self: Any) -> None:
        if self.name == "c0":
            honest(self)
            return
        dead.append(self.name)
        self._life += 1
        self._begin()
    monkeypatch.setattr(Controller, "_crash", crash)

    assert_everything_ended(run_suite(SCHEDULES, Mode.LIVENESS))
    assert 5 <= len(dead)
