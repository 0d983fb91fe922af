"""The proof in one command: schedules, states and mutants, and what they say together.

    python -m wfcore.testing.proof --level quick --jobs 2

A proof holds when no law was broken, every fault that is claimed has struck, and
every mutant was found by one of its laws within its bound.
"""

from wfcore.testing.proof.order import PROOFS, Order
from wfcore.testing.proof.proving import prove
from wfcore.testing.proof.result import Proof

__all__ = ["PROOFS", "Order", "Proof", "prove"]
