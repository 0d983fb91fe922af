"""Checks every law as the world goes on; the first that does not hold ends the schedule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from wfcore.audit import AuditRecord
from wfcore.model.workflow import FINALIZER
from wfcore.program import CommitStatus, Create, DeleteChild, Freshness, Observe, Ref, ReleaseChild, Request
from wfcore.resources import WORKFLOW_EXECUTIONS, Resource
from wfcore.simulation.watchlog import Change, ChangeType
from wfcore.testing.simulator.agenda import Agenda
from wfcore.testing.simulator.canaries import Canaries
from wfcore.testing.simulator.history import History, is_controller
from wfcore.testing.simulator.laws.broken import ChildChange, Clocks, LawBroken, StatusCommit
from wfcore.testing.simulator.laws.of_audit import (
    finalizers_wait_for_the_children,
    finalizers_wait_for_the_row,
    rows_are_derived_from_what_is_persisted,
)
from wfcore.testing.simulator.laws.of_children import CHILD_LAWS
from wfcore.testing.simulator.laws.of_people import CHILD_LAWS_OF_PEOPLE, STATUS_LAWS_OF_PEOPLE
from wfcore.testing.simulator.laws.of_plans import CHILD_LAWS_OF_PLANS, STATUS_LAWS_OF_PLANS
from wfcore.testing.simulator.laws.of_secrets import (
    children_keep_secrets,
    requests_keep_secrets,
    statuses_keep_secrets,
)
from wfcore.testing.simulator.laws.of_status import STATUS_LAWS
from wfcore.testing.simulator.laws.of_the_end import END_LAWS
from wfcore.testing.simulator.ledgers import phase_of, status_json
from wfcore.testing.simulator.runs import new_child

_OF_A_STATUS = (STATUS_LAWS, STATUS_LAWS_OF_PLANS, STATUS_LAWS_OF_PEOPLE)
_OF_A_CHILD = (CHILD_LAWS, CHILD_LAWS_OF_PLANS, CHILD_LAWS_OF_PEOPLE)


class Watchman:
    """Hears of each commit before the history does, so that it knows what was before."""

    def __init__(self, agenda: Agenda, history: History, clocks: Clocks, canaries: Canaries) -> None:
        self._agenda, self._history, self.clocks, self._canaries = agenda, history, clocks, canaries
        self._looked: dict[tuple[str, str], int] = {}  # when who read which workflow live
        self.writes: list[tuple[str, bool]] = []  # by controllers: to which object, and whether it goes or is gone
        self.edges: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.deleted_in: Counter[str] = Counter()  # phases in which a deletion was asked for

    def hear(self, actor: str, resource: Resource, change: Change) -> None:
        """Check one commit, then let the history have it."""
        if is_controller(actor):
            going = change.object.terminating or change.type is ChangeType.DELETED
            self.writes.append((change.place[1], going))
            if resource is not WORKFLOW_EXECUTIONS:
                self._child(change)
            elif change.type is not ChangeType.ADDED:
                self._workflow(actor, change)
        elif resource is WORKFLOW_EXECUTIONS and change.object.terminating:
            run = self._history.runs[change.object.uid]
            self.deleted_in[phase_of(run.status) or "new"] += run.deleted is None
        self._history.follow(self._agenda.now, actor, resource, change)

    def recording(self, record: AuditRecord) -> None:
        """Check a record that is about to be stored."""
        hold("S27", rows_are_derived_from_what_is_persisted(self._history.runs.get(record.workflow_uid), record))

    def asked(self, actor: str, ref: Ref, request: Request) -> None:
        """S26: a pass over one workflow asks nothing about another; S23: it gives no secret away."""
        if isinstance(request, Observe) and request.freshness is Freshness.LIVE:
            self._looked[actor, ref.name] = self._agenda.now
        if self._canaries:
            hold("S23", requests_keep_secrets(self._canaries, request))
        match request:
            case CommitStatus() | Create() if request.ref != ref:
                raise LawBroken("S26", f"a pass over {ref} writes to {request.ref}")
            case DeleteChild() | ReleaseChild():
                child = self._history.children.get(request.uid)
                run = self._history.runs.get(child.owner) if child is not None else None
                if run is not None and run.name != ref.name:
                    raise LawBroken("S26", f"a pass over {ref} touches {request.name} of {run.name}")

    def finish(self) -> None:
        """Check what has to hold when everything has had its time."""
        for law, checks in END_LAWS.items():
            for check in checks:
                hold(law, check(self._history))

    def _workflow(self, actor: str, change: Change) -> None:
        run, now = self._history.runs[change.object.uid], self._agenda.now
        before = change.before
        if before is not None and FINALIZER in before.finalizers and FINALIZER not in change.finalizers:
            hold("S27", finalizers_wait_for_the_row(run, now, self.clocks))
            hold("L7", finalizers_wait_for_the_children(run, self._looked.get((actor, run.name), now)))
        after = status_json(change.object)
        if after is run.status or run.spoilt:
            return
        if self._canaries:
            hold("S23", statuses_keep_secrets(self._canaries, after))
        frozen_since = self._history.frozen_since
        commit = StatusCommit(run, run.status, after, now, self.clocks, self._history.settings,
                              now - frozen_since if frozen_since is not None else 0)
        self._count(phase_of(run.status), phase_of(after))
        for condition in after.get("conditions", ()):
            self.reasons[condition["reason"]] += 1
        for entry in commit.ledger.values():
            if entry.get("reason"):
                self.reasons[entry["reason"]] += 1
        for laws in _OF_A_STATUS:
            for law, checks in laws.items():
                for check in checks:
                    hold(law, check(commit))

    def _count(self, before: str, after: str) -> None:
        if before != after:
            self.edges[f"{before or 'new'} -> {after}"] += 1

    def _child(self, change: Change) -> None:
        stored, now = change.object, self._agenda.now
        known = self._history.children.get(stored.uid)
        child, removed = new_child(stored, now, ours=True), change.type is ChangeType.DELETED
        child.deleted = now if stored.terminating or removed else None
        seen = ChildChange(self._history.runs.get(child.owner), known, child, removed, now, self.clocks,
                           self._history.settings)
        if known is None and seen.run is not None and seen.run.gone:
            return  # a late delivery that nothing can rule out; its executor finds nobody who asks for it
        if known is None and self._canaries:
            hold("S23", children_keep_secrets(self._canaries, child.name, stored.value))
        for laws in _OF_A_CHILD:
            for law, checks in laws.items():
                for check in checks:
                    hold(law, check(seen))


def hold(law: str, problems: Iterable[str]) -> None:
    """Raise for the first problem."""
    for problem in problems:
        raise LawBroken(law, problem)
