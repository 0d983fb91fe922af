"""The laws of single states and of single writes.  Each is recomputed from JSON and the scope alone.

| Law | Here |
|---|---|
| S1 | a forward attempt is intended only when, in the same ledger, every prerequisite is completed |
| S2 | at most one child of a step and kind may act at any instant |
| S3 | a child is created only after a ledger with its attempt and digest is committed |
| S4 | attempts count 1, 2, 3 and end at 1 + retries |
| S5 | a name is created once, as long as the workflow is not being deleted; later ones never act |
| S6 | forward attempts are intended only while executing, not after a critical failure, a deletion, a stop or the
  workflow's deadline, not while it is suspended; at most `maxParallelSteps` may act; who only looks creates nothing |
| S7 | after the end only the audit condition changes |
| S8 | phases and step states move along the table; a stopped workflow goes nowhere but to its end |
| S9 | exactly the steps that may have changed something and can be undone are, with the values of the earliest such
  attempt, when strategy and stop want it |
| S10 | a step is undone after every dependant that is to be undone |
| S11 | nothing forward acts while rolling back, nothing at all after the end |
| S12 | where an approval is asked for, execution begins only on one of this very plan, not by the creator |
| S14 | execution begins only after a successful dry run of each step, or one excused by its prerequisites |
| S15 | a foreign object is neither touched nor believed |
| S16 | a success is recorded only from a child of ours, as intended, that reported it |
| S20 | once ended and recorded, nothing is written |
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from wfcore.testing.checker.ledger_laws import check_ledger
from wfcore.testing.checker.reading import Child, Effort, Ledger, may_begin
from wfcore.testing.checker.violation import hold
from wfcore.testing.checker.world import World


def check_state(world: World, core: int) -> None:
    """Raise the first law that a state breaks."""
    ledger, children = world.ledger(core), world.children(core)
    anyone = "E5" in world.scope.broken
    able = [c for c in children if c.owner == world.uid and (
        c.acting or (c.stage == "pending" and (may_begin(ledger, c) or anyone)))]
    for child in able:
        twins = sorted(c.name for c in able if (c.kind, c.step) == (child.kind, child.step))
        hold("S2", len(twins) == 1, f"{' and '.join(twins)} may act at the same time")
    forward = sorted(c.name for c in able if c.kind == "forward")
    hold("S6", len(forward) <= world.scope.max_parallel, f"{', '.join(forward)} run at the same time")
    if ledger is None:
        return
    for child in children:
        at_wrong_time = ledger.terminal or (ledger.phase == "rolling_back" and child.kind == "forward")
        hold("S11", not (child.acting and at_wrong_time), f"{child.name} acts while the workflow is {ledger.phase}")
    _check_owners(world, core, ledger, children)


def _check_owners(world: World, core: int, ledger: Ledger, children: tuple[Child, ...]) -> None:
    by_name = {child.name: child for child in children}
    for number, effort in _efforts(ledger):
        child = by_name.get(effort.child)
        if effort.uid and child is not None and ledger.deleted_at is None:
            mine = (child.uid, child.owner) == (effort.uid, ledger.uid)
            hold("S15", mine, f"step {number} follows {child.name}, which belongs to {child.owner}")
    if world.scope.intruder == "stranger":
        before = world.objects.groups[world.cores[world.first][2]]
        after = world.objects.groups[world.cores[core][2]]
        hold("S15", set(before) <= set(after), "an object of another owner was changed")


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
        hold("S20", same, "a workflow that has ended and is recorded is written to")
    _check_born(world, before, after, old)
    if old is not None and new is not None and world.cores[before][1] != world.cores[after][1]:
        check_ledger(world.scope, old, new, world.children(before))


def _check_born(world: World, before: int, after: int, ledger: Ledger | None) -> None:
    held, born = list(world.cores[before][3]), list(world.cores[after][3])
    for name in held:
        born.remove(name)
    children = {child.name: child for child in world.children(after)}
    for name in born:
        child = children[name]
        if ledger is None or ledger.deleted_at is not None:
            continue  # too late: with E5 it never acts, and it is swept
        hold("S5", name not in held, f"{name} is created a second time")
        hold("S6", not _only_looks(world), f"{name} is created by a workflow that only looks")
        intended = _is_intended(ledger, child)
        hold("S3", intended, f"{name} is created, but the committed ledger does not intend it")
        if child.kind == "rollback":
            hold("S9", child.restores == _captured(child.step, children),
                  f"{name} restores the value {child.restores}, captured was {_captured(child.step, children)}")


def _only_looks(world: World) -> bool:
    return world.scope.strategy.get("mode") == "Plan" or world.scope.settings.observe_only


def _captured(step: int, children: Mapping[str, Child]) -> int | None:
    changed = [c for c in children.values() if (c.kind, c.step) == ("forward", step) and c.mutated != "no"]
    return min(changed, key=lambda c: c.attempt).captured if changed else None


def _is_intended(ledger: Ledger, child: Child) -> bool:
    effort = ledger.effort(child.step, child.kind)
    intended = ledger.dry_run if child.kind == "dryrun" else effort is not None and child.attempt <= effort.attempt
    return intended and child.digest == ledger.digest
