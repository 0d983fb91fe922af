"""The vocabulary of the unit tests: small workflows, and a story that drives them in virtual time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from wfcore.model.status import StepStatus, WorkflowExecutionStatus
from wfcore.model.workflow import ANNOTATION_CREATED_BY
from wfcore.program import Ref, Request, Response
from wfcore.reconciler import Reconcile
from wfcore.resources import WORKFLOW_EXECUTIONS
from wfcore.settings import Settings
from wfcore.simulation import operations as op
from wfcore.testing.driving import Pass, drive
from wfcore.testing.world import World

SECOND = timedelta(seconds=1)
SCALE_BACK = {"action": "scale-to-previous", "parameters": {"scaleToPrevious": {"deployment": "web"}}}


def scale(number: int, *needs: int, undo: bool = True, deployment: str = "web", **more: Any) -> dict[str, Any]:
    """A step that scales a Deployment, with its compensation unless told otherwise."""
    back = {"action": "scale-to-previous", "parameters": {"scaleToPrevious": {"deployment": deployment}}}
    return {"stepNumber": number, "name": f"scale-{number}", "action": "scale-deployment", "dependsOn": list(needs),
            "parameters": {"scaleDeployment": {"deployment": deployment, "replicas": 3}},
            **({"rollbackSpec": back} if undo else {}), **more}


def workflow(*steps: dict[str, Any], name: str = "w", dependencies: Any = None, strategy: Any = None,
             creator: str = "", **spec: Any) -> dict[str, Any]:
    """The body of a WorkflowExecution in namespace `default`."""
    told = {"annotations": {ANNOTATION_CREATED_BY: creator}} if creator else {}
    definition = {"name": "heal", "steps": list(steps), **({"dependencies": dependencies} if dependencies else {})}
    return {"apiVersion": WORKFLOW_EXECUTIONS.api_version, "kind": WORKFLOW_EXECUTIONS.kind,
            "metadata": {"name": name, "namespace": "default", **told},
            "spec": {"workflowDefinition": definition, **({"executionStrategy": strategy} if strategy else {}), **spec}}


def done(mutated: str = "yes", **captured: Any) -> dict[str, Any]:
    """The status of a child that succeeded."""
    information: dict[str, Any] = {"captured": bool(captured), "mutated": mutated}
    if captured:
        information["parameters"] = {"scaleToPrevious": captured}
    return {"phase": "completed", "executionResult": {"success": True}, "rollbackInformation": information}


def broken(failure: str = "verification_failed", mutated: str = "no", **captured: Any) -> dict[str, Any]:
    """The status of a child that failed."""
    return {**done(mutated, **captured), "phase": "failed", "executionResult": {"success": False},
            "failureClass": failure, "errorMessage": f"it is {failure}"}


def following(source: Story, word: str, *steps: int, name: str, definition: Any = None, **spec: Any) -> Story:
    """A story in the same world whose workflow starts from another's: `word` is rollbackOf or retryOf."""
    uid = source.world.get(WORKFLOW_EXECUTIONS, source.name)["metadata"]["uid"]
    body = workflow(name=name, **{word: {"name": source.name, "uid": uid, "steps": list(steps)}}, **spec)
    body["spec"] |= {"workflowDefinition": definition}
    source.world.advance(SECOND)
    return Story(body, source.settings, source.world)


def rollback_of(source: Story, *steps: int, name: str = "undo", **more: Any) -> Story:
    """A workflow that undoes another."""
    return following(source, "rollbackOf", *steps, name=name, **more)


def retry_of(source: Story, *steps: int, name: str = "again", **more: Any) -> Story:
    """A workflow that runs again what another did not achieve."""
    return following(source, "retryOf", *steps, name=name, **more)


