"""The laws, each a small function with the number it has in the list of invariants, checked at every commit.

They are independent oracles: they read JSON and the history of the store, and
import nothing of planning, lifecycle, execution or rollback.
"""

from wfcore.testing.simulator.laws.broken import LawBroken
from wfcore.testing.simulator.laws.watching import Watchman

__all__ = ["LawBroken", "Watchman"]
