"""A rollback from the failure that causes it to its end: what is undone, with what, in which order."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from wfcore.lifecycle.transitions import TERMINAL
from wfcore.model.actions import ScaleDeploymentParams
from wfcore.model.definition import (
    ExecutionStrategy,
    RollbackSpec,
    WorkflowDefinition,
    WorkflowExecutionSpec,
    WorkflowStep,
)
from wfcore.model.enums import Action, Mutated, RollbackAction, RollbackPhase
from wfcore.model.status import WorkflowExecutionStatus
from wfcore.testing.strategies import SETTINGS, graphs

from .machine import NTH, PASSES, Disturbed, Machine
from .test_walk import ledger

MUTATED = st.sampled_from(["yes", "yes", "unknown", "no"])
FAILURES = st.sampled_from(["verification_failed", "service_unavailable", "rate_limited"])


def undoable(needs: dict[int, frozenset[int]], compensable: frozenset[int]) -> WorkflowExecutionSpec:
    """Critical steps that scale, some with a compensation that needs captured values."""
    back = RollbackSpec(action=RollbackAction.SCALE_TO_PREVIOUS)
    return WorkflowExecutionSpec(
        workflow_definition=WorkflowDefinition(name="undo", steps=tuple(
            WorkflowStep(step_number=n, action=Action.SCALE_DEPLOYMENT, depends_on=tuple(sorted(before)),
                         parameters=ScaleDeploymentParams(deployment=f"d{n}", replicas=3), critical_step=True,
                         rollback_spec=back if n in compensable else None) for n, before in needs.items())),
        execution_strategy=ExecutionStrategy(max_retries=1))


@st.composite
def plans_to_undo(draw: st.DrawFn) -> WorkflowExecutionSpec:
    needs = draw(graphs(min_size=2, max_size=5))
    return undoable(needs, frozenset(draw(st.sets(st.sampled_from(sorted(needs)), min_size=1))))


class Rollback(Machine):
    """Some steps succeed, then one fails; from there on the rules are the same as for the whole lifecycle."""

    @initialize(spec=plans_to_undo(), before=st.lists(st.tuples(MUTATED, st.booleans()), max_size=6), last=MUTATED)
    def fail(self, spec: WorkflowExecutionSpec, before: list[tuple[str, bool]], last: str) -> None:
        """Attempts that succeed, or fail and are repeated; then one that fails for good."""
        self.begin(spec)
        self.go()
        for mutated, good in before:
            if self.waiting():
                self.end(self.waiting()[0], "completed" if good else "failed", mutated,
                         **({} if good else {"failureClass": "rate_limited"}))
            self.world.advance(SETTINGS.backoff_base)
            self.go()
        if self.waiting():
            self.end(self.waiting()[0], "failed", last, failureClass="verification_failed")

    def end(self, name: str, phase: str, mutated: str, **more: Any) -> None:
        """A report with values that tell which attempt captured them."""
        spec = self.executions()[name]["spec"]
        information = {"captured": True, "mutated": mutated, "parameters": {"scaleToPrevious": {
            "deployment": f"d{spec['stepNumber']}", "previousReplicas": 100 + spec["attempt"]}}}
        self.report(name, {"phase": phase, "rollbackInformation": information, **more})

    @precondition(lambda self: self.waiting())
    @rule(nth=NTH, mutated=MUTATED, how=PASSES)
    def succeed(self, nth: int, mutated: str, how: Disturbed) -> None:
        self.end(self.waiting()[nth % len(self.waiting())], "completed", mutated)
        self.reconcile(how)

    @precondition(lambda self: self.waiting())
    @rule(nth=NTH, mutated=MUTATED, failure=FAILURES, how=PASSES)
    def fail_again(self, nth: int, mutated: str, failure: str, how: Disturbed) -> None:
        self.end(self.waiting()[nth % len(self.waiting())], "failed", mutated, failureClass=failure)
        self.reconcile(how)

    def created(self, name: str) -> None:
        """S9: the values captured by the earliest attempt that may have changed something, for steps that have any."""
        super().created(name)
        spec = self.executions()[name]["spec"]
        if spec["kind"] != "rollback":
            return
        step = spec["stepNumber"]
        steps = {s.step_number: s for s in self.spec.workflow_definition.steps}
        changed = [attempt for attempt in (1, 2) if self.mutation(step, attempt) != "no"]
        assert steps[step].rollback_spec is not None
        assert ledger(self.status())[step].rollback.source_attempt in changed[:1]
        assert 100 + changed[0] == spec["rollbackParameters"]["scaleToPrevious"]["previousReplicas"]

    def mutation(self, step: int, attempt: int) -> str:
        """What is known of an attempt: an executor that said nothing may have changed something; no child did not."""
        name = f"w-step-{step}" + ("-r1" if attempt == 2 else "")
        if name not in self.born:
            return "no"
        return self.said[name]["rollbackInformation"]["mutated"] if name in self.said else "unknown"

    def committed(self, workflow: Any, old: WorkflowExecutionStatus, new: WorkflowExecutionStatus) -> None:
        super().committed(workflow, old, new)
        if new.phase in TERMINAL and new.rollback is not None:
            self.nothing_is_forgotten(new)

    def nothing_is_forgotten(self, end: WorkflowExecutionStatus) -> None:
        """Whatever changed is undone or listed for people, and nothing is both."""
        undone = {e.step_number for e in end.step_statuses
                  if e.rollback and e.rollback.status is RollbackPhase.COMPLETED}
        changed = {e.step_number for e in end.step_statuses if e.mutated is not Mutated.NO}

        assert changed - undone == {dirty.step_number for dirty in end.rollback.dirty}
        assert undone <= changed


TestRollback = Rollback.TestCase
TestRollback.settings = settings(
    max_examples=settings().max_examples, stateful_step_count=min(50, settings().stateful_step_count),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
