"""What a person may do to a workflow at any moment: one small function each, all in `MOVES`.

A move that could be repeated for ever takes one of the scope's `moves`.  To add
one, write its function and name it in `MOVES`; what it changes outside the
workflow belongs into the core (`world`), what the laws need of it into `reading`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from wfcore.model.workflow import (
    ANNOTATION_APPROVAL_BY,
    ANNOTATION_APPROVAL_DECISION,
    ANNOTATION_APPROVAL_DIGEST,
)
from wfcore.testing.checker.scope import CREATOR
from wfcore.testing.checker.world import World

Move = tuple[str, int]
_APPROVAL = (ANNOTATION_APPROVAL_BY, ANNOTATION_APPROVAL_DECISION, ANNOTATION_APPROVAL_DIGEST)


def deletes(world: World, core: int) -> Iterator[Move]:
    """The workflow is deleted."""
    ledger = world.ledger(core)
    if ledger is not None and ledger.deleted_at is None:
        yield "a person deletes the workflow", world.delete(core)


def stops(world: World, core: int) -> Iterator[Move]:
    """`spec.stop` goes forwards: Graceful or at once Rollback, from Graceful to Rollback."""
    ledger = world.ledger(core)
    if ledger is None or ledger.terminal:
        return
    for stop in {"": ("Graceful", "Rollback"), "Graceful": ("Rollback",)}.get(ledger.stop, ()):
        yield f"a person sets stop: {stop}", world.change_spec(core, {"stop": stop})


def holds(world: World, core: int) -> Iterator[Move]:
    """`spec.suspend` is set or unset."""
    ledger, left = world.ledger(core), world.cores[core].left
    if ledger is None or ledger.terminal or not left:
        return
    suspended = bool(world.objects.value(world.cores[core].workflow)["spec"].get("suspend"))
    word = "resumes" if suspended else "suspends"
    yield f"a person {word} the workflow", world.change_spec(core, {"suspend": not suspended}, 1)


def approves(world: World, core: int) -> Iterator[Move]:
    """An approver decides, the creator tries to, or an approval is for another plan."""
    ledger, left = world.ledger(core), world.cores[core].left
    if ledger is None or ledger.phase != "validating" or not left:
        return
    for words, *values in (
            ("approves the plan", "bob", "approved", ledger.digest),
            ("rejects the plan", "bob", "denied", ledger.digest),
            ("approves her own plan", CREATOR, "approved", ledger.digest),
            ("approves another plan", "bob", "approved", "sha256:another")):
        wanted = dict(zip(_APPROVAL, values, strict=True))
        if wanted.items() - ledger.annotations.items():
            yield f"a person {words}", world.annotate(core, wanted, 1)


def freezes(world: World, core: int) -> Iterator[Move]:
    """The operator begins or ends an emergency freeze."""
    ledger, before = world.ledger(core), world.cores[core]
    if ledger is not None and not ledger.terminal and before.left:
        word = "ends the freeze" if before.frozen else "freezes the cluster"
        yield f"a person {word}", world.freeze(core, frozen=not before.frozen, cost=1)


MOVES: Mapping[str, Callable[[World, int], Iterator[Move]]] = {
    "delete": deletes, "stop": stops, "suspend": holds, "approve": approves, "freeze": freezes}


def person_moves(world: World, core: int) -> Iterator[Move]:
    """Everything the people of the scope may do next."""
    for name in world.scope.person:
        yield from MOVES[name](world, core)
