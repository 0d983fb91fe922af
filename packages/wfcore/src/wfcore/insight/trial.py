"""One life of a workflow in virtual time: the real programs, the store kernel, and an executor that acts by chance."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import assert_never

from attrs import field, frozen

from wfcore.decision import CreateChild
from wfcore.insight.acting import CANCEL_TAKES, act, cancelled, ended
from wfcore.insight.assumptions import Assumptions, StepModel
from wfcore.lifecycle.transitions import TERMINAL
from wfcore.model.enums import Phase
from wfcore.model.execution import KubernetesExecutionStatus
from wfcore.model.plan import ActionHistory
from wfcore.model.status import WorkflowExecutionStatus
from wfcore.model.workflow import (
    ANNOTATION_APPROVAL_BY,
    ANNOTATION_APPROVAL_DECISION,
    ANNOTATION_APPROVAL_DIGEST,
    ANNOTATION_CREATED_BY,
    KubernetesExecution,
    WorkflowExecution,
)
from wfcore.planning.targets import Target
from wfcore.program import (
    CommitStatus,
    Consult,
    Consulted,
    Create,
    DeleteChild,
    DeleteWorkflow,
    Did,
    DropOutbox,
    Emit,
    FindParent,
    FindSource,
    Finished,
    Found,
    Inspect,
    Inspected,
    ListOutbox,
    Observe,
    Outbox,
    Program,
    Record,
    Ref,
    ReleaseChild,
    Request,
    Response,
    Review,
    Reviewed,
    Seen,
    SetMetadata,
    SourceFound,
    Surroundings,
    Survey,
    Surveyed,
    Waiting,
)
from wfcore.rawobject import RawObject
from wfcore.reconciler import Perform, Reconcile
from wfcore.resources import KUBERNETES_EXECUTIONS, NAMESPACES, WORKFLOW_EXECUTIONS
from wfcore.settings import Settings
from wfcore.simulation import operations as op
from wfcore.simulation.chance import Chance
from wfcore.simulation.decoded import Decoded
from wfcore.simulation.driving import handed_over
from wfcore.simulation.requests import Write, owned, written
from wfcore.simulation.state import State, empty
from wfcore.simulation.store import apply
from wfcore.simulation.targets import found_at

START = datetime(2026, 1, 1, tzinfo=UTC)
_PAUSE = timedelta(seconds=1)
_SURROUNDINGS = Surroundings(approvals_guarded=True)
_CREATOR, _APPROVER = "forecast:creator", "forecast:approver"


@frozen(kw_only=True)
class Conditions:
    """What holds in every trial."""

    settings: Settings
    history: tuple[ActionHistory, ...]
    assumptions: Assumptions
    models: Mapping[int, StepModel] = field(factory=dict)
    source: SourceFound = SourceFound(None)


@frozen(kw_only=True)
class Moment:
    """Where a trial stands: the store, the time, the program that is to run next, the status last committed."""

    state: State
    now: datetime
    ref: Ref
    next: Program
    status: WorkflowExecutionStatus


def begin(workflow: WorkflowExecution, life: int, conditions: Conditions) -> Moment:
    """A new workflow, up to its first intents: nothing before them is left to chance.

    Lives differ in uids, which the pauses before retries are derived from.
    """
    meta = workflow.metadata
    ref = Ref(meta.namespace or "default", meta.name or "forecast")
    annotations = {ANNOTATION_CREATED_BY: _CREATOR, **meta.annotations}
    body = {"metadata": {"name": ref.name, "namespace": ref.namespace, "annotations": annotations},
            "spec": Decoded.encoding(workflow.spec)}
    state = empty(f"forecast/{life}")
    for operation in (op.Create(NAMESPACES, {"metadata": {"name": ref.namespace}}, START),
                      op.Create(WORKFLOW_EXECUTIONS, body, START)):
        state, _ = apply(state, operation)
    start = Moment(state=state, now=START, ref=ref, next=Reconcile(ref, conditions.settings),
                   status=WorkflowExecutionStatus())
    return Trial(start, conditions, Chance("")).until_intents()


class Trial:
    """One workflow from a moment on."""

    def __init__(self, start: Moment, conditions: Conditions, chance: Chance) -> None:
        self.conditions, self.chance = conditions, chance
        self.state, self.now, self.ref, self.status = start.state, start.now, start.ref, start.status
        self._next: Program = start.next
        self._due: list[tuple[datetime, int, str, KubernetesExecutionStatus]] = []
        self._serial = 0
        self._begun: dict[str, datetime] = {}

    def until_intents(self) -> Moment:
        """Up to the first program that creates children, or to the end."""
        while not (isinstance(self._next, Perform) and any(isinstance(e, CreateChild) for e in self._next.effects)):
            if self.status.phase in TERMINAL:
                break
            self._go_on()
        return Moment(state=self.state, now=self.now, ref=self.ref, next=self._next, status=self.status)

    def to_the_end(self) -> WorkflowExecutionStatus:
        """The terminal status."""
        while self.status.phase not in TERMINAL:
            self._go_on()
        return self.status

    def _go_on(self) -> None:
        following = handed_over(self._next, self._answer)
        if isinstance(following, Finished):
            self._sleep(following)
            following = Reconcile(self.ref, self.conditions.settings)
        self._next = following

    # --- time ---------------------------------------------------------------------------------------------

    def _sleep(self, finished: Finished) -> None:
        wake_at = finished.wake_at or (self.now + _PAUSE if finished.backoff else None)
        approval = self._approval_at()
        instants = [at for at in (wake_at, approval, self._due[0][0] if self._due else None) if at is not None]
        if not instants:
            raise RuntimeError(f"nothing will ever wake a workflow that is {self.status.phase.value or 'new'}")
        self.now = max(self.now, min(instants))
        while self._due and self._due[0][0] <= self.now:
            _, _, name, status = heapq.heappop(self._due)
            self._report(name, status)
        if approval is not None and approval <= self.now:
            self._approve()

    def _report(self, name: str, status: KubernetesExecutionStatus) -> None:
        stored = self.state.find(KUBERNETES_EXECUTIONS, self.ref.namespace, name)
        if stored is None or "status" in stored.value:
            return
        said = Decoded.encoding(ended(status, self._begun[name], self.now))
        self.state, _ = apply(self.state, op.UpdateStatus(KUBERNETES_EXECUTIONS, {**stored.value, "status": said},
                                                          self.now))

    def _expect(self, name: str, after: timedelta, status: KubernetesExecutionStatus) -> None:
        self._serial += 1
        heapq.heappush(self._due, (self.now + after, self._serial, name, status))

    # --- approval -----------------------------------------------------------------------------------------

    def _approval_at(self) -> datetime | None:
        """When somebody approves, if that is waited for and has not been done."""
        asked, after = self.status.approval, self.conditions.assumptions.approval_after
        if asked is None or asked.decision is not None or after is None or self._has_approval():
            return None
        return asked.requested_at + after

    def _has_approval(self) -> bool:
        stored = self.state.find(WORKFLOW_EXECUTIONS, self.ref.namespace, self.ref.name)
        return stored is not None and ANNOTATION_APPROVAL_BY in stored.metadata.get("annotations", {})

    def _approve(self) -> None:
        stored = self.state.find(WORKFLOW_EXECUTIONS, self.ref.namespace, self.ref.name)
        if stored is None:
            return
        annotations = {**stored.metadata.get("annotations", {}), ANNOTATION_APPROVAL_BY: _APPROVER,
                       ANNOTATION_APPROVAL_DECISION: "approved", ANNOTATION_APPROVAL_DIGEST: self.status.plan_digest}
        meta = {**stored.metadata, "annotations": annotations}
        self.state, _ = apply(self.state, op.Update(WORKFLOW_EXECUTIONS, {**stored.value, "metadata": meta}, self.now))

    # --- what programs ask --------------------------------------------------------------------------------

    def _answer(self, request: Request) -> Response:
        match request:
            case Observe():
                return Seen(*owned(self.state, request.ref), self.now, _SURROUNDINGS)
            case CommitStatus() | SetMetadata() | Create() | DeleteChild() | ReleaseChild() | DeleteWorkflow():
                return self._write(request)
            case Inspect():
                return Inspected(tuple(map(self._found, request.targets)))
            case Consult():
                return Consulted(tuple(h for h in self.conditions.history if h.action in request.actions))
            case Review():
                return Reviewed((True,) * len(request.questions))
            case Survey():
                return Surveyed(())
            case FindParent():
                return Found(None)
            case FindSource():
                return self.conditions.source
            case ListOutbox():
                return Waiting(())
            case Record() | Outbox() | DropOutbox() | Emit():
                return Did()
            case _:
                assert_never(request)

    def _found(self, target: Target) -> tuple[RawObject, ...]:
        """The cluster is in good order before the steps; afterwards the state of each object is left to chance."""
        judged = self.status.phase is Phase.MONITORING and (target.name or target.selector)
        if judged and self.chance.at("healthy", target) >= self.conditions.assumptions.healthy:
            return (RawObject({}),)
        return found_at(target, self.now)

    def _write(self, request: Write) -> Response:
        self.state, response = written(self.state, request, self.now)
        match request:
            case CommitStatus() if response == Did():
                self.status = request.status
            case Create():
                for child in request.children:
                    self._take_up(child.value["metadata"]["name"])
            case DeleteChild():
                self._cancel(request.name)
        return response

    def _child(self, name: str) -> KubernetesExecution | None:
        stored = self.state.find(KUBERNETES_EXECUTIONS, self.ref.namespace, name)
        child = None if stored is None else stored.raw.execution()
        return child if isinstance(child, KubernetesExecution) else None

    def _take_up(self, name: str) -> None:
        child = self._child(name)
        if child is None or name in self._begun:
            return
        self._begun[name] = self.now
        done = act(child.spec, self.conditions.models[child.spec.step_number], self.conditions.assumptions, self.chance)
        self._expect(name, done.lasts, done.status)

    def _cancel(self, name: str) -> None:
        child = self._child(name)
        if child is not None:
            self._expect(name, CANCEL_TAKES, cancelled(child.spec))
