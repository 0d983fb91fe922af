"""The status of a WorkflowExecution: the ledger of intents and outcomes, and the verdict."""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import frozen

from wfcore.model.conditions import Condition
from wfcore.model.definition import MAX_STEPS, ObjectReference
from wfcore.model.enums import (
    AdjustmentType,
    ApprovalDecision,
    FailureClass,
    Mutated,
    Outcome,
    Phase,
    ResourceHealth,
    RollbackPhase,
    SafetyCheckType,
    StepPhase,
)
from wfcore.model.execution import KubernetesExecutionSpec
from wfcore.model.fields import Limits, kept_unknown, prop
from wfcore.model.plan import ExecutionPlan, PlanInputs
from wfcore.model.results import DryRunResults, StepExecutionResult

MESSAGE_BYTES = 200
_LINE = Limits(doc="Text.", max_length=1024)


@frozen(kw_only=True)
class SafetyCheckResult:
    """One safety check, judged."""

    type: SafetyCheckType = prop("Which check.")
    required: bool = prop("Whether a failure fails the workflow.", default=False)
    passed: bool = prop("Whether it passed.")
    unknown: bool = prop("Whether the facts could not be read.", default=False)
    message: str = prop("What was found.", default="", max_length=1024)


@frozen(kw_only=True)
class ApprovalStatus:
    """An approval that is waited for, or was given or denied.  It counts for one plan digest only."""

    needed_because: str = prop("Why an approval is needed.", max_length=1024)
    requested_at: datetime = prop("Since when it is waited for.")
    deadline: datetime = prop("When waiting ends.")
    decision: ApprovalDecision | None = prop("What was decided; absent while waiting.", default=None)
    by: str = prop("Who decided.", default="", max_length=1024)
    at: datetime | None = prop("When the decision counted.", default=None)
    digest: str = prop("The plan digest that was decided on.", default="", max_length=71)
    reason: str = prop("What the approver said.", default="", max_length=1024)
    skipped: bool = prop("Whether the creator may go without it, and does.", default=False)
    waiting: str = prop("Why it is still waited for, in one word; empty once it is settled.", default="",
                        max_length=63)
    ignored: str = prop("Why an approval that is there does not count.", default="", max_length=1024)


@frozen(kw_only=True, slots=False)
class ValidationResults:
    """What the validating phase found."""

    safety_checks_passed: bool = prop("Whether every required check passed.", default=False)
    dry_run_performed: bool = prop("Whether a dry run was performed.", default=False)
    dry_run_results: DryRunResults | None = prop("Its results.", default=None)
    approval_received: bool = prop("Whether an approval counted.", default=False)
    approval_timestamp: datetime | None = prop("When it counted.", default=None)
    safety_checks: tuple[SafetyCheckResult, ...] = prop("The safety checks.", default=(), max_items=64)
    checked_at: datetime | None = prop("When live state was last checked.", default=None)
    validation_errors: tuple[str, ...] = prop("What failed.", default=(), max_items=500, items=_LINE)
    warnings: tuple[str, ...] = prop("What was noticed.", default=(), max_items=500, items=_LINE)


@frozen(kw_only=True, slots=False)
class StepRollback:
    """The compensation of one step."""

    status: RollbackPhase = prop("Stage of the compensation.")
    attempt: int = prop("Current attempt; 0 before the first.", default=0, minimum=0, maximum=11)
    source_attempt: int = prop("Forward attempt whose captured values are used; 0 means the spec's.", default=0,
                               minimum=0, maximum=11)
    start_time: datetime | None = prop("When the first attempt was intended.", default=None)
    end_time: datetime | None = prop("When it ended.", default=None)
    deadline: datetime | None = prop("When the attempt times out.", default=None)
    retry_at: datetime | None = prop("When the next attempt starts.", default=None)
    cancelled_at: datetime | None = prop("When the attempt was cancelled.", default=None)
    error_message: str = prop("Why it failed.", default="", max_length=1024)
    k8s_execution_ref: ObjectReference | None = prop("The child of the attempt.", default=None)