class Story:
    """One workflow in a world, driven pass by pass; the clock moves only when told."""

    def __init__(self, body: dict[str, Any], settings: Settings | None = None, world: World | None = None) -> None:
        self.world = world or World()
        self.settings = settings or Settings()
        self.name = body["metadata"]["name"]
        self.ref = Ref("default", self.name)
        self.world.add(WORKFLOW_EXECUTIONS, body)
        self.passes: list[Pass] = []
        self.fault: Callable[[Request], Response | None] = lambda request: None

    def answer(self, request: Request) -> Response:
        response = self.fault(request)
        return self.world.answer(request) if response is None else response

    def run(self) -> Pass:
        """One pass."""
        self.passes.append(drive(Reconcile(self.ref, self.settings), self.answer))
        return self.passes[-1]

    def go(self) -> Story:
        """Passes at this instant until nothing is due any more."""
        while True:
            before, wake_at = self.world.state.version, self.run().finished.wake_at
            if self.world.state.version == before and (wake_at is None or wake_at > self.world.now):
                return self

    def after(self, **time: float) -> Story:
        """Let time pass, then whatever is due."""
        self.world.advance(timedelta(**time))
        return self.go()

    def wake(self) -> Story:
        """Sleep until the last pass wants to be woken."""
        wake_at = self.passes[-1].finished.wake_at
        assert wake_at is not None, "the last pass did not ask to be woken"
        self.world.now = max(self.world.now, wake_at)
        return self.go()

    def say(self, **children: Any) -> Story:
        """Each child, by its suffix (`step_1_r1` for `w-step-1-r1`), reports a status a second later."""
        self.world.advance(SECOND)
        for suffix, status in children.items():
            self.world.report(f"{self.name}-{suffix.replace('_', '-')}", status)
        self.world.advance(self.settings.outcome_hold)
        return self.go()

    def stable(self) -> Story:
        """Monitoring to its end."""
        while self.world.get(WORKFLOW_EXECUTIONS, self.name) is not None and self.status.phase == "monitoring":
            self.wake()
        return self

    def ask(self, **fields: Any) -> Story:
        """Somebody changes mutable fields of the spec."""
        stored = self.world.get(WORKFLOW_EXECUTIONS, self.name)
        self.world.perform(op.Update(WORKFLOW_EXECUTIONS, {**stored, "spec": {**stored["spec"], **fields}}, self.now))
        return self

    @property
    def status(self) -> WorkflowExecutionStatus:
        return self.world.workflow(self.name).status

    def step(self, number: int) -> StepStatus:
        return next(entry for entry in self.status.step_statuses if entry.step_number == number)

    def phases(self) -> list[str]:
        """The phases of the steps, in ledger order."""
        return [entry.status.value for entry in self.status.step_statuses]

    def names(self) -> list[str]:
        """The children in the order they were created."""
        born = sorted(self.world.children().values(), key=lambda c: (c["metadata"]["creationTimestamp"],
                                                                    c["metadata"]["name"]))
        return [child["metadata"]["name"].removeprefix(f"{self.name}-") for child in born
                if child["metadata"]["ownerReferences"][0]["name"] == self.name]

    def child(self, suffix: str) -> Any:
        return self.world.children()[f"{self.name}-{suffix}"]

    def condition(self, type_: str) -> Any:
        """(status, reason) of a condition, or None."""
        return next(((c.status.value, c.reason) for c in self.status.conditions if c.type == type_), None)

    @property
    def now(self) -> datetime:
        return self.world.now


MANUAL = {"rollbackStrategy": "manual"}
CHAIN = (scale(1, deployment="a"), scale(2, 1, deployment="b"), scale(3, 2, deployment="c", criticalStep=True))


def captured(deployment: str, replicas: int, mutated: str = "yes") -> Any:
    return done(mutated, deployment=deployment, previousReplicas=replicas)


def failed_chain(*, settings: Settings | None = None, **more: Any) -> Story:
    """Steps 1 and 2 changed something, step 3 failed; nothing was undone."""
    story = Story(workflow(*CHAIN, **{"strategy": MANUAL, **more}), settings).go()
    return story.say(step_1=captured("a", 7)).say(step_2=captured("b", 8)).say(step_3=broken())


def refusal(story: Story) -> tuple[str, str]:
    assert "failed" == story.status.phase
    return story.status.failure_reason, story.status.failure_message
