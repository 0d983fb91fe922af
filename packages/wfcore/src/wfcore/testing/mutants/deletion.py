"""Deletion: children are told and released, the row is stored, and only then everything lets go."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from attrs import evolve

from wfcore import reconciler
from wfcore.model.workflow import TRACKING_FINALIZER
from wfcore.program import Finished, ReleaseChild, Request, Response, Seen
from wfcore.programs import cleanup
from wfcore.rawobject import RawObject
from wfcore.reconciler import Reconcile
from wfcore.resources import WORKFLOW_EXECUTIONS
from wfcore.testing.checker.scope import Scope
from wfcore.testing.driving import drive
from wfcore.testing.mutants.mutant import Examination, Schedules, mutant
from wfcore.testing.mutants.patching import Patch, original
from wfcore.testing.mutants.rehearsal import Rehearsal, require, step
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


@mutant("S27", hunt=Schedules(within=100))
def a_row_that_is_not_taken_is_lost(patch: Patch) -> None:
    """A deletion lets go without keeping the record in the API server while the database is away."""
    def run(self: Any) -> Any:
        yield from ()
        return cleanup.LetGo(self.deletion)
    patch.setattr(cleanup.SetAside, "run", run)


def _children_of_an_earlier_workflow_are_released() -> None:
    """The simulated store shows a workflow only its own; an API server that selects by name shows these too."""
    run = Rehearsal(step(1)).go()
    left = RawObject({"metadata": {
        "namespace": "default", "name": "w-step-7", "uid": "left", "finalizers": [TRACKING_FINALIZER],
        "ownerReferences": [{"apiVersion": WORKFLOW_EXECUTIONS.api_version, "kind": WORKFLOW_EXECUTIONS.kind,
                             "name": "w", "uid": "earlier", "controller": True}]}, "spec": {}})

    def answer(request: Request) -> Response:
        response = run.world.answer(request)
        return evolve(response, children=(*response.children, left)) if isinstance(response, Seen) else response
    released = drive(Reconcile(run.ref, run.settings), answer).asked(ReleaseChild)
    require("L7", any(request.name == "w-step-7" for request in released),
            "the child of an earlier workflow of the name is not released")


@mutant("L7", hunt=Examination(examine=_children_of_an_earlier_workflow_are_released))
def children_of_an_earlier_workflow_are_left_behind(patch: Patch) -> None:
    patch.setattr(reconciler, "left_behind", lambda seen: ())