@frozen(kw_only=True, slots=False)
class StepStatus:
    """One entry of the ledger, looked up by `step_number`, never by index."""

    step_number: int = prop("The step.", minimum=1)
    action: str = prop("Its action.", max_length=63)
    status: StepPhase = prop("Stage of the step.", default=StepPhase.PENDING)
    attempt: int = prop("Current attempt; 0 before the first.", default=0, minimum=0, maximum=11)
    start_time: datetime | None = prop("When the first attempt was intended.", default=None)
    end_time: datetime | None = prop("When the step ended.", default=None)
    deadline: datetime | None = prop("When the current attempt times out.", default=None)
    retry_at: datetime | None = prop("When the next attempt starts.", default=None)
    cancelled_at: datetime | None = prop("When the current attempt was cancelled.", default=None)
    result: StepExecutionResult | None = prop("Summary of the result.", default=None)
    error_message: str = prop("Why it failed.", default="", max_length=1024)
    failure_class: FailureClass | None = prop("Class of the failure.", default=None)
    reason: str = prop("One word for machines.", default="", max_length=63)
    retries_attempted: int = prop("Attempts after the first.", default=0, minimum=0, maximum=10)
    mutated: Mutated = prop("Whether any attempt changed the cluster.", default=Mutated.NO)
    timeout: timedelta | None = prop("Adapted time-out of the attempts from now on.", default=None)
    extra_retries: int = prop("Retries that adaptation added.", default=0, minimum=0, maximum=2)
    mutating_attempt: int = prop("Earliest attempt that may have changed something; 0 means none.", default=0,
                                 minimum=0, maximum=11)
    k8s_execution_ref: ObjectReference | None = prop("The child of the current attempt.", default=None)
    rollback: StepRollback | None = prop("Its compensation.", default=None)
    unknown: str = kept_unknown()


@frozen(kw_only=True)
class DirtyObject:
    """An object that the workflow changed and could not restore."""

    step_number: int = prop("The step that changed it.", minimum=1)
    kind: str = prop("Kind.", max_length=63)
    namespace: str = prop("Namespace.", default="", max_length=63)
    name: str = prop("Name.", max_length=1100)
    expected: str = prop("The state it should have.", default="", max_length=1024)
    actual: str = prop("The state it is believed to have.", default="", max_length=1024)


@frozen(kw_only=True)
class RollbackStatus:
    """How the rollback went."""

    performed: bool = prop("Whether any compensation was intended.", default=False)
    steps: tuple[int, ...] = prop("Steps to compensate, in rollback order.", default=(), max_items=MAX_STEPS,
                                  items=Limits(doc="Step number.", minimum=1))
    dirty: tuple[DirtyObject, ...] = prop("Objects still changed.", default=(), max_items=MAX_STEPS)


@frozen(kw_only=True)
class ExecutionMetrics:
    """Figures of the execution."""

    total_duration: timedelta = prop("From planning to the end.", default=timedelta(0))
    step_success_rate: float = prop("Completed steps over all, 0 to 1.", default=0.0, minimum=0, maximum=1)
    rollbacks_performed: int = prop("0 or 1.", default=0, minimum=0, maximum=1)
    resources_affected: int = prop("Objects changed.", default=0, minimum=0)


@frozen(kw_only=True)
class AdaptiveAdjustment:
    """One adaptation and why."""

    timestamp: datetime = prop("When.")
    type: AdjustmentType | None = prop("timeout, retry, order, parallelism or skip.", default=None)
    step_number: int = prop("The step; 0 means the workflow.", default=0, minimum=0)
    adjustment: str = prop("What was adjusted.", max_length=1024)
    reason: str = prop("Why.", max_length=1024)


@frozen(kw_only=True)
class WorkflowResult:
    """The verdict."""

    outcome: Outcome = prop("success, partial_success, failed or unknown.")
    effectiveness_score: float = prop("0 to 1.", default=0.0, minimum=0, maximum=1)
    resource_health: ResourceHealth = prop("State of the targets.", default=ResourceHealth.UNKNOWN)
    new_alerts_triggered: bool = prop("Whether new alerts matched a target.", default=False)
    new_alerts: tuple[str, ...] = prop("Alerts that appeared and name a target.", default=(), max_items=50,
                                       items=_LINE)
    recommended_actions: tuple[str, ...] = prop("What to do next.", default=(), max_items=50, items=_LINE)
    optimizations: tuple[str, ...] = prop("What would make the next run better.", default=(), max_items=50,
                                          items=_LINE)


