"""The parameters of each compensation: a closed union, one member per rollback action.

The same types carry what the executor captured before it acted; captured values
always win over those of the spec.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from attrs import frozen

from wfcore.model.actions import UncordonNodeParams
from wfcore.model.enums import ConfigKind, RollbackAction
from wfcore.model.fields import DNS_LABEL, DNS_SUBDOMAIN, Limits, StrMap, prop


def _namespace() -> str:
    value: str = prop("Namespace of the target; empty means the workflow's own.", default="",
                      max_length=63, pattern=r"^$|" + DNS_LABEL)
    return value


def _name(what: str) -> str:
    value: str = prop(f"Name of the {what}.", min_length=1, max_length=253, pattern=DNS_SUBDOMAIN)
    return value


@frozen(kw_only=True)
class RestorePreviousDeploymentParams:
    """Restore a Deployment's pod template."""

    namespace: str = _namespace()
    deployment: str = _name("Deployment")
    revision: int = prop("Revision to restore; 0 means the one before the change.", default=0, minimum=0)
    snapshot: str = prop("Name of the snapshot of the pod template the executor took; captured before the change.",
                         default="", max_length=253, pattern=r"^$|" + DNS_SUBDOMAIN)


@frozen(kw_only=True)
class ScaleToPreviousParams:
    """Restore a Deployment's number of replicas."""

    namespace: str = _namespace()
    deployment: str = _name("Deployment")
    previous_replicas: int | None = prop("Replicas to restore; captured by the executor before the change, used from "
                                         "here only if nothing was captured.", default=None, minimum=0, maximum=1000)


@frozen(kw_only=True)
class RestorePreviousConfigParams:
    """Restore a ConfigMap's or Secret's data."""

    namespace: str = _namespace()
    name: str = _name("ConfigMap or Secret")
    type: ConfigKind = prop("ConfigMap or Secret.")
    snapshot: str = prop("Name of the snapshot the executor took; captured before the change.", default="",
                         max_length=253, pattern=r"^$|" + DNS_SUBDOMAIN)


@frozen(kw_only=True)
class CustomRollbackParams:
    """A compensation registered with the executor."""

    action_type: str = prop("Identifier of the compensation.", min_length=1, max_length=63, pattern=DNS_LABEL)
    config: StrMap = prop("String settings.", factory=StrMap, max_properties=64,
                          values=Limits(doc="Setting.", max_length=4096))


RollbackParameters: TypeAlias = (
    RestorePreviousDeploymentParams | ScaleToPreviousParams | RestorePreviousConfigParams | UncordonNodeParams
    | CustomRollbackParams
)

ROLLBACK_PARAMETERS_OF: Mapping[RollbackAction, type[RollbackParameters]] = {
    RollbackAction.RESTORE_PREVIOUS_DEPLOYMENT: RestorePreviousDeploymentParams,
    RollbackAction.SCALE_TO_PREVIOUS: ScaleToPreviousParams,
    RollbackAction.RESTORE_PREVIOUS_CONFIG: RestorePreviousConfigParams,
    RollbackAction.UNCORDON_NODE: UncordonNodeParams,
    RollbackAction.CUSTOM: CustomRollbackParams,
}

ROLLBACK_MEMBERS: Mapping[str, type[RollbackParameters]] = {
    "restorePreviousDeployment": RestorePreviousDeploymentParams,
    "scaleToPrevious": ScaleToPreviousParams,
    "restorePreviousConfig": RestorePreviousConfigParams,
    "uncordonNode": UncordonNodeParams,
    "custom": CustomRollbackParams,
}
