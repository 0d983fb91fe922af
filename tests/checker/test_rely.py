"""What the engine relies on: with an executor that breaks a promise a law falls, and it is known which."""

from __future__ import annotations

import pytest

from wfcore.testing.checker.explore import Exploration
from wfcore.testing.checker.scope import RELY, Scope, dags, with_broken

FALLS = {"E2": "S9", "E3": "S11", "E4": "S2", "E5": "S2"}


@pytest.mark.parametrize(("promise", "law"), FALLS.items())
def test_without_the_promise_a_law_falls(promise: str, law: str) -> None:
    found = Exploration(with_broken(Scope(needs=dags(1)[0], endings=False), promise)).run(most=60_000)

    assert found.broken is not None
    assert law == found.broken.violation.law


def test_a_spec_that_is_edited_breaks_no_law() -> None:
    """Its child is told to stop, and what it did is unknown: E1 keeps results faithful, safety does not need it."""
    found = Exploration(with_broken(Scope(needs=dags(1)[0], endings=False), "E1")).run(most=15_000)

    assert found.broken is None
    assert {*FALLS, "E1"} == RELY.keys()
