"""The natural compensation of an action: what brings back what it changes, where anything can."""

from __future__ import annotations

from wfcore.model.actions import (
    CordonNodeParams,
    DrainNodeParams,
    RestartDeploymentParams,
    ScaleDeploymentParams,
    StepParameters,
    UncordonNodeParams,
    UpdateConfigMapParams,
    UpdateImageParams,
    UpdateSecretParams,
)
from wfcore.model.compensations import (
    RestorePreviousConfigParams,
    RestorePreviousDeploymentParams,
    ScaleToPreviousParams,
)
from wfcore.model.definition import RollbackSpec
from wfcore.model.enums import ConfigKind, RollbackAction


def natural_compensation(parameters: StepParameters | None) -> RollbackSpec | None:
    """The compensation of a step with these parameters; its values are those that will be captured.

    A deleted pod comes back by itself or not at all, a check changes nothing, and
    what a custom action does nobody knows.
    """
    match parameters:
        case ScaleDeploymentParams(namespace=namespace, deployment=name):
            return RollbackSpec(action=RollbackAction.SCALE_TO_PREVIOUS,
                                parameters=ScaleToPreviousParams(namespace=namespace, deployment=name))
        case RestartDeploymentParams(namespace=namespace, deployment=name) | UpdateImageParams(
                namespace=namespace, deployment=name):
            return RollbackSpec(action=RollbackAction.RESTORE_PREVIOUS_DEPLOYMENT,
                                parameters=RestorePreviousDeploymentParams(namespace=namespace, deployment=name))
        case UpdateConfigMapParams(namespace=namespace, name=name):
            return _config(namespace, name, ConfigKind.CONFIG_MAP)
        case UpdateSecretParams(namespace=namespace, name=name):
            return _config(namespace, name, ConfigKind.SECRET)
        case CordonNodeParams(node_name=node) | DrainNodeParams(node_name=node):
            return RollbackSpec(action=RollbackAction.UNCORDON_NODE, parameters=UncordonNodeParams(node_name=node))
    return None


def _config(namespace: str, name: str, kind: ConfigKind) -> RollbackSpec:
    return RollbackSpec(action=RollbackAction.RESTORE_PREVIOUS_CONFIG,
                        parameters=RestorePreviousConfigParams(namespace=namespace, name=name, type=kind))
