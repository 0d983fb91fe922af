"""Deletion: children are told and released, the row is stored, and only then everything lets go."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from attrs import evolve

from wfcore import reconciler
from wfcore.program import Finished
from wfcore.programs import cleanup
from wfcore.testing.checker.scope import Scope
from wfcore.testing.mutants.mutant import Schedules, mutant
from wfcore.testing.mutants.patching import Patch, original
from wfcore.testing.mutants.scopes import ONE, quick
from wfcore.testing.simulator.simulation import Mode


@mutant("S27", hunt=Schedules(within=100), defect="D12")
def the_finalizer_goes_before_the_row(patch: Patch) -> None:
    patch.setattr(cleanup, "is_true", lambda status, condition: True)


@mutant("L7", hunt=Schedules(within=100, mode=Mode.LIVENESS))
def the_finalizer_is_never_dropped(patch: Patch) -> None:
    def run(self: Any) -> Any:
        yield from ()
        return Finished()
    patch.setattr(cleanup.CleanUp, "run", run)


@mutant("S5", hunt=Schedules(within=200))
def children_are_released_while_they_act(patch: Patch) -> None:
    honest = original(cleanup, "child_requests")

    def child_requests(owner: Any, children: Any, settings: Any, now: datetime) -> Any:
        return honest(owner, children, evolve(settings, cancel_grace=timedelta(0)), now)
    patch.setattr(cleanup, "child_requests", child_requests)


@mutant("L1", hunt=quick(900, Scope(needs=ONE, person=("delete",))))
def children_are_left_behind(patch: Patch) -> None:
    patch.setattr(cleanup, "child_requests", lambda owner, raws, settings, now: ([], None))


@mutant("S5", "S6", hunt=Schedules(within=200))
def orphans_are_swept_after_a_cached_read(patch: Patch) -> None:
    patch.setattr(reconciler, "_going", lambda seen: False)
