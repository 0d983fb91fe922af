"""Planted breakages are found: what the provers would not notice, they would not prove either."""

from __future__ import annotations

import pytest

from wfcore.testing.mutants import MOST, MUTANTS, Examination, Mutant, hunt

EXAMINED = {name: mutant.hunt for name, mutant in MUTANTS.items() if isinstance(mutant.hunt, Examination)}
DEFECTS = {f"D{number}" for number in range(1, 16)}
# Whoever judges the engine breaks it so.
BY_HAND = {
    "effects_are_performed_before_the_commit", "the_owners_uid_is_not_checked", "the_digest_is_not_compared",
    "attempts_are_counted_by_greater_instead_of_greater_or_equal", "the_rollback_goes_forward",
}


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=MUTANTS)
def test_a_mutant_is_found_by_one_of_its_laws_within_its_bound(mutant: Mutant) -> None:
    catch = hunt(mutant)

    assert catch is not None, f"{mutant.name} survived {mutant.hunt.within} {mutant.hunt.unit}"
    assert catch.law in mutant.laws, catch.message
    assert 1 <= catch.after <= catch.within == mutant.hunt.within


@pytest.mark.parametrize("name", EXAMINED)
def test_an_examination_finds_nothing_in_the_honest_engine(name: str) -> None:
    nothing = Mutant(name="nothing", plant=lambda patch: None, laws=frozenset(), hunt=EXAMINED[name])

    assert hunt(nothing) is None


def test_there_are_mutants_enough_and_none_takes_too_long() -> None:
    assert 60 <= len(MUTANTS)
    assert [] == [mutant.name for mutant in MUTANTS.values() if not 1 <= mutant.hunt.within <= MOST]


def test_every_defect_of_the_original_design_is_planted() -> None:
    assert DEFECTS == {mutant.defect for mutant in MUTANTS.values()} - {""}


def test_the_five_breakages_that_anybody_would_try_say_so() -> None:
    assert BY_HAND == {mutant.name for mutant in MUTANTS.values() if mutant.by_hand}
