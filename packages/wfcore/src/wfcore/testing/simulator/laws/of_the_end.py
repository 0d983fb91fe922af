"""Laws about the world when faults have stopped and everything has had its time: the liveness part."""

from __future__ import annotations

from collections.abc import Iterator

from wfcore.testing.simulator.history import History
from wfcore.testing.simulator.laws.of_status import PHASES, TERMINAL
from wfcore.testing.simulator.ledgers import phase_of
from wfcore.testing.simulator.runs import Run


def every_workflow_ends(history: History) -> Iterator[str]:
    """L1, L2, L5: terminal or gone; what says a phase that this version does not know is another's to end."""
    for run in history.runs.values():
        if not run.gone and not has_ended(run):
            yield f"{run.name} ({run.uid}) is still {phase_of(run.status) or 'new'}"


def has_ended(run: Run) -> bool:
    """Whether nothing more will happen to a workflow, or nothing by this version."""
    phase = phase_of(run.status)
    return phase in TERMINAL or (run.spoilt and phase not in PHASES)


def every_end_is_audited_once(history: History) -> Iterator[str]:
    """L6: one row for each that ended or was deleted, unless neither the database nor the outbox took it in time."""
    for run in history.runs.values():
        if excused(run):
            continue
        if len(run.rows) != 1:
            yield f"{run.name} ({run.uid}) has {len(run.rows)} audit rows"
        elif not run.gone and not acknowledged(run):
            yield f"{run.name} ({run.uid}) is recorded and does not say so"


def excused(run: Run) -> bool:
    """Whether nobody could have recorded it: never looked at, taken away by force, or deleted while nobody took it."""
    lost = run.deleted is not None and run.audit_failed and not run.rows and not run.outboxed
    return not (run.adopted or run.status) or run.spoilt or lost


def acknowledged(run: Run) -> bool:
    """Whether its status says that the row is stored."""
    return any(c["type"] == "AuditRecorded" and c["status"] == "True" for c in run.status.get("conditions", ()))


def what_is_deleted_goes(history: History) -> Iterator[str]:
    """L7: no finalizer of ours holds an object whose deletion was asked for, and no child outlives its workflow."""
    for run in history.runs.values():
        if run.deleted is not None and not run.gone:
            yield f"{run.name} ({run.uid}) is deleted and still there"
        for child in run.children:
            if run.gone and not child.gone:
                yield f"{child.name} outlives its workflow"


END_LAWS = {
    "L1": (every_workflow_ends,),
    "L6": (every_end_is_audited_once,),
    "L7": (what_is_deleted_goes,),
}
