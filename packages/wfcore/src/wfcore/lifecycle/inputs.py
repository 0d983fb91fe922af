"""What planning takes from outside the spec: committed once, and gathered from the answers of the pass until then."""

from __future__ import annotations

from functools import lru_cache

from wfcore.lifecycle.carrying import retry_inputs
from wfcore.lifecycle.reversing import reversal_inputs
from wfcore.lifecycle.sources import Refusal, find_source
from wfcore.model.plan import PlanInputs
from wfcore.snapshot import Snapshot


def inputs_of(snapshot: Snapshot) -> PlanInputs:
    """The committed inputs, or those that the answers of this pass make."""
    committed = snapshot.workflow.status.plan_inputs
    if committed is not None:
        return committed
    found = taken_from_source(snapshot)
    return found if isinstance(found, PlanInputs) else PlanInputs()


@lru_cache(maxsize=4)
def taken_from_source(snapshot: Snapshot) -> PlanInputs | Refusal | None:
    """What a rollbackOf or retryOf takes from its source, why it cannot, or None while the source is not known.

    Nothing is taken by a workflow that starts from none.  Remembered for the
    snapshot, because a pass needs it more than once.
    """
    spec, namespace = snapshot.workflow.spec, snapshot.workflow.metadata.namespace
    if spec.rollback_of is None and spec.retry_of is None:
        return PlanInputs()
    source = find_source(snapshot)
    if source is None or isinstance(source, Refusal):
        return source
    if spec.rollback_of is not None:
        return reversal_inputs(spec.workflow_definition, spec.rollback_of, source, snapshot.settings)
    assert spec.retry_of is not None
    return retry_inputs(spec, spec.retry_of, namespace, source, snapshot.settings)
