"""Laws about each child that a controller creates, cancels or releases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from wfcore.testing.simulator.laws.broken import ChildChange, Laws, late
from wfcore.testing.simulator.laws.of_status import surely_unchanged
from wfcore.testing.simulator.ledgers import entries, phase_of
from wfcore.testing.simulator.meaning import capture_of, captured_in
from wfcore.testing.simulator.runs import Child, Run


def intent_precedes_the_child(change: ChildChange) -> Iterator[str]:
    run, child = change.run, change.child
    if change.known is not None or run is None or run.spoilt:
        return
    if child.attempt not in run.intents:
        yield f"{child.name} was created without a persisted intent"
    if child.name != expected_name(run, child):
        yield f"{child.name} should be called {expected_name(run, child)}"


def expected_name(run: Run, child: Child) -> str:
    """The published scheme, for names that need no shortening."""
    kind, number, attempt = child.attempt
    word = {"forward": "step", "rollback": "rollback"}.get(kind, "dryrun")
    return f"{run.name}-{word}-{number}" + (f"-r{attempt - 1}" if attempt > 1 else "")


def one_live_child_a_step(change: ChildChange) -> Iterator[str]:
    if change.known is not None or change.run is None:
        return
    kind, number, attempt = change.child.attempt
    part = current_part(change.run, change.child)
    if attempt < part.get("attempt", 0):
        return  # the late delivery of an attempt that was given up; its executor finds it is not the current one
    for other in change.run.children:
        alive = not other.over and not other.gone and other.deleted is None and not late(
            change.run, other, change.clocks, change.settings)
        if other.ours and other.attempt[:2] == (kind, number) and other.attempt[2] < attempt and alive:
            yield f"{change.child.name} was created while {other.name} is running"


def current_part(run: Run, child: Child) -> Any:
    """The ledger's part about the step and kind of a child."""
    kind, number, _ = child.attempt
    entry = entries(run.status).get(number, {})
    return entry if kind == run.kind else (entry.get("rollback") or {}) if kind == "rollback" else {}


def no_attempt_twice(change: ChildChange) -> Iterator[str]:
    """Of one that somebody took away, finalizer and all, before any status named its uid nobody can know; and a
    process that stood still with the request in its hand cannot see that the child was there and is gone."""
    if change.known is not None or change.run is None:
        return
    named = (current_part(change.run, change.child).get("k8sExecutionRef") or {}).get("uid")
    for other in change.run.children:
        if other.ours and other.name == change.child.name and (
                not other.stripped or (other.uid == named and not change.clocks.stall)):
            yield f"{change.child.name} was created a second time"


def children_are_bounded(change: ChildChange) -> Iterator[str]:
    run = change.run
    if change.known is not None or run is None or run.meaning is None:
        return
    kind, number, _ = change.child.attempt
    count = 1 + sum(c.ours and not c.stripped and c.attempt[:2] == (kind, number) for c in run.children)
    if count > 1 + run.meaning.most_retries(number):
        yield f"child {count} of {kind} step {number} is more than its retries allow"


def foreign_children_are_left_alone(change: ChildChange) -> Iterator[str]:
    """What names a workflow that does not exist is an orphan, which the garbage collector takes anyway."""
    if change.known is not None and not change.known.owner:
        yield f"{change.child.name} belongs to {change.child.owner or 'nobody'} and was written to"


def cancelled_only_for_a_reason(change: ChildChange) -> Iterator[str]:
    known, run = change.known, change.run
    if known is None or run is None or known.deleted is not None or change.child.deleted is None or run.spoilt:
        return
    if run.deleted is None and not run.gone and known.attempt not in run.cancelled:
        yield f"{known.name} was cancelled, but its workflow neither recorded that nor goes"


def released_only_with_the_workflow(change: ChildChange) -> Iterator[str]:
    known, run = change.known, change.run
    if known is None or run is None or not known.tracked or (change.child.tracked and not change.removed):
        return
    if run.deleted is None and not run.gone:
        yield f"{known.name} lost its tracking finalizer while its workflow stays"


def released_when_over(change: ChildChange) -> Iterator[str]:
    """A child that is acting is told to stop and has its grace, also when its workflow goes."""
    known, run = change.known, change.run
    if known is None or run is None or not known.ours or not known.tracked or (
            change.child.tracked and not change.removed):
        return
    acting = isinstance(known.status, dict) and known.status.get("phase") == "executing"
    grace = change.settings.cancel_grace // timedelta(microseconds=1)
    if acting and (known.deleted is None or change.now - known.deleted + change.clocks.spread < grace):
        yield f"{known.name} lost its tracking finalizer while it was acting"


def the_earliest_capture_is_restored(change: ChildChange) -> Iterator[str]:
    run, child = change.run, change.child
    if change.known is not None or run is None or child.attempt[0] != "rollback":
        return
    source = captured_in(child.spec.get("rollbackParameters"))
    number, run = child.attempt[1], run.acted
    first = run.child(("forward", number, entries(run.status).get(number, {}).get("mutatingAttempt", 0)))
    known = (*first.captures, capture_of(first.status)) if first is not None else ()
    if first is not None and first.over and not first.gone and source not in known:
        yield f"{child.name} restores what attempt {source} captured; the ledger says that {first.name} changed it"
    attempts = [c for c in run.children if c.ours and c.attempt[:2] == ("forward", number)]
    if any(c.tampered or c.gone or not c.over or c.deleted is not None for c in attempts):
        return
    changed = [c for c in attempts if not surely_unchanged(c.status)]
    if not changed:
        return
    earliest = min(changed, key=lambda c: c.attempt[2])
    if source != capture_of(earliest.status):
        yield f"{child.name} restores what attempt {source} captured; {earliest.name} was the first to change it"


def nothing_is_created_for_a_workflow_that_ended(change: ChildChange) -> Iterator[str]:
    """A late delivery apart, which names an attempt that was intended while the workflow ran."""
    if change.known is None and change.run is not None and phase_of(change.run.status) in ("completed", "failed"):
        if change.child.attempt not in change.run.intents:
            yield f"{change.child.name} was created after the end"


CHILD_LAWS: Laws = {
    "S2": (one_live_child_a_step,),
    "S3": (intent_precedes_the_child, nothing_is_created_for_a_workflow_that_ended),
    "S4": (children_are_bounded,),
    "S5": (no_attempt_twice, released_only_with_the_workflow, released_when_over),
    "S6": (cancelled_only_for_a_reason,),
    "S9": (the_earliest_capture_is_restored,),
    "S15": (foreign_children_are_left_alone,),
}
