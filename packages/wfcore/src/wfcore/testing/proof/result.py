"""What a proof found, as one document and as sentences."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import version
from textwrap import wrap
from typing import Any

from attrs import frozen

from wfcore.testing.checker.campaign import Outcome
from wfcore.testing.checker.report import NOT_COVERED
from wfcore.testing.mutants import MUTANTS, Catch
from wfcore.testing.simulator.suite import Report


@frozen(kw_only=True)
class Proof:
    """The reports of its three parts, and how many seconds each took."""

    seed: int
    schedules: tuple[Report, ...]
    scopes: tuple[Outcome, ...]
    caught: Mapping[str, Catch | None]
    seconds: Mapping[str, float]

    @property
    def problems(self) -> tuple[str, ...]:
        """Why it does not hold; empty when it does."""
        return tuple(self._problems())

    def _problems(self) -> Iterator[str]:
        for report in self.schedules:
            yield from (f"schedule {o.seed} ({report.mode.value}): {o.violation}" for o in report.violations)
        yield from (f"no schedule has met: {fault}" for fault, count in self.faults.items() if not count)
        yield from (f"checker: {line}" for outcome in self.scopes for line in outcome.lines[-1:])
        for name, catch in self.caught.items():
            if catch is None:
                yield f"mutant {name} survived"
            elif catch.law not in MUTANTS[name].laws:
                yield f"mutant {name} was found by {catch.law}, which it does not break: {catch.message}"

    @property
    def faults(self) -> dict[str, int]:
        """How often each fault struck."""
        return {fault.value: sum(report.faults[fault] for report in self.schedules)
                for fault in self.schedules[0].claimed} if self.schedules else {}

    def as_json(self) -> dict[str, Any]:
        """Everything, by name."""
        rows = [outcome.row for outcome in self.scopes]
        found = {name: catch.as_json() for name, catch in self.caught.items() if catch is not None}
        return {
            "holds": not self.problems, "problems": list(self.problems),
            "schedules": sum(report.schedules for report in self.schedules), "firstSeed": self.seed,
            "modes": {report.mode.value: report.schedules for report in self.schedules}, "faults": self.faults,
            "states": sum(row["states"] for row in rows), "scopes": len(rows),
            "scopesWhole": sum(row["complete"] for row in rows), "notCovered": list(NOT_COVERED),
            "mutants": len(self.caught), "mutantsFound": len(found), "caught": found,
            "versions": {"python": platform.python_version(), **{name: version(name) for name in ("wfcore", "attrs")}},
            "seconds": {part: round(taken, 1) for part, taken in self.seconds.items()}}


def sentences(proof: Proof) -> Iterator[str]:
    """The document for people."""
    found, seconds = proof.as_json(), proof.seconds
    modes = ", ".join(f"{count} {mode}" for mode, count in found["modes"].items())
    yield (f"schedules  {found['schedules']} ({modes}; seeds from {found['firstSeed']} on) in "
           f"{seconds['schedules']:.0f} s")
    yield (f"states     {found['states']} in {found['scopes']} scopes, {found['scopesWhole']} of them wholly, in "
           f"{seconds['states']:.0f} s")
    yield f"mutants    {found['mutantsFound']} of {found['mutants']} found in {seconds['mutants']:.0f} s"
    yield from (f"           {catch['law']:<4} {catch['name']}, after {catch['after']} {catch['unit']} of at most "
                f"{catch['within']}" for catch in found["caught"].values())
    yield from _wrapped("faults", (f"{fault} {count}" for fault, count in found["faults"].items()))
    yield from _wrapped("versions", (f"{name} {number}" for name, number in found["versions"].items()))
    yield from _wrapped("uncovered", NOT_COVERED)
    yield from (f"PROBLEM    {problem}" for problem in found["problems"])
    yield "no law is broken" if found["holds"] else "the proof does not hold"


def _wrapped(title: str, items: Iterable[str]) -> list[str]:
    return wrap(f"{title:<11}{'; '.join(items)}", 120, subsequent_indent=" " * 11)
