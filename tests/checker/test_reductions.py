"""What is left out loses nothing: without each reduction the same contents of the store are met, and no others."""

from __future__ import annotations

from typing import Any

import pytest

from wfcore.testing.checker import locals as local_states
from wfcore.testing.checker import steps
from wfcore.testing.checker.explore import Exploration
from wfcore.testing.checker.families import CHAIN2, ONE, of_graph
from wfcore.testing.checker.scope import Scope
from wfcore.testing.checker.turns import Turns

from .stores import contents

SCOPES = [
    of_graph(CHAIN2, lag=0, faults=1, endings=False),
    of_graph(ONE, lag=1, faults=1, endings=False),
    of_graph(ONE, lag=0, faults=1, endings=False, person=("stop",)),
    Scope(needs=ONE, retries=(0,), lag=0, faults=1, endings=False, unreliable=False),
    Scope(needs=ONE, retries=(0,), lag=1, faults=0, endings=False, impatient=False, person=("suspend",), moves=1),
]


def go_in_any_order(monkeypatch: Any) -> None:
    monkeypatch.setattr(Turns, "is_inert", lambda self, core, local: False)


def meet_what_a_crash_covers(monkeypatch: Any) -> None:
    monkeypatch.setattr(steps, "covered_by_crash", lambda turn, before, after: False)


def meet_what_rest_covers(monkeypatch: Any) -> None:
    monkeypatch.setattr(steps, "covered_by_rest", lambda before, after: False)


def remember_when_to_wake(monkeypatch: Any) -> None:
    monkeypatch.setattr(local_states, "without_wake", lambda program: (program, None))


LIFTED = [go_in_any_order, meet_what_a_crash_covers, meet_what_rest_covers, remember_when_to_wake]


@pytest.mark.parametrize("scope", SCOPES, ids=[scope.name for scope in SCOPES])
@pytest.mark.parametrize("lift", LIFTED, ids=[lift.__name__ for lift in LIFTED])
def test_a_reduction_loses_no_content_of_the_store(lift: Any, scope: Scope, monkeypatch: pytest.MonkeyPatch) -> None:
    reduced = Exploration(scope).run()
    lift(monkeypatch)
    whole = Exploration(scope).run()

    assert reduced.complete
    assert whole.complete
    assert len(reduced.keys) <= len(whole.keys)
    assert contents(reduced) == contents(whole)
