"""The public test kit: contract suites for ports, strategies, a driver for programs and a world to drive them in.

The names of `__all__` load on first use.  Nothing outside wfcore is needed, but
for `strategies`, `walking` and `damages` Hypothesis (the extra `wfcore[testing]`).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wfcore.testing.contracts import AuditLogContract, HistoryContract, sample_record
    from wfcore.testing.damages import damaged_documents
    from wfcore.testing.driving import EndlessPass, Exchange, Pass, drive, scripted
    from wfcore.testing.mutants.hunting import Catch, hunt, hunt_all
    from wfcore.testing.mutants.mutant import Mutant
    from wfcore.testing.mutants.registry import MUTANTS
    from wfcore.testing.proof.order import PROOFS
    from wfcore.testing.proof.proving import prove
    from wfcore.testing.proof.result import Proof
    from wfcore.testing.simulator.faults import Fault
    from wfcore.testing.simulator.laws import LawBroken
    from wfcore.testing.simulator.simulation import Mode, simulate
    from wfcore.testing.walking import Behaviour, Walk, statuses, walks, worlds
    from wfcore.testing.world import START, World, healthy

__all__ = [
    "MUTANTS", "PROOFS", "START", "AuditLogContract", "Behaviour", "Catch", "EndlessPass", "Exchange", "Fault",
    "HistoryContract", "LawBroken", "Mode", "Mutant", "Pass", "Proof", "Walk", "World", "damaged_documents", "drive",
    "healthy", "hunt", "hunt_all", "prove", "sample_record", "scripted", "simulate", "statuses", "walks", "worlds",
]

_HOME = {
    "wfcore.testing.contracts": ("AuditLogContract", "HistoryContract", "sample_record"),
    "wfcore.testing.damages": ("damaged_documents",),
    "wfcore.testing.driving": ("EndlessPass", "Exchange", "Pass", "drive", "scripted"),
    "wfcore.testing.mutants.hunting": ("Catch", "hunt", "hunt_all"),
    "wfcore.testing.mutants.mutant": ("Mutant",),
    "wfcore.testing.mutants.registry": ("MUTANTS",),
    "wfcore.testing.proof.order": ("PROOFS",),
    "wfcore.testing.proof.proving": ("prove",),
    "wfcore.testing.proof.result": ("Proof",),
    "wfcore.testing.simulator.faults": ("Fault",),
    "wfcore.testing.simulator.laws": ("LawBroken",),
    "wfcore.testing.simulator.simulation": ("Mode", "simulate"),
    "wfcore.testing.walking": ("Behaviour", "Walk", "statuses", "walks", "worlds"),
    "wfcore.testing.world": ("START", "World", "healthy"),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULE_OF[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
