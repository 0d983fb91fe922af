"""The laws of one write of the ledger: what it may have been before, what it may be after (the table is in `laws`)."""

from __future__ import annotations

from wfcore.model.workflow import (
    ANNOTATION_APPROVAL_BY,
    ANNOTATION_APPROVAL_DECISION,
    ANNOTATION_APPROVAL_DIGEST,
)
from wfcore.testing.checker.reading import Child, Effort, Entry, Ledger
from wfcore.testing.checker.scope import CREATOR, SETTINGS, Scope
from wfcore.testing.checker.violation import hold

# Written down once more: the oracle must not follow a mistake in the engine's table.
_PHASES = {
    "": {"planning", "failed"}, "planning": {"validating", "completed", "failed"},
    "validating": {"executing", "completed", "failed"}, "executing": {"monitoring", "rolling_back", "failed"},
    "monitoring": {"completed", "rolling_back", "failed"}, "rolling_back": {"failed"}, "completed": set(),
    "failed": set(),
}
_STEPS = {"pending": {"executing", "skipped"}, "executing": {"completed", "failed"}, "completed": {"rolled_back"}}
_UNDOS = {"pending": {"executing", "failed"}, "executing": {"completed", "failed"}}


def check_ledger(scope: Scope, old: Ledger, new: Ledger, children: tuple[Child, ...]) -> None:
    if old.terminal:
        hold("S7", old.without_audit == new.without_audit, f"a {old.phase} workflow is changed")
    hold("S8", new.phase == old.phase or new.phase in _PHASES[old.phase],
          f"the phase goes from {old.phase!r} to {new.phase!r}")
    _check_stop(old, new)
    if (old.phase, new.phase) == ("validating", "executing") and scope.strategy.get("dryRunFirst"):
        _check_dry_run(scope, new, children)
    if (old.phase, new.phase) == ("validating", "executing") and scope.strategy.get("approvalRequired"):
        _check_approval(old, new)
    for number, entry in new.entries.items():
        before = old.entries.get(number)
        if before is None:
            hold("S8", old.phase == "planning" and entry.forward.stage == "pending",
                  f"step {number} enters the ledger in {old.phase}")
            continue
        _check_step(number, before, entry)
        _check_success(number, before, entry, new, children)
        if _intends(number, before.forward, entry.forward, 1 + scope.retries[number - 1]):
            _check_launch(scope, number, old, new)
        if entry.undo is not None:
            attempted = before.undo or Effort("pending", 0, "", "", False, None, None)
            if _intends(number, attempted, entry.undo, 1 + scope.retries[number - 1]):
                _check_undo(scope, number, new)
    if old.phase in ("executing", "monitoring") and new.phase in ("rolling_back", "failed") and old.deleted_at is None:
        _check_undo_set(scope, old, new, children)


def _check_stop(old: Ledger, new: Ledger) -> None:
    onwards = new.phase in ("validating", "executing", "monitoring", "completed")
    hold("S8", not old.stop or new.phase == old.phase or not onwards,
         f"a workflow that was stopped goes on from {old.phase} to {new.phase}")


def _check_approval(old: Ledger, new: Ledger) -> None:
    """The annotations are those of the very version that the decision was taken on."""
    by, decision, digest = (old.annotations.get(key, "") for key in (
        ANNOTATION_APPROVAL_BY, ANNOTATION_APPROVAL_DECISION, ANNOTATION_APPROVAL_DIGEST))
    hold("S12", (decision, digest) == ("approved", new.digest), f"execution begins although {by or 'nobody'} said "
         f"{decision or 'nothing'} about {digest or 'no plan'}")
    hold("S12", by not in ("", CREATOR), "execution begins on the approval of the workflow's own creator")


def _check_dry_run(scope: Scope, ledger: Ledger, children: tuple[Child, ...]) -> None:
    for number in scope.numbers:
        good = [c for c in children if (c.kind, c.step, c.owner, c.digest) == (
            "dryrun", number, ledger.uid, ledger.digest) and (
                c.stage == "ok" or (c.stage == "failed" and c.excused and scope.needs[number - 1]))]
        hold("S14", bool(good), f"execution begins although the dry run of step {number} did not succeed")


