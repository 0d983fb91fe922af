"""What an execution must satisfy before anything is read: judged from its spec and the settings alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from wfcontroller.executor.contract import CustomAction
from wfcontroller.executor.settings import ExecutorSettings
from wfcore.model.actions import (
    PARAMETERS_OF,
    PARAMETERS_OPTIONAL,
    CustomActionParams,
    UncordonNodeParams,
    UpdateSecretParams,
)
from wfcore.model.compensations import ROLLBACK_PARAMETERS_OF, CustomRollbackParams, RollbackParameters
from wfcore.model.enums import ExecutionKind, FailureClass
from wfcore.model.execution import KubernetesExecutionSpec
from wfcore.model.workflow import KubernetesExecution
from wfcore.planning.targets import in_namespace, targets_of


def problems(
    execution: KubernetesExecution, settings: ExecutorSettings, actions: Mapping[str, CustomAction]
) -> tuple[FailureClass, tuple[str, ...]]:
    """Every problem at once; `permission_denied` when nothing else is wrong but the place."""
    spec = execution.spec
    wrong = [*_shape(spec), *_reference(execution), *_custom(spec, actions), *_inline(spec, settings)]
    denied = list(_places(execution, settings))
    return (FailureClass.VALIDATION_ERROR if wrong else FailureClass.PERMISSION_DENIED), (*wrong, *denied)


def _shape(spec: KubernetesExecutionSpec) -> Iterator[str]:
    if spec.target_cluster:
        yield f"targetCluster {spec.target_cluster!r}: no executor is registered for another cluster; leave it empty"
    if spec.kind is ExecutionKind.ROLLBACK:
        if spec.rollback_action is None or spec.rollback_parameters is None:
            yield "kind rollback needs rollbackAction and rollbackParameters"
        elif not isinstance(spec.rollback_parameters, ROLLBACK_PARAMETERS_OF[spec.rollback_action]):
            yield (f"rollbackAction {spec.rollback_action} does not take"
                   f" {type(spec.rollback_parameters).__name__} as rollbackParameters")
        return
    if spec.parameters is None:
        if spec.action not in PARAMETERS_OPTIONAL:
            yield f"action {spec.action} needs parameters"
    elif not isinstance(spec.parameters, PARAMETERS_OF[spec.action]):
        yield f"action {spec.action} does not take {type(spec.parameters).__name__} as parameters"


def _reference(execution: KubernetesExecution) -> Iterator[str]:
    reference = execution.spec.workflow_execution_ref
    if not reference.uid:
        yield "workflowExecutionRef has no uid, so the workflow can't be recognised"
    if reference.namespace != execution.metadata.namespace:
        yield (f"workflowExecutionRef names namespace {reference.namespace!r}; a step runs in its workflow's own"
               f" namespace, here {execution.metadata.namespace!r}")


def _custom(spec: KubernetesExecutionSpec, actions: Mapping[str, CustomAction]) -> Iterator[str]:
    chosen = spec.rollback_parameters if spec.kind is ExecutionKind.ROLLBACK else spec.parameters
    if isinstance(chosen, CustomActionParams | CustomRollbackParams):
        found = actions.get(chosen.action_type)
        if found is None:
            known = ", ".join(sorted(actions)) or "none"
            yield f"actionType {chosen.action_type!r} is not registered with this executor; registered: {known}"
        else:
            yield from found.problems(chosen.config)


def _inline(spec: KubernetesExecutionSpec, settings: ExecutorSettings) -> Iterator[str]:
    given = spec.parameters
    if isinstance(given, UpdateSecretParams) and given.data_updates and not settings.allow_inline_secrets:
        yield "dataUpdates holds values of a Secret, which the operator does not allow; use updates with secretKeyRef"


def _places(execution: KubernetesExecution, settings: ExecutorSettings) -> Iterator[str]:
    for what, namespace in dict.fromkeys(_touched(execution)):
        if namespace in _protected(settings):
            yield f"{what} is in namespace {namespace!r}, which is protected; no step acts there"


def elsewhere(execution: KubernetesExecution, settings: ExecutorSettings) -> list[tuple[str, str]]:
    """What a step touches and in which namespace (empty: none, a node), where that takes its creator's power."""
    own = execution.metadata.namespace
    if settings.trusted_namespaces is None or own in settings.trusted_namespaces:
        return []
    return [(what, namespace) for what, namespace in dict.fromkeys(_touched(execution)) if namespace != own]


def _protected(settings: ExecutorSettings) -> frozenset[str]:
    return settings.protected_namespaces | ({settings.namespace, settings.controller_namespace} - {""})


def _touched(execution: KubernetesExecution) -> Iterator[tuple[str, str]]:
    spec, own = execution.spec, execution.metadata.namespace
    if spec.kind is ExecutionKind.ROLLBACK:
        if spec.rollback_parameters is not None:
            yield _restored(in_namespace(spec.rollback_parameters, own))
        return
    if spec.parameters is not None:
        for target in targets_of(in_namespace(spec.parameters, own)):
            yield str(target), target.namespace
    for judged in spec.health_targets:
        yield f"{judged.kind} {judged.name}", judged.namespace


def _restored(parameters: RollbackParameters) -> tuple[str, str]:
    if isinstance(parameters, UncordonNodeParams):
        return f"node/{parameters.node_name}", ""
    name = getattr(parameters, "deployment", "") or getattr(parameters, "name", "") or "the target"
    namespace: str = getattr(parameters, "namespace", "")
    return name, namespace
