"""Every folder of tests is run by the gate, has a door of its own, and a row in tests/README.md."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
# Programs that measure and the control plane they need are no tests of the gate.
NOT_TESTS = frozenset({"benchmarks", "controlplane"})


def folders() -> set[str]:
    return {path.relative_to(TESTS).parts[0] for path in TESTS.glob("*/**/test_*.py")} - NOT_TESTS


def tox() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(TESTS.parent / "tox.ini", encoding="utf-8")
    return parser


def doors() -> set[str]:
    """The folders that `tox -e FOLDER` runs."""
    listed = next(name for name in tox().sections() if name.startswith("testenv:{"))
    return set(listed.removeprefix("testenv:{").removesuffix("}").split(","))


def test_each_folder_has_a_door() -> None:
    assert set() == folders() - doors()


def test_each_folder_has_a_row_that_says_when_to_run_it() -> None:
    rows = re.findall(r"^\| .+ \| `(\w+)` \| .+ \|$", (TESTS / "README.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert set() == folders() - set(rows)


def test_what_the_pure_part_runs_the_other_part_leaves_out_and_nothing_else() -> None:
    pure = tox()["testenv:pure"]["folders"].split()
    left_out = re.findall(r"--ignore=(\S+?)}?(?=\s|$)", tox()["testenv:tests"]["commands"])

    assert pure == left_out
    assert [] == [folder for folder in pure if not (TESTS.parent / folder).is_dir()]