def _check_step(number: int, before: Entry, after: Entry) -> None:
    stage, following = before.forward.stage, after.forward.stage
    hold("S8", stage == following or following in _STEPS.get(stage, set()),
          f"step {number} goes from {stage} to {following}")
    if before.undo is not None:
        undo, then = before.undo.stage, after.undo.stage if after.undo else "nothing"
        hold("S8", undo == then or then in _UNDOS.get(undo, set()),
              f"the compensation of step {number} goes from {undo} to {then}")


def _intends(number: int, before: Effort, after: Effort, most: int) -> bool:
    hold("S4", after.attempt in (before.attempt, before.attempt + 1),
          f"step {number} goes from attempt {before.attempt} to {after.attempt}")
    hold("S4", after.attempt <= most, f"step {number} is at attempt {after.attempt} of {most}")
    return after.attempt > before.attempt


def _check_success(number: int, before: Entry, after: Entry, ledger: Ledger, children: tuple[Child, ...]) -> None:
    pairs = ((before.forward, after.forward, "forward"), (before.undo, after.undo, "rollback"))
    for old, new, kind in pairs:
        if new is None or new.stage != "completed" or (old is not None and old.stage == "completed"):
            continue
        proofs = [c for c in children if (c.name, c.stage, c.owner, c.kind, c.attempt, c.digest) == (
            new.child, "ok", ledger.uid, kind, new.attempt, ledger.digest)]
        hold("S16", bool(proofs), f"the {kind} side of step {number} is completed without proof by {new.child}")


def _check_launch(scope: Scope, number: int, old: Ledger, new: Ledger) -> None:
    for needed in scope.needs[number - 1]:
        stage = new.entries[needed].forward.stage
        hold("S1", stage == "completed", f"step {number} is intended while step {needed} is {stage}")
    lost = [n for n in scope.critical if new.entries[n].forward.stage == "failed"]
    deadline = new.entries[number].forward.deadline
    late = deadline and new.deadline and deadline - SETTINGS.step_timeout >= new.deadline
    hold("S6", not late, f"step {number} is intended after the end of the workflow's time")
    hold("S6", not old.stop, f"step {number} is intended although the workflow was stopped")
    hold("S6", not old.suspended, f"step {number} is intended while the workflow is suspended")
    hold("S6", new.phase == "executing", f"step {number} is intended while {new.phase}")
    hold("S6", old.deleted_at is None, f"step {number} is intended while the workflow is being deleted")
    hold("S6", not lost, f"step {number} is intended after critical step {lost} failed")


def _check_undo(scope: Scope, number: int, ledger: Ledger) -> None:
    hold("S11", ledger.phase == "rolling_back", f"step {number} is undone while {ledger.phase}")
    for after in _dependants(scope, number):
        undo = ledger.entries[after].undo
        over = undo is None or undo.stage in ("completed", "failed")
        hold("S10", over, f"step {number} is undone before step {after}, which depends on it")


def _dependants(scope: Scope, number: int) -> set[int]:
    found: set[int] = set()
    for later in scope.numbers:  # edges go from lower to higher numbers
        if scope.needs[later - 1] & (found | {number}):
            found.add(later)
    return found


def _check_undo_set(scope: Scope, old: Ledger, new: Ledger, children: tuple[Child, ...]) -> None:
    # What a child of ours with another plan did, nobody knows.
    changed = {c.step for c in children if c.kind == "forward" and c.owner == new.uid and (
        c.mutated != "no" or c.digest != new.digest)}
    wanted = changed & scope.undo if _undoes(scope, old, new) else set()
    found = {n for n, entry in new.entries.items() if entry.undo is not None}
    hold("S9", wanted == found, f"steps {sorted(wanted)} have to be undone, {sorted(found)} are")


def _undoes(scope: Scope, old: Ledger, new: Ledger) -> bool:
    """A failure is undone when the strategy is automatic, a stop when it asks for that and the strategy allows it."""
    strategy = scope.strategy.get("rollbackStrategy", "automatic")
    if not old.stop or any(new.entries[n].forward.stage == "failed" for n in scope.critical):
        return bool(strategy == "automatic")
    return old.stop == "Rollback" and strategy != "none"
