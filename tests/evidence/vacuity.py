"""Laws that nothing can break prove nothing: `python -m tests.evidence.vacuity` asks the properties alone.

Twenty edits of planning, rollback and validation are drawn by a seed among those that change more than a text.
They come from the tree that `tox -e evidence -- mutation` has made.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

from .mutation import edit, results
from .stamp import ROOT

DRAWN, SEED, PARTS = 20, 1, ("planning", "rollback", "validation")


def main() -> int:
    """Exit status: 0 asked, 2 there is no tree."""
    trees = sorted((ROOT / ".tox" / "evidence").glob("mutation-*"), key=lambda path: path.stat().st_mtime)
    if not trees:
        sys.stderr.write("no tree of mutants: run `tox -e evidence -- mutation` before\n")
        return 2
    names = drawn(trees[-1])
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        alive = [name for name, lives in zip(names, pool.map(lambda name: survives(trees[-1], name), names),
                                             strict=True) if lives]
    json.dump({"edits": len(names), "seed": SEED, "killed": len(names) - len(alive),
               "alive": {name: edit(trees[-1], name) for name in alive}}, sys.stdout, indent=2)
    return 0


def drawn(tree: Path) -> list[str]:
    """The edits, in the order they were drawn."""
    names = [name for name, _ in results(tree) if name.split(".")[1] in PARTS]
    Random(SEED).shuffle(names)
    found: list[str] = []
    for name in names:
        if len(found) < DRAWN and not only_text(edit(tree, name)):
            found.append(name)
    return found


def only_text(lines: list[str]) -> bool:
    """Whether an edit changes nothing but what is said."""
    old, new = ([re.sub(r"\"[^\"]*\"|'[^']*'|\b(None|int|str)\b", "", line[2:]) for line in lines if line[0] == sign]
                for sign in "-+")
    return old == new


def survives(tree: Path, name: str) -> bool:
    """Whether every property holds although the edit is there."""
    sys.stderr.write(f"+ properties against {name}\n")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-p", "no:pytest_alembic",
         "--import-mode=importlib", "tests/property"], cwd=tree / "mutants", stdout=subprocess.DEVNULL, check=False,
        env={**os.environ, "MUTANT_UNDER_TEST": name, "PYTHONPATH": str(tree / "mutants" / "src")}).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
