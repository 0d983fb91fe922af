"""The whole reconcile, as programs.  Intent is committed before any effect; nothing loops inside a pass."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from wfcore.codec import Malformed
from wfcore.decision import CancelChild, CreateChild, Decision, Effect
from wfcore.lifecycle.happenings import happenings
from wfcore.lifecycle.machine import decide
from wfcore.lifecycle.questions import next_question
from wfcore.lifecycle.transitions import TERMINAL
from wfcore.model.enums import Phase
from wfcore.model.evolving import evolve
from wfcore.model.status import WorkflowExecutionStatus
from wfcore.model.workflow import ObjectMeta, WorkflowExecution
from wfcore.program import (
    CommitStatus,
    Create,
    Created,
    DeleteChild,
    Did,
    Emit,
    Failed,
    FindParent,
    Finished,
    Found,
    Freshness,
    Happening,
    Observe,
    Ref,
    Seen,
    SetMetadata,
    Steps,
    Surroundings,
    Unknown,
)
from wfcore.programs.adoption import adopted_metadata
from wfcore.programs.cleanup import SweepOrphans, child_requests, is_held, left_behind
from wfcore.programs.departing import departure
from wfcore.programs.finishing import RecordAudit
from wfcore.programs.malformed import refuse_malformed
from wfcore.programs.too_large import EndTooLarge
from wfcore.rawobject import RawObject
from wfcore.settings import Settings
from wfcore.snapshot import Snapshot, sort_children


@frozen
class Reconcile:
    """One pass over one workflow: observe, then hand over to the program for the state it is in."""

    ref: Ref
    settings: Settings
    freshness: Freshness = Freshness.CACHED

    def run(self) -> Steps:
        """Observe, decide, and hand over to the program that does it."""
        seen = yield Observe(self.ref, self.freshness)
        if not isinstance(seen, Seen):
            return _back_off(seen)
        if self.freshness is Freshness.CACHED and _going(seen):
            # Neither a child nor a finalizer that is let go comes back: a cache that missed something proves nothing.
            return Reconcile(self.ref, self.settings, Freshness.LIVE)
        if self.freshness is Freshness.CACHED and (left := left_behind(seen)):
            return SweepLeftBehind(self.ref, self.settings, left)
        if seen.workflow is None:
            return SweepOrphans(self.ref, self.settings, seen.children, seen.at) if seen.children else Finished()
        workflow = seen.workflow.workflow()
        if isinstance(workflow, Malformed):
            return refuse_malformed(self.ref, self.settings, seen, workflow)
        if workflow.metadata.deletion_timestamp is not None:
            again = evolve(self, freshness=Freshness.LIVE)
            if (leaving := departure(self.ref, self.settings, workflow, seen, again)) is not None:
                return leaving
        if workflow.status.phase in TERMINAL:
            return RecordAudit(self.ref, self.settings, workflow, seen.at)
        parent: RawObject | None = None
        if workflow.status.phase is Phase.NEW and workflow.spec.alert_remediation_ref is not None:
            reference = workflow.spec.alert_remediation_ref
            found = yield FindParent(Ref(reference.namespace or self.ref.namespace, reference.name))
            if not isinstance(found, Found):
                return _back_off(found)
            parent = found.object
        wanted, events = adopted_metadata(workflow, parent)
        if wanted is not None:
            return Adopt(self.ref, self.settings, workflow.metadata.uid, wanted, seen.at, events)
        return Judge(self.ref, self.settings, workflow, seen.children, self.freshness, seen.at, seen.surroundings)


@frozen
class SweepLeftBehind:
    """Children of an earlier workflow of the same name, still held by our finalizer: nobody else will release them."""

    ref: Ref
    settings: Settings
    children: tuple[RawObject, ...]

    def run(self) -> Steps:
        """A live read says whose they are not; then the workflow itself gets its pass."""
        seen = yield Observe(self.ref, Freshness.LIVE)
        if not isinstance(seen, Seen):
            return _back_off(seen)
        earlier = left_behind(evolve(seen, children=self.children))
        for request in child_requests(None, earlier, self.settings, seen.at)[0]:
            answer = yield request
            if not isinstance(answer, Did):
                return _back_off(answer)
        return Reconcile(self.ref, self.settings, Freshness.LIVE)


@frozen
class Adopt:
    """Set our finalizer and the parent's owner reference before anything else happens."""

    ref: Ref
    settings: Settings
    uid: str
    wanted: SetMetadata
    at: datetime
    events: tuple[Happening, ...]

    def run(self) -> Steps:
        """One write; then the workflow is looked at again."""
        answer = yield self.wanted
        if not isinstance(answer, Did):
            return _back_off(answer)
        if self.events:
            yield Emit(self.ref, self.uid, self.at, self.events)
        return Reconcile(self.ref, self.settings)


