"""No law is broken in the scopes of the gate: together more than 100,000 states, about 20 seconds on one core.

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

# (scope, most states, states that have to be there)
GATE = [
    (Scope(needs=ONE, retries=(0,), lag=1), None, 15_000),
    (Scope(needs=ONE, retries=(0,), faults=1, endings=False), 30_000, 30_000),
    (Scope(needs=ONE, faults=1, lag=2, endings=False, impatient=False), 30_000, 30_000),
    (Scope(needs=ONE, controllers=3, retries=(0,), **QUICK), 15_000, 15_000),
    (Scope(needs=ONE, retries=(0,), delete=True), 12_000, 12_000),
    (Scope(needs=ONE, retries=(0,), intruder="stranger", faults=2), None, 500),
    (Scope(needs=ONE, retries=(0,), intruder="impostor"), None, 4_000),
    *((Scope(needs=needs, retries=(0, 0), **QUICK), 8_000, 4_000) for needs in dags(2)),
    *((Scope(needs=needs, retries=(0, 0, 0), **{**QUICK, "endings": False}), 8_000, 8_000) for needs in dags(3)),
]


@pytest.mark.parametrize(("scope", "most", "least"), GATE, ids=[scope.name for scope, _, _ in GATE])
def test_no_law_is_broken(scope: Scope, most: int | None, least: int) -> None:
    found = Exploration(scope).run(most=most)

    assert [] == (trace(found, found.broken) if found.broken else [])
    assert least <= len(found.keys)
    assert (most is None) == found.complete


def test_the_gate_explores_at_least_a_hundred_thousand_states() -> None:
    assert 100_000 <= sum(least for _, _, least in GATE)


def test_a_whole_scope_goes_through_every_phase_and_every_kind_of_write() -> None:
    seen = figures(Exploration(Scope(needs=CHAIN, retries=(0, 0), controllers=1, lag=0)).run())

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
