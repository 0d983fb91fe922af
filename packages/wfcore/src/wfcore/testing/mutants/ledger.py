"""The entries of the ledger: which one an outcome belongs to, and what is kept of each attempt."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from wfcore.execution import attempts, children, ledger
from wfcore.lifecycle import phase_executing
from wfcore.model.enums import Mutated
from wfcore.testing.mutants.mutant import mutant
from wfcore.testing.mutants.patching import Patch, original
from wfcore.testing.mutants.scopes import TWO, quick


@mutant("S3", "S4", "S8", "S16", "S26", hunt=quick(100, needs=TWO), defect="D1")
def a_step_number_indexes_the_list(patch: Patch) -> None:
    """Numbers count from one and lists from zero: the entry after the one that is meant is written."""
    honest = original(phase_executing, "_launch")

    def launch(snapshot: Any, plan: Any, entries: Any, progress: Any, limit: int, now: Any) -> None:
        meant = dict(entries)
        honest(snapshot, plan, meant, progress, limit, now)
        listed = list(entries)
        for number, entry in meant.items():
            if entry is not entries[number]:
                written = listed[number]
                entries[written] = evolve(entry, step_number=written)
    patch.setattr(phase_executing, "_launch", launch)


@mutant("S9", hunt=quick(300), defect="D2")
def a_childs_name_lacks_its_attempt(patch: Patch) -> None:
    honest = original(ledger, "child_name")
    for module in (ledger, children):
        patch.setattr(module, "child_name", lambda workflow, kind, step, attempt: honest(workflow, kind, step, 1))


@mutant("S9", hunt=quick(200))
def what_failed_attempts_changed_is_forgotten(patch: Patch) -> None:
    patch.setattr(attempts, "_reported", lambda status: Mutated.NO)


@mutant("S9", hunt=quick(700))
def the_latest_capture_is_restored(patch: Patch) -> None:
    honest = original(ledger, "_with_mutation")
    patch.setattr(ledger, "_with_mutation", lambda entry, mutated: honest(evolve(entry, mutating_attempt=0), mutated))
