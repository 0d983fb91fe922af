"""A workflow from its creation to its end, whatever people, executors, caches and crashes do."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from wfcore.decision import CreateChild
from wfcore.model.definition import WorkflowExecutionSpec
from wfcore.resources import KUBERNETES_EXECUTIONS
from wfcore.testing.strategies import workflow_specs
from wfcore.testing.walking import REPORTS

from .machine import NTH, PASSES, Disturbed, Machine, quietly

SUCCESS = st.just({"phase": "completed", "rollbackInformation": {"mutated": "yes"}})


class Lifecycle(Machine):
    """Rules: faults of the controller, a lagging cache, time, deletions, suspend and stop, and any report at all."""

    @initialize(spec=workflow_specs(max_size=4).map(quietly))
    def start(self, spec: WorkflowExecutionSpec) -> None:
        self.begin(spec)

    @precondition(lambda self: self.waiting())
    @rule(nth=NTH, status=SUCCESS | SUCCESS | REPORTS, how=PASSES)
    def say(self, nth: int, status: Any, how: Disturbed) -> None:
        names = self.waiting()
        self.report(names[nth % len(names)], status)
        self.reconcile(how)

    def free(self) -> list[Any]:
        """What was to be created and is not there: a process crashed, or its request was lost."""
        bodies = [e.body.value for program in self.sent for e in program.effects if isinstance(e, CreateChild)]
        return [body for body in bodies if body["metadata"]["name"] not in self.world.children()]

    @precondition(lambda self: self.workflow() and self.free())
    @rule(nth=NTH, status=SUCCESS | REPORTS)
    def intrude(self, nth: int, status: Any) -> None:
        """S15: somebody else makes an execution like ours, and reports on it."""
        body = self.free()[nth % len(self.free())]
        stranger = {**body["metadata"]["ownerReferences"][0], "uid": "0000", "name": "x"}
        name = self.world.add(KUBERNETES_EXECUTIONS, body, ownerReferences=[stranger])["metadata"]["name"]
        self.world.report(name, status)
        self.moved()
        self.go()


TestLifecycle = Lifecycle.TestCase
TestLifecycle.settings = settings(
    max_examples=settings().max_examples, stateful_step_count=min(60, settings().stateful_step_count),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
