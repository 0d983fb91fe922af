"""Planted breakages of the protocol, each found by one of its laws within a stated number of tries.

A prover that would not notice a breakage proves nothing about it.  Each mutant
is one small wrong edit of the real engine, made while the simulator, the checker
or an examination runs, and undone after.  Its `laws` are those by whose name it
may be caught; its `hunt` says where, and within how many schedules or states.

    python -m wfcore.testing.mutants --jobs 2

The fifteen defects of the original design are among them (`defect`), and the five
breakages that anybody would try first (`by_hand`).
"""

from wfcore.testing.mutants.hunting import Catch, hunt, hunt_all
from wfcore.testing.mutants.mutant import MOST, Examination, Mutant, Schedules, States
from wfcore.testing.mutants.patching import Patch, patching
from wfcore.testing.mutants.registry import MUTANTS

__all__ = ["MOST", "MUTANTS", "Catch", "Examination", "Mutant", "Patch", "Schedules", "States", "hunt", "hunt_all",
           "patching"]
