"""What one workflow costs another: nothing, whatever is in its spec or status."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from wfcore import reconciler
from wfcore.program import CommitStatus
from wfcore.programs import cleanup
from wfcore.testing.mutants.mutant import Schedules, mutant
from wfcore.testing.mutants.patching import Patch, original


@mutant("S26", hunt=Schedules(within=100))
def poison_is_not_expected(patch: Patch) -> None:
    def refuse_malformed(*arguments: Any) -> Any:
        raise KeyError("spec")
    patch.setattr(reconciler, "refuse_malformed", refuse_malformed)


@mutant("S26", hunt=Schedules(within=100))
def a_pass_writes_to_another_workflow(patch: Patch) -> None:
    honest = original(cleanup.CleanUp, "run")

    def run(self: Any) -> Any:
        yield CommitStatus(evolve(self.ref, name=f"{self.ref.name}x"), "", "", self.workflow.status)
        return (yield from honest(self))
    patch.setattr(cleanup.CleanUp, "run", run)
