"""A million schedules and more: slices of seeds, each kept when it is done, so that an interrupted run goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .running import Refuted, module
from .stamp import digest_of_sources

SLICE = 10_000
# (workload, mode, schedules): most are of one or two steps, where bugs are as near and a schedule is quick.
SHARES = (("short", "safety", 900_000), ("short", "liveness", 40_000), ("mixed", "safety", 40_000),
          ("mixed", "liveness", 10_000), ("chain6", "safety", 10_000))
_ADDED = ("schedules", "workflows", "events", "virtualSeconds", "settled", "cachedReads", "staleReads", "seconds")
_COUNTED = ("faults", "edges", "reasons", "deletedIn", "deeds")


def collect(kept: Path, jobs: int) -> dict[str, Any]:
    """Run what is missing and add up everything.  `kept` is the folder of the slices.

    Raises:
        Refuted: after all of them, when a law was broken in some; those are run again by the next call.
    """
    folder = kept / f"schedules-{digest_of_sources()}"
    folder.mkdir(parents=True, exist_ok=True)
    shares, refuted = [], list[Refuted]()
    for workload, mode, wanted in SHARES:
        slices = []
        for first in range(0, wanted, SLICE):
            try:
                slices.append(_slice(folder, workload, mode, first, jobs))
            except Refuted as error:
                refuted.append(error)
        shares.append({"workload": workload, "mode": mode, **added(slices)})
    if refuted:
        raise Refuted("; ".join(error.command for error in refuted), [error.document for error in refuted])
    return {"command": "tox -e evidence -- schedules", **added(shares), "shares": shares}


def _slice(folder: Path, workload: str, mode: str, first: int, jobs: int) -> dict[str, Any]:
    path = folder / f"{workload}-{mode}-{first}.json"
    if not path.exists():
        _, document, _ = module(
            "wfcore.testing.simulator", "--workload", workload, "--mode", mode, "--seed", str(first), "--schedules",
            str(SLICE), "--jobs", str(jobs), "-o", "json")
        path.write_text(json.dumps(document), "utf-8")
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def added(reports: list[dict[str, Any]]) -> dict[str, Any]:
    """One report for several: figures added up, violations joined, `never` what none of them met."""
    whole: dict[str, Any] = {name: round(sum(report[name] for report in reports), 3) for name in _ADDED}
    for name in _COUNTED:
        whole[name] = dict(sorted(_sums(report.get(name, {}) for report in reports)))
    whole["never"] = sorted(fault for fault, count in whole["faults"].items() if not count)
    whole["violations"] = [violation for report in reports for violation in report["violations"]]
    return whole


def _sums(counts: Iterator[dict[str, int]]) -> Iterator[tuple[str, int]]:
    parts = list(counts)
    for key in {key for part in parts for key in part}:
        yield key, sum(part.get(key, 0) for part in parts)
