"""Ways in which a pure program rots, each with the command that would notice and the figure it found.

What needs a real cluster is not here.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import Any

from wfcore.reasons import Reason

from .running import Refuted, module
from .stamp import ROOT

Found = tuple[str, dict[str, Any], bool]  # the command, its figures, whether it is as it has to be
_BY_HAND = ("effects_are_performed_before_the_commit", "the_owners_uid_is_not_checked", "the_digest_is_not_compared",
            "attempts_are_counted_by_greater_instead_of_greater_or_equal", "the_rollback_goes_forward")


def collect(kept: Path, jobs: int) -> dict[str, Any]:
    """Make each check.

    Raises:
        Refuted: when one does not hold.
    """
    rows = []
    for check in (proves_no_copy, states_stay_few, faults_bite, adapters_decide_nothing, no_time_or_order_leaks,
                  writes_are_few, the_executor_really_acts, replay_finds_what_was_changed, laws_are_not_vacuous):
        sys.stderr.write(f"check: {check.__name__}\n")
        command, figures, holds = check()
        rows.append({"check": check.__name__.replace("_", " "), "command": command, "holds": holds, **figures})
    if wrong := [row["check"] for row in rows if not row["holds"]]:
        raise Refuted(f"checks that do not hold: {', '.join(wrong)}", rows)
    return {"command": "tox -e evidence -- checks", "checks": rows}


def proves_no_copy() -> Found:
    """The checker alone reaches most branches of the engine, and five edits that anybody would try are found."""
    command, passed = pytest("tests/checker/test_coverage.py")
    other, found, _ = module("wfcore.testing.mutants", *_BY_HAND, "-o", "json")
    edits = {edit["name"]: edit["caught"] for edit in found["mutants"]}
    return f"{command} && {other}", {"tests": passed, "edits": edits}, not found["lost"]


def states_stay_few() -> Found:
    """States of a small scope, beside the figure that was committed before."""
    command, found, _ = module("wfcore.testing.checker", "--steps", "2", "--controllers", "2", "--faults", "1", "-o",
                               "json")
    before = _committed("states") or found["states"]
    ratio = round(found["states"] / before, 3)
    return command, {"states": found["states"], "beforeIt": before, "ratio": ratio}, ratio <= 1.5


def faults_bite() -> Found:
    """Over 3,000 schedules: the fault that struck least, how many cached reads were stale, reasons never met."""
    command, found, _ = module("wfcore.testing.simulator", "--schedules", "3000", "--jobs", "2", "-o", "json")
    _, again, _ = module("wfcore.testing.simulator", "--schedules", "3000", "--jobs", "1", "-o", "json")
    least = min(found["faults"].items(), key=lambda item: item[1])
    stale = round(found["staleReads"] / found["cachedReads"], 3)
    met = {re.sub(r"[^a-z]", "", reason.lower()) for reason in found["reasons"]}
    never = sorted(reason.value for reason in Reason if reason.value.lower() not in met)
    same = {**found, "seconds": 0, "schedulesPerSecond": 0} == {**again, "seconds": 0, "schedulesPerSecond": 0}
    return command, {"leastFault": least, "staleShare": stale, "reasonsNeverMet": never, "sameTwice": same}, \
        same and least[1] >= 20 and stale >= 0.05


def adapters_decide_nothing() -> Found:
    """No adapter has a word for a phase, a retry or a critical step."""
    command, passed = pytest("tests/architecture/test_decisions.py")
    return command, {"tests": passed}, True


def no_time_or_order_leaks() -> Found:
    """One document over hash seeds, time zones and speeds."""
    command = [sys.executable, "-m", "wfcontroller.cli.main", "run", "docs/examples/diamond.yaml", "--seed", "1", "-o",
               "json"]
    found = set()
    for hash_seed, zone, speed in product(("0", "1", "7"), ("UTC", "Asia/Kathmandu"), ("max", "200")):
        document = subprocess.run([*command, "--speed", speed], cwd=ROOT, check=True, stdout=subprocess.PIPE, env={
            **os.environ, "PYTHONHASHSEED": hash_seed, "TZ": zone}).stdout
        found.add(hashlib.sha256(document).hexdigest()[:16])
    return "wfctl run docs/examples/diamond.yaml --seed 1 -o json", {"runs": 12, "hashes": sorted(found)}, \
        len(found) == 1


def writes_are_few() -> Found:
    """Counted, not timed."""
    command, found = "python tests/benchmarks/writes.py", json.loads(subprocess.run(
        [sys.executable, "tests/benchmarks/writes.py"], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)
    most = max(shape["perStep"] for shape in found.values())
    return command, {"mostCommitsAStep": most, "shapes": found}, most <= 2.1


def the_executor_really_acts() -> Found:
    """Examples end as they say, targets are put back, each mutation reads its workflow live."""
    command, passed = pytest("tests/examples", "tests/executor/test_intent.py", "tests/cli/test_outcomes.py")
    return command, {"tests": passed}, True


def replay_finds_what_was_changed() -> Found:
    """Every decision replays identical; one altered value is one mismatch; a changed cap of the back-off is noticed."""
    command, passed = pytest("tests/property/test_replay.py")
    return command, {"tests": passed}, True


def laws_are_not_vacuous() -> Found:
    """Twenty edits drawn by a seed, the properties alone."""
    command, found, _ = module("tests.evidence.vacuity")
    return command, found, found["killed"] >= 18


def pytest(*paths: str) -> tuple[str, int]:
    """The command and how many tests passed.

    Raises:
        Refuted: when one does not.
    """
    words = ["pytest", "-q", "-n2", *paths]
    done = subprocess.run([sys.executable, "-m", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    passed = re.search(r"(\d+) passed", done.stdout)
    if done.returncode != 0 or passed is None:
        raise Refuted(" ".join(words), done.stdout[-2000:])
    return " ".join(words), int(passed[1])


def _committed(name: str) -> Any:
    path = ROOT / "docs" / "evidence" / "checks.json"
    rows = json.loads(path.read_text("utf-8")).get("checks", ()) if path.exists() else ()
    return next((row[name] for row in rows if name in row), None)
