"""What planning takes from outside the spec: committed once, and gathered from the answers of the pass until then."""

from __future__ import annotations

from functools import lru_cache

from wfcore.execution.ledger import clipped
from wfcore.lifecycle.carrying import retry_inputs
from wfcore.lifecycle.reversing import reversal_inputs
from wfcore.lifecycle.sources import Refusal, find_source
from wfcore.model.evolving import evolve
from wfcore.model.plan import PlanInputs
from wfcore.planning.experience import what_counts
from wfcore.planning.rivals import loop_suspicion, rivals_of
from wfcore.program import Consult, Consulted, Survey, Surveyed
from wfcore.snapshot import Snapshot
from wfcore.validation.authority import creator_of

_LONGEST = 1000


def inputs_of(snapshot: Snapshot) -> PlanInputs:
    """The committed inputs, or those that the answers of this pass make."""
    committed = snapshot.workflow.status.plan_inputs
    if committed is not None:
        return committed
    found = taken_from_source(snapshot)
    inputs = found if isinstance(found, PlanInputs) else PlanInputs()
    return _with_history(snapshot, _with_rivals(snapshot, inputs))


def _with_rivals(snapshot: Snapshot, inputs: PlanInputs) -> PlanInputs:
    """The inputs with what the survey of rivals says about repeated failures on the targets."""
    request = next((asked for asked in snapshot.answers if isinstance(asked, Survey)), None)
    if request is None:
        return inputs
    answer = snapshot.answers[request]
    if not isinstance(answer, Surveyed):
        return noted(inputs, "other workflows could not be surveyed: whether the targets are busy is unknown")
    meta, since = snapshot.workflow.metadata, snapshot.workflow.status.planning_start_time
    if since is None:
        return inputs
    suspicion = loop_suspicion(frozenset(request.targets), rivals_of(meta, answer.workflows), since, snapshot.settings)
    return evolve(inputs, approval_needed_because=clipped(suspicion, _LONGEST)) if suspicion else inputs


def _with_history(snapshot: Snapshot, inputs: PlanInputs) -> PlanInputs:
    """The inputs with what is recorded about the actions, as far as it counts."""
    request = next((asked for asked in snapshot.answers if isinstance(asked, Consult)), None)
    if request is None:
        return inputs
    answer = snapshot.answers[request]
    if not isinstance(answer, Consulted):
        return noted(inputs, "the recorded history was not available: nothing was learned from it")
    asked_for = (known for known in answer.history if known.action in request.actions)
    return evolve(inputs, history_available=True, history=what_counts(asked_for, snapshot.settings))


def noted(inputs: PlanInputs, note: str) -> PlanInputs:
    """The inputs with one more remark about a source that was left out."""
    return evolve(inputs, note=clipped("; ".join(filter(None, (inputs.note, note))), _LONGEST))


@lru_cache(maxsize=4)
def taken_from_source(snapshot: Snapshot) -> PlanInputs | Refusal | None:
    """What a rollbackOf or retryOf takes from its source, why it cannot, or None while the source is not known.

    Nothing is taken by a workflow that starts from none.  Remembered for the
    snapshot, because a pass needs it more than once.
    """
    spec, meta, settings = snapshot.workflow.spec, snapshot.workflow.metadata, snapshot.settings
    if spec.rollback_of is None and spec.retry_of is None:
        return PlanInputs()
    source = find_source(snapshot)
    if source is None or isinstance(source, Refusal):
        return source
    if spec.rollback_of is not None:
        return reversal_inputs(spec.workflow_definition, spec.rollback_of, source, settings, creator_of(meta))
    assert spec.retry_of is not None
    return retry_inputs(spec, spec.retry_of, meta.namespace, source, settings, creator_of(meta))
