"""Checks of one decoded step that no schema can say.  Each returns problems below the step's path."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from wfcore.codec.problems import Path, Problem
from wfcore.model.actions import (
    PARAMETERS_OF,
    PARAMETERS_OPTIONAL,
    STEP_MEMBERS,
    CheckPodHealthParams,
    CustomActionParams,
    RestartPodParams,
    UpdateSecretParams,
)
from wfcore.model.compensations import ROLLBACK_MEMBERS, ROLLBACK_PARAMETERS_OF, CustomRollbackParams
from wfcore.model.definition import WorkflowStep
from wfcore.settings import Settings

_KEY_OF = {cls: key for key, cls in STEP_MEMBERS.items()}
_ROLLBACK_KEY_OF = {cls: key for key, cls in ROLLBACK_MEMBERS.items()}

StepCheck: TypeAlias = Callable[[WorkflowStep, Settings, Path], Iterator[Problem]]


def union_matches_action(step: WorkflowStep, settings: Settings, path: Path) -> Iterator[Problem]:
    """The parameters are those of the action."""
    wanted = PARAMETERS_OF[step.action]
    if step.parameters is None:
        if step.action not in PARAMETERS_OPTIONAL:
            yield Problem((*path, "parameters"), "Missing", f"action {step.action} needs its parameters")
    elif not isinstance(step.parameters, wanted):
        yield Problem((*path, "parameters"), "UnionMismatch",
                      f"action {step.action} needs parameters.{_KEY_OF[wanted]}, got {_KEY_OF[type(step.parameters)]}")


def rollback_union_matches_action(step: WorkflowStep, settings: Settings, path: Path) -> Iterator[Problem]:
    """The rollback parameters, when given, are those of the compensation."""
    spec = step.rollback_spec
    if spec is None or spec.parameters is None:
        return
    wanted = ROLLBACK_PARAMETERS_OF[spec.action]
    if not isinstance(spec.parameters, wanted):
        yield Problem((*path, "rollbackSpec", "parameters"), "UnionMismatch",
                      f"compensation {spec.action} needs parameters.{_ROLLBACK_KEY_OF[wanted]}, "
                      f"got {_ROLLBACK_KEY_OF[type(spec.parameters)]}")


def one_way_to_select(step: WorkflowStep, settings: Settings, path: Path) -> Iterator[Problem]:
    """Pods are named in exactly one way."""
    match step.parameters:
        case RestartPodParams(pod_name=name, selector=selector) if bool(name) == bool(selector):
            yield Problem((*path, "parameters", "restartPod"), "Ambiguous",
                          "give either podName or selector" + (", not both" if name else ""))
        case CheckPodHealthParams(deployment=name, selector=selector) if bool(name) == bool(selector):
            yield Problem((*path, "parameters", "checkPodHealth"), "Ambiguous",
                          "give either deployment or selector" + (", not both" if name else ""))


def secrets_by_reference(step: WorkflowStep, settings: Settings, path: Path) -> Iterator[Problem]:
    """Secret values are references unless the operator allows inline ones."""
    if not isinstance(step.parameters, UpdateSecretParams):
        return
    place = (*path, "parameters", "updateSecret")
    if step.parameters.data_updates and not settings.allow_inline_secrets:
        yield Problem((*place, "dataUpdates"), "Forbidden",
                      "inline secret values are not allowed here; use updates with secretKeyRef")
    if not step.parameters.data_updates and not step.parameters.updates:
        yield Problem(place, "Missing", "nothing to update; add updates with secretKeyRef")


def custom_actions_declared(step: WorkflowStep, settings: Settings, path: Path) -> Iterator[Problem]:
    """A custom action has to be declared by the operator."""
    declared = {action.action_type for action in settings.custom_actions}
    listed = ", ".join(sorted(declared)) or "none"
    if isinstance(step.parameters, CustomActionParams) and step.parameters.action_type not in declared:
        yield Problem((*path, "parameters", "custom", "actionType"), "NotSupported",
                      f"custom action {step.parameters.action_type!r} is not declared; declared are: {listed}")
    spec = step.rollback_spec
    if spec and isinstance(spec.parameters, CustomRollbackParams) and spec.parameters.action_type not in declared:
        yield Problem((*path, "rollbackSpec", "parameters", "custom", "actionType"), "NotSupported",
                      f"custom action {spec.parameters.action_type!r} is not declared; declared are: {listed}")


def target_cluster_is_known(step: WorkflowStep, settings: Settings, path: Path) -> Iterator[Problem]:
    """Only the own cluster can be acted on."""
    if step.target_cluster:
        yield Problem((*path, "targetCluster"), "NotSupported",
                      f"no executor is registered for cluster {step.target_cluster!r}; leave targetCluster empty")


STEP_CHECKS: tuple[StepCheck, ...] = (
    union_matches_action, rollback_union_matches_action, one_way_to_select, secrets_by_reference,
    custom_actions_declared, target_cluster_is_known,
)


def check_step(step: WorkflowStep, settings: Settings, path: Path) -> Iterator[Problem]:
    """Every problem of one step."""
    for check in STEP_CHECKS:
        yield from check(step, settings, path)
