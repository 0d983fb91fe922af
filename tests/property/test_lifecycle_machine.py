"""A workflow from its creation to its end, whatever people, executors, caches and crashes do."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis.stateful import initialize, precondition, rule

from wfcore.model.definition import WorkflowExecutionSpec
from wfcore.resources import KUBERNETES_EXECUTIONS
from wfcore.testing.strategies import workflow_specs
from wfcore.testing.walking import REPORTS

from .machine import NTH, Machine, quietly


class Lifecycle(Machine):
    """Rules: faults of the controller, a lagging cache, time, deletions, suspend and stop, and any report at all."""

    @initialize(spec=workflow_specs(max_size=4).map(quietly))
    def start(self, spec: WorkflowExecutionSpec) -> None:
        self.begin(spec)

    @precondition(lambda self: self.waiting())
    @rule(nth=NTH, status=REPORTS)
    def say(self, nth: int, status: Any) -> None:
        names = self.waiting()
        self.report(names[nth % len(names)], status)

    @precondition(lambda self: self.workflow() is not None)
    @rule(nth=NTH, status=REPORTS)
    def intrude(self, nth: int, status: Any) -> None:
        """S15: somebody else has an execution of the name of the next attempt, and reports on it."""
        step = self.spec.workflow_definition.steps[nth % len(self.spec.workflow_definition.steps)].step_number
        if f"w-step-{step}" not in self.world.children():
            self.world.add(KUBERNETES_EXECUTIONS, {"spec": {}}, name=f"w-step-{step}")
            self.world.report(f"w-step-{step}", status)
            self.moved()

    @rule()
    def settle(self) -> None:
        """The controller is undisturbed for a moment."""
        self.go()


TestLifecycle = Lifecycle.TestCase
TestLifecycle.settings = settings(
    max_examples=settings().max_examples, stateful_step_count=min(60, settings().stateful_step_count),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
