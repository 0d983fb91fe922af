"""The parts of the evidence, each a function that makes one document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from . import checks, failover, mutation, schedules
from .running import module, program

Collect = Callable[[Path, int], dict[str, Any]]
STATES_MINUTES = 25
MALFORMED = 2_000


def states(kept: Path, jobs: int) -> dict[str, Any]:
    """The exhaustive checker over every family of scopes, within a time that is shared out."""
    command, found, _ = module("wfcore.testing.checker", "--family", "full", "--jobs", str(jobs), "--total",
                               str(STATES_MINUTES), "-o", "json")
    return {"command": command, **found}


def mutants(kept: Path, jobs: int) -> dict[str, Any]:
    """Every planted bug."""
    command, found, seconds = module("wfcore.testing.mutants", "--jobs", str(jobs), "-o", "json")
    return {"command": command, "seconds": round(seconds, 1), **found}


def benchmarks(kept: Path, jobs: int) -> dict[str, Any]:
    """How fast the simulator, the checker and the forecast are, and how much is written."""
    found = {}
    for name in ("simulator", "checker", "forecast", "writes"):
        command, document, _ = program(f"tests/benchmarks/{name}.py")
        found[name] = {"command": command, "figures": document}
    return found


def malformed(kept: Path, jobs: int) -> dict[str, Any]:
    """Malformed objects on a real cluster: each is refused or ends with a reason, and a healthy one goes on."""
    command, passed = checks.pytest("-n0", "tests/cluster/test_malformed.py", "--malformed", str(MALFORMED))
    return {"command": command, "objects": MALFORMED, "tests": passed}


PARTS: Mapping[str, Collect] = {
    "mutants": mutants, "benchmarks": benchmarks, "mutation": mutation.collect, "checks": checks.collect,
    "states": states, "schedules": schedules.collect, "failover": failover.collect,
    "malformed": malformed}
