"""`python -m wfcore.testing.checker --steps 2 --controllers 2 --faults 1`: explore, print figures; 1 on a violation."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from typing import Any, TextIO

from attrs import evolve

from wfcore.testing.checker.campaign import Budget, explore_all, say_on_stderr
from wfcore.testing.checker.families import WORKLOADS, Task, default, full, of_graph, people, unbounded
from wfcore.testing.checker.report import NOT_COVERED
from wfcore.testing.checker.scope import RELY, parse_dag, with_broken


def main(arguments: Sequence[str] | None = None) -> int:
    """Explore the scopes the arguments ask for; the exit status."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    try:
        tasks = [evolve(task, scope=with_broken(task.scope, *asked.broken)) for task in _tasks(asked)]
    except ValueError as error:
        parser.error(str(error))
    budget = Budget(states=asked.states, seconds=asked.minutes * 60, memory=int(asked.gigabytes * (1 << 30)))
    rows, lines, began = [], [], time.perf_counter()
    for outcome in explore_all(tasks, budget, asked.jobs, asked.total * 60, say_on_stderr):
        rows.append(outcome.row)
        lines = list(outcome.lines)
        if lines:
            break
    _print(asked.output, rows, lines, time.perf_counter() - began)
    return 1 if lines else 0


def _tasks(asked: argparse.Namespace) -> list[Task]:
    common = {"controllers": asked.controllers, "faults": asked.faults, "lag": asked.lag}
    if asked.dag or asked.workload:
        graph = parse_dag(asked.dag) if asked.dag else WORKLOADS[asked.workload]
        return [Task(of_graph(graph, **common))]
    families = {"default": lambda: default(asked.steps, **common), "people": lambda: people(**common),
                "unbounded": lambda: unbounded(asked.steps), "full": full}
    return list(families[asked.family]())


def _print(output: str, rows: list[dict[str, Any]], lines: list[str], seconds: float) -> None:
    states, busy = sum(row["states"] for row in rows), sum(row["cpuSeconds"] for row in rows)
    rate = round(states / max(busy, 0.01))
    cut = [f"{row['scope']} (by {row['cut']})" for row in rows if row["cut"]]
    if output == "json":
        _say(json.dumps({
            "states": states, "seconds": round(seconds, 2), "statesPerSecond": rate,
            "whole": [row["scope"] for row in rows if row["complete"]], "cut": cut, "scopes": rows,
            "violation": lines, "notCovered": NOT_COVERED}, indent=2))
        return
    _say(f"{states} states in {seconds:.1f} s, {rate} states/s of CPU; {len(rows) - len(cut)} scopes wholly")
    _say("cut: " + ("; ".join(cut) or "none"))
    _say("not covered: " + "; ".join(NOT_COVERED))
    _say("\n".join(lines) if lines else "no law is broken", sys.stderr if lines else sys.stdout)


def _say(text: str, stream: TextIO | None = None) -> None:
    # Looked up late: a test that captures the output replaces it.
    target = stream or sys.stdout
    target.write(text + "\n")
    target.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m wfcore.testing.checker", description=__doc__)
    parser.add_argument("--family", choices=("default", "people", "unbounded", "full"), default="default",
                        help="which scopes; full: one fault on the 40 classes of graphs up to four steps, two on those "
                             "up to three, the diamond and the chain, and all others")
    parser.add_argument("--workload", choices=sorted(WORKLOADS), default="", help="one known graph instead")
    parser.add_argument("--dag", default="", help="one graph instead, such as '1 2<-1 3<-1,2'")
    parser.add_argument("--steps", type=int, default=2, help="graphs with up to so many steps")
    parser.add_argument("--controllers", type=int, default=2, help="controllers acting at the same time")
    parser.add_argument("--faults", type=int, default=1, help="faults in one run")
    parser.add_argument("--lag", type=int, default=1, help="versions a cached view may be behind")
    parser.add_argument("--states", type=int, default=0, help="stop a scope after so many states; 0: never")
    parser.add_argument("--minutes", type=float, default=0, help="stop a scope after so many minutes; 0: never")
    parser.add_argument("--total", type=float, default=0, help="minutes for all scopes, shared out; 0: no limit")
    parser.add_argument("--gigabytes", type=float, default=6, help="stop a scope that holds so much memory")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--broken", nargs="*", default=(), choices=sorted(RELY), help="promises of executors to break")
    parser.add_argument("-o", "--output", choices=("table", "json"), default="table")
    return parser


if __name__ == "__main__":
    sys.exit(main())
