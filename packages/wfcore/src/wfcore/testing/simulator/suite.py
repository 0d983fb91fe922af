"""Many schedules: what they reached, as figures, and the first violation as something to replay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from attrs import define, field

from wfcore.testing.simulator.deeds import Deed
from wfcore.testing.simulator.faults import ALL_FAULTS, Fault
from wfcore.testing.simulator.simulation import Mode, Outcome, simulate
from wfcore.testing.simulator.workload import Workload


@define
class Report:
    """The sum of schedules.  `rows` adds one to it at a time."""

    mode: Mode
    claimed: tuple[Fault, ...]
    workload: Workload = Workload.MIXED
    schedules: int = 0
    events: int = 0
    virtual_seconds: float = 0.0
    workflows: int = 0
    settled: int = 0
    cached_reads: int = 0
    stale_reads: int = 0
    faults: Counter[Fault] = field(factory=Counter)
    deeds: Counter[Deed] = field(factory=Counter)
    edges: Counter[str] = field(factory=Counter)
    reasons: Counter[str] = field(factory=Counter)
    deleted_in: Counter[str] = field(factory=Counter)
    violations: list[Outcome] = field(factory=list)

    def add(self, outcome: Outcome) -> None:
        """Count one schedule."""
        self.schedules += 1
        self.events += outcome.events
        self.virtual_seconds += outcome.virtual_seconds
        self.workflows += outcome.workflows
        self.settled += outcome.settled
        self.cached_reads += outcome.cached_reads
        self.stale_reads += outcome.stale_reads
        self.faults.update(outcome.faults)
        self.deeds.update(outcome.deeds)
        self.edges.update(outcome.edges)
        self.reasons.update(outcome.reasons)
        self.deleted_in.update(outcome.deleted_in)
        if outcome.violation is not None:
            self.violations.append(outcome)

    def include(self, other: Report) -> None:
        """Count the schedules of another report of the same kind; they come after these."""
        for name in ("schedules", "events", "virtual_seconds", "workflows", "settled", "cached_reads", "stale_reads"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("faults", "deeds", "edges", "reasons", "deleted_in"):
            getattr(self, name).update(getattr(other, name))
        self.violations += other.violations

    @property
    def never(self) -> list[Fault]:
        """The claimed faults that never struck: with one, the report proves nothing about it."""
        return [fault for fault in self.claimed if not self.faults[fault]]

    @property
    def missed(self) -> list[Deed]:
        """What nobody did where anybody could: with one, the report proves nothing about it."""
        return [deed for deed in Deed if not self.deeds[deed]] if self.workload is Workload.MIXED else []

    def as_json(self) -> dict[str, Any]:
        """Everything but the clock on the wall."""
        return {
            "mode": self.mode.value, "workload": self.workload.value, "schedules": self.schedules,
            "workflows": self.workflows, "events": self.events,
            "virtualSeconds": round(self.virtual_seconds), "settled": self.settled, "cachedReads": self.cached_reads,
            "staleReads": self.stale_reads, "faults": {f.name: self.faults[f] for f in self.claimed},
            "deeds": {deed.name: self.deeds[deed] for deed in Deed},
            "edges": dict(sorted(self.edges.items())), "reasons": dict(sorted(self.reasons.items())),
            "deletedIn": dict(sorted(self.deleted_in.items())), "never": [f.name for f in self.never],
            "missed": [deed.name for deed in self.missed],
            "violations": [{"law": o.violation.law, "message": str(o.violation), "seed": o.seed,
                            "replay": replay(o.seed, self)}
                           for o in self.violations if o.violation is not None],
        }


def run_suite(seeds: Iterable[int], mode: Mode = Mode.SAFETY, *, faults: Collection[Fault] = ALL_FAULTS,
              keep_going: bool = False, workload: Workload = Workload.MIXED) -> Report:
    """Run the schedules of these seeds, up to the first violation unless told to keep going."""
    report = Report(mode, tuple(f for f in ALL_FAULTS if f in faults), workload)
    for seed in seeds:
        report.add(simulate(seed, mode, faults=faults, workload=workload))
        if report.violations and not keep_going:
            break
    return report


def replay(seed: int, report: Report) -> str:
    """The command that shows one schedule again, byte for byte."""
    claimed, workload = report.claimed, report.workload
    chosen = "" if len(claimed) == len(ALL_FAULTS) else f" --faults {','.join(f.name for f in claimed) or 'none'}"
    chosen += "" if workload is Workload.MIXED else f" --workload {workload.value}"
    return f"python -m wfcore.testing.simulator --schedules 1 --seed {seed} --mode {report.mode.value}{chosen} --trace"


def sentences(report: Report, seconds: float) -> Iterator[str]:
    """The report for people; `seconds` is how long it took."""
    yield (f"{report.schedules} schedules ({report.workflows} workflows, {report.events} events, "
           f"{report.virtual_seconds / 86_400:.1f} virtual days) in {seconds:.1f} s: "
           f"{report.schedules / max(seconds, 1e-9):.1f} schedules/s, {report.mode.value} mode, "
           f"{report.workload.value} workload")
    yield f"settled: {report.settled}; stale cached reads: {report.stale_reads} of {report.cached_reads}"
    yield "faults:"
    yield from (f"  {fault.value:<42} {report.faults[fault]:>8}" for fault in report.claimed)
    yield "deeds:"
    yield from (f"  {deed.value:<42} {report.deeds[deed]:>8}" for deed in Deed)
    for title, counts in (("phases", report.edges), ("deletions asked for in phase", report.deleted_in),
                          ("reasons", report.reasons)):
        yield f"{title}:"
        yield from (f"  {name:<42} {count:>8}" for name, count in sorted(counts.items()))
    for fault in report.never:
        yield f"NEVER STRUCK: {fault.value}"
    for deed in report.missed:
        yield f"NEVER HAPPENED: {deed.value}"
    for outcome in report.violations:
        yield f"VIOLATION {outcome.violation} (seed {outcome.seed})"
        yield f"  replay: {replay(outcome.seed, report)}"
