"""`python -m wfcore.testing.simulator`: run schedules, say what they reached, replay what broke."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence

from wfcore.testing.simulator.faults import ALL_FAULTS, Fault
from wfcore.testing.simulator.jobs import Order, run_jobs
from wfcore.testing.simulator.progress import Progress
from wfcore.testing.simulator.simulation import Mode, simulate
from wfcore.testing.simulator.suite import Report, sentences
from wfcore.testing.simulator.workload import Workload

_SHOWN_LINES = 400


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 all laws hold, 1 one does not or something never happened, 2 the command line makes no sense."""
    options = _parser().parse_args(arguments)
    mode, faults = Mode(options.mode), _faults(options.faults)
    workload = Workload(options.workload)
    began = time.perf_counter()
    seeds = range(options.seed, options.seed + options.schedules)
    order = Order(mode=mode, faults=faults, keep_going=options.keep_going, workload=workload)
    report = run_jobs(seeds, order, options.jobs, Progress(len(seeds), sys.stderr))
    seconds = time.perf_counter() - began
    if options.output == "json":
        document = {**report.as_json(), "seconds": round(seconds, 3),
                    "schedulesPerSecond": round(report.schedules / seconds, 1)}
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
    else:
        sys.stdout.write("\n".join(sentences(report, seconds)) + "\n")
    if options.trace or report.violations:
        _show(options.seed if not report.violations else report.violations[0].seed, order, options.trace)
    return 1 if report.violations or (_enough(report) and (report.never or report.missed)) else 0


def _enough(report: Report) -> bool:
    """Fewer schedules than this may well miss a fault or a deed by chance."""
    return report.schedules >= 1000


def _show(seed: int, order: Order, whole: bool) -> None:
    outcome = simulate(seed, order.mode, faults=order.faults, trace=True, workload=order.workload)
    lines = outcome.lines if whole else outcome.lines[-_SHOWN_LINES:]
    sys.stderr.write("\n".join((f"trace of seed {seed}, digest {outcome.digest}:", *lines)) + "\n")


def _faults(names: str) -> tuple[Fault, ...]:
    if names == "all":
        return ALL_FAULTS
    return tuple(Fault[name] for name in names.split(",") if name != "none")


def _fault_names(text: str) -> str:
    unknown = [name for name in text.split(",") if name not in ("all", "none", *(f.name for f in Fault))]
    if unknown:
        known = ", ".join(f.name for f in Fault)
        raise argparse.ArgumentTypeError(f"no such fault: {', '.join(unknown)}; choose all, none or some of {known}")
    return text


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of schedules or processes; give 1 or more")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m wfcore.testing.simulator", description=__doc__)
    parser.add_argument("--schedules", type=_count, default=1000, help="how many seeds to run (default 1000)")
    parser.add_argument("--seed", type=int, default=0, help="the first seed (default 0)")
    parser.add_argument("--mode", choices=[mode.value for mode in Mode], default=Mode.SAFETY.value)
    parser.add_argument("--workload", choices=[workload.value for workload in Workload], default=Workload.MIXED.value,
                        help="mixed workflows (default), one short one, or one chain of six steps a schedule")
    parser.add_argument("--jobs", type=_count, default=1, help="how many processes share the seeds (default 1)")
    parser.add_argument("--faults", type=_fault_names, default="all", help="all, none, or names joined by commas")
    parser.add_argument("--keep-going", action="store_true", help="do not stop at the first violation")
    parser.add_argument("--trace", action="store_true", help="print what happened in the first (or broken) schedule")
    parser.add_argument("-o", "--output", choices=["text", "json"], default="text")
    return parser


if __name__ == "__main__":
    sys.exit(main())
