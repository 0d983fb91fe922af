"""What planning takes from outside the spec: committed once, and gathered from the answers of the pass until then."""

from __future__ import annotations

from wfcore.model.plan import PlanInputs
from wfcore.snapshot import Snapshot


def inputs_of(snapshot: Snapshot) -> PlanInputs:
    """The committed inputs, or those that the answers of this pass make."""
    return snapshot.workflow.status.plan_inputs or PlanInputs()
