"""Planted protocol bugs are found: what the simulator would not notice, it would not prove either."""

from __future__ import annotations

import pytest

from wfcore.testing.simulator import LawBroken, simulate

from .bugs import BUGS, Bug


def first_violation(bug: Bug) -> LawBroken | None:
    outcomes = (simulate(seed, bug.mode, faults=bug.faults) for seed in range(bug.within))
    return next((outcome.violation for outcome in outcomes if outcome.violation is not None), None)


@pytest.mark.parametrize("name", BUGS)
def test_a_planted_bug_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    BUGS[name].plant(monkeypatch)

    found = first_violation(BUGS[name])

    assert found is not None, f"{name} was not found within {BUGS[name].within} schedules"
    assert found.law in BUGS[name].laws, str(found)


def test_there_are_planted_bugs_enough() -> None:
    assert 25 <= len(BUGS)