@frozen(kw_only=True)
class RenderedWorkflow:
    """The step executions of a plan-only run."""

    steps: tuple[KubernetesExecutionSpec, ...] = prop("Rendered specs, in plan order.", default=(),
                                                      max_items=MAX_STEPS)


@frozen(kw_only=True, slots=False)
class WorkflowExecutionStatus:
    """Observed state, written by the controller alone."""

    phase: Phase = prop("Summary of the conditions.", default=Phase.NEW)
    observed_generation: int = prop("Generation of spec last acted on.", default=0, minimum=0)
    current_step: int = prop("Finished steps; never goes down.", default=0, minimum=0)
    total_steps: int = prop("Steps of the workflow.", default=0, minimum=0)
    plan_digest: str = prop("SHA-256 of the rendered plan, what an approval is bound to.", default="", max_length=71)
    plan_inputs: PlanInputs | None = prop("What planning took from outside.", default=None)
    execution_plan: ExecutionPlan | None = prop("The plan, for people.", default=None)
    validation_results: ValidationResults | None = prop("What validating found.", default=None)
    approval: ApprovalStatus | None = prop("The approval, when one is needed.", default=None)
    waiting_for: str = prop("Who holds its targets, or goes before it.", default="", max_length=1024)
    waiting_reason: str = prop("Why it waits, in one word.", default="", max_length=63)
    target_wait_deadline: datetime | None = prop("When waiting for them, or for its turn, ends.", default=None)
    max_parallel_steps: int | None = prop("Adapted number of steps at the same time.", default=None, minimum=1)
    step_statuses: tuple[StepStatus, ...] = prop("The ledger, one entry per step.", default=(), max_items=MAX_STEPS)
    execution_metrics: ExecutionMetrics | None = prop("Figures.", default=None)
    adaptive_adjustments: tuple[AdaptiveAdjustment, ...] = prop("Adaptations made.", default=(), max_items=100)
    workflow_result: WorkflowResult | None = prop("The verdict.", default=None)
    rollback: RollbackStatus | None = prop("How the rollback went.", default=None)
    workflow: RenderedWorkflow | None = prop("Rendered steps of a plan-only run.", default=None)
    planning_start_time: datetime | None = prop("When planning started.", default=None)
    validation_start_time: datetime | None = prop("When validating started.", default=None)
    dry_run_start_time: datetime | None = prop("When the dry run was intended.", default=None)
    execution_start_time: datetime | None = prop("When executing started.", default=None)
    monitoring_start_time: datetime | None = prop("When monitoring started.", default=None)
    rollback_start_time: datetime | None = prop("When rolling back started.", default=None)
    completion_time: datetime | None = prop("When the workflow ended.", default=None)
    phase_deadline: datetime | None = prop("When the current phase times out.", default=None)
    workflow_deadline: datetime | None = prop("When the whole workflow times out.", default=None)
    suspended_since: datetime | None = prop("Since when nothing is launched because spec.suspend is set.",
                                            default=None)
    frozen_since: datetime | None = prop("Since when nothing is launched because of an emergency freeze.",
                                         default=None)
    deletion_deadline: datetime | None = prop(
        "Until when a deletion waits for the rollback that spec.stop asks for; the time of the deletion: not at all.",
        default=None)
    stable_since: datetime | None = prop("Since when the targets were seen healthy.", default=None)
    last_sample_time: datetime | None = prop("When the targets were last judged.", default=None)
    sampled: int = prop("How often the targets were judged.", default=0, minimum=0)
    unwatched_namespaces: tuple[str, ...] = prop(
        "Namespaces whose AlertRemediations could not be read when the targets were last looked at.", default=(),
        max_items=MAX_STEPS + 1, items=Limits(doc="Namespace.", max_length=63))
    failure_reason: str = prop("snake_case reason of a failure.", default="", max_length=63)
    failure_message: str = prop("A sentence about it.", default="", max_length=1024)
    rollback_reason: str = prop("Why the rollback was started.", default="", max_length=1024)
    conditions: tuple[Condition, ...] = prop("The truth, by type.", default=(), max_items=32, list_map_keys=("type",))
    unknown: str = kept_unknown()
