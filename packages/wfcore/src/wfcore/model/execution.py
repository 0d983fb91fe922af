"""KubernetesExecution: one attempt at one step, and the contract with whoever executes it."""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import frozen

from wfcore.model.actions import StepParameters
from wfcore.model.compensations import RollbackParameters
from wfcore.model.conditions import Condition
from wfcore.model.definition import MAX_STEP_NUMBER, ObjectReference, RollbackSpec, SafetyCheck
from wfcore.model.enums import Action, ExecutionKind, FailureClass, RollbackAction
from wfcore.model.fields import DURATION_IN, prop
from wfcore.model.results import DryRunStepResult, RollbackInformation, StepExecutionResult


@frozen(kw_only=True, slots=False)
class KubernetesExecutionSpec:
    """What to execute; immutable.

    `kind: rollback` carries `rollback_action` and `rollback_parameters`; the other
    kinds carry `action` and `parameters`.  Namespaces are always explicit here.
    """

    workflow_execution_ref: ObjectReference = prop("The workflow, by name, namespace and uid.")
    step_number: int = prop("The step.", minimum=1, maximum=MAX_STEP_NUMBER)
    attempt: int = prop("1 for the first.", minimum=1, maximum=11)
    kind: ExecutionKind = prop("forward, dryrun or rollback.")
    action: Action = prop("The step's action.")
    parameters: StepParameters | None = prop("The step's own parameters.", default=None)
    rollback_action: RollbackAction | None = prop("The compensation, for kind rollback.", default=None)
    rollback_parameters: RollbackParameters | None = prop("Its parameters with captured values.", default=None)
    rollback_spec: RollbackSpec | None = prop("How this attempt would be compensated.", default=None)
    health_targets: tuple[ObjectReference, ...] = prop(
        "For check-pod-health without parameters: the targets of the prerequisites.", default=(), max_items=500)
    safety_checks: tuple[SafetyCheck, ...] = prop("Checks of the plan.", default=(), max_items=32)
    timeout: timedelta = prop("Time this attempt may take.", **DURATION_IN)
    target_cluster: str = prop("Empty in this version.", default="", max_length=253)
    plan_digest: str = prop("Digest of the plan this belongs to.", default="", max_length=71)


@frozen(kw_only=True)
class KubernetesExecutionStatus:
    """What the executor reports.

    `phase` is text: an executor may say anything, and what is not a known
    terminal word counts as in progress until the step's deadline.
    """

    phase: str = prop("pending, validating, validated, executing, completed, rollback_ready or failed.", default="",
                      max_length=63)
    start_time: datetime | None = prop("When the executor began.", default=None)
    completion_time: datetime | None = prop("When it ended.", default=None)
    execution_result: StepExecutionResult | None = prop("The result.", default=None)
    dry_run_result: DryRunStepResult | None = prop("The result of a dry run.", default=None)
    rollback_information: RollbackInformation | None = prop("How to undo it, persisted before acting.", default=None)
    error_message: str = prop("Why it failed.", default="", max_length=1024)
    failure_class: FailureClass | None = prop("Class of the failure.", default=None)
    conditions: tuple[Condition, ...] = prop("The truth, by type.", default=(), max_items=32, list_map_keys=("type",))
