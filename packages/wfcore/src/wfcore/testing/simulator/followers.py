"""Workflows that start from another: somebody undoes or repeats what has ended, at times before it has."""

from __future__ import annotations

from wfcore.model.workflow import ANNOTATION_CREATED_BY
from wfcore.resources import WORKFLOW_EXECUTIONS, Resource
from wfcore.simulation.objects import StoredObject
from wfcore.simulation.watchlog import Change
from wfcore.testing.simulator.cluster import Cluster
from wfcore.testing.simulator.deeds import Deed
from wfcore.testing.simulator.features import CREATOR, Features
from wfcore.testing.simulator.history import is_controller
from wfcore.testing.simulator.ledgers import entries, phase_of, status_json
from wfcore.testing.simulator.meaning import source_uid
from wfcore.testing.simulator.people import NAME
from wfcore.testing.simulator.scenario import Body, body

_MOST = 3  # a schedule; else workflows would follow each other for ever
_ENDED = ("completed", "failed")
_ACTIVE = ("executing", "monitoring", "rolling_back")


class Followers:
    """Hears of each workflow that ends and may start another from it.  `pending` are still to be created."""

    def __init__(self, cluster: Cluster, features: Features) -> None:
        self._cluster, self._features = cluster, features
        self._seen: dict[str, str] = {}  # the phase of each workflow
        self._left = _MOST
        self._waited: set[str] = set()
        self._calm = False
        self.pending = 0

    def calm(self) -> None:
        """Nobody starts anything any more."""
        self._calm = True

    def hear(self, actor: str, resource: Resource, change: Change) -> None:
        """Follow one commit."""
        if resource is not WORKFLOW_EXECUTIONS or not is_controller(actor):
            return
        stored = change.object
        if status_json(stored).get("waitingFor") and stored.uid not in self._waited:
            self._waited.add(stored.uid)
            self._features.deeds[Deed.WAITED] += 1
        phase, before = phase_of(status_json(stored)), self._seen.get(stored.uid, "")
        if phase == before:
            return
        self._seen[stored.uid] = phase
        self._count(stored, phase, before)
        if phase in _ENDED and self._features.strikes(0.6 if before in _ACTIVE else 0.1):
            self._start_from(stored, self._features.micros(0.1, self._features.random.choice((2, 60))))
            if self._features.strikes(0.2):
                self._start_from(stored, self._features.micros(0.1, 60))
        elif phase == "executing" and self._features.strikes(0.15):
            self._features.deeds[Deed.TOO_EARLY] += self._left > 0
            self._start_from(stored, 0)

    def _count(self, stored: StoredObject, phase: str, before: str) -> None:
        deeds, status = self._features.deeds, status_json(stored)
        if phase == "validating" and source_uid(stored.value.get("spec")):
            deeds[Deed.PLANNED_FROM_SOURCE] += 1
        elif phase == "completed" and before in ("planning", "validating"):
            deeds[Deed.ONLY_PLANNED if before == "planning" else Deed.ONLY_OBSERVED] += 1
        elif phase == "failed" and status.get("failureReason") == "approval_timeout":
            deeds[Deed.EXPIRED] += 1
        elif phase == "failed" and status.get("failureReason") == "workflow_triggered_new_alerts":
            deeds[Deed.ALERTED] += 1

    def _start_from(self, source: StoredObject, delay: int) -> None:
        if self._left and not self._calm:
            self._left -= 1
            self.pending += 1
            self._cluster.agenda.after(delay, self._create, source, f"f{self._left}-{source.place[1]}")

    def _create(self, source: StoredObject, name: str) -> None:
        self.pending -= 1
        features, status = self._features, status_json(source)
        changed = [n for n, entry in entries(status).items() if entry.get("mutated", "no") != "no"]
        word = "rollbackOf" if features.strikes(0.75 if changed else 0.1) else "retryOf"
        features.deeds[Deed.ROLLBACK_OF if word == "rollbackOf" else Deed.RETRY_OF] += 1
        reference: Body = {"name": source.place[1], "uid": source.uid}
        numbers = changed if word == "rollbackOf" else list(entries(status))
        if numbers and features.strikes(0.3):
            features.deeds[Deed.SOME_STEPS] += 1
            reference["steps"] = features.random.sample(numbers, features.random.randint(1, len(numbers)))
        spec: Body = {word: reference}
        written = source.value.get("spec")
        definition = written.get("workflowDefinition") if isinstance(written, dict) else None
        if definition is not None and features.strikes(0.3):
            spec["workflowDefinition"] = definition
        features.careful(spec)
        workflow = body(name, spec)
        workflow["metadata"]["annotations"] = {ANNOTATION_CREATED_BY: CREATOR}
        self._cluster.create(NAME, WORKFLOW_EXECUTIONS, workflow)
