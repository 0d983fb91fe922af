"""Workflows that start from another one: what is undone or tried again, and in which order."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from wfcore.lifecycle import carrying, reversing
from wfcore.testing.mutants.mutant import mutant
from wfcore.testing.mutants.patching import Patch, original
from wfcore.testing.mutants.scopes import around


@mutant("S8", hunt=around(100, "retryOf"))
def what_failed_is_carried_over(patch: Patch) -> None:
    patch.setattr(carrying, "carried_over", lambda source, plan, forced: (2,))


@mutant("S9", hunt=around(100, "rollbackOf"))
def something_else_is_restored(patch: Patch) -> None:
    honest = original(reversing, "captured_by")

    def wrong(workflow: Any, entry: Any, found: Any) -> Any:
        return evolve(honest(workflow, entry, found), previous_replicas=99)
    patch.setattr(reversing, "captured_by", wrong)


@mutant("S1", hunt=around(100, "rollbackOf"))
def another_workflow_is_undone_in_the_order_it_was_done(patch: Patch) -> None:
    patch.setattr(reversing, "nearest", lambda order, dependants, wanted: dict.fromkeys(wanted, ()))
