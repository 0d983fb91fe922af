"""What executors and time may do next in a core: every choice, each as (words, core afterwards)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wfcore.testing.checker.reading import SILENT, Child, is_concluded, may_begin
from wfcore.testing.checker.scope import SETTINGS
from wfcore.testing.checker.world import World

Move = tuple[str, int]


def executor_moves(world: World, core: int) -> Iterator[Move]:
    """What the executor of each child may report next, as far as it keeps its promises."""
    ledger, broken = world.ledger(core), world.scope.broken
    for child in world.children(core):
        if child.owner != world.uid or child.digest == "sha256:another":
            continue  # nobody executes an intruder
        begins = may_begin(ledger, child) or ("E5" in broken and child.stage == "pending")
        for words, status in _reports(world, core, child, begins):
            yield f"executor of {child.name}: {words}", world.report(core, child.name, status)
        if "E1" in broken and not child.over and child.digest != "sha256:edited":
            yield f"somebody edits the spec of {child.name}", world.edit(core, child.name, "sha256:edited")


def _reports(world: World, core: int, child: Child, begins: bool) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if child.kind == "dryrun":
        if child.stage == "pending" and begins:
            yield from _dry_runs(child)
        return
    broken = world.scope.broken
    retries = world.scope.retries[child.step - 1] > 0
    if child.stage == "pending":
        if begins:
            yield "begins to act", _status(child, "executing", "unknown")
            if child.kind == "forward":
                yield "succeeds, nothing to change", _status(child, "completed", "no")
                yield "refuses before acting", _status(child, "failed", "no", "verification_failed")
                if retries:
                    yield "is rate limited before acting", _status(child, "failed", "no", "rate_limited")
        if child.deleted_at is not None and not is_concluded(world.ledger(core), child):
            yield "is cancelled before acting", _status(child, "failed", "no", "cancelled")
    elif child.acting:
        yield "succeeds", _status(child, "completed", "yes")
        yield "fails after acting", _status(child, "failed", "yes", "verification_failed")
        if retries:
            yield "is rate limited after acting", _status(child, "failed", "yes", "rate_limited")
        if world.scope.unreliable:
            yield "dies while acting", {**_status(child, "executing", "unknown"), "errorMessage": SILENT}
    elif child.stage == "failed" and child.kind == "forward" and child.mutated == "no":
        if "E2" in broken:
            yield "takes back that it changed nothing", _status(child, "failed", "yes", "verification_failed")
        if "E3" in broken:
            yield "acts once more", _status(child, "executing", "unknown")


def _dry_runs(child: Child) -> Iterator[tuple[str, Mapping[str, Any]]]:
    def status(phase: str, failure: str = "", *, would: bool = True) -> Mapping[str, Any]:
        result = {"stepNumber": child.step, "action": "scale-deployment", "wouldSucceed": would}
        told = {"failureClass": failure, "errorMessage": f"it is {failure}"} if failure else {"dryRunResult": result}
        return {"phase": phase, **told}
    yield "would succeed", status("completed")
    yield "would not succeed", status("completed", would=False)
    yield "is refused", status("failed", "validation_error")
    yield "misses what a prerequisite may make", status("failed", "resource_not_found")


def _status(child: Child, phase: str, mutated: str, failure: str = "") -> dict[str, Any]:
    # What is captured tells the attempt it comes from, so that a wrong source can be seen.
    captured = {"scaleToPrevious": {"deployment": f"web-{child.step}", "namespace": "default",
                                    "previousReplicas": child.attempt}}
    status: dict[str, Any] = {"phase": phase, "rollbackInformation": {"captured": mutated != "no", "mutated": mutated}}
    if mutated != "no":
        status["rollbackInformation"]["parameters"] = captured
    if phase != "executing":
        status["executionResult"] = {"success": phase == "completed"}
    return {**status, "failureClass": failure, "errorMessage": f"it is {failure}"} if failure else status


def time_passes(world: World, core: int) -> Iterator[Move]:
    """The next deadline comes.  An executor that is told to stop has reported by the end of its grace (E4)."""
    until = world.due(core)
    if until is None:
        return
    late = [c for c in world.children(core) if c.acting and c.deleted_at is not None
            and c.deleted_at + SETTINGS.cancel_grace <= until]
    if late and "E4" not in world.scope.broken:
        return
    yield f"time passes: {(until - world.now(core)).total_seconds():g} s", world.wait(core, until)
