"""`python -m wfcore.testing.checker --steps 2 --controllers 2 --faults 1`: explore, print figures; 1 on a violation."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from typing import TextIO

from attrs import asdict

from wfcore.testing.checker.explore import Exploration
from wfcore.testing.checker.report import NOT_COVERED, default_scopes, figures
from wfcore.testing.checker.scope import RELY, with_broken
from wfcore.testing.checker.trace import trace


def main(arguments: Sequence[str] | None = None) -> int:
    """Explore the scopes the arguments ask for; the exit status."""
    asked = _parser().parse_args(arguments)
    rows, lines, began = [], [], time.perf_counter()
    for scope in default_scopes(asked.steps, asked.controllers, asked.faults, asked.lag):
        start = time.perf_counter()
        exploration = Exploration(with_broken(scope, *asked.broken)).run(most=asked.states or None)
        seconds = time.perf_counter() - start
        row = {**asdict(figures(exploration)), "seconds": round(seconds, 2),
               "statesPerSecond": round(len(exploration.keys) / seconds)}
        rows.append(row)
        if asked.output == "table":
            whole = "all" if exploration.complete else "not all"
            _say(f"{row['scope']}: {row['states']} states ({whole}), {row['transitions']} transitions, "
                 f"depth {row['depth']}, {row['seconds']} s, {row['statesPerSecond']} states/s")
        if exploration.broken is not None:
            lines = trace(exploration, exploration.broken)
            break
    _print(asked.output, rows, lines, time.perf_counter() - began)
    return 1 if lines else 0


def _print(output: str, rows: list[dict[str, object]], lines: list[str], seconds: float) -> None:
    states = sum(int(str(row["states"])) for row in rows)
    if output == "json":
        _say(json.dumps({"states": states, "seconds": round(seconds, 2), "statesPerSecond": round(states / seconds),
                         "scopes": rows, "violation": lines, "notCovered": NOT_COVERED}, indent=2))
        return
    _say(f"{states} states in {seconds:.1f} s, {states / seconds:.0f} states/s")
    _say("not covered: " + "; ".join(NOT_COVERED))
    _say("\n".join(lines) if lines else "no law is broken", sys.stderr if lines else sys.stdout)


def _say(text: str, stream: TextIO | None = None) -> None:
    # Looked up late: a test that captures the output replaces it.
    target = stream or sys.stdout
    target.write(text + "\n")
    target.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m wfcore.testing.checker", description=__doc__)
    parser.add_argument("--steps", type=int, default=2, help="graphs with up to so many steps")
    parser.add_argument("--controllers", type=int, default=2, help="controllers acting at the same time")
    parser.add_argument("--faults", type=int, default=1, help="faults in one run")
    parser.add_argument("--lag", type=int, default=1, help="versions a cached view may be behind")
    parser.add_argument("--states", type=int, default=0, help="stop a scope after so many states; 0: never")
    parser.add_argument("--broken", nargs="*", default=(), choices=sorted(RELY), help="promises of executors to break")
    parser.add_argument("-o", "--output", choices=("table", "json"), default="table")
    return parser


if __name__ == "__main__":
    sys.exit(main())
