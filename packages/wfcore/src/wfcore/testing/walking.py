"""A walk: one workflow driven to its end in virtual time, with an executor that does whatever it was drawn to do."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import attrs

try:
    from hypothesis import strategies as st
except ImportError as error:
    raise ImportError("wfcore.testing.walking needs Hypothesis: pip install 'wfcore[testing]'") from error

from wfcore.codec import encode
from wfcore.lifecycle.transitions import TERMINAL
from wfcore.model.definition import WorkflowExecutionSpec
from wfcore.model.enums import FailureClass
from wfcore.model.status import WorkflowExecutionStatus
from wfcore.model.workflow import ANNOTATION_CREATED_BY
from wfcore.program import Create, Ref, Request, Response, Seen, Surroundings
from wfcore.reconciler import Reconcile
from wfcore.resources import KUBERNETES_EXECUTIONS, WORKFLOW_EXECUTIONS
from wfcore.settings import Settings
from wfcore.testing.driving import Pass, drive
from wfcore.testing.strategies import SETTINGS, json_values, workflow_specs
from wfcore.testing.world import World

# More passes than any walk of a few steps can honestly need.
LONGEST = 3_000

__all__ = ["BEHAVIOURS", "REPORTS", "Behaviour", "Walk", "statuses", "walks", "worlds"]


@attrs.frozen
class Behaviour:
    """What an executor does with one child, `after` seconds: report `status`, `delete` or `remove` it, or nothing."""

    after: int
    what: str
    status: Any = None


def _reported(phase: str, mutated: str, **more: Any) -> dict[str, Any]:
    return {"phase": phase, "rollbackInformation": {"mutated": mutated}, **more}


_MUTATED = st.sampled_from(["no", "unknown", "yes"])
_AFTER = st.integers(0, 400)
_SUCCESS = st.builds(lambda mutated: _reported("completed", mutated, executionResult={"success": True}), _MUTATED)
_FAILURE = st.builds(lambda failure, mutated: _reported("failed", mutated, failureClass=failure.value),
                     st.sampled_from(FailureClass), _MUTATED)
_NONSENSE = st.sampled_from([
    {"phase": "dancing"}, {"phase": "completed", "executionResult": {"success": False}}, {"phase": 5}, "completed",
    {"phase": "rollback_ready", "rollbackInformation": "yes"},
]) | json_values(leaves=3)

# What an executor may report, whatever it was asked: success, failure of any class, or nonsense.
REPORTS = _SUCCESS | _FAILURE | _NONSENSE

BEHAVIOURS = st.lists(
    st.builds(Behaviour, _AFTER, st.just("succeed"), _SUCCESS) | st.builds(Behaviour, _AFTER, st.just("fail"), _FAILURE)
    | st.builds(Behaviour, _AFTER, st.just("babble"), _NONSENSE)
    | st.builds(Behaviour, _AFTER, st.sampled_from(["delete", "remove", "nothing"])), min_size=1, max_size=8)


APPROVERS = st.builds(Behaviour, st.integers(0, 4000), st.sampled_from(["approved", "approved", "denied", "nothing"]))


class Walk:
    """Passes, executor events and sleep, in the order of virtual time.

    The n-th new child gets the n-th behaviour, over and over.  `world.commits` are the
    statuses committed so far, `commits` those of this walk, `passes` what was said,
    `created` each creation asked for with the number of commits before it, `succeeded`
    the children that reported a success.
    """

    def __init__(self, spec: WorkflowExecutionSpec, behaviours: Sequence[Behaviour], settings: Settings = SETTINGS,
                 *, shuffled: bool = False, world: World | None = None, name: str = "w",
                 approver: Behaviour = Behaviour(5, "approved")) -> None:
        self.spec, self.behaviours, self.settings, self.shuffled = spec, behaviours, settings, shuffled
        self.approver = approver
        self.world = world or World()
        self.world.surroundings = Surroundings(approvals_guarded=True)
        self.ref = Ref("default", name)
        self.before = len(self.world.commits)
        self.world.add(WORKFLOW_EXECUTIONS, {
            "metadata": {"name": name, "annotations": {ANNOTATION_CREATED_BY: "alice"}}, "spec": encode(spec)})
        self.events: list[tuple[datetime, str, Behaviour]] = []
        self.met = set(self.world.children())
        self.succeeded: set[str] = set()
        self.passes: list[Pass] = []
        self.created: list[tuple[int, str]] = []

    @property
    def commits(self) -> list[WorkflowExecutionStatus]:
        """What this walk has committed, in order."""
        return self.world.commits[self.before:]

    def to_the_end(self) -> Walk:
        """Until the workflow is terminal and its last pass wants nothing at this instant."""
        return self.for_instants(LONGEST, all_of_them=True)

    def for_instants(self, most: int, *, all_of_them: bool = False) -> Walk:
        """At most so many instants at which something happens; `all_of_them`: it has to end within them."""
        for _ in range(most):
            wake_at = self._converge()
            if self.commits and self.commits[-1].phase in TERMINAL:
                return self
            due = [instant for instant in (wake_at, self.events[0][0] if self.events else None) if instant]
            assert due, f"nothing will ever wake {self.world.commits[-1].phase.value}"
            self.world.now = max(self.world.now, min(due))
            self._act()
        assert not all_of_them, f"no end after {most} instants"
        return self

    def _converge(self) -> datetime | None:
        """Passes until one changes nothing; a handful is enough, because nothing else happens meanwhile."""
        for _ in range(8):
            version = self.world.state.version
            finished = self._pass()
            if self.world.state.version == version:
                later = self.world.now + timedelta(seconds=1) if finished.backoff else finished.wake_at
                assert later is None or later > self.world.now, "a pass that changed nothing wants another at once"
                return later
        raise AssertionError("the passes of one instant do not come to rest")

    def _pass(self) -> Any:
        commits = len(self.world.commits)
        self.passes.append(drive(Reconcile(self.ref, self.settings), self._answer))
        assert len(self.world.commits) - commits <= 8
        for name in sorted(self.world.children().keys() - self.met):
            behaviour = self.behaviours[len(self.met - {""}) % len(self.behaviours)]
            self.met.add(name)
            heapq.heappush(self.events, (self.world.now + timedelta(seconds=behaviour.after), name, behaviour))
        if "" not in self.met and self.world.commits and self.world.commits[-1].approval is not None:
            self.met.add("")
            heapq.heappush(self.events, (self.world.now + timedelta(seconds=self.approver.after), "", self.approver))
        return self.passes[-1].finished

    def _answer(self, request: Request) -> Response:
        if isinstance(request, Create):
            self.created += [(len(self.world.commits), c.value["metadata"]["name"]) for c in request.children]
        response = self.world.answer(request)
        if self.shuffled and isinstance(response, Seen):
            return attrs.evolve(response, children=response.children[::-1])
        return response

    def _act(self) -> None:
        while self.events and self.events[0][0] <= self.world.now:
            _, name, behaviour = heapq.heappop(self.events)
            if behaviour.what in ("approved", "denied"):
                self.world.decide("w", "bob", behaviour.what)
                continue
            child = self.world.children().get(name)
            if child is None or behaviour.what == "nothing":
                continue
            if behaviour.what in ("delete", "remove"):
                self.world.delete(KUBERNETES_EXECUTIONS, name, force=behaviour.what == "remove")
                continue
            self.world.report(name, behaviour.status)
            if behaviour.what == "succeed":
                self.succeeded.add(name)


def walks(**options: Any) -> st.SearchStrategy[Walk]:
    """Walks of workflows of up to four steps, somewhere between the first instant and the end.

    Options as for `wfcore.testing.strategies.definitions`.
    """
    return st.builds(
        lambda spec, behaviours, instants: Walk(spec, behaviours).for_instants(instants),
        workflow_specs(**{"max_size": 4, **options}), BEHAVIOURS, st.integers(1, 60))


def worlds(**options: Any) -> st.SearchStrategy[World]:
    """Worlds as they come about: a workflow named `w` somewhere on its way, with the children it made.

    One that has ended may be gone already: its time to live may be none.
    """
    return walks(**options).map(lambda walk: walk.world)


def statuses(**options: Any) -> st.SearchStrategy[WorkflowExecutionStatus]:
    """Statuses that a workflow really reaches: one of those committed on some walk."""
    return walks(**options).flatmap(lambda walk: st.sampled_from(walk.world.commits))
