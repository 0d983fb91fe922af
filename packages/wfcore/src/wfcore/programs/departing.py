"""A deletion of what executes: whether it waits for a rollback is decided once, in status, before anything is let go.

Somebody may ask for `stop: Rollback` at any moment, and several controllers may
look at any moment.  If they did not agree in one place, one would compensate
while another releases the very children that say what was done.
"""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from wfcore.model.enums import Phase, Stop
from wfcore.model.evolving import evolve
from wfcore.model.workflow import WorkflowExecution
from wfcore.program import CommitStatus, Did, Failed, Finished, Freshness, Observe, Program, Ref, Seen, Steps
from wfcore.programs.cleanup import CleanUp, is_held
from wfcore.settings import Settings

# Before it nothing was executed, after it everything that was to be undone is.
_UNDOABLE = frozenset({Phase.EXECUTING, Phase.MONITORING, Phase.ROLLING_BACK})


def departure(ref: Ref, settings: Settings, workflow: WorkflowExecution, seen: Seen, again: Program) -> Program | None:
    """What the deletion of a workflow asks for now, `again` being another look; None while a rollback comes first."""
    deleted, waits = workflow.metadata.deletion_timestamp, workflow.status.deletion_deadline
    assert deleted is not None
    clean_up = CleanUp(ref, settings, workflow, seen.children, seen.at)
    if workflow.status.phase not in _UNDOABLE or not is_held(workflow.metadata) or (waits and waits <= deleted):
        return clean_up
    if waits is None:
        wish = workflow.spec.stop is Stop.ROLLBACK
        return SettleDeletion(clean_up, deleted + settings.rolling_back_timeout if wish else deleted, again)
    # By the clock of whoever comes first: the others learn it from status, whatever theirs says.
    return SettleDeletion(clean_up, deleted, again) if seen.at >= waits else None


@frozen
class SettleDeletion:
    """Writes down until when the deletion waits; `until` its own time, not at all."""

    clean_up: CleanUp
    until: datetime
    again: Program

    def run(self) -> Steps:
        """One write; the next look obeys it, whoever takes it.  Where it cannot be kept nobody waits."""
        ref, workflow = self.clean_up.ref, self.clean_up.workflow
        meta, status = workflow.metadata, evolve(workflow.status, deletion_deadline=self.until)
        answer = yield CommitStatus(ref, meta.uid, meta.resource_version, status)
        if isinstance(answer, Failed) and answer.why == "too_large":
            return self.clean_up
        if not isinstance(answer, Did):
            return Finished(backoff=answer != Failed("missing"))
        seen = yield Observe(ref, Freshness.LIVE)
        if isinstance(seen, Seen) and seen.workflow is not None:
            stored = seen.workflow.workflow()
            # The server knows an older definition, which has no such field: it keeps it for no other controller either.
            if isinstance(stored, WorkflowExecution) and stored.metadata.uid == meta.uid and (
                    stored.status.deletion_deadline is None):
                return evolve(self.clean_up, workflow=stored, children=seen.children, at=seen.at)
        return self.again
