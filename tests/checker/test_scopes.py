"""No law is broken in the scopes of the gate: 650,000 states, about two minutes on a busy core.

`python -m wfcore.testing.checker` explores as far as one likes.
"""

from __future__ import annotations

from typing import Any

import pytest

from wfcore.testing.checker.explore import Exploration
from wfcore.testing.checker.report import figures
from wfcore.testing.checker.scope import Scope, dags
from wfcore.testing.checker.trace import trace

ONE = dags(1)[0]
CHAIN, SIDE_BY_SIDE = dags(2)[1], dags(2)[0]
QUICK: dict[str, Any] = {"impatient": False, "unreliable": False}

# Each scope with its number of states; all of them are explored, unless a limit says otherwise.
WHOLE = [
    (Scope(needs=ONE, retries=(0,)), 41_848),
    (Scope(needs=ONE, retries=(0,), lag=0, faults=1, endings=False), 46_451),
    (Scope(needs=ONE, lag=0, faults=1, impatient=False), 26_556),
    (Scope(needs=ONE, retries=(0,), lag=0, faults=2, **QUICK), 6_430),
    (Scope(needs=ONE, retries=(0,), lag=0, controllers=3, **QUICK), 8_187),
    (Scope(needs=ONE, retries=(0,), lag=0, delete=True), 66_356),
    (Scope(needs=ONE, retries=(0,), intruder="stranger", faults=2), 6_764),
    (Scope(needs=ONE, retries=(0,), intruder="impostor", faults=1), 81_626),
    (Scope(needs=CHAIN, retries=(0, 0), **QUICK), 13_731),
    (Scope(needs=CHAIN, retries=(0, 0), faults=1, endings=False, **QUICK), 86_019),
    (Scope(needs=SIDE_BY_SIDE, retries=(0, 0), lag=0, **QUICK), 17_717),
    *zip((Scope(needs=needs, retries=(0, 0, 0), lag=0, endings=False, **QUICK) for needs in dags(3)[2:]),
         (65_206, 22_811, 47_811, 22_811), strict=True),
]
LIMITED = [
    *(Scope(needs=needs, retries=(0, 0, 0), lag=0, endings=False, **QUICK) for needs in dags(3)[:2]),
    Scope(needs=ONE, retries=(0,), faults=1, endings=False),
]
LIMIT = 40_000


def broken_law(found: Exploration) -> list[str]:
    return trace(found, found.broken) if found.broken else []


@pytest.mark.parametrize(("scope", "states"), WHOLE, ids=[scope.name for scope, _ in WHOLE])
def test_no_law_is_broken_in_a_whole_scope(scope: Scope, states: int) -> None:
    """The number is not a law: it may change with the engine, but it must not creep."""
    found = Exploration(scope).run()

    assert [] == broken_law(found)
    assert found.complete
    assert states / 1.5 <= len(found.keys) <= states * 1.5


@pytest.mark.parametrize("scope", LIMITED, ids=[scope.name for scope in LIMITED])
def test_no_law_is_broken_in_the_beginning_of_a_larger_scope(scope: Scope) -> None:
    found = Exploration(scope).run(most=LIMIT)

    assert [] == broken_law(found)
    assert LIMIT <= len(found.keys)


def test_the_gate_explores_more_than_a_hundred_thousand_states() -> None:
    assert 650_000 < sum(states for _, states in WHOLE) + LIMIT * len(LIMITED)


def test_a_whole_scope_goes_through_every_phase_and_every_kind_of_write() -> None:
    seen = figures(Exploration(Scope(needs=ONE, retries=(0,), controllers=1, lag=0)).run())

    assert seen.complete
    assert {"new", "planning", "validating", "executing", "monitoring", "rolling_back", "completed",
            "failed"} == set(seen.phases)
    assert {"SetMetadata", "CommitStatus", "Create", "DeleteChild", "Record"} == set(seen.requests)


def test_the_same_scope_has_the_same_states_in_the_same_order() -> None:
    first, second = (Exploration(Scope(needs=SIDE_BY_SIDE, **QUICK)).run(most=2_000) for _ in range(2))

    assert first.keys == second.keys
    assert (first.transitions, list(first.parents)) == (second.transitions, list(second.parents))


def test_more_controllers_faults_and_lag_only_add_states() -> None:
    def states(**fields: Any) -> int:
        return len(Exploration(Scope(needs=ONE, retries=(0,), **{"controllers": 1, "lag": 0, **QUICK, **fields})
                               ).run().keys)
    base = states()

    assert base < states(lag=1) < states(lag=2)
    assert base < states(faults=1) < states(faults=2)
    assert base < states(controllers=2)