@frozen
class Judge:
    """Decide, asking first what the phase needs to know besides."""

    ref: Ref
    settings: Settings
    workflow: WorkflowExecution
    children: tuple[RawObject, ...]
    freshness: Freshness
    at: datetime
    surroundings: Surroundings

    def run(self) -> Steps:
        """Only reads, each question once; then a decision, and a second look before anything is launched on it."""
        ours, foreign = sort_children(self.workflow.metadata, self.children)
        snapshot = Snapshot(workflow=self.workflow, settings=self.settings, children=ours, foreign=foreign,
                            live=self.freshness is Freshness.LIVE, surroundings=self.surroundings)
        while (question := next_question(snapshot, self.at)) is not None:
            snapshot = snapshot.told(question, (yield question))
        decision = decide(snapshot, self.at)
        if not snapshot.answers or not any(isinstance(effect, CreateChild) for effect in decision.effects):
            return self._act(decision)
        # The answers took time, and the time-outs of what is launched begin when it is: the clock is read again.
        seen = yield Observe(self.ref, self.freshness)
        if not isinstance(seen, Seen):
            return _back_off(seen)
        if not self._is_unchanged(seen):
            return Reconcile(self.ref, self.settings)
        later = evolve(self, at=seen.at, surroundings=seen.surroundings)
        return later._act(decide(evolve(snapshot, surroundings=seen.surroundings), seen.at))

    def _is_unchanged(self, seen: Seen) -> bool:
        """Whether a later look shows what was decided on."""
        meta = seen.workflow.metadata() if seen.workflow is not None else None
        return (isinstance(meta, ObjectMeta) and seen.children == self.children
                and (meta.uid, meta.resource_version) == (self.workflow.metadata.uid,
                                                          self.workflow.metadata.resource_version))

    def _act(self, decision: Decision) -> Reconcile | Commit | Perform | Finished:
        before = self.workflow.status
        live = self.freshness is Freshness.LIVE
        if decision.need_live:
            return Reconcile(self.ref, self.settings, Freshness.LIVE)
        if decision.status is before or decision.status == before:
            # Re-sending an old intent: only on a live read, because the child may only be late in the cache.
            if decision.effects and not live:
                return Reconcile(self.ref, self.settings, Freshness.LIVE)
            return Perform(self.ref, self.settings, decision.effects, decision.wake_at)
        if decision.hold_until is not None and self.at < decision.hold_until:
            return Finished(wake_at=decision.hold_until)
        return Commit(self.ref, self.settings, self.workflow.metadata, before, decision, self.at, live)


@frozen
class Commit:
    """Persist the decision; only then are its effects performed."""

    ref: Ref
    settings: Settings
    meta: ObjectMeta
    before: WorkflowExecutionStatus
    decision: Decision
    at: datetime
    live: bool

    def run(self) -> Steps:
        """One write with a precondition, then the Events it is worth."""
        status = self.decision.status
        answer = yield CommitStatus(self.ref, self.meta.uid, self.meta.resource_version, status)
        if isinstance(answer, Unknown) and not self.live:
            # Once: whoever does not answer twice gets a pause, not a loop.
            return Reconcile(self.ref, self.settings, Freshness.LIVE)
        if isinstance(answer, Failed) and answer.why == "too_large":
            return EndTooLarge(self.ref, self.meta, status, self.at)
        if not isinstance(answer, Did):
            return _back_off(answer)
        events = happenings(self.before, status)
        if events:
            yield Emit(self.ref, self.meta.uid, self.at, events)
        again = status.phase is not self.before.phase and not self.decision.effects
        return Perform(self.ref, self.settings, self.decision.effects, self.decision.wake_at, again=again)


