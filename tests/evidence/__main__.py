"""Makes the evidence that takes longer than the gate may: `tox -e evidence`, or some parts of it by name.

    tox -e evidence                        everything, some hours
    tox -e evidence -- states mutants      these parts
    tox -e evidence -- schedules --jobs 8

Each part ends as docs/evidence/PART.json, with the commit, the date and the machine.  What was refuted is
written too, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from .parts import PARTS
from .running import Refuted
from .stamp import ROOT, stamp

KEPT, WRITTEN = ROOT / ".tox" / "evidence", ROOT / "docs" / "evidence"


def main() -> int:
    """Exit status: 0 nothing was refuted, 1 something was."""
    options = _options()
    refuted = 0
    for name in options.parts or PARTS:
        made = stamp()
        try:
            document = PARTS[name](KEPT, options.jobs)
        except Refuted as error:
            document, refuted = {"refuted": error.command, "document": error.document}, 1
            sys.stderr.write(f"{name}: {error}\n")
        _write(WRITTEN / f"{name}.json", {**made, **document})
    return refuted


def _write(path: Path, document: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2) + "\n", "utf-8")
    sys.stderr.write(f"wrote {path.relative_to(ROOT)}\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tox -e evidence --", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"some of {', '.join(PARTS)} (default: all)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: one a core)")
    options = parser.parse_args()
    if unknown := [part for part in options.parts if part not in PARTS]:
        parser.error(f"no such part: {', '.join(unknown)}; choose from {', '.join(PARTS)}")
    return options


if __name__ == "__main__":
    sys.exit(main())
