"""What both stateful machines share: one workflow in a world that forgets, repeats, lags and crashes.

Rules are what the world can do to the controller, and what people and executors
can do to the workflow.  The laws are looked at with every write.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import pairwise
from typing import Any

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from wfcore.codec import encode
from wfcore.codec.times import parse_time
from wfcore.decision import CreateChild
from wfcore.lifecycle.transitions import TERMINAL
from wfcore.model.definition import WorkflowExecutionSpec
from wfcore.model.enums import Mutated
from wfcore.model.status import WorkflowExecutionStatus
from wfcore.program import (
    CommitStatus,
    Create,
    DeleteChild,
    DeleteWorkflow,
    Did,
    Finished,
    Freshness,
    Observe,
    Ref,
    ReleaseChild,
    Request,
    Response,
    Seen,
    SetMetadata,
    Unknown,
)
from wfcore.reconciler import Perform, Reconcile
from wfcore.resources import KUBERNETES_EXECUTIONS, WORKFLOW_EXECUTIONS
from wfcore.simulation import operations as op
from wfcore.simulation.driving import handed_over
from wfcore.simulation.requests import owned
from wfcore.testing.strategies import SETTINGS
from wfcore.testing.world import World

from .test_walk import (
    attempts_are_bounded,
    dependants_are_undone_first,
    forward_and_backward_never_overlap,
    ledger,
    prerequisites_come_first,
    terminal_is_final,
    transitions_follow_the_tables,
)

WRITES = (CommitStatus, Create, DeleteChild, DeleteWorkflow, ReleaseChild, SetMetadata)

OVER = frozenset({"completed", "rollback_ready", "failed"})
# What ends the story is drawn less often than what continues it.
SELDOM = st.sampled_from([False] * 7 + [True])
NTH = st.integers(0, 20)


@attrs.frozen
class Disturbed:
    """A fault at the `at`-th request of a kind, and how many versions the cache may be behind."""

    fault: str | None
    on: Any
    at: int
    lag: int


PASSES = st.builds(
    Disturbed, st.sampled_from([None, None, None, "crash before", "crash after", "answer lost", "request lost"]),
    st.sampled_from([WRITES, CommitStatus, Create]), st.sampled_from([1, 1, 2, 3]), st.integers(0, 3))


class Crashed(Exception):
    """The process is gone; nothing of the pass is left."""


class Machine(RuleBasedStateMachine):
    """One workflow `w`; `begin` is called by the machine's own `@initialize`."""

    def begin(self, spec: WorkflowExecutionSpec) -> None:
        self.spec, self.world, self.ref = spec, World(), Ref("default", "w")
        stored = self.world.add(WORKFLOW_EXECUTIONS, {"metadata": {"name": "w"}, "spec": encode(spec)})
        self.uid = stored["metadata"]["uid"]
        self.past, self.view = [self.world.state], 0
        self.sent: list[Perform] = []
        self.born: Counter[str] = Counter()
        self.said: dict[str, Any] = {}
        self.fault: str | None = None
        self.strikes_on: Any = WRITES
        self.strikes_at = 0

    # --- the controller -----------------------------------------------------------------------------------

    @rule(how=PASSES)
    def reconcile(self, how: Disturbed) -> None:
        """One pass on a cache that lags, with a fault at one of its writes; a crash forgets all but the cluster."""
        self.fault, self.strikes_on, self.strikes_at = how.fault, how.on, how.at
        self.view = max(self.view, len(self.past) - 1 - how.lag)
        try:
            self.run(Reconcile(self.ref, SETTINGS))
        except Crashed:
            self.view = max(0, len(self.past) - 1 - how.lag)
        finally:
            self.fault = None

    @precondition(lambda self: self.sent and self.workflow())
    @rule(nth=NTH)
    def deliver_again(self, nth: int) -> None:
        """A process that stood still goes on: the effects of an old decision are delivered once more."""
        self.run(self.sent[nth % len(self.sent)])

    def run(self, program: Any) -> Finished:
        for _ in range(100):
            if isinstance(program, Finished):
                return program
            if isinstance(program, Perform) and any(isinstance(e, CreateChild) for e in program.effects):
                self.sent.append(program)
            program = handed_over(program, self.answer)
        raise AssertionError("a pass without end")

    def go(self) -> Finished:
        """Passes without faults until nothing is due at this instant."""
        while True:
            self.view, version = len(self.past) - 1, self.world.state.version
            done = self.run(Reconcile(self.ref, SETTINGS))
            if self.world.state.version == version:
                return done

    def answer(self, request: Request) -> Response:
        if isinstance(request, Observe) and request.freshness is Freshness.CACHED:
            return Seen(*owned(self.past[self.view], request.ref), self.world.now, self.world.surroundings)
        if not isinstance(request, WRITES):
            return self.world.answer(request)
        self.strikes_at -= isinstance(request, self.strikes_on)
        fault = self.fault if self.strikes_at == 0 else None
        if fault == "crash before":
            raise Crashed
        response = Unknown() if fault == "request lost" else self.write(request)
        if fault == "crash after":
            raise Crashed
        return Unknown() if fault == "answer lost" else response

    def write(self, request: Any) -> Response:
        workflow, before, known = self.workflow(), self.status(), set(self.executions())
        response = self.world.answer(request)
        self.moved()
        self.view = len(self.past) - 1  # never older than this process's last write
        if isinstance(request, CommitStatus) and response == Did():
            self.committed(workflow, before, request.status)
        for name in sorted(self.executions().keys() - known):
            self.created(name)
        return response

    def moved(self) -> None:
        if self.world.state is not self.past[-1]:
            self.past.append(self.world.state)

    # --- people, executors and time -----------------------------------------------------------------------

    @rule(seconds=st.sampled_from([1, 5, 31, 61, 301, 3601]), how=PASSES)
    def wait(self, seconds: int, how: Disturbed) -> None:
        self.world.advance(timedelta(seconds=seconds))
        self.reconcile(how)

    @precondition(lambda self: self.executions())
    @rule(nth=NTH)
    def delete_a_child(self, nth: int) -> None:
        """Somebody else wants an execution to end."""
        names = sorted(self.executions())
        self.world.delete(KUBERNETES_EXECUTIONS, names[nth % len(names)])
        self.moved()

    @precondition(lambda self: self.workflow() is not None)
    @rule(sure=SELDOM)
    def delete_the_workflow(self, sure: bool) -> None:
        if sure:
            self.world.delete(WORKFLOW_EXECUTIONS, "w")
            self.moved()

    @precondition(lambda self: self.workflow() is not None)
    @rule(suspend=st.booleans(), stop=st.sampled_from(["", "", "", "", "", "", "Graceful", "Rollback"]))
    def change_the_spec(self, suspend: bool, stop: str) -> None:
        stored = self.workflow()
        spec = {**stored["spec"], "suspend": suspend, "stop": stop or stored["spec"].get("stop", "")}
        self.world.perform(op.Update(WORKFLOW_EXECUTIONS, {**stored, "spec": spec}, self.world.now))
        self.moved()

    def report(self, name: str, status: Any) -> None:
        """What an executor says: once for good (the contract), whatever it is."""
        if isinstance(status, dict) and status.get("phase") in OVER:
            self.said[name] = status
        self.world.report(name, status)
        self.moved()

    def waiting(self) -> list[str]:
        """The executions that have not ended as far as their executor said."""
        return sorted(self.executions().keys() - self.said.keys())

    # --- what is looked at --------------------------------------------------------------------------------

    def executions(self) -> dict[str, Any]:
        """The workflow's own executions by name."""
        return {name: child for name, child in self.world.children().items()
                if any(owner["uid"] == self.uid for owner in child["metadata"]["ownerReferences"])}

    def workflow(self) -> Any:
        return self.world.get(WORKFLOW_EXECUTIONS, "w")

    def status(self) -> WorkflowExecutionStatus:
        return self.world.commits[-1] if self.world.commits else WorkflowExecutionStatus()

    def live(self, kind: str) -> list[Any]:
        """Executions of a kind that nobody has told to end and that have not ended."""
        return [child for name, child in self.executions().items() if child["spec"]["kind"] == kind
                and name not in self.said and "deletionTimestamp" not in child["metadata"]]

    def committed(self, workflow: Any, old: WorkflowExecutionStatus, new: WorkflowExecutionStatus) -> None:
        """The laws about two statuses that follow each other."""
        transitions_follow_the_tables(old, new)  # S8
        prerequisites_come_first(self.spec, old, new)  # S1, S6
        attempts_are_bounded(self.spec, old, new)  # S4, S6
        dependants_are_undone_first(self.spec, old, new)  # S10
        terminal_is_final(old, new)  # S7
        forward_and_backward_never_overlap(self.spec, new)  # S11
        self.nothing_is_launched_against_the_spec(workflow, old, new)
        self.success_was_said(new)
        self.each_attempt_has_a_name_of_its_own(old, new)
        self.what_an_executor_changed_is_not_forgotten(new)

    def nothing_is_launched_against_the_spec(self, workflow: Any, old: WorkflowExecutionStatus,
                                             new: WorkflowExecutionStatus) -> None:
        """S6: the precondition of a write makes a stale spec as good as a fresh one."""
        before = ledger(old)
        launched = [n for n, e in ledger(new).items() if e.attempt > (before[n].attempt if n in before else 0)]
        if workflow["spec"].get("suspend") or workflow["spec"].get("stop") or (
                "deletionTimestamp" in workflow["metadata"]):
            assert [] == launched

    def success_was_said(self, new: WorkflowExecutionStatus) -> None:
        """S16."""
        for entry in new.step_statuses:
            if entry.status.value == "completed":
                assert self.said[entry.k8s_execution_ref.name]["phase"] in ("completed", "rollback_ready")

    def each_attempt_has_a_name_of_its_own(self, old: WorkflowExecutionStatus, new: WorkflowExecutionStatus) -> None:
        """S5: an attempt that took the name of an earlier one would take its outcome too."""
        before = ledger(old)
        for number, entry in ledger(new).items():
            if number in before and entry.attempt > before[number].attempt > 0:
                assert entry.k8s_execution_ref.name != before[number].k8s_execution_ref.name

    def what_an_executor_changed_is_not_forgotten(self, new: WorkflowExecutionStatus) -> None:
        """S9: an attempt that was absorbed with a change leaves it in the ledger, whatever came of it."""
        for entry in new.step_statuses:
            reference = entry.k8s_execution_ref
            said = self.said.get(reference.name) if reference is not None else None
            over = said is not None and entry.status.value in ("completed", "failed")
            information = said.get("rollbackInformation") if over else None
            if entry.reason in ("", "AttemptFailed") and isinstance(information, dict):
                assert information.get("mutated") not in ("yes", "unknown") or entry.mutated is not Mutated.NO

    def created(self, name: str) -> None:
        """The laws about what has just come into the store."""
        if "deletionTimestamp" in self.workflow()["metadata"]:
            return  # delivered late: executors refuse to act for it, and `teardown` looks whether it is swept
        child = self.executions()[name]
        kind, step = child["spec"]["kind"], child["spec"]["stepNumber"]
        self.born[name] += 1
        assert 1 == self.born[name], f"S5: {name} was created twice"
        assert name in self.intended(), f"S3: {name} was created before it was intended"
        same = [c["metadata"]["name"] for c in self.live(kind) if c["spec"]["stepNumber"] == step]
        assert [name] == same, f"S2: {same} live at the same time"
        if kind == "rollback":
            assert not self.live("forward"), "S11: a compensation beside a forward attempt"
            assert all(self.has_had_its_grace(c) for c in self.executions().values()), "S11: no time to answer"

    def has_had_its_grace(self, child: Any) -> bool:
        """Whether a forward attempt that was told to end has said so, or has had the time to."""
        deleted = child["metadata"].get("deletionTimestamp")
        if deleted is None or child["spec"]["kind"] != "forward" or child["metadata"]["name"] in self.said:
            return True
        return self.world.now >= parse_time(deleted) + SETTINGS.cancel_grace

    def intended(self) -> set[str]:
        """Every name that a committed status intends; dry runs are intended together, by their start."""
        found = {f"w-dryrun-{e.step_number}" for status in self.world.commits if status.dry_run_start_time
                 for e in status.step_statuses}
        for status in self.world.commits:
            for entry in status.step_statuses:
                for part in (entry, entry.rollback):
                    if part is not None and part.k8s_execution_ref is not None:
                        found.add(part.k8s_execution_ref.name)
        return found

    def teardown(self) -> None:
        """L1, L7: left alone, with an executor that never says a word again, it ends, or goes without trace."""
        if not hasattr(self, "world"):
            return
        if self.workflow() is not None and self.workflow()["spec"].get("suspend"):
            self.change_the_spec(False, "")
        for _ in range(400):
            done = self.go()
            if self.is_over():
                break
            assert done.wake_at or done.backoff, f"nothing will wake {self.status().phase.value}"
            self.world.now = max(self.world.now + timedelta(seconds=1), done.wake_at or self.world.now)
        assert self.is_over()
        for old, new in pairwise(self.world.commits):
            assert old.current_step <= new.current_step

    def is_over(self) -> bool:
        """Whether the workflow has ended, or is deleted and gone with all its children."""
        workflow = self.workflow()
        if workflow is None or "deletionTimestamp" in workflow["metadata"]:
            return workflow is None and not self.executions()
        return self.status().phase in TERMINAL


def quietly(spec: WorkflowExecutionSpec, **strategy: Any) -> WorkflowExecutionSpec:
    """The spec without what waits for people, and without a time to live."""
    plain = attrs.evolve(spec.execution_strategy, approval_required=False, safety_checks=(), **strategy)
    return attrs.evolve(spec, execution_strategy=plain, ttl_seconds_after_finished=None)
