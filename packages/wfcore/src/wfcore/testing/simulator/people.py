"""The people of a schedule: who approves, suspends, resumes, stops, and freezes the whole controller.

They keep to what the admission policy `wf-guard` enforces, where it is there: a
decision that counts is not taken back.
"""

from __future__ import annotations

from typing import Any

from wfcore.model.workflow import (
    ANNOTATION_APPROVAL_BY,
    ANNOTATION_APPROVAL_DECISION,
    ANNOTATION_APPROVAL_DIGEST,
    ANNOTATION_APPROVAL_REASON,
)
from wfcore.program import CALM, Surroundings
from wfcore.resources import WORKFLOW_EXECUTIONS, Resource
from wfcore.simulation import operations as op
from wfcore.simulation.objects import StoredObject
from wfcore.simulation.watchlog import Change, ChangeType
from wfcore.testing.simulator.cluster import Cluster
from wfcore.testing.simulator.deeds import Deed
from wfcore.testing.simulator.features import APPROVER, CREATOR, Features
from wfcore.testing.simulator.history import History, is_controller
from wfcore.testing.simulator.ledgers import phase_of, status_json

NAME = "person"
_OVER = ("completed", "failed")
# (deed, by, decision, whether for this plan): what somebody writes when a workflow waits for an approval.
_APPROVES = (Deed.APPROVED, APPROVER, "approved", True)
_REJECTS = (Deed.REJECTED, APPROVER, "denied", True)
_ANOTHER = (Deed.APPROVED_ANOTHER, APPROVER, "approved", False)
_ONESELF = (Deed.APPROVED_ONESELF, CREATOR, "approved", True)
_NONSENSE = (Deed.APPROVED_NONSENSE, APPROVER, "perhaps", True)
_NOBODY = (Deed.APPROVED_NONSENSE, "", "approved", True)
_Word = tuple[Deed, str, str, bool]


