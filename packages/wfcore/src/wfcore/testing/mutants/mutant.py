"""A planted breakage: how to plant it, which laws it breaks, where it is hunted and how soon it has to be found."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from attrs import field, frozen

from wfcore.testing.checker.scope import Scope
from wfcore.testing.mutants.patching import Patch
from wfcore.testing.simulator.faults import ALL_FAULTS, Fault
from wfcore.testing.simulator.simulation import Mode

# The most schedules or states that any breakage may take to be found.
MOST = 10_000

Plant: TypeAlias = Callable[[Patch], None]


@frozen(kw_only=True)
class Schedules:
    """Hunted by the simulator: seeds from 0 on, at most `within` of them."""

    within: int
    mode: Mode = Mode.SAFETY
    faults: tuple[Fault, ...] = ALL_FAULTS
    unit = "schedules"


@frozen(kw_only=True)
class States:
    """Hunted by the checker: one scope, at most `within` states of it."""

    within: int
    scope: Scope
    unit = "states"


@frozen(kw_only=True)
class Examination:
    """Hunted by one function that lives a workflow and raises `LawBroken`; it is silent about the honest engine."""

    examine: Callable[[], None]
    within: int = field(default=1, init=False)
    unit = "examinations"


Hunt: TypeAlias = Schedules | States | Examination


@frozen(kw_only=True)
class Mutant:
    """One planted breakage.

    Attributes:
        name: What goes wrong, in words joined by underscores.
        plant: Breaks the engine.
        laws: The laws by whose name it may be caught.
        hunt: Where it is looked for.
        defect: The defect of the original design that it is, `D1` to `D15`, or empty.
        by_hand: Whether it is one of the five breakages that whoever judges the engine would try first.
    """

    name: str
    plant: Plant
    laws: frozenset[str]
    hunt: Hunt
    defect: str = ""
    by_hand: bool = False


REGISTERED: dict[str, Mutant] = {}


def mutant(*laws: str, hunt: Hunt, defect: str = "", by_hand: bool = False) -> Callable[[Plant], Plant]:
    """Register a breakage under the name of the function that plants it.

    Raises:
        ValueError: when the name is taken.
    """
    def register(plant: Plant) -> Plant:
        name = plant.__name__
        if name in REGISTERED:
            raise ValueError(f"{name} is registered twice")
        REGISTERED[name] = Mutant(name=name, plant=plant, laws=frozenset(laws), hunt=hunt, defect=defect,
                                  by_hand=by_hand)
        return plant
    return register