@frozen
class Perform:
    """Perform effects whose intent is committed.  Each may be delivered again; none is lost."""

    ref: Ref
    settings: Settings
    effects: tuple[Effect, ...]
    wake_at: datetime | None
    again: bool = False

    def run(self) -> Steps:
        """Cancellations first, then one batch of creations."""
        for effect in self.effects:
            if isinstance(effect, CancelChild):
                answer = yield DeleteChild(self.ref.namespace, effect.name, effect.uid)
                if not isinstance(answer, Did):
                    return _back_off(answer)
        bodies = tuple(effect.body for effect in self.effects if isinstance(effect, CreateChild))
        if bodies:
            answer = yield Create(self.ref, bodies)
            if not isinstance(answer, Created):
                # Also when the kind is missing: nobody tells this workflow when it is defined.
                return Finished(backoff=True, retry_after=answer.retry_after if isinstance(answer, Failed) else 0.0)
            if answer.existing:
                return CheckExisting(self.ref, self.settings, bodies, answer.existing, self.wake_at)
        if self.again:
            return Reconcile(self.ref, self.settings)
        return Finished(self.wake_at)


@frozen
class CheckExisting:
    """Names that were taken: our own earlier delivery is fine, somebody else's object has to be decided on."""

    ref: Ref
    settings: Settings
    bodies: tuple[RawObject, ...]
    existing: tuple[RawObject, ...]
    wake_at: datetime | None

    def run(self) -> Steps:
        """No request: only the owner's uid is compared."""
        yield from ()
        owner = self.bodies[0].value["metadata"]["ownerReferences"][0]["uid"]
        foreign = tuple(raw for raw in self.existing if not _owned_by(raw, owner))
        if not foreign:
            return Finished(self.wake_at)
        return Await(self.ref, self.settings, foreign)


@frozen
class Await:
    """A foreign object in the place of a child: fails the step when it stays, else is waited for."""

    ref: Ref
    settings: Settings
    foreign: tuple[RawObject, ...]

    def run(self) -> Steps:
        """Decide once more, live, knowing the foreign objects; nothing to write means waiting."""
        seen = yield Observe(self.ref, Freshness.LIVE)
        if not isinstance(seen, Seen) or seen.workflow is None:
            return Finished(backoff=True)
        workflow = seen.workflow.workflow()
        if isinstance(workflow, Malformed) or workflow.metadata.deletion_timestamp is not None:
            return Finished(backoff=True)
        ours, foreign = sort_children(workflow.metadata, (*seen.children, *self.foreign))
        decision = decide(Snapshot(workflow=workflow, settings=self.settings, children=ours, foreign=foreign,
                                   live=True, surroundings=seen.surroundings), seen.at)
        if decision.status == workflow.status or decision.need_live:
            return Finished(wake_at=decision.wake_at, backoff=True)
        return Commit(self.ref, self.settings, workflow.metadata, workflow.status, decision, seen.at, live=True)


def _owned_by(raw: RawObject, uid: str) -> bool:
    meta = raw.metadata()
    return not isinstance(meta, Malformed) and any(o.controller and o.uid == uid for o in meta.owner_references)


def _going(seen: Seen) -> bool:
    """Whether the workflow is being deleted and waits for us, or is gone with children left."""
    if seen.workflow is None:
        return bool(seen.children)
    meta = seen.workflow.metadata()
    return not isinstance(meta, Malformed) and meta.deletion_timestamp is not None and is_held(meta)


def _back_off(answer: object) -> Finished:
    """The end of a pass that could not do what it wanted; a conflict or a missing object just means: look again."""
    if isinstance(answer, Failed):
        return Finished(backoff=answer.why != "missing", retry_after=answer.retry_after)
    return Finished(backoff=True)
