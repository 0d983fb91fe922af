"""What an executor reports: execution results, dry-run results, captured rollback information."""

from __future__ import annotations

from datetime import timedelta

from attrs import frozen

from wfcore.model.compensations import RollbackParameters
from wfcore.model.enums import Level, Mutated
from wfcore.model.fields import Limits, StrMap, prop

_LINE = Limits(doc="Text.", max_length=1024)


def _text(doc: str, default: str = "") -> str:
    value: str = prop(doc, default=default, max_length=1024)
    return value


@frozen(kw_only=True)
class ScaleExecutionResult:
    """A scaled Deployment."""

    previous_replicas: int = prop("Replicas before.", minimum=0)
    new_replicas: int = prop("Replicas after.", minimum=0)
    scaled_namespace: str = _text("Namespace.")
    scaled_deployment: str = _text("Deployment.")


@frozen(kw_only=True)
class RestartExecutionResult:
    """Restarted or evicted pods."""

    pods_restarted: int = prop("How many pods.", minimum=0)
    restarted_pods: tuple[str, ...] = prop("Their names.", default=(), max_items=500, items=_LINE)
    namespace: str = _text("Namespace; empty for a node's pods.")


@frozen(kw_only=True)
class UpdateExecutionResult:
    """A changed object.  Values of Secrets are never reported."""

    resource_type: str = _text("Kind of the object.")
    resource_name: str = _text("Its name.")
    namespace: str = _text("Its namespace.")
    update_type: str = _text("image, config or spec.")
    previous_value: str = _text("Value before; empty for Secrets.")
    new_value: str = _text("Value after; empty for Secrets.")


@frozen(kw_only=True)
class CustomExecutionResult:
    """What a custom action reported."""

    action_type: str = _text("Identifier of the action.")
    output: StrMap = prop("Its output.", factory=StrMap, max_properties=64, values=_LINE)


@frozen(kw_only=True)
class AffectedResource:
    """One object that an attempt changed."""

    resource_type: str = _text("Kind.")
    name: str = _text("Name.")
    namespace: str = _text("Namespace.")
    change_type: str = _text("modified, restarted, scaled, deleted, cordoned, uncordoned, evicted.")


@frozen(kw_only=True)
class StepExecutionResult:
    """The result of one attempt; at most one action-specific member is set."""

    success: bool = prop("Whether the outcome was verified.")
    execution_time: timedelta | None = prop("How long it took.", default=None)
    scale_result: ScaleExecutionResult | None = prop("Result of a scale.", default=None)
    restart_result: RestartExecutionResult | None = prop("Result of a restart or drain.", default=None)
    update_result: UpdateExecutionResult | None = prop("Result of an update.", default=None)
    custom_result: CustomExecutionResult | None = prop("Result of a custom action.", default=None)
    resources_affected: tuple[AffectedResource, ...] = prop("Objects changed.", default=(), max_items=500)
    warnings: tuple[str, ...] = prop("Warnings.", default=(), max_items=50, items=_LINE)


@frozen(kw_only=True)
class ResourceChange:
    """A change that a dry run predicts.  Values of Secrets are never reported."""

    resource_type: str = _text("Kind.")
    resource_name: str = _text("Name.")
    namespace: str = _text("Namespace.")
    change_type: str = _text("scale, update, delete.")
    before_state: StrMap = prop("Before.", factory=StrMap, max_properties=64, values=_LINE)
    after_state: StrMap = prop("After.", factory=StrMap, max_properties=64, values=_LINE)


@frozen(kw_only=True)
class PotentialIssue:
    """Something a dry run noticed."""

    severity: Level = prop("How bad.")
    description: str = _text("What.")
    step_number: int = prop("The step meant; 0 means the workflow.", default=0, minimum=0)
    recommendation: str = _text("What to do about it.")


@frozen(kw_only=True)
class DryRunStepResult:
    """The dry run of one step."""

    step_number: int = prop("The step.", minimum=1)
    action: str = _text("Its action.")
    would_succeed: bool = prop("Whether the API server accepted it.")
    simulated_duration: timedelta | None = prop("How long it took.", default=None)
    validation_errors: tuple[str, ...] = prop("Why not.", default=(), max_items=50, items=_LINE)
    resource_changes: tuple[ResourceChange, ...] = prop("Changes it predicts.", default=(), max_items=500)


@frozen(kw_only=True)
class DryRunResults:
    """The dry run of a workflow."""

    overall_success: bool = prop("Whether every step would succeed.")
    execution_time: timedelta | None = prop("How long it took.", default=None)
    steps_simulated: int = prop("How many steps were simulated.", default=0, minimum=0)
    step_results: tuple[DryRunStepResult, ...] = prop("Results by step.", default=(), max_items=500)
    resource_changes: tuple[ResourceChange, ...] = prop("Predicted changes.", default=(), max_items=500)
    potential_issues: tuple[PotentialIssue, ...] = prop("Things noticed.", default=(), max_items=500)


@frozen(kw_only=True)
class RollbackInformation:
    """What is needed to undo an attempt, persisted before it acts.

    `mutated` is `unknown` from the moment the values are captured until the
    executor knows; so a crash in between leaves the cautious answer.
    """

    captured: bool = prop("Whether previous values were captured.", default=False)
    mutated: Mutated = prop("Whether the attempt changed the cluster.", default=Mutated.NO)
    parameters: RollbackParameters | None = prop("Compensation parameters with the captured values.", default=None)
    digest: str = prop("SHA-256 of what was captured.", default="", max_length=64)
