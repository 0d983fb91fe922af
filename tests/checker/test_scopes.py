"""No law is broken in the scopes of the gate: 620,000 states, about half a minute of one core.

`python -m wfcore.testing.checker` explores as far as one likes.
"""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from wfcore.testing.checker.explore import Exploration
from wfcore.testing.checker.families import CHAIN2, CHAIN4, CHAIN6, DIAMOND6, ONE, of_graph, people, surrounded
from wfcore.testing.checker.report import figures
from wfcore.testing.checker.scope import Scope, dags
from wfcore.testing.checker.trace import trace

SIDE_BY_SIDE = dags(2)[0]
QUICK: dict[str, Any] = {"impatient": False, "unreliable": False}

# Each scope with its number of states; all of them are explored.
WHOLE = [
    (Scope(needs=ONE, retries=(0,)), 16_413),
    (Scope(needs=ONE, retries=(0,), lag=0, faults=1, endings=False), 9_580),
    (Scope(needs=ONE, lag=0, faults=1, impatient=False), 24_387),
    (Scope(needs=ONE, retries=(0,), lag=0, faults=2, **QUICK), 2_457),
    (Scope(needs=ONE, retries=(0,), lag=0, controllers=3, **QUICK), 1_492),
    (Scope(needs=ONE, retries=(0,), intruder="stranger", faults=2), 3_218),
    (Scope(needs=ONE, retries=(0,), intruder="impostor", faults=1), 36_993),
    (of_graph(CHAIN2, faults=1), 31_185),
    (of_graph(CHAIN4, faults=1, lag=0, endings=False), 65_125),
    *zip((of_graph(needs, lag=0) for needs in dags(3)), (76_755, 32_525, 17_043, 6_265, 12_842, 6_265), strict=True),
    *zip((task.scope for task in people(lag=0)),
         (34_888, 13_582, 18_907, 14_249, 30_302, 75_442, 300_000, 4_698, 45_407, 520, 1_058, 21_854, 16_172, 17_213,
          196, 272, 680, 3_160, 4_160, 7_323, 7_323,
          *(1_878, 24, 24, 431, 1_237, 1_237, 300_000, 300_000, 431, 462, 462, 20, 20, 20, 20, 20, 26_330, 1_862, 3_218,
            431),
          32, 16, 2_928, 907, 855), strict=True),
]
LIMITED = [
    Scope(needs=ONE, retries=(0,), faults=1, endings=False),
    of_graph(CHAIN6, faults=1, endings=False),
    of_graph(DIAMOND6, faults=1, endings=False),
    *(task.scope for task in surrounded(lag=0) if "learned" in task.scope.answers),
]
LIMIT = 40_000
MOST = 50_000  # of a whole scope; the larger ones are left to longer runs


@pytest.mark.parametrize(("scope", "states"), [(scope, states) for scope, states in WHOLE if states < MOST],
                         ids=[scope.name for scope, states in WHOLE if states < MOST])
def test_no_law_is_broken_in_a_whole_scope(scope: Scope, states: int) -> None:
    """The number is not a law: it may change with the engine, but it must not creep."""
    found = Exploration(scope).run()

    assert [] == trace(found)
    assert found.complete
    assert states / 1.5 <= len(found.keys) <= states * 1.5


@pytest.mark.parametrize("scope", LIMITED, ids=[scope.name for scope in LIMITED])
def test_no_law_is_broken_in_the_beginning_of_a_larger_scope(scope: Scope) -> None:
    found = Exploration(scope).run(most=LIMIT)

    assert [] == trace(found)
    assert LIMIT <= len(found.keys)


def test_the_gate_explores_more_than_a_hundred_thousand_states() -> None:
    assert 450_000 < sum(states for _, states in WHOLE if states < MOST) + LIMIT * len(LIMITED)


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


def test_who_may_do_more_meets_at_least_as_many_cores() -> None:
    """A reduction that lost a core would lose the laws of it."""
    def cores(scope: Scope) -> int:
        return len(Exploration(scope).run().met)
    one = of_graph(ONE, controllers=1, lag=0, endings=False)

    assert cores(one) <= cores(evolve(one, faults=1)) <= cores(evolve(one, faults=1, controllers=2))
    assert cores(one) <= cores(evolve(one, controllers=2)) <= cores(evolve(one, controllers=2, lag=2))
