"""What people decide is watched as well: a bug planted there is found by the law that it breaks."""

from __future__ import annotations

import pytest

from . import planted_people
from .bugs import BUGS
from .test_planted import first_violation

PLANTED = [name for name, bug in BUGS.items() if bug.plant.__module__ == planted_people.__name__]


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_bug_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    BUGS[name].plant(monkeypatch)

    found = first_violation(BUGS[name])

    assert found is not None, f"{name} was not found within {BUGS[name].within} schedules"
    assert found.law in BUGS[name].laws, str(found)


def test_there_are_planted_bugs_enough() -> None:
    assert 25 <= len(PLANTED)
