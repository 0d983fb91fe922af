"""What the checker runs is the engine: branches of it that no exploration reaches would be proved by nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import wfcore

PROVED = ("reconciler.py", "lifecycle/*", "rollback/*", "execution/*")
ENOUGH = 75.0


def test_the_checker_alone_covers_three_quarters_of_the_branches(tmp_path: Path) -> None:
    """In a process of its own, so that imports count and nothing else does.

    Nine tenths before adaptation, freezes and workflows that start from another one came: no scope has these.
    """
    source, data, report = Path(wfcore.__file__).parent, tmp_path / "data", tmp_path / "report.json"
    coverage = [sys.executable, "-m", "coverage"]
    common = ["--rcfile=", f"--data-file={data}"]
    explored = subprocess.run([*coverage, "run", *common, "--branch", "--include=" + ",".join(
        str(source / part) for part in PROVED), "-m", "wfcore.testing.checker", "--steps", "2", "--states", "1500"],
        capture_output=True, text=True, check=False)
    subprocess.run([*coverage, "json", *common, "-o", str(report)], capture_output=True, check=True)
    found = json.loads(report.read_text())

    assert 0 == explored.returncode, explored.stderr
    assert ENOUGH <= found["totals"]["percent_covered"], {
        Path(name).name: part["missing_branches"] for name, part in found["files"].items()}
