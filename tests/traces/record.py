"""Records what today's code decides: `python tests/traces/record.py` writes one JSON file a situation.

A file holds what a decision looked at (workflow, children, time) and the
decision.  `test_replay.py` decides again, so a change of behaviour is a
difference to review, and statuses that older code wrote stay understood: the
files whose name begins with `older-` keep their inputs for ever, only their
decisions are recorded anew.
"""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> None:
    """Write every situation, and decide anew on what older code wrote."""
    sys.path.insert(0, str(Path(__file__).parents[2]))
    from tests.traces.situations import FOLDER, SITUATIONS, looked_at, read, write

    for name, begin in SITUATIONS.items():
        write(FOLDER / f"{name}.json", looked_at(begin()))
    for path in sorted(FOLDER.glob("older-*.json")):
        write(path, read(path))


if __name__ == "__main__":
    main()
