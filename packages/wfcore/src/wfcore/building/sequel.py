"""The workflow that undoes a finished one, or runs again what it did not achieve, as a person asks for it.

Planning judges its source once more, with the captured values and under the
operator's settings; here is refused what the source alone shows to be useless.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Literal, TypeAlias

from wfcore.codec import encode
from wfcore.lifecycle.transitions import TERMINAL
from wfcore.model.definition import ExecutionStrategy, SourceReference, WorkflowExecutionSpec
from wfcore.model.enums import Mutated
from wfcore.model.workflow import WorkflowExecution
from wfcore.planning.targets import definition_of
from wfcore.resources import WORKFLOW_EXECUTIONS
from wfcore.rollback.start import is_undone

Kind: TypeAlias = Literal["rollback", "retry"]
_LONGEST = 200  # as for children: what stands on a name needs room too


def why_no_rollback(workflow: WorkflowExecution, steps: Collection[int]) -> str:
    """Why nothing of a workflow can be undone, empty if planning should judge; goes on from its name."""
    ledger = {entry.step_number: entry for entry in workflow.status.step_statuses}
    if why := _unusable(workflow) or _unknown(steps, ledger.keys()):
        return why
    changed = [n for n, entry in ledger.items() if entry.mutated is not Mutated.NO]
    if not changed:
        return "has changed nothing; there is nothing to undo"
    if all(is_undone(ledger[n]) for n in changed):
        return "is undone already"
    return ""


def why_no_retry(workflow: WorkflowExecution, steps: Collection[int]) -> str:
    """Why a workflow cannot be retried, empty if planning should judge; goes on from its name."""
    if why := _unusable(workflow):
        return why
    definition = definition_of(workflow)
    if definition is None:
        return "has no definition to run again"
    return _unknown(steps, {step.step_number for step in definition.steps})


def rollback_document(workflow: WorkflowExecution, name: str, steps: Sequence[int]) -> dict[str, Any]:
    """A WorkflowExecution that undoes `workflow`, or some steps of it.

    It needs an approval if that one did.
    """
    theirs = workflow.spec.execution_strategy
    strategy = ExecutionStrategy(approval_required=theirs.approval_required, approval_timeout=theirs.approval_timeout)
    spec = WorkflowExecutionSpec(rollback_of=_reference(workflow, steps), execution_strategy=strategy)
    return _document(workflow, name, spec)


def retry_document(workflow: WorkflowExecution, name: str, steps: Sequence[int]) -> dict[str, Any]:
    """A WorkflowExecution that runs again what `workflow` did not achieve, and `steps` in any case, as carefully."""
    theirs = workflow.spec
    spec = WorkflowExecutionSpec(
        retry_of=_reference(workflow, steps), execution_strategy=theirs.execution_strategy,
        adaptive_orchestration=theirs.adaptive_orchestration, alert_remediation_ref=theirs.alert_remediation_ref,
        ttl_seconds_after_finished=theirs.ttl_seconds_after_finished)
    return _document(workflow, name, spec)


def sequel_names(source: str, kind: Kind) -> Iterator[str]:
    """`fix-retry`, `fix-retry-2`, ... for `fix` and for its sequels of this kind; without end, never too long."""
    base = re.sub(rf"-{kind}(-[1-9][0-9]*)?$", "", source) or source
    number = 0
    while True:
        number += 1
        suffix = f"-{kind}" + (f"-{number}" if number > 1 else "")
        if len(base) + len(suffix) > _LONGEST:
            digest = hashlib.sha256(base.encode()).hexdigest()[:12]
            yield f"{base[:_LONGEST - len(suffix) - 13].rstrip('.-')}-{digest}{suffix}"
        else:
            yield base + suffix


def _unusable(workflow: WorkflowExecution) -> str:
    meta, phase = workflow.metadata, workflow.status.phase
    if meta.deletion_timestamp is not None:
        return "is being deleted, and with it what it has captured"
    if phase not in TERMINAL:
        return (f"is {phase.value or 'new'}; wait for its end with `wfctl watch {meta.name} -n {meta.namespace}`, or "
                f"end it with `wfctl stop {meta.name} -n {meta.namespace}`")
    if (source := workflow.spec.rollback_of) is not None:
        return f"only undoes another workflow; start from {source.name} instead"
    return ""


def _unknown(steps: Collection[int], known: Collection[int]) -> str:
    unknown = [number for number in steps if number not in known]
    listed = ", ".join(map(str, sorted(known))) or "none"
    return f"has no step {', '.join(map(str, unknown))}; its steps are {listed}" if unknown else ""


def _reference(workflow: WorkflowExecution, steps: Sequence[int]) -> SourceReference:
    return SourceReference(name=workflow.metadata.name, uid=workflow.metadata.uid, steps=tuple(dict.fromkeys(steps)))


def _document(workflow: WorkflowExecution, name: str, spec: WorkflowExecutionSpec) -> dict[str, Any]:
    return {"apiVersion": WORKFLOW_EXECUTIONS.api_version, "kind": WORKFLOW_EXECUTIONS.kind,
            "metadata": {"name": name, "namespace": workflow.metadata.namespace}, "spec": encode(spec)}
