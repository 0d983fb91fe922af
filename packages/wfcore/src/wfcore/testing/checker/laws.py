"""The laws of single states and of single writes.  Each is recomputed from JSON and the scope alone.

| Law | Here |
|---|---|
| S1 | a forward attempt is intended only when, in the same ledger, every prerequisite is completed |
| S2 | at most one child of a step and kind may act at any instant |
| S3 | a child is created only after a ledger with its attempt and digest is committed |
| S4 | attempts count 1, 2, 3 and end at 1 + retries |
| S5 | a name is created once, as long as the workflow is not being deleted; later ones never act |
| S6 | forward attempts are intended only while executing, not after a critical failure or a deletion; at most
  `maxParallelSteps` may act |
| S7 | after the end only the audit condition changes |
| S8 | phases and step states move along the table |
| S9 | exactly the steps that may have changed something and can be undone are, with the values of the earliest such
  attempt |
| S10 | a step is undone after every dependant that is to be undone |
| S11 | nothing forward acts while rolling back, nothing at all after the end |
| S15 | a foreign object is neither touched nor believed |
| S16 | a success is recorded only from a child of ours, as intended, that reported it |
| S20 | once ended and recorded, nothing is written |
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from wfcore.testing.checker.reading import Child, Effort, Entry, Ledger, may_begin
from wfcore.testing.checker.scope import Scope
from wfcore.testing.checker.violation import Violation
from wfcore.testing.checker.world import World

# Written down once more: the oracle must not follow a mistake in the engine's table.
_PHASES = {
    "": {"planning", "failed"}, "planning": {"validating", "completed", "failed"},
    "validating": {"executing", "completed", "failed"}, "executing": {"monitoring", "rolling_back", "failed"},
    "monitoring": {"completed", "rolling_back", "failed"}, "rolling_back": {"failed"}, "completed": set(),
    "failed": set(),
}
_STEPS = {"pending": {"executing", "skipped"}, "executing": {"completed", "failed"}, "completed": {"rolled_back"}}
_UNDOS = {"pending": {"executing", "failed"}, "executing": {"completed", "failed"}}


def check_state(world: World, core: int) -> None:
    """Raise the first law that a state breaks."""
    ledger, children = world.ledger(core), world.children(core)
    anyone = "E5" in world.scope.broken
    able = [c for c in children if c.owner == world.uid and (
        c.acting or (c.stage == "pending" and (may_begin(ledger, c) or anyone)))]
    for child in able:
        twins = sorted(c.name for c in able if (c.kind, c.step) == (child.kind, child.step))
        _hold("S2", len(twins) == 1, f"{' and '.join(twins)} may act at the same time")
    forward = sorted(c.name for c in able if c.kind == "forward")
    _hold("S6", len(forward) <= world.scope.max_parallel, f"{', '.join(forward)} run at the same time")
    if ledger is None:
        return
    for child in children:
        at_wrong_time = ledger.terminal or (ledger.phase == "rolling_back" and child.kind == "forward")
        _hold("S11", not (child.acting and at_wrong_time), f"{child.name} acts while the workflow is {ledger.phase}")
    _check_owners(world, core, ledger, children)


def _check_owners(world: World, core: int, ledger: Ledger, children: tuple[Child, ...]) -> None:
    by_name = {child.name: child for child in children}
    for number, effort in _efforts(ledger):
        child = by_name.get(effort.child)
        if effort.uid and child is not None and ledger.deleted_at is None:
            mine = (child.uid, child.owner) == (effort.uid, ledger.uid)
            _hold("S15", mine, f"step {number} follows {child.name}, which belongs to {child.owner}")
    if world.scope.intruder == "stranger":
        before = world.objects.groups[world.cores[world.first][2]]
        after = world.objects.groups[world.cores[core][2]]
        _hold("S15", set(before) <= set(after), "an object of another owner was changed")


def _efforts(ledger: Ledger) -> Iterator[tuple[int, Effort]]:
    for number, entry in ledger.entries.items():
        yield number, entry.forward
        if entry.undo is not None:
            yield number, entry.undo


def check_write(world: World, before: int, after: int) -> None:
    """Raise the first law that one write of a controller breaks."""
    old, new = world.ledger(before), world.ledger(after)
    if old is not None and old.terminal and old.audited and old.deleted_at is None:
        same = world.cores[before][1] == world.cores[after][1]
        _hold("S20", same, "a workflow that has ended and is recorded is written to")
    _check_born(world, before, after, old)
    if old is not None and new is not None and world.cores[before][1] != world.cores[after][1]:
        _check_ledger(world.scope, old, new, world.children(before))


def _check_born(world: World, before: int, after: int, ledger: Ledger | None) -> None:
    held, born = list(world.cores[before][3]), list(world.cores[after][3])
    for name in held:
        born.remove(name)
    children = {child.name: child for child in world.children(after)}
    for name in born:
        child = children[name]
        if ledger is None or ledger.deleted_at is not None:
            continue  # too late: with E5 it never acts, and it is swept
        _hold("S5", name not in held, f"{name} is created a second time")
        effort = ledger.effort(child.step, child.kind)
        intended = effort is not None and child.attempt <= effort.attempt and child.digest == ledger.digest
        _hold("S3", intended, f"{name} is created, but the committed ledger does not intend it")
        if child.kind == "rollback":
            _hold("S9", child.restores == _captured(child.step, children),
                  f"{name} restores the value {child.restores}, captured was {_captured(child.step, children)}")


def _captured(step: int, children: Mapping[str, Child]) -> int | None:
    changed = [c for c in children.values() if (c.kind, c.step) == ("forward", step) and c.mutated != "no"]
    return min(changed, key=lambda c: c.attempt).captured if changed else None


def _check_ledger(scope: Scope, old: Ledger, new: Ledger, children: tuple[Child, ...]) -> None:
    if old.terminal:
        _hold("S7", old.without_audit == new.without_audit, f"a {old.phase} workflow is changed")
    _hold("S8", new.phase == old.phase or new.phase in _PHASES[old.phase],
          f"the phase goes from {old.phase!r} to {new.phase!r}")
    for number, entry in new.entries.items():
        before = old.entries.get(number)
        if before is None:
            _hold("S8", old.phase == "planning" and entry.forward.stage == "pending",
                  f"step {number} enters the ledger in {old.phase}")
            continue
        _check_step(number, before, entry)
        _check_success(number, before, entry, new, children)
        if _intends(number, before.forward, entry.forward, 1 + scope.retries[number - 1]):
            _check_launch(scope, number, old, new)
        if entry.undo is not None:
            attempted = before.undo or Effort("pending", 0, "", "", False, None)
            if _intends(number, attempted, entry.undo, 1 + scope.retries[number - 1]):
                _check_undo(scope, number, new)
    if old.phase in ("executing", "monitoring") and new.phase in ("rolling_back", "failed") and old.deleted_at is None:
        _check_undo_set(scope, new, children)


def _check_step(number: int, before: Entry, after: Entry) -> None:
    stage, following = before.forward.stage, after.forward.stage
    _hold("S8", stage == following or following in _STEPS.get(stage, set()),
          f"step {number} goes from {stage} to {following}")
    if before.undo is not None:
        undo, then = before.undo.stage, after.undo.stage if after.undo else "nothing"
        _hold("S8", undo == then or then in _UNDOS.get(undo, set()),
              f"the compensation of step {number} goes from {undo} to {then}")


def _intends(number: int, before: Effort, after: Effort, most: int) -> bool:
    _hold("S4", after.attempt in (before.attempt, before.attempt + 1),
          f"step {number} goes from attempt {before.attempt} to {after.attempt}")
    _hold("S4", after.attempt <= most, f"step {number} is at attempt {after.attempt} of {most}")
    return after.attempt > before.attempt


def _check_success(number: int, before: Entry, after: Entry, ledger: Ledger, children: tuple[Child, ...]) -> None:
    pairs = ((before.forward, after.forward, "forward"), (before.undo, after.undo, "rollback"))
    for old, new, kind in pairs:
        if new is None or new.stage != "completed" or (old is not None and old.stage == "completed"):
            continue
        proofs = [c for c in children if (c.name, c.stage, c.owner, c.kind, c.attempt, c.digest) == (
            new.child, "ok", ledger.uid, kind, new.attempt, ledger.digest)]
        _hold("S16", bool(proofs), f"the {kind} side of step {number} is completed without proof by {new.child}")


def _check_launch(scope: Scope, number: int, old: Ledger, new: Ledger) -> None:
    for needed in scope.needs[number - 1]:
        stage = new.entries[needed].forward.stage
        _hold("S1", stage == "completed", f"step {number} is intended while step {needed} is {stage}")
    lost = [n for n in scope.critical if new.entries[n].forward.stage == "failed"]
    _hold("S6", new.phase == "executing", f"step {number} is intended while {new.phase}")
    _hold("S6", old.deleted_at is None, f"step {number} is intended while the workflow is being deleted")
    _hold("S6", not lost, f"step {number} is intended after critical step {lost} failed")


def _check_undo(scope: Scope, number: int, ledger: Ledger) -> None:
    _hold("S11", ledger.phase == "rolling_back", f"step {number} is undone while {ledger.phase}")
    for after in _dependants(scope, number):
        undo = ledger.entries[after].undo
        over = undo is None or undo.stage in ("completed", "failed")
        _hold("S10", over, f"step {number} is undone before step {after}, which depends on it")


def _dependants(scope: Scope, number: int) -> set[int]:
    found: set[int] = set()
    for later in scope.numbers:  # edges go from lower to higher numbers
        if scope.needs[later - 1] & (found | {number}):
            found.add(later)
    return found


def _check_undo_set(scope: Scope, ledger: Ledger, children: tuple[Child, ...]) -> None:
    # What a child of ours with another plan did, nobody knows.
    changed = {c.step for c in children if c.kind == "forward" and c.owner == ledger.uid and (
        c.mutated != "no" or c.digest != ledger.digest)}
    wanted, found = changed & scope.undo, {n for n, entry in ledger.entries.items() if entry.undo is not None}
    _hold("S9", wanted == found, f"steps {sorted(wanted)} have to be undone, {sorted(found)} are")


def _hold(law: str, holds: bool, text: str) -> None:
    if not holds:
        raise Violation(law, text)
