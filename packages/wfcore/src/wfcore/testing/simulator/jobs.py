"""A suite over several processes: the seeds in chunks, the report as if one process had run them all."""

from __future__ import annotations

import gc
import multiprocessing
from collections.abc import Callable, Collection, Iterator
from functools import partial

from attrs import frozen

from wfcore.testing.simulator.faults import Fault
from wfcore.testing.simulator.simulation import Mode
from wfcore.testing.simulator.suite import Report, run_suite
from wfcore.testing.simulator.workload import Workload

CHUNK = 100


@frozen(kw_only=True)
class Order:
    """What every chunk of seeds is run with."""

    mode: Mode
    faults: Collection[Fault]
    keep_going: bool
    workload: Workload


def run_jobs(seeds: range, order: Order, jobs: int, progress: Callable[[int], None]) -> Report:
    """Run the schedules of these seeds in `jobs` processes, up to the first violation unless told to keep going.

    The report does not depend on `jobs`.  `progress` hears how many schedules are done after each chunk.
    """
    whole = run_suite((), order.mode, faults=order.faults, workload=order.workload)
    for part in _parts(seeds, order, jobs):
        whole.include(part)
        progress(whole.schedules)
        if whole.violations and not order.keep_going:
            break
    return whole


def _parts(seeds: range, order: Order, jobs: int) -> Iterator[Report]:
    chunks = [seeds[start:start + CHUNK] for start in range(0, len(seeds), CHUNK)]
    run = partial(_run, order)
    if jobs == 1 or len(chunks) == 1:
        yield from map(run, chunks)
        return
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        yield from pool.imap(run, chunks)


def _run(order: Order, seeds: range) -> Report:
    """One chunk.  Its garbage is collected at its end, so that nobody looks for it in between."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        return run_suite(seeds, order.mode, faults=order.faults, keep_going=order.keep_going, workload=order.workload)
    finally:
        gc.collect()
        if collecting:
            gc.enable()
