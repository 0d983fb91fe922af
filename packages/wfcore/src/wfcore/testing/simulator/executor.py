"""The executor process: it plays one script per child, drawn when it first hears of the child.

As the contract asks, it re-reads the workflow before it acts, acts at most once
per uid, captures before it acts and takes a deletionTimestamp for a cancel.  Its
faults break the rest: answers that never come, come late or make no sense.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define, field

from wfcore.model.enums import FailureClass
from wfcore.resources import KUBERNETES_EXECUTIONS, WORKFLOW_EXECUTIONS, Resource
from wfcore.simulation.objects import StoredObject
from wfcore.simulation.watchlog import Change, ChangeType
from wfcore.testing.simulator.agenda import SECOND, instant, wire
from wfcore.testing.simulator.cluster import Cluster
from wfcore.testing.simulator.dry_runs import DryRuns
from wfcore.testing.simulator.faults import Chance, Fault
from wfcore.testing.simulator.features import Features
from wfcore.testing.simulator.ledgers import entries, phase_of, status_json
from wfcore.testing.simulator.runs import owner_uid
from wfcore.testing.simulator.scenario import captured

NAME = "executor"
_ODD = (Fault.SILENT_EXECUTOR, Fault.LATE_EXECUTOR, Fault.MALFORMED, Fault.UNKNOWN_PHASE, Fault.CONTRADICTORY,
        Fault.REVERTED, Fault.WILD_TIMES)
_FAILURES = tuple(failure.value for failure in FailureClass if failure is not FailureClass.CANCELLED)
_GARBAGE: tuple[Any, ...] = (
    "done", 7, [], {"phase": 3}, {"phase": "completed", "completionTime": "yesterday", "executionResult": {}},
    {"phase": "completed", "executionResult": "yes"}, {"phase": "failed", "failureClass": ["timeout"]},
    {"phase": "completed", "executionResult": {"success": "true"}, "rollbackInformation": {"mutated": 1}},
    {"phase": "completed", "executionResult": {"success": True}, "conditions": {"type": "Done"}},
)


@define
class _Script:
    fails: str  # failure class, or empty for success
    mutated: str
    captures: bool
    lasts: int
    odd: Fault | None
    begun: int = 0
    acting: bool = False
    told: bool = False  # the cancel was noticed
    information: dict[str, Any] = field(factory=dict)
    dry_run: dict[str, Any] = field(factory=dict)  # what a dry run found


class Executor:
    """One process that follows KubernetesExecutions live."""

    def __init__(self, cluster: Cluster, chance: Chance, features: Features) -> None:
        self._cluster, self._chance = cluster, chance
        self._dry_runs = DryRuns(features)
        self._scripts: dict[str, _Script] = {}
        self._odd = chance.group(*_ODD)

    def hear(self, actor: str, resource: Resource, change: Change) -> None:
        """Start a script for a new child, notice a cancel."""
        if resource is not KUBERNETES_EXECUTIONS or change.type is ChangeType.DELETED:
            return
        uid, name = change.object.uid, change.place[1]
        if change.type is ChangeType.ADDED:
            self._cluster.agenda.after(self._chance.micros(0.01, 2), self._begin, name, uid)
        elif change.object.terminating and (script := self._scripts.get(uid)) is not None and not script.told:
            script.told = True
            self._cluster.agenda.after(self._chance.micros(0.01, 3), self._cancel, name, uid)

    def _live(self, name: str, uid: str) -> StoredObject | None:
        stored = self._cluster.find(KUBERNETES_EXECUTIONS, name)
        return stored if stored is not None and stored.uid == uid else None

    def _begin(self, name: str, uid: str) -> None:
        stored = self._live(name, uid)
        if stored is None or uid in self._scripts:
            return
        if not isinstance(stored.value.get("spec"), Mapping) or not self._is_asked_for(stored):
            return
        script = self._scripts[uid] = self._draw()
        script.begun = self._cluster.agenda.now
        if stored.terminating:
            self._cancel(name, uid)
            return
        if script.odd is Fault.SILENT_EXECUTOR:
            return
        script.acting = True
        if stored.value["spec"].get("kind") == "dryrun":
            self._cluster.agenda.after(script.lasts, self._end, name, uid)
            return
        parameters = captured(stored.value["spec"], stored.value["spec"].get("attempt", 1)) if script.captures else {}
        script.information = {"captured": bool(parameters), "mutated": "unknown"}
        if parameters:
            script.information["parameters"] = parameters
        self._cluster.report(NAME, KUBERNETES_EXECUTIONS, stored, {
            "phase": "executing", "startTime": wire(self._cluster.now), "rollbackInformation": script.information})
        self._cluster.agenda.after(script.lasts, self._end, name, uid)

    def _is_asked_for(self, child: StoredObject) -> bool:
        """E5: the workflow is there, has not ended, and its ledger names this child now."""
        reference = child.value["spec"].get("workflowExecutionRef")
        workflow = self._cluster.find(WORKFLOW_EXECUTIONS, str(reference.get("name"))) if isinstance(
            reference, Mapping) else None
        if workflow is None or workflow.uid != owner_uid(child) or workflow.terminating:
            return False
        status = status_json(workflow)
        if child.value["spec"].get("kind") == "dryrun":
            return phase_of(status) == "validating" and "dryRunStartTime" in status
        if phase_of(status) not in ("executing", "rolling_back"):
            return False
        entry = entries(status).get(child.value["spec"].get("stepNumber", 0), {})
        steps = "rollback" if "rollbackOf" in workflow.value["spec"] else "forward"
        part = entry if child.value["spec"].get("kind") == steps else entry.get("rollback") or {}
        return part.get("status") == "executing" and (part.get("k8sExecutionRef") or {}).get("name") == child.place[1]

    def _draw(self) -> _Script:
        random, chance = self._chance.random, self._chance
        odd = chance.first(self._odd)
        fails = random.choice(_FAILURES) if random.random() < 0.3 else ""
        lasts = chance.micros(0.1, 12)
        if odd is Fault.LATE_EXECUTOR:
            lasts = chance.micros(20, 400)
        mutated = random.choice(("no", "yes", "unknown")) if fails else random.choice(("yes", "yes", "yes", "no"))
        return _Script(fails, mutated, random.random() < 0.85, lasts, odd)

    def _cancel(self, name: str, uid: str) -> None:
        script, stored = self._scripts[uid], self._live(name, uid)
        if stored is None or script.odd in (Fault.SILENT_EXECUTOR, Fault.LATE_EXECUTOR):
            return
        if script.acting or not self._scripts[uid].information:
            script.acting = False
            if script.information:
                script.information = {**script.information, "mutated": self._chance.random.choice(("no", "yes"))}
            self._say(stored, script, {"phase": "failed", "failureClass": "cancelled", "errorMessage": "cancelled"})

    def _end(self, name: str, uid: str) -> None:
        script, stored = self._scripts[uid], self._live(name, uid)
        if stored is None or not script.acting:
            return
        script.acting = False
        if stored.value["spec"].get("kind") == "dryrun":
            script.fails, script.dry_run = self._dry_runs.found(stored.value["spec"])
        else:
            script.information = {**script.information, "mutated": script.mutated}
        match script.odd:
            case Fault.MALFORMED:
                self._cluster.report(NAME, KUBERNETES_EXECUTIONS, stored, self._chance.random.choice(_GARBAGE))
            case Fault.UNKNOWN_PHASE:
                self._say(stored, script, {"phase": self._chance.random.choice(("Succeeded", "done", "COMPLETED"))})
            case Fault.CONTRADICTORY:
                self._say(stored, script, {"phase": "completed", "executionResult": {"success": False}})
            case _:
                self._say(stored, script, self._verdict(script))
                if script.odd is Fault.REVERTED:
                    script.fails = "" if script.fails else "unknown_error"
                    self._cluster.agenda.after(self._chance.micros(0.01, 5), self._revert, name, uid)

    def _revert(self, name: str, uid: str) -> None:
        stored = self._live(name, uid)
        if stored is not None:
            self._say(stored, self._scripts[uid], self._verdict(self._scripts[uid]))

    def _verdict(self, script: _Script) -> dict[str, Any]:
        if script.fails:
            return {"phase": "failed", "executionResult": {"success": False}, "failureClass": script.fails,
                    "errorMessage": f"it is {script.fails}"}
        phase = self._chance.random.choice(("completed", "completed", "rollback_ready"))
        return {"phase": phase, "executionResult": {"success": True}}

    def _say(self, stored: StoredObject, script: _Script, verdict: dict[str, Any]) -> None:
        now = self._cluster.agenda.now
        end = now if script.odd is not Fault.WILD_TIMES else now + self._chance.random.choice((-1, 1)) * 86_400 * SECOND
        status = {**verdict, "startTime": wire(instant(script.begun))}
        if script.odd is Fault.WILD_TIMES or self._chance.random.random() < 0.9:
            status["completionTime"] = wire(instant(end))
        if script.information:
            status["rollbackInformation"] = script.information
        if script.dry_run:
            status["dryRunResult"] = script.dry_run
        self._cluster.report(NAME, KUBERNETES_EXECUTIONS, stored, status)
