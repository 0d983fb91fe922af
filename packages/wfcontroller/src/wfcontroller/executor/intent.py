"""Whether the workflow still intends an attempt: judged from a live read before each mutation (E5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from wfcontroller.api import Object
from wfcore.codec import Malformed, decode
from wfcore.model.enums import ExecutionKind, Phase, RollbackPhase, StepPhase
from wfcore.model.status import StepStatus
from wfcore.model.workflow import KubernetesExecution

TERMINAL = (Phase.COMPLETED, Phase.FAILED)
_PHASES: Mapping[ExecutionKind, Phase] = {
    ExecutionKind.DRYRUN: Phase.VALIDATING,
    ExecutionKind.FORWARD: Phase.EXECUTING,
    ExecutionKind.ROLLBACK: Phase.ROLLING_BACK,
}


def refusal(execution: KubernetesExecution, workflow: Object) -> str:
    """Why this attempt must not act, as a sentence; empty when the workflow intends it.

    O(steps) comparisons, but only the one entry of the ledger is decoded.
    """
    reference, spec = execution.spec.workflow_execution_ref, execution.spec
    place = f"workflow {reference.namespace}/{reference.name}"
    uid = (workflow.get("metadata") or {}).get("uid")
    if uid != reference.uid:
        return f"{place} has uid {uid}, this execution belongs to {reference.uid}"
    if workflow["metadata"].get("deletionTimestamp"):
        return f"{place} is being deleted"
    status = workflow.get("status") or {}
    if status.get("phase") in TERMINAL:
        return f"{place} has ended ({status['phase']})"
    raw = next((e for e in status.get("stepStatuses") or () if e.get("stepNumber") == spec.step_number), None)
    if raw is None:
        return f"{place} has no step {spec.step_number} in its status"
    entry = decode(StepStatus, raw)
    if isinstance(entry, Malformed):
        return f"{place}: the entry of step {spec.step_number} can't be read: {entry}"
    # A workflow with `rollbackOf` runs compensations as its own steps, and nothing else.
    reverses = bool((workflow.get("spec") or {}).get("rollbackOf"))
    if reverses and spec.kind is not ExecutionKind.ROLLBACK:
        return f"{place} only undoes another workflow, and this execution is of kind {spec.kind}"
    if status.get("phase") != (Phase.EXECUTING if reverses else _PHASES[spec.kind]):
        return f"{place} is {status.get('phase') or 'new'}, no time for an execution of kind {spec.kind}"
    wanted = (spec.attempt, execution.metadata.name)
    named = list(_undoing(entry) if spec.kind is ExecutionKind.ROLLBACK and not reverses else _running(entry))
    if wanted not in named:
        shown = ", ".join(f"attempt {attempt} as {name}" for attempt, name in named) or "nothing"
        return f"{place} intends {shown} for step {spec.step_number}, not attempt {wanted[0]} as {wanted[1]}"
    return ""


def _running(entry: StepStatus) -> Iterator[tuple[int, str]]:
    """The step's attempt under way.  One that is cancelled or over is not, even before its execution is deleted."""
    reference = entry.k8s_execution_ref
    if reference is not None and entry.status is StepPhase.EXECUTING and not (entry.retry_at or entry.cancelled_at):
        yield entry.attempt, reference.name


def _undoing(entry: StepStatus) -> Iterator[tuple[int, str]]:
    """The same for the step's compensation."""
    rollback = entry.rollback
    if rollback is None or rollback.k8s_execution_ref is None:
        return
    if rollback.status is RollbackPhase.EXECUTING and not (rollback.retry_at or rollback.cancelled_at):
        yield rollback.attempt, rollback.k8s_execution_ref.name
