"""How many schedules a second the simulator runs on one core, as JSON on standard output.

Run it from the repository's root, with nothing else on the machine:

    python tests/benchmarks/simulator.py [--schedules 100] [--repetitions 5]

Both workloads run the same seeds in each repetition, in turn; the median counts.
Time is processor time of this process, so another busy process disturbs little.
The baseline, measured in the same run, is the pure part alone: `decide` over
the very snapshots of the chain's passes.  `decideShare` is how much of a
schedule it takes, and what is left over is the world around the programs.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from collections.abc import Callable
from datetime import datetime
from statistics import median
from typing import Any

from wfcore import reconciler
from wfcore.decision import Decision
from wfcore.lifecycle.machine import decide
from wfcore.snapshot import Snapshot
from wfcore.testing.simulator.suite import Report, run_suite
from wfcore.testing.simulator.workload import Workload


def main() -> None:
    """Measure, print, done."""
    options = _options()
    seeds = range(options.schedules)
    passes, chain = recorded(seeds)
    mixed = run_suite(seeds)
    works: dict[str, Callable[[], Any]] = {
        "mixed": lambda: run_suite(seeds), "chain6": lambda: run_suite(seeds, workload=Workload.CHAIN6),
        "decide": lambda: [decide(snapshot, at) for snapshot, at in passes]}
    times = measured(works, options.repetitions)
    document = {
        "schedules": len(seeds), "repetitions": options.repetitions, "python": sys.version.split()[0],
        "mixed": figures(mixed, times["mixed"]), "chain6": figures(chain, times["chain6"]),
        "decide": {"passes": len(passes), "microsecondsPerPass": round(1e6 * median(times["decide"]) / len(passes), 2),
                   "decideShare": round(median(times["decide"]) / median(times["chain6"]), 3)},
    }
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


def recorded(seeds: range) -> tuple[list[tuple[Snapshot, datetime]], Report]:
    """What the passes of the chains are decided from, and the report about them."""
    passes: list[tuple[Snapshot, datetime]] = []

    def record(snapshot: Snapshot, now: datetime) -> Decision:
        passes.append((snapshot, now))
        return decide(snapshot, now)

    reconciler.decide = record  # type: ignore[attr-defined]
    try:
        return passes, run_suite(seeds, workload=Workload.CHAIN6)
    finally:
        reconciler.decide = decide  # type: ignore[attr-defined]


def measured(works: dict[str, Callable[[], Any]], repetitions: int) -> dict[str, list[float]]:
    """Seconds of processor time of each work in each repetition, one after the other."""
    times: dict[str, list[float]] = {name: [] for name in works}
    gc.collect()
    gc.freeze()
    gc.disable()
    for _ in range(repetitions):
        for name, work in works.items():
            began = time.process_time()
            work()
            times[name].append(time.process_time() - began)
            gc.collect()
    return times


def figures(report: Report, times: list[float]) -> dict[str, float]:
    """Of one workload."""
    rates = sorted(report.schedules / seconds for seconds in times)
    return {"schedulesPerSecond": round(median(rates), 1), "slowest": round(rates[0], 1),
            "fastest": round(rates[-1], 1), "eventsPerSchedule": round(report.events / report.schedules, 1),
            "microsecondsPerEvent": round(1e6 * median(times) / report.events, 2)}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--schedules", type=int, default=100)
    parser.add_argument("--repetitions", type=int, default=5)
    return parser.parse_args()


if __name__ == "__main__":
    main()
