"""How many states a second the exhaustive checker finds on one core, as JSON on standard output.

Run it from the repository's root, with nothing else on the machine:

    python tests/benchmarks/checker.py [--states 200000] [--repetitions 5]

Each workload is explored anew in each repetition, in turn; the median counts.
Time is processor time of this process.  `default` is what the command explores
without arguments, each scope cut at so many states; `chain6` and `diamond6` are
one graph of six steps.  `coresPerThousandStates` tells how much of it is new
work for the engine, and how much is looking up.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from collections.abc import Callable, Sequence
from statistics import median

from wfcore.testing.checker.explore import Exploration
from wfcore.testing.checker.families import CHAIN6, DIAMOND6, default, of_graph
from wfcore.testing.checker.scope import Scope

Measured = tuple[int, int, float]  # states, cores, seconds


def main() -> None:
    """Measure, print, done."""
    options = _options()
    common = {"controllers": 2, "faults": 1, "lag": 1}
    works: dict[str, Callable[[], Measured]] = {
        "chain6": lambda: explored([of_graph(CHAIN6, **common)], options.states),
        "diamond6": lambda: explored([of_graph(DIAMOND6, **common)], options.states),
        "default": lambda: explored([task.scope for task in default(2, **common)], options.states // 10)}
    found: dict[str, list[Measured]] = {name: [] for name in works}
    for _ in range(options.repetitions):
        for name, work in works.items():
            found[name].append(work())
    document = {"states": options.states, "repetitions": options.repetitions, "python": sys.version.split()[0],
                **{name: figures(measured) for name, measured in found.items()}}
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


def explored(scopes: Sequence[Scope], most: int) -> Measured:
    """Some scopes, each up to so many states."""
    states, cores, seconds = 0, 0, 0.0
    for scope in scopes:
        gc.collect()
        began = time.process_time()
        exploration = Exploration(scope).run(most=most)
        seconds += time.process_time() - began
        states, cores = states + exploration.states, cores + len(exploration.met)
    return states, cores, seconds


def figures(measured: Sequence[Measured]) -> dict[str, float]:
    """Of one workload."""
    rates = sorted(states / seconds for states, _, seconds in measured)
    states, cores, _ = measured[0]
    return {"statesPerSecond": round(median(rates)), "slowest": round(rates[0]), "fastest": round(rates[-1]),
            "states": states, "coresPerThousandStates": round(1000 * cores / states, 1)}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--states", type=int, default=200_000)
    parser.add_argument("--repetitions", type=int, default=5)
    return parser.parse_args()


if __name__ == "__main__":
    main()
