"""Whose child it is and what it says: results are believed only of a child of ours, as intended, that is consistent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from attrs import evolve

from wfcore import reconciler
from wfcore.execution import attempts, children
from wfcore.execution.attempts import Succeeded
from wfcore.lifecycle import phase_executing
from wfcore.model.enums import Mutated
from wfcore.model.workflow import ObjectMeta
from wfcore.rawobject import RawObject
from wfcore.rollback import advance
from wfcore.snapshot import Unreadable
from wfcore.testing.checker.scope import Scope
from wfcore.testing.mutants.mutant import Schedules, mutant
from wfcore.testing.mutants.patching import Patch, original
from wfcore.testing.mutants.scopes import ONE, quick


@mutant("S15", hunt=quick(100, Scope(needs=ONE, intruder="stranger")), defect="D3", by_hand=True)
def the_owners_uid_is_not_checked(patch: Patch) -> None:
    def sort(workflow: ObjectMeta, raws: Any) -> Any:
        pairs = [(raw.metadata(), raw.execution()) for raw in raws]
        return {meta.name: child if hasattr(child, "spec") else Unreadable(meta, child) for meta, child in pairs}, {}
    patch.setattr(reconciler, "sort_children", sort)


@mutant("S16", hunt=quick(100, Scope(needs=ONE, intruder="impostor")), by_hand=True)
def the_digest_is_not_compared(patch: Patch) -> None:
    honest = original(attempts, "_mismatch")
    patch.setattr(attempts, "_mismatch", lambda attempt, child: honest(
        evolve(attempt, digest=child.spec.plan_digest), child))


@mutant("S14", "S15", "S16", hunt=Schedules(within=200))
def an_edited_spec_is_not_noticed(patch: Patch) -> None:
    patch.setattr(attempts, "_mismatch", lambda attempt, child: "")


@mutant("S16", hunt=Schedules(within=100))
def a_contradictory_status_counts_as_success(patch: Patch) -> None:
    honest = original(attempts, "_terminal")

    def terminal(attempt: Any, child: Any, now: datetime) -> Any:
        if child.status.phase == "completed":
            return Succeeded(uid=child.metadata.uid, end=now, mutated=Mutated.YES, result=None)
        return honest(attempt, child, now)
    patch.setattr(attempts, "_terminal", terminal)


@mutant("S16", hunt=Schedules(within=100))
def whatever_is_not_a_failure_counts_as_success(patch: Patch) -> None:
    honest = original(attempts, "_terminal")

    def terminal(attempt: Any, child: Any, now: datetime) -> Any:
        if child.status.phase in ("", "pending", "executing", "failed"):
            return honest(attempt, child, now)
        return Succeeded(uid=child.metadata.uid, end=now, mutated=Mutated.YES, result=None)
    patch.setattr(attempts, "_terminal", terminal)


@mutant("S5", hunt=Schedules(within=100))
def a_removed_child_is_created_again(patch: Patch) -> None:
    """A name that is free counts as never taken, though the ledger knows the uid of the child that had it."""
    honest = original(attempts, "_absent")
    patch.setattr(attempts, "_absent", lambda attempt, *rest: honest(evolve(attempt, uid=""), *rest))


@mutant("S11", hunt=Schedules(within=200))
def an_unreadable_child_counts_as_absent(patch: Patch) -> None:
    honest = original(reconciler, "sort_children")

    def sort(workflow: ObjectMeta, raws: Any) -> Any:
        ours, foreign = honest(workflow, raws)
        return {name: child for name, child in ours.items() if not isinstance(child, Unreadable)}, foreign
    patch.setattr(reconciler, "sort_children", sort)


@mutant("S9", hunt=quick(100, Scope(needs=ONE)))
def children_are_not_tracked_by_a_finalizer(patch: Patch) -> None:
    """Somebody deletes a child and it is gone before its outcome is known."""
    honest = original(children, "child_object")

    def untracked(*arguments: Any) -> RawObject:
        body = honest(*arguments).value
        return RawObject({**body, "metadata": {**body["metadata"], "finalizers": []}})
    for module in (phase_executing, advance):
        patch.setattr(module, "child_object", untracked)
