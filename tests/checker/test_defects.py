"""Defects the checker found, pinned by the shortest story of each."""

from __future__ import annotations

from datetime import timedelta

from wfcore.program import Create, Failed, Ref, Request, Response
from wfcore.reconciler import Reconcile
from wfcore.resources import KUBERNETES_EXECUTIONS, WORKFLOW_EXECUTIONS
from wfcore.testing.checker.scope import SETTINGS, Scope, dags
from wfcore.testing.driving import Pass, drive
from wfcore.testing.world import World

ENDED = {"phase": "failed", "failureClass": "verification_failed", "executionResult": {"success": False},
         "rollbackInformation": {"captured": True, "mutated": "yes", "parameters": {
             "scaleToPrevious": {"deployment": "web-1", "previousReplicas": 1}}}}


class Lone:
    """One controller whose creations never arrive while `deaf`."""

    def __init__(self) -> None:
        self.world = World()
        self.deaf = False
        self.world.add(WORKFLOW_EXECUTIONS, Scope(needs=dags(1)[0], retries=(0,)).body())

    def answer(self, request: Request) -> Response:
        if self.deaf and isinstance(request, Create):
            return Failed("unavailable")
        return self.world.answer(request)

    def one_pass(self) -> Pass:
        return drive(Reconcile(Ref("default", "w"), SETTINGS), self.answer)

    def settle(self) -> None:
        before = -1
        while before != self.world.state.version:
            before = self.world.state.version
            self.one_pass()

    def late(self) -> None:
        self.world.advance(timedelta(seconds=100))

    @property
    def entry(self):
        return self.world.workflow("w").status.step_statuses[0]


def test_an_attempt_that_was_never_created_is_withdrawn_before_it_is_given_up() -> None:
    """Another controller may be about to create it: its executor acts as long as the ledger intends the attempt.

    Found as: B reads that the child is absent after its deadline; A, which stood still, creates it; it acts; B
    commits "changed nothing"; nothing is rolled back (S9), and it acts while the workflow has ended (S11).
    """
    lone = Lone()
    lone.deaf = True
    lone.settle()
    lone.late()
    first = lone.one_pass()
    assert ("executing", True) == (lone.entry.status, lone.entry.cancelled_at is not None)
    assert () == first.asked(Create)

    lone.settle()
    assert ("failed", "StepTimeout", "no") == (lone.entry.status, lone.entry.reason, lone.entry.mutated)


def test_a_compensation_that_was_never_created_is_withdrawn_before_it_is_given_up() -> None:
    lone = Lone()
    lone.settle()
    lone.world.report("w-step-1", ENDED)
    lone.deaf = True
    lone.settle()
    lone.late()
    first = lone.one_pass()
    assert ("executing", True) == (lone.entry.rollback.status, lone.entry.rollback.cancelled_at is not None)
    assert () == first.asked(Create)

    lone.settle()
    assert "failed" == lone.entry.rollback.status
    assert lone.world.get(KUBERNETES_EXECUTIONS, "w-rollback-1") is None


def test_a_withdrawn_attempt_that_comes_after_all_is_told_to_stop() -> None:
    lone = Lone()
    lone.deaf = True
    lone.settle()
    body = lone.one_pass().asked(Create)[0]
    lone.late()
    lone.one_pass()
    lone.world.answer(body)
    lone.settle()

    assert "deletionTimestamp" in lone.world.get(KUBERNETES_EXECUTIONS, "w-step-1")["metadata"]
    assert "executing" == lone.entry.status
