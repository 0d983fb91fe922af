"""The spec of a WorkflowExecution: what to do, in which order, how carefully."""

from __future__ import annotations

from datetime import timedelta

from attrs import field, frozen

from wfcore.model.actions import StepParameters
from wfcore.model.compensations import RollbackParameters
from wfcore.model.enums import Action, Mode, RollbackAction, RollbackStrategy, SafetyCheckType, Stop
from wfcore.model.fields import DNS_LABEL, DNS_SUBDOMAIN, DURATION_IN, Limits, prop
from wfcore.model.recommendations import AIRecommendations

MAX_STEPS = 500
MAX_STEP_NUMBER = 1_000_000


def _step_number() -> Limits:
    return Limits(doc="Step number.", minimum=1, maximum=MAX_STEP_NUMBER)


@frozen(kw_only=True)
class ObjectReference:
    """A reference to another object; empty parts are unknown."""

    api_version: str = prop("API version.", default="", max_length=253)
    kind: str = prop("Kind.", default="", max_length=63)
    namespace: str = prop("Namespace.", default="", max_length=63, pattern=r"^$|" + DNS_LABEL)
    name: str = prop("Name.", max_length=253, min_length=1, pattern=DNS_SUBDOMAIN)
    uid: str = prop("UID.", default="", max_length=63)


@frozen(kw_only=True)
class RollbackSpec:
    """How to compensate a step."""

    action: RollbackAction = prop("Compensation to run.")
    parameters: RollbackParameters | None = prop("Exactly one member, matching the action; captured values win.",
                                                 default=None)
    timeout: timedelta | None = prop("Time one compensation attempt may take; default 5m.", default=None, **DURATION_IN)


@frozen(kw_only=True)
class WorkflowStep:
    """One remediation step."""

    step_number: int = prop("Number of the step, unique in the workflow.", minimum=1, maximum=MAX_STEP_NUMBER)
    name: str = prop("Name for people and for `dependencies`.", default="", max_length=253)
    action: Action = prop("What the step does.")
    target_cluster: str = prop("Reserved; must be empty unless an executor is registered for it.", default="",
                               max_length=253)
    parameters: StepParameters | None = prop("Exactly one member, matching the action.", default=None)
    critical_step: bool = prop("A failure of this step fails the workflow and triggers the rollback.", default=False)
    max_retries: int | None = prop("Retries after the first attempt; absent inherits, 0 means none.", default=None,
                                   minimum=0, maximum=10)
    timeout: timedelta | None = prop("Time one attempt may take; default 5m.", default=None, **DURATION_IN)
    depends_on: tuple[int, ...] = prop("Steps that must succeed first.", default=(), max_items=MAX_STEPS,
                                       items=_step_number())
    rollback_spec: RollbackSpec | None = prop("How to compensate this step.", default=None)


@frozen(kw_only=True)
class DependencyList:
    """The prerequisites of one step, by name; one entry of the `dependencies` map."""

    step: str
    needs: tuple[str, ...] = field(default=())


@frozen(kw_only=True)
class WorkflowDefinition:
    """The workflow to execute."""

    name: str = prop("Name of the workflow, stable over executions.", min_length=1, max_length=253)
    version: str = prop("Version of the workflow.", default="", max_length=63)
    steps: tuple[WorkflowStep, ...] = prop("The steps, in any order.", min_items=1, max_items=MAX_STEPS,
                                           list_map_keys=("stepNumber",))
    dependencies: tuple[DependencyList, ...] = prop(
        "Second spelling of dependsOn: step name to the names it needs; both are united.", default=(),
        max_properties=MAX_STEPS, values=Limits(doc="Names of prerequisites.", max_items=MAX_STEPS,
                                                items=Limits(doc="Step name.", max_length=253)))
    ai_recommendations: AIRecommendations | None = prop("What a recommender said; recorded, never applied.",
                                                        default=None)


@frozen(kw_only=True)
class SafetyCheck:
    """One check to run before anything is changed."""

    type: SafetyCheckType = prop("Which check.")
    description: str = prop("What it is for.", default="", max_length=1024)
    required: bool = prop("A failing required check fails the workflow; another only warns.", default=False)


@frozen(kw_only=True)
class ExecutionStrategy:
    """How carefully to execute."""

    approval_required: bool = prop("Wait for an approval of the plan digest.", default=False)
    dry_run_first: bool = prop("Dry-run every step before the first is executed.", default=False)
    rollback_strategy: RollbackStrategy = prop("Who rolls back after a critical failure.",
                                               default=RollbackStrategy.AUTOMATIC)
    max_retries: int | None = prop("Retries of steps that name none; default 2.", default=None, minimum=0, maximum=10)
    safety_checks: tuple[SafetyCheck, ...] = prop("Checks before execution.", default=(), max_items=32)
    mode: Mode = prop("Execute, or Plan to publish the plan only.", default=Mode.EXECUTE)
    max_parallel_steps: int | None = prop("Steps that may run at the same time; default 5.", default=None, minimum=1,
                                          maximum=MAX_STEPS)
    approval_timeout: timedelta | None = prop("How long to wait for the approval; default 1h.", default=None,
                                              **DURATION_IN)
    workflow_timeout: timedelta | None = prop("Limit for the whole workflow; exceeding it is a critical failure.",
                                              default=None, **DURATION_IN)


@frozen(kw_only=True)
class AdaptiveOrchestrationConfig:
    """Which adaptations from history are allowed."""

    optimization_enabled: bool = prop("Allow adaptations at all.", default=False)
    learning_from_history: bool = prop("Use recorded history in planning.", default=False)
    dynamic_step_adjustment: bool = prop("Adjust within the approved envelope while running.", default=False)


@frozen(kw_only=True)
class SourceReference:
    """The finished workflow that this one rolls back or retries."""

    name: str = prop("Name of the finished workflow, same namespace.", min_length=1, max_length=253,
                     pattern=DNS_SUBDOMAIN)
    uid: str = prop("UID of the finished workflow.", min_length=1, max_length=63)
    steps: tuple[int, ...] = prop("Only these steps; empty means all.", default=(), max_items=MAX_STEPS,
                                  items=_step_number())


@frozen(kw_only=True, slots=False)
class WorkflowExecutionSpec:
    """Desired state; immutable after creation except `suspend` and `stop`."""

    alert_remediation_ref: ObjectReference | None = prop("The parent AlertRemediation, if any.", default=None)
    workflow_definition: WorkflowDefinition | None = prop(
        "The workflow; absent only with rollbackOf or retryOf.", default=None)
    execution_strategy: ExecutionStrategy = prop("How to execute.", factory=ExecutionStrategy)
    adaptive_orchestration: AdaptiveOrchestrationConfig = prop("Which adaptations are allowed.",
                                                               factory=AdaptiveOrchestrationConfig)
    suspend: bool = prop("Launch nothing while true.", default=False)
    stop: Stop = prop("Ask a running workflow to end; only forwards.", default=Stop.NO)
    rollback_of: SourceReference | None = prop("Compensate this finished workflow.", default=None)
    retry_of: SourceReference | None = prop("Run again what this finished workflow did not achieve.", default=None)
    ttl_seconds_after_finished: int | None = prop(
        "Delete this long after the end; default 24 h without a parent, never with one.", default=None, minimum=0,
        maximum=31_536_000)
