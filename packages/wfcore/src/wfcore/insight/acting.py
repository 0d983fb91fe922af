"""The executor of a forecast: what it reports about one child, and how long that takes."""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import evolve, frozen

from wfcore.insight.assumptions import RETRYABLE_SHARE, Assumptions, StepModel
from wfcore.model.actions import UpdateSecretParams
from wfcore.model.compensations import (
    RestorePreviousConfigParams,
    RestorePreviousDeploymentParams,
    RollbackParameters,
    ScaleToPreviousParams,
)
from wfcore.model.enums import Action, ConfigKind, ExecutionKind, ExecutionPhase, FailureClass, Mutated, RollbackAction
from wfcore.model.execution import KubernetesExecutionSpec, KubernetesExecutionStatus
from wfcore.model.results import RollbackInformation, StepExecutionResult
from wfcore.simulation.chance import Chance

DRY_RUN_TAKES = timedelta(seconds=1)
CANCEL_TAKES = timedelta(seconds=1)


@frozen
class Act:
    """What an executor reports in the end, so much later."""

    lasts: timedelta
    status: KubernetesExecutionStatus


def act(spec: KubernetesExecutionSpec, model: StepModel, assumptions: Assumptions, chance: Chance) -> Act:
    """One attempt, as chance has it; the same chance decides every attempt of a step by draws of its own."""
    about = (spec.kind.value, spec.step_number, spec.attempt)
    if spec.kind is ExecutionKind.DRYRUN:
        return Act(DRY_RUN_TAKES, _succeeded(spec))
    seconds = model.seconds.value(chance.at(*about, "lasts"))
    lasts = timedelta(microseconds=round(seconds * 1_000_000))
    forced = spec.step_number in assumptions.fail and spec.kind is ExecutionKind.FORWARD
    if forced:
        attempts = assumptions.fail[spec.step_number]
        if attempts is None or spec.attempt <= attempts:
            return Act(lasts, _failed(spec, worth_a_retry=attempts is not None))
    if chance.at(*about, "fails") < _share(spec, model, assumptions):
        return Act(lasts, _failed(spec, worth_a_retry=chance.at(*about, "retry") < RETRYABLE_SHARE))
    return Act(lasts, _succeeded(spec))


def _share(spec: KubernetesExecutionSpec, model: StepModel, assumptions: Assumptions) -> float:
    if spec.kind is ExecutionKind.ROLLBACK:
        return assumptions.compensation_failure_rate
    return model.fails if spec.attempt == 1 else model.fails_again


def _succeeded(spec: KubernetesExecutionSpec) -> KubernetesExecutionStatus:
    return KubernetesExecutionStatus(
        phase=ExecutionPhase.COMPLETED.value, execution_result=StepExecutionResult(success=True),
        rollback_information=_information(spec, Mutated.YES))


def _failed(spec: KubernetesExecutionSpec, *, worth_a_retry: bool) -> KubernetesExecutionStatus:
    failure = FailureClass.SERVICE_UNAVAILABLE if worth_a_retry else FailureClass.VERIFICATION_FAILED
    return KubernetesExecutionStatus(
        phase=ExecutionPhase.FAILED.value, execution_result=StepExecutionResult(success=False), failure_class=failure,
        error_message="forecast", rollback_information=_information(
            spec, Mutated.NO if worth_a_retry else Mutated.YES))


def cancelled(spec: KubernetesExecutionSpec) -> KubernetesExecutionStatus:
    """What an executor says that was told to stop: it cannot know how far it came."""
    return KubernetesExecutionStatus(
        phase=ExecutionPhase.FAILED.value, failure_class=FailureClass.CANCELLED, error_message="cancelled",
        rollback_information=_information(spec, Mutated.UNKNOWN))


def ended(status: KubernetesExecutionStatus, begun: datetime, now: datetime) -> KubernetesExecutionStatus:
    """The report with its times."""
    return evolve(status, start_time=begun, completion_time=now)


def _information(spec: KubernetesExecutionSpec, mutated: Mutated) -> RollbackInformation | None:
    if spec.kind is not ExecutionKind.FORWARD or spec.action is Action.CHECK_POD_HEALTH:
        return None
    parameters = captured(spec)
    return RollbackInformation(captured=parameters is not None, mutated=mutated, parameters=parameters)


def captured(spec: KubernetesExecutionSpec) -> RollbackParameters | None:
    """What the contract asks an executor to capture before it acts; None where it can't know what to restore."""
    parameters, wanted = spec.parameters, spec.rollback_spec
    place, deployment = getattr(parameters, "namespace", ""), getattr(parameters, "deployment", "")
    match wanted.action if wanted else None:
        case RollbackAction.SCALE_TO_PREVIOUS if deployment:
            return ScaleToPreviousParams(namespace=place, deployment=deployment, previous_replicas=1)
        case RollbackAction.RESTORE_PREVIOUS_DEPLOYMENT if deployment:
            return RestorePreviousDeploymentParams(namespace=place, deployment=deployment, snapshot="captured")
        case RollbackAction.RESTORE_PREVIOUS_CONFIG if name := getattr(parameters, "name", ""):
            kind = ConfigKind.SECRET if isinstance(parameters, UpdateSecretParams) else ConfigKind.CONFIG_MAP
            return RestorePreviousConfigParams(namespace=place, name=name, type=kind, snapshot="captured")
        case _:
            return wanted.parameters if wanted else None
