"""What examinations live workflows with: one workflow in a well-behaved world, pass by pass, in virtual time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from wfcore.model.status import WorkflowExecutionStatus
from wfcore.model.workflow import ANNOTATION_CREATED_BY
from wfcore.program import Ref, Surroundings
from wfcore.reconciler import Reconcile
from wfcore.resources import WORKFLOW_EXECUTIONS
from wfcore.settings import Settings
from wfcore.testing.driving import drive
from wfcore.testing.simulator.laws import LawBroken
from wfcore.testing.world import World

CREATOR = "alice"
# No honest instant of a few steps comes near it.
_MOST_PASSES = 30

SUCCEEDED: Mapping[str, Any] = {"phase": "completed", "executionResult": {"success": True},
                                "rollbackInformation": {"captured": False, "mutated": "no"}}


def failed(failure: str, **more: Any) -> dict[str, Any]:
    """The status of a child that failed without changing anything."""
    return {"phase": "failed", "failureClass": failure, "rollbackInformation": {"captured": False, "mutated": "no"},
            **more}


def step(number: int, *needs: int, **more: Any) -> dict[str, Any]:
    """A step that scales a Deployment of its own; the name of step 1 is `a`."""
    return {"stepNumber": number, "name": "abcdef"[number - 1], "action": "scale-deployment", "dependsOn": list(needs),
            "parameters": {"scaleDeployment": {"deployment": f"web-{number}", "replicas": 3}}, **more}


def require(law: str, holds: bool, message: str) -> None:
    """Raise `LawBroken` unless it holds."""
    if not holds:
        raise LawBroken(law, message)


class Rehearsal:
    """One workflow of `steps` and its executors, who do as they are told.  Approvals are guarded.

    What the engine raises is a broken S26; passes of one instant that do not come to rest are a broken S20.
    """

    def __init__(self, *steps: Mapping[str, Any], name: str = "w", settings: Settings | None = None,
                 strategy: Mapping[str, Any] | None = None, dependencies: Mapping[str, Any] | None = None,
                 **spec: Any) -> None:
        self.world, self.settings, self.ref = World(), settings or Settings(), Ref("default", name)
        self.world.surroundings = Surroundings(approvals_guarded=True)
        self.wake_at: datetime | None = None
        definition = {"name": "heal", "steps": list(steps), "dependencies": dict(dependencies or {})}
        self.world.add(WORKFLOW_EXECUTIONS, {
            "metadata": {"name": name, "annotations": {ANNOTATION_CREATED_BY: CREATOR}},
            "spec": {"workflowDefinition": definition, "executionStrategy": dict(strategy or {}), **spec}})

    @property
    def status(self) -> WorkflowExecutionStatus:
        """The stored status."""
        return self.world.workflow(self.ref.name).status

    @property
    def phase(self) -> str:
        """The stored phase."""
        return self.status.phase.value

    @property
    def children(self) -> dict[str, Mapping[str, Any]]:
        """The stored children without the workflow's name: `step-1`, `rollback-1`."""
        return {name.removeprefix(f"{self.ref.name}-"): child for name, child in self.world.children().items()}

    def go(self) -> Rehearsal:
        """Passes at this instant until nothing is due."""
        for _ in range(_MOST_PASSES):
            before = self.world.state.version
            self.wake_at = self._pass()
            if self.world.state.version == before and (self.wake_at is None or self.wake_at > self.world.now):
                return self
        raise LawBroken("S20", f"{_MOST_PASSES} passes of one instant do not come to rest")

    def after(self, seconds: float) -> Rehearsal:
        """Let time pass, then whatever is due."""
        self.world.advance(timedelta(seconds=seconds))
        return self.go()

    def wait(self, seconds: float) -> Rehearsal:
        """Let time pass as far as the engine asks to be woken, at most so long."""
        end = self.world.now + timedelta(seconds=seconds)
        while self.wake_at is not None and self.wake_at <= end:
            self.world.now = max(self.world.now, self.wake_at)
            self.go()
        return self

    def report(self, child: str, status: Any) -> Rehearsal:
        """An executor writes a child's status a second later; then whatever is due."""
        self.world.advance(timedelta(seconds=1))
        self.world.report(f"{self.ref.name}-{child}", status)
        self.world.advance(self.settings.outcome_hold)
        return self.go()

    def _pass(self) -> datetime | None:
        try:
            return drive(Reconcile(self.ref, self.settings), self.world.answer).finished.wake_at
        except LawBroken:
            raise
        except Exception as error:
            raise LawBroken("S26", f"a pass raised {type(error).__name__}: {error}") from error
