"""The way to a violation is told for every breakage that the checker is to find, whatever its scope."""

from __future__ import annotations

import pytest

from wfcore.testing.checker.explore import Exploration
from wfcore.testing.checker.trace import trace
from wfcore.testing.mutants import MUTANTS, Mutant, States

EXPLORED = {name: mutant for name, mutant in MUTANTS.items() if isinstance(mutant.hunt, States)}


@pytest.mark.parametrize("mutant", EXPLORED.values(), ids=EXPLORED)
def test_the_way_to_a_planted_breakage_ends_with_its_law(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant.plant(monkeypatch)
    found = Exploration(mutant.hunt.scope).run(most=mutant.hunt.within)

    assert trace(found)[-1].strip().startswith(f"breaks {found.broken.violation.law}: ")
