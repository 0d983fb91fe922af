"""The seeded simulator: whole worlds with faults around the real programs, in virtual time.

`simulate(seed)` runs one schedule and tells what came of it; `python -m
wfcore.testing.simulator` runs many.  Same seed, same trace, in any process.
"""

from wfcore.testing.simulator.faults import ALL_FAULTS, Chance, Fault
from wfcore.testing.simulator.laws import LawBroken
from wfcore.testing.simulator.simulation import Mode, Outcome, simulate

__all__ = ["ALL_FAULTS", "Chance", "Fault", "LawBroken", "Mode", "Outcome", "simulate"]
