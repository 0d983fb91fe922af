"""What really happened: every workflow and child by uid, as the store committed it.

The laws read this, never the controllers' own idea of it.  Time is in true microseconds.
"""

from __future__ import annotations

from wfcore.audit import AuditRecord
from wfcore.model.workflow import ANNOTATION_CREATED_BY, FINALIZER, TRACKING_FINALIZER
from wfcore.resources import WORKFLOW_EXECUTIONS, Resource
from wfcore.settings import Settings
from wfcore.simulation.watchlog import Change, ChangeType
from wfcore.testing.simulator.ledgers import cancelled, changed_entries, entries, intents, part, phase_of, status_json
from wfcore.testing.simulator.meaning import capture_of, dry_run_of, meaning_of, outcome_of, source_uid
from wfcore.testing.simulator.runs import Child, Decision, Run, annotations_of, new_child


class History:
    """Follows every commit."""

    def __init__(self, settings: Settings, *, guarded: bool = True, skippers: frozenset[str] = frozenset()) -> None:
        self.settings, self._guarded, self._skippers = settings, guarded, skippers
        self.frozen_since: int | None = None
        self.runs: dict[str, Run] = {}
        self.children: dict[str, Child] = {}

    def follow(self, now: int, actor: str, resource: Resource, change: Change) -> None:
        """Take over one commit; the laws have looked at it before."""
        if resource is WORKFLOW_EXECUTIONS:
            self._workflow(now, actor, change)
        else:
            self._child(now, actor, change)

    def _workflow(self, now: int, actor: str, change: Change) -> None:
        stored, uid = change.object, change.object.uid
        if change.type is ChangeType.ADDED:
            spec = stored.value.get("spec")
            source = self.runs.get(source_uid(spec))
            meaning = meaning_of(spec, self.settings, source.meaning if source is not None else None)
            creator = str(annotations_of(stored.value).get(ANNOTATION_CREATED_BY, "")) if self._guarded else ""
            self.runs[uid] = Run(stored.place[1], uid, now, meaning, stored.value, source=source, creator=creator,
                                 may_skip=creator in self._skippers)
            return
        run = self.runs[uid]
        before, after = run.status, status_json(stored)
        run.value = stored.value
        run.adopted = run.adopted or FINALIZER in stored.finalizers
        if stored.terminating and run.deleted is None:
            run.deleted = now
        if change.type is ChangeType.DELETED:
            run.gone = True
        if after is not before and after != before:
            run.status = after
            if is_controller(actor):
                run.status_writes += 1
                for number, entry, _ in changed_entries(before, after):
                    for attempt in intents(number, entry, run.kind):
                        run.intents.setdefault(attempt, now)
                    run.cancelled.update(cancelled(number, entry, run.kind))
                if after.get("dryRunStartTime") and not before.get("dryRunStartTime"):
                    run.intents.update((("dryrun", number, 1), now) for number in entries(after))
            else:
                run.spoilt = True
            if phase_of(after) != run.phases[-1]:
                run.phases.append(phase_of(after))
        if not is_controller(actor):
            run.moves += 1
            decision = Decision.of(stored)
            if decision != (run.said[-1] if run.said else Decision()):
                run.said.append(decision)
        if actor == "user" and FINALIZER not in change.finalizers and run.adopted and (
                change.before is not None and FINALIZER in change.before.finalizers):
            run.spoilt = True

    def _child(self, now: int, actor: str, change: Change) -> None:
        stored = change.object
        if change.type is ChangeType.ADDED:
            child = new_child(stored, now, ours=is_controller(actor))
            self.children[child.uid] = child
            run = self.runs.get(child.owner)
            if run is not None:
                run.children.append(child)
            return
        child = self.children[stored.uid]
        child.tracked = TRACKING_FINALIZER in change.finalizers
        child.gone = change.type is ChangeType.DELETED
        child.stripped = child.stripped or (child.gone and actor == "user")
        if stored.terminating and child.deleted is None:
            child.deleted = now
        spec, status = part(stored.value, "spec"), stored.value.get("status")
        child.edited = child.edited or spec != child.spec
        child.tampered = child.tampered or child.edited or (child.over and status != child.status)
        child.spec, child.status = spec, status
        child.captures |= {capture_of(status)} - {0}
        if child.attempt[0] == "dryrun" and not child.edited:
            child.dry_runs.add(dry_run_of(status))
        success = outcome_of(status) == "success"
        child.succeeded = child.succeeded or success
        child.succeeded_unedited = child.succeeded_unedited or (success and not child.edited)

    # --- the audit log ------------------------------------------------------------------------------------

    def recorded(self, record: AuditRecord) -> None:
        """A record is stored, or was before."""
        run = self.runs.get(record.workflow_uid)
        if run is not None and record not in run.rows:
            run.rows.append(record)

    def outboxed(self, uid: str) -> None:
        """The API server keeps the record of a workflow until the log takes it."""
        run = self.runs.get(uid)
        if run is not None:
            run.outboxed = True

    def audit_failed(self, uid: str) -> None:
        """The log could not take a record, or nobody heard that it did."""
        run = self.runs.get(uid)
        if run is not None:
            run.audit_failed = True


def is_controller(actor: str) -> bool:
    """Controllers are called c0, c1, ..."""
    return actor[:1] == "c" and actor[1:].isdigit()
