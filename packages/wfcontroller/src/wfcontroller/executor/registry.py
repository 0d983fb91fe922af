"""Which operation performs which action or compensation."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import entry_points

from wfcontroller.executor import config, custom, deployments, drain, health, nodes, pods
from wfcontroller.executor.contract import CustomAction, Operation, Work
from wfcore.model import actions as forward
from wfcore.model import compensations as backward
from wfcore.model.compensations import RollbackParameters
from wfcore.model.enums import ExecutionKind
from wfcore.planning.targets import in_namespace

ENTRY_POINTS = "wfexecutor.actions"


def custom_actions(given: Mapping[str, CustomAction]) -> Mapping[str, CustomAction]:
    """The custom actions installed beside the executor, by the entry point's name, and those given; given ones win."""
    installed = {entry.name: entry.load() for entry in sorted(entry_points(group=ENTRY_POINTS))}
    return {**installed, **given}


async def operation_for(work: Work, actions: Mapping[str, CustomAction]) -> Operation:
    """The operation that a validated execution asks for.  May read; raises `ExecutionFailed` and `ApiError`."""
    spec = work.execution.spec
    if spec.kind is ExecutionKind.ROLLBACK:
        assert spec.rollback_parameters is not None
        return await _compensation(in_namespace(spec.rollback_parameters, work.namespace), work, actions)
    if spec.parameters is None:
        return health.HealthCheck(health.subjects(spec.health_targets))
    match in_namespace(spec.parameters, work.namespace):
        case forward.ScaleDeploymentParams() as given:
            return await deployments.scale(given, work)
        case forward.RestartDeploymentParams() as given:
            return await deployments.restart(given, work)
        case forward.UpdateImageParams() as given:
            return await deployments.update_image(given, work)
        case forward.RestartPodParams() as given:
            return pods.restart(given)
        case forward.DeletePodParams() as given:
            return pods.delete(given)
        case forward.UpdateConfigMapParams() as given:
            return config.update_config_map(given, work)
        case forward.UpdateSecretParams() as given:
            return await config.update_secret(given, work)
        case forward.CordonNodeParams() as given:
            return nodes.cordon(given)
        case forward.UncordonNodeParams() as given:
            return nodes.uncordon(given)
        case forward.DrainNodeParams() as given:
            return drain.Drain(given)
        case forward.CheckPodHealthParams() as given:
            return health.HealthCheck((health.subject_of(given),))
        case forward.CustomActionParams() as given:
            return custom.Custom(actions[given.action_type], given)


async def _compensation(
    parameters: RollbackParameters, work: Work, actions: Mapping[str, CustomAction]
) -> Operation:
    match parameters:
        case backward.ScaleToPreviousParams() as given:
            return await deployments.scale_to_previous(given, work)
        case backward.RestorePreviousDeploymentParams() as given:
            return await deployments.restore(given, work)
        case backward.RestorePreviousConfigParams() as given:
            return await config.restore(given, work)
        case forward.UncordonNodeParams() as given:
            return nodes.uncordon(given)
        case backward.CustomRollbackParams() as given:
            return custom.CustomCompensation(actions[given.action_type], given)