class People:
    """Whoever decides about workflows; in an ordinary schedule they never hear of anything."""

    def __init__(self, cluster: Cluster, features: Features, history: History) -> None:
        self._cluster, self._features, self._deeds = cluster, features, features.deeds
        self._history = history
        self._asked: set[str] = set()
        self._calm = False
        self.surroundings = Surroundings(approvals_guarded=features.guarded) if features.peopled else CALM
        if features.peopled and features.strikes(0.25):
            self._after(features.micros(1, 120), self._freeze)

    def hear(self, actor: str, resource: Resource, change: Change) -> None:
        """A new workflow gives ideas; one that waits for an approval is looked at by somebody."""
        if resource is not WORKFLOW_EXECUTIONS:
            return
        stored = change.object
        if change.type is ChangeType.ADDED:
            self._meet(stored)
        elif is_controller(actor) and stored.uid not in self._asked:
            approval = status_json(stored).get("approval")
            if approval and not approval.get("decision"):
                self._asked.add(stored.uid)
                if approval.get("skipped"):
                    self._deeds[Deed.SKIPPED] += 1
                else:
                    self._answer(stored)

    def calm(self) -> None:
        """Everything that was held goes on, and nobody holds or stops anything any more."""
        self._calm = True
        self._thaw()
        for stored in self._cluster.all(WORKFLOW_EXECUTIONS):
            self._change(stored.place[1], stored.uid, Deed.RESUMED, suspend=False)

    # --- ideas --------------------------------------------------------------------------------------------

    def _meet(self, stored: StoredObject) -> None:
        features, name, uid = self._features, stored.place[1], stored.uid
        if not isinstance(stored.value.get("spec"), dict):
            return
        if features.strikes(0.25):
            begin = features.micros(0, features.random.choice((0.2, 5, 60)))
            self._after(begin, self._change, name, uid, Deed.SUSPENDED, suspend=True)
            self._after(begin + features.micros(1, 90), self._change, name, uid, Deed.RESUMED, suspend=False)
        if features.strikes(0.2):
            begin = features.micros(0, features.random.choice((0.2, 30, 90)))
            if features.strikes(0.5):
                self._after(begin, self._change, name, uid, Deed.STOPPED, stop="Graceful")
                begin += features.micros(0.01, 20)
            if features.strikes(0.7):
                self._after(begin, self._change, name, uid, Deed.STOPPED_AND_ROLLED_BACK, stop="Rollback")

    def _answer(self, stored: StoredObject) -> None:
        """Each word is written a while after the one before."""
        random, chosen = self._features.random, self._features.random.random()
        words: list[_Word] = []
        if chosen < 0.65:
            words = random.sample((_ANOTHER, _ONESELF, _NONSENSE, _NOBODY), random.randint(1, 3))
        if chosen < 0.8:
            words += random.choice(([_APPROVES], [_APPROVES], [_REJECTS], [_REJECTS, _APPROVES], []))
        elif chosen < 0.9:
            words.append(_APPROVES)
        delay = 0
        for word in words:
            delay += self._features.micros(0.1, random.choice((5, 20)))
            self._after(delay, self._say, stored.place[1], stored.uid, word)

    def _freeze(self) -> None:
        if self._calm or self.surroundings.frozen:
            return
        self._deeds[Deed.FROZEN] += 1
        self._history.frozen_since = self._cluster.agenda.now
        self.surroundings = Surroundings(True, "the cluster is on fire", self._features.guarded)
        self._after(self._features.micros(3, 90), self._thaw)
        if self._features.strikes(0.3):
            self._after(self._features.micros(60, 180), self._freeze)

    def _thaw(self) -> None:
        if self._history.frozen_since is not None:
            self._deeds[Deed.THAWED] += 1
            self._history.frozen_since = None
            self.surroundings = Surroundings(approvals_guarded=self._features.guarded)

    # --- writes -------------------------------------------------------------------------------------------

    def _after(self, delay: int, event: Any, *arguments: Any, **named: Any) -> None:
        self._cluster.agenda.after(delay, lambda: event(*arguments, **named))

    def _live(self, name: str, uid: str) -> StoredObject | None:
        stored = self._cluster.find(WORKFLOW_EXECUTIONS, name)
        over = stored is None or stored.uid != uid or phase_of(status_json(stored)) in _OVER
        return None if over else stored

    def _change(self, name: str, uid: str, deed: Deed, **fields: Any) -> None:
        stored = self._live(name, uid)
        if stored is None or not isinstance(stored.value.get("spec"), dict):
            return
        spec = stored.value["spec"]
        ends_a_hold = fields == {"suspend": False}
        if all(spec.get(key, False) == value for key, value in fields.items()) or (self._calm and not ends_a_hold):
            return
        self._deeds[deed] += 1
        self._cluster.apply(NAME, op.Update(
            WORKFLOW_EXECUTIONS, {**stored.value, "spec": {**spec, **fields}}, self._cluster.now))

    def _say(self, name: str, uid: str, word: _Word) -> None:
        stored = self._live(name, uid)
        if stored is None:
            return
        deed, by, decision, ours = word
        digest = str(status_json(stored).get("planDigest", ""))
        told = stored.metadata.get("annotations", {})
        if self._features.guarded and counts(told, digest):
            return  # the policy refuses to take it back
        self._deeds[deed if self._features.guarded else Deed.UNGUARDED] += 1
        meta = {**stored.metadata, "annotations": {
            **told, ANNOTATION_APPROVAL_BY: by, ANNOTATION_APPROVAL_DECISION: decision,
            ANNOTATION_APPROVAL_DIGEST: digest if ours else "sha256:another", ANNOTATION_APPROVAL_REASON: "seen"}}
        self._cluster.apply(NAME, op.Update(
            WORKFLOW_EXECUTIONS, {**stored.value, "metadata": meta}, self._cluster.now))


def counts(annotations: Any, digest: str) -> bool:
    """Whether a decision about this plan stands there, of somebody who did not create the workflow."""
    return (annotations.get(ANNOTATION_APPROVAL_BY, "") not in ("", CREATOR)
            and annotations.get(ANNOTATION_APPROVAL_DECISION) in ("approved", "denied")
            and annotations.get(ANNOTATION_APPROVAL_DIGEST) == digest)
