"""Laws about audit rows and the finalizer that waits for them."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import NAMESPACE_URL, uuid5

from wfcore.audit import AuditRecord
from wfcore.testing.simulator.agenda import SECOND
from wfcore.testing.simulator.laws.broken import Clocks
from wfcore.testing.simulator.ledgers import phase_of
from wfcore.testing.simulator.runs import Run

PATIENCE = 45 * SECOND  # how long a deletion waits for the outbox


def rows_are_derived_from_what_is_persisted(run: Run | None, record: AuditRecord) -> Iterator[str]:
    """S27: no row of a workflow that did not end, none that says another end than the status, one key a workflow."""
    if run is None:
        yield f"a row of a workflow that never existed: {record.workflow_uid}"
        return
    if record.id != str(uuid5(NAMESPACE_URL, f"workflowexecution.kubernaut.io/{run.uid}")):
        yield f"the row of {run.name} has the id {record.id}"
    phase = phase_of(run.status)
    if record.status == "deleted":
        if run.deleted is None and not run.gone:
            yield f"a row says that {run.name} is deleted, and it is not"
    elif record.status != phase and not run.spoilt:
        yield f"a row says that {run.name} ended {record.status}, and it is {phase or 'new'}"


def finalizers_wait_for_the_row(run: Run, now: int, clocks: Clocks) -> Iterator[str]:
    """S27: our finalizer goes when the row is stored or the outbox has it, or when the patience with both is over."""
    if run.rows or run.outboxed or run.deleted is None:
        return
    if not run.audit_failed:
        yield f"the finalizer of {run.name} was dropped before its row was asked for"
    elif now - run.deleted + clocks.spread < PATIENCE:
        yield f"the finalizer of {run.name} was dropped without a row, {now - run.deleted} microseconds after deletion"


def finalizers_wait_for_the_children(run: Run, looked: int) -> Iterator[str]:
    """L7: when our finalizer goes, no child of ours is left behind with one.

    `looked` is when who drops it read the cluster last.  A creation of another
    controller that arrived since was on its way, and nothing can rule it out:
    its executor finds nobody who asks for it, and it goes by the other half of L7.
    """
    for child in run.children:
        if child.ours and child.tracked and not child.gone and child.born <= looked:
            yield f"the finalizer of {run.name} was dropped while {child.name} is still tracked"
