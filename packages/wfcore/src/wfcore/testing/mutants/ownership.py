"""Whose child it is and what it says: results are believed only of a child of ours, as intended, that is consistent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from attrs import evolve

from wfcore import reconciler
from wfcore.execution import attempts
from wfcore.execution.attempts import Succeeded
from wfcore.model.enums import Mutated
from wfcore.model.workflow import ObjectMeta
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


@mutant("S15", hunt=Schedules(within=200))
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
