"""A counterexample for people: who did what, what was answered, what changed in the ledger and the children."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from wfcore.program import CommitStatus, Create, Observe, Request
from wfcore.testing.checker.explore import Exploration
from wfcore.testing.checker.locals import IDLE
from wfcore.testing.checker.unbounded import Unbounded
from wfcore.testing.checker.world import World


def trace(exploration: Exploration) -> list[str]:
    """One line per step, indented lines for what it changed, the law last; nothing when no law is broken."""
    broken = exploration.broken
    if broken is None:
        return []
    keys = [exploration.keys[at] for at in broken.path]
    lines: list[str] = []
    for number, (before, after) in enumerate(pairwise(keys), 1):
        lines.append(f"{number:3}. {_step(exploration, before, after)}")
        lines += [f"       {line}" for line in _changes(
            exploration.turns.world, exploration.unpack(before)[0], exploration.unpack(after)[0])]
    pending = ", ".join(_asked(exploration, local) for local in exploration.unpack(keys[-1])[2])
    lines.append(f"  then {broken.during} (controllers now: {pending})")
    lines.append(f"       breaks {broken.violation}")
    return lines


def way(found: Unbounded) -> list[str]:
    """The same for any number of controllers: the shortest way to the state in which a law was broken."""
    if found.broken is None:
        return []
    violation, core, doing = found.broken
    lines, before = [], -1
    for number, (reached, words) in enumerate(found.way(core)):
        if before >= 0:
            lines.append(f"{number:3}. {words}")
            lines += [f"       {line}" for line in _changes(found.turns.world, before, reached)]
        before = reached
    return [*lines, f"  then {doing}", f"       breaks {violation}"]


def _step(exploration: Exploration, before: int, after: int) -> str:
    for reached, words in exploration.successors(before):
        if reached == after:
            who = _who(exploration, before, after, words)
            return f"{who}{words}"
    raise LookupError("a state does not follow from its parent; the search is not deterministic")


def _who(exploration: Exploration, before: int, after: int, words: str) -> str:
    if words.startswith(("executor", "time", "a person", "somebody")):
        return ""
    _, _, locals_before = exploration.unpack(before)
    _, _, locals_after = exploration.unpack(after)
    olds, news = list(locals_before), list(locals_after)
    for local in [*news]:
        if local in olds:
            olds.remove(local)
            news.remove(local)
    old, new = (olds or [IDLE])[0], (news or [IDLE])[0]
    return f"controller at {_asked(exploration, old)}, then at {_asked(exploration, new)}: "


def _asked(exploration: Exploration, local: int) -> str:
    return "rest" if local == IDLE else _request(exploration.turns.locals.requests[local])


def _request(request: Request) -> str:
    match request:
        case Observe():
            return f"Observe({request.freshness.value})"
        case CommitStatus():
            return f"CommitStatus(version {request.version}, {request.status.phase.value})"
        case Create():
            return f"Create({', '.join(child.value['metadata']['name'] for child in request.children)})"
        case _:
            return f"{type(request).__name__}({getattr(request, 'name', '')})"


def _changes(world: World, before: int, after: int) -> Iterator[str]:
    old, new = world.ledger(before), world.ledger(after)
    if (old is None) != (new is None):
        yield "the workflow is gone" if new is None else "the workflow appears"
    if old is not None and new is not None:
        if old.phase != new.phase:
            yield f"phase {old.phase or 'new'} -> {new.phase}"
        if (old.deleted_at is None) != (new.deleted_at is None):
            yield "the workflow is being deleted"
        for number, entry in new.entries.items():
            if old.entries.get(number) != entry:
                undo = f", undo {entry.undo.stage} attempt {entry.undo.attempt}" if entry.undo else ""
                wait = " (waiting to retry)" if entry.forward.waiting else ""
                stop = " (cancelled)" if entry.forward.cancelled_at else ""
                yield (f"step {number}: {entry.forward.stage} attempt {entry.forward.attempt}{wait}{stop}, "
                       f"mutated {entry.mutated}{undo}")
        if old.audited != new.audited:
            yield "the audit record is acknowledged"
    olds = {child.name: child for child in world.children(before)}
    for child in world.children(after):
        was = olds.pop(child.name, None)
        stage = f"{child.stage}, mutated {child.mutated}{', being deleted' if child.deleted_at else ''}"
        if was is None:
            yield f"child {child.name} is created"
        elif (was.stage, was.mutated, was.deleted_at, was.silent) != (
                child.stage, child.mutated, child.deleted_at, child.silent):
            yield f"child {child.name}: {stage}{', its executor is dead' if child.silent else ''}"
    for name in olds:
        yield f"child {name} is gone"
