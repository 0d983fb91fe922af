"""What planning decided: published in status for people, recomputed from spec by the engine."""

from __future__ import annotations

from datetime import timedelta

from attrs import frozen

from wfcore.model.compensations import RollbackParameters
from wfcore.model.definition import MAX_STEP_NUMBER, MAX_STEPS, SafetyCheck, WorkflowDefinition
from wfcore.model.enums import Action, RollbackAction, RollbackStrategy, Strategy
from wfcore.model.fields import Limits, prop

_STEP = Limits(doc="Step number.", minimum=1)
_LINE = Limits(doc="Text.", max_length=1024)


@frozen(kw_only=True)
class Wave:
    """Steps whose longest chain of prerequisites has the same length."""

    steps: tuple[int, ...] = prop("Step numbers, ascending.", max_items=MAX_STEPS, items=_STEP)


@frozen(kw_only=True)
class PlannedResource:
    """One object that the workflow will touch."""

    kind: str = prop("Kind.", max_length=63)
    namespace: str = prop("Namespace; empty for cluster-scoped kinds.", default="", max_length=63)
    name: str = prop("Name, or a label selector in parentheses.", max_length=1100)
    steps: tuple[int, ...] = prop("Steps that touch it.", max_items=MAX_STEPS, items=_STEP)
    impact: str = prop("none, config, restart, capacity or eviction: the strongest effect.", max_length=63)


@frozen(kw_only=True)
class ExecutionPlan:
    """The plan of a workflow."""

    strategy: Strategy = prop("How much can run at the same time.")
    estimated_duration: timedelta = prop("Along the critical path, without retries.")
    rollback_strategy: RollbackStrategy = prop("Who rolls back after a critical failure.")
    safety_checks: tuple[SafetyCheck, ...] = prop("Checks before execution.", default=(), max_items=32)
    waves: tuple[Wave, ...] = prop("Waves, earliest first.", default=(), max_items=MAX_STEPS)
    critical_path: tuple[int, ...] = prop("The chain that bounds the duration.", default=(), max_items=MAX_STEPS,
                                          items=_STEP)
    rollback_order: tuple[Wave, ...] = prop("Compensable steps in the order they would be undone.", default=(),
                                            max_items=MAX_STEPS)
    resources: tuple[PlannedResource, ...] = prop("Objects the workflow will touch.", default=(), max_items=1000)
    success_criteria: tuple[str, ...] = prop("What has to hold at the end.", default=(), max_items=32, items=_LINE)
    warnings: tuple[str, ...] = prop("What a reviewer should know.", default=(), max_items=100, items=_LINE)


@frozen(kw_only=True)
class ActionHistory:
    """What was recorded about one action: how often it was done, how it went, how long it took."""

    action: Action = prop("The action.")
    samples: int = prop("Steps recorded.", minimum=0)
    success_rate: float = prop("Share that succeeded, 0 to 1.", minimum=0, maximum=1)
    retry_success_rate: float = prop("Share that succeeded among those that were retried, 0 to 1.", default=0.0,
                                     minimum=0, maximum=1)
    confidence: float = prop("How sure the store is of these figures, 0 to 1.", minimum=0, maximum=1)
    typical_duration: timedelta | None = prop("Median duration of those that succeeded at once.", default=None)
    slow_duration: timedelta | None = prop("95th percentile of those that succeeded at once.", default=None)


@frozen(kw_only=True)
class PlannedCompensation:
    """One compensation of a `rollbackOf`: what to restore, and which compensations come first."""

    step_number: int = prop("The step of the source that is undone.", minimum=1, maximum=MAX_STEP_NUMBER)
    name: str = prop("Its name.", default="", max_length=253)
    action: Action = prop("What it did.")
    rollback_action: RollbackAction = prop("The compensation.")
    parameters: RollbackParameters = prop("Captured values, or those of its rollbackSpec.")
    timeout: timedelta = prop("Time one attempt may take.")
    max_retries: int = prop("Retries after the first attempt, as the step had.", default=0, minimum=0, maximum=10)
    after: tuple[int, ...] = prop("Steps that are undone before it.", default=(), max_items=MAX_STEPS, items=_STEP)


@frozen(kw_only=True, slots=False)
class PlanInputs:
    """Everything planning took from outside the spec, committed once.

    The operator's defaults are among it: a controller restarted with others
    computes the same plan for a workflow that was planned before.
    """

    history_available: bool = prop("Whether history answered.", default=False)
    note: str = prop("Why a source was left out.", default="", max_length=1024)
    step_timeout: timedelta | None = prop("Time-out of steps that name none.", default=None)
    default_max_retries: int | None = prop("Retries of steps where nothing else says.", default=None, minimum=0)
    max_parallel_steps: int | None = prop("Steps at the same time where the spec does not say.", default=None,
                                          minimum=1)
    history: tuple[ActionHistory, ...] = prop("Recorded history of the actions used, by action.", default=(),
                                              max_items=32)
    definition: WorkflowDefinition | None = prop("Definition of the source, for a retryOf that has none of its own.",
                                                 default=None)
    carried_over: tuple[int, ...] = prop("Steps that the source of a retryOf has achieved already.", default=(),
                                         max_items=MAX_STEPS, items=_STEP)
    compensations: tuple[PlannedCompensation, ...] = prop("What a rollbackOf restores, by step.", default=(),
                                                          max_items=MAX_STEPS)
    workflow_name: str = prop("Name of the source's definition, for a rollbackOf.", default="", max_length=253)
    remarks: tuple[str, ...] = prop("What was noticed about the source; among the plan's warnings.", default=(),
                                    max_items=32, items=_LINE)
    approval_needed_because: str = prop("Why an approval is needed although nobody asked for one; empty: it is not.",
                                        default="", max_length=1024)
