"""Mutation testing of what decides: small edits of planning, validation, rollback and lifecycle, and who notices.

All ten thousand edits take five hours on two cores, because whatever survives meets every test: one in `EVERY` is
taken, evenly over all functions.  First the unit tests and the recorded decisions are asked, then, for what they let
pass, the properties with few examples.  A survivor is listed with its edit; docs/evidence/survivors-*.md say why it may
live.  The copied tree below .tox keeps what was found, so an interrupted run goes on.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .stamp import ROOT, digest_of_sources

MUTATED = ("planning", "validation", "rollback", "lifecycle")
FIRST, SECOND = ("tests/unit", "tests/traces"), ("tests/property",)
EVERY = 7
_CONFIGURATION = """[tool.mutmut]
source_paths = ["src/wfcore"]
only_mutate = [{mutated}]
pytest_add_cli_args = ["-p", "no:pytest_alembic", "-p", "no:cacheprovider", "--import-mode=importlib", "-x", "-q"]
pytest_add_cli_args_test_selection = [{tests}]
"""
# What mutmut keeps of a test run: its exit status, None before there was one.
_SURVIVED, _UNTESTED = 0, 33
_NOBODY = "wfcore.nobody"  # no mutant's name: all are made, none is tried


def collect(kept: Path, jobs: int) -> dict[str, Any]:
    """Mutate, test, count.  Cost: hours on two cores."""
    tree = kept / f"mutation-{digest_of_sources()}"
    if not (tree / "mutants").exists():
        _copy(tree)
        _run(tree, FIRST, jobs, [_NOBODY], check=False)
    taken = [name for name, _ in results(tree)][::EVERY]
    for tests, status in ((FIRST, None), (SECOND, _SURVIVED)):
        if open_ := [name for name in taken if dict(results(tree))[name] == status]:
            _run(tree, tests, jobs, open_)
    found = {name: status for name, status in results(tree) if name in set(taken)}
    survivors = [name for name, status in found.items() if status in (_SURVIVED, _UNTESTED)]
    return {
        "command": "tox -e evidence -- mutation", "edits": len(dict(results(tree))), "everyNth": EVERY,
        "mutants": len(found), "survived": len(survivors),
        "killed": len(found) - len(survivors),
        "survivedIn": dict(sorted(Counter(name.rsplit(".", 1)[0] for name in survivors).items())),
        "survivors": {name: edit(tree, name) for name in sorted(survivors)}}


def _copy(tree: Path) -> None:
    shutil.copytree(ROOT / "packages/wfcore/src", tree / "src", ignore=shutil.ignore_patterns("__pycache__"))
    for path in (*FIRST, *SECOND, "tests/conftest.py"):
        copy = shutil.copytree if (ROOT / path).is_dir() else shutil.copy
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        copy(ROOT / path, tree / path)


def _run(tree: Path, tests: tuple[str, ...], jobs: int, names: list[str], *, check: bool = True) -> None:
    configuration = _CONFIGURATION.format(mutated=_listed(f"src/wfcore/{part}/*" for part in MUTATED),
                                          tests=_listed(tests))
    (tree / "pyproject.toml").write_text(configuration, "utf-8")
    # mutmut knows which test calls what from its last run, with other tests.
    (tree / "mutants" / "mutmut-stats.json").unlink(missing_ok=True)
    subprocess.run([sys.executable, "-m", "mutmut", "run", "--max-children", str(jobs), *names], cwd=tree, check=check,
                   stdout=sys.stderr, env={**os.environ, "HYPOTHESIS_PROFILE": "few", "PYTHONPATH": str(tree / "src")})


def _listed(names: Any) -> str:
    return ", ".join(json.dumps(name) for name in names)


def results(tree: Path) -> Iterator[tuple[str, int | None]]:
    """Each mutant by name, and how the last tests that it met ended: 0 when it survived them."""
    for path in sorted((tree / "mutants").rglob("*.meta")):
        yield from json.loads(path.read_text("utf-8"))["exit_code_by_key"].items()


def edit(tree: Path, name: str) -> list[str]:
    """The lines that the mutant takes away and adds."""
    shown = subprocess.run([sys.executable, "-m", "mutmut", "show", name], cwd=tree, capture_output=True, text=True,
                           check=True).stdout
    return [f"{line[0]} {line[1:].strip()}" for line in shown.splitlines()
            if line[:1] in ("+", "-") and line[:3] not in ("+++", "---")]
