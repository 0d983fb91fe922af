"""S17: what was decided on any earlier state does no harm in any later one, for any number of controllers and faults.
"""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from wfcore.testing.checker.explore import Exploration
from wfcore.testing.checker.families import CHAIN2, ONE, of_graph
from wfcore.testing.checker.scope import Scope, dags
from wfcore.testing.checker.trace import way
from wfcore.testing.checker.unbounded import Unbounded
from wfcore.testing.mutants import MUTANTS

from .stores import contents

SMALL = of_graph(ONE)
CHAIN = of_graph(CHAIN2)
# With the number of cores, and of controllers left standing in one.
WHOLE = [
    (of_graph(ONE, retries=(1,)), 453, 23_960),
    (CHAIN, 181, 6_654),
    (evolve(SMALL, person=("suspend",), moves=1), 168, 5_231),
    (evolve(SMALL, person=("freeze",), moves=1), 218, 7_496),
    (evolve(SMALL, strategy={"dryRunFirst": True}), 75, 1_984),
    (evolve(SMALL, strategy={"approvalRequired": True}, person=("approve", "stop"), moves=1), 604, 17_113),
]
LIMITED = [
    evolve(SMALL, impatient=True),
    evolve(SMALL, person=("delete",)),
    of_graph(dags(2)[0]),
]
LIMIT = 8_000


@pytest.mark.parametrize(("scope", "cores", "left"), WHOLE, ids=[Unbounded(scope).name for scope, _, _ in WHOLE])
def test_what_was_decided_on_any_earlier_state_does_no_harm_later(scope: Scope, cores: int, left: int) -> None:
    found = Unbounded(scope).run()

    assert [] == way(found)
    assert found.complete
    assert cores / 1.5 <= len(found.met) <= cores * 1.5
    assert left / 1.5 <= found.states <= left * 1.5


@pytest.mark.parametrize("scope", LIMITED, ids=[Unbounded(scope).name for scope in LIMITED])
def test_it_does_no_harm_in_the_beginning_of_a_larger_scope(scope: Scope) -> None:
    found = Unbounded(scope).run(most=LIMIT)

    assert [] == way(found)
    assert LIMIT <= found.states


@pytest.mark.parametrize("fields", [{"controllers": 3, "lag": 0}, {"faults": 2, "lag": 3}, {"faults": 1, "lag": 7}],
                         ids=str)
def test_it_meets_every_write_that_a_number_of_controllers_and_faults_can_make(fields: dict[str, Any]) -> None:
    """What is concluded for any number holds for this one: the contents of both stores are the same."""
    anyone = Unbounded(evolve(SMALL, endings=False)).run()
    some = Exploration(evolve(SMALL, endings=False, **fields)).run(most=60_000)

    assert contents(some) <= contents(anyone)


FOUND = [
    ("effects_are_performed_before_the_commit", "S3", SMALL),
    ("the_owners_uid_is_not_checked", "S15", evolve(SMALL, intruder="stranger")),
    ("the_digest_is_not_compared", "S16", evolve(SMALL, intruder="impostor")),
    ("attempts_are_counted_by_greater_instead_of_greater_or_equal", "S4", evolve(SMALL, retries=(1,))),
    ("compensations_are_in_no_order", "S10", CHAIN),
    ("absence_in_the_cache_is_believed", "S9", evolve(SMALL, unreliable=True)),
    ("an_attempt_is_given_up_without_being_withdrawn", "S11", evolve(SMALL, impatient=True)),
]


@pytest.mark.parametrize(("name", "law", "scope"), FOUND, ids=[name for name, _, _ in FOUND])
def test_a_planted_bug_is_found_for_any_number_too(name: str, law: str, scope: Scope,
                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    MUTANTS[name].plant(monkeypatch)
    found = Unbounded(evolve(scope, endings=False)).run(most=60_000)

    assert found.broken is not None, f"{found.states} controllers left, nothing found"
    assert law == found.broken[0].law
    assert way(found)[-1].strip().startswith(f"breaks {law}: ")
