"""The parameters of each forward action: a closed union, one member per action.

On the wire the union is an object with exactly one key (`scaleDeployment: {...}`)
that has to match the step's `action`; here it is the member itself.
An empty `namespace` means the workflow's own; the rendered child always names it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TypeAlias

from attrs import frozen

from wfcore.model.enums import Action
from wfcore.model.fields import CONFIG_KEY, DNS_LABEL, DNS_SUBDOMAIN, DURATION_IN, IMAGE, SELECTOR, Limits, StrMap, prop


def _namespace() -> str:
    value: str = prop("Namespace of the target; empty means the workflow's own.", default="",
                      max_length=63, pattern=r"^$|" + DNS_LABEL)
    return value


def _name(what: str) -> str:
    value: str = prop(f"Name of the {what}.", min_length=1, max_length=253, pattern=DNS_SUBDOMAIN)
    return value


def _grace_period() -> timedelta | None:
    value: timedelta | None = prop("Time a pod gets to stop, e.g. 30s; absent means the pod's own.", default=None,
                                   **DURATION_IN)
    return value


@frozen(kw_only=True)
class ScaleDeploymentParams:
    """Set the number of replicas of a Deployment and wait until they are ready."""

    namespace: str = _namespace()
    deployment: str = _name("Deployment")
    replicas: int = prop("Wanted number of replicas.", minimum=0, maximum=1000)


@frozen(kw_only=True)
class RestartDeploymentParams:
    """Roll the pods of a Deployment, as `kubectl rollout restart` does."""

    namespace: str = _namespace()
    deployment: str = _name("Deployment")
    grace_period: timedelta | None = _grace_period()


@frozen(kw_only=True)
class UpdateImageParams:
    """Change one container's image in a Deployment and wait for the rollout."""

    namespace: str = _namespace()
    deployment: str = _name("Deployment")
    container: str = prop("Name of the container.", min_length=1, max_length=63, pattern=DNS_LABEL)
    new_image: str = prop("Image reference to set.", min_length=1, max_length=512, pattern=IMAGE)


@frozen(kw_only=True)
class RestartPodParams:
    """Delete one pod by name, or all that match a selector, and wait for their replacements."""

    namespace: str = _namespace()
    pod_name: str = prop("Name of the pod; empty means all that match the selector.", default="",
                         max_length=253, pattern=r"^$|" + DNS_SUBDOMAIN)
    selector: str = prop("Label selector, e.g. app=web; used when podName is empty.", default="",
                         max_length=1024, pattern=r"^$|" + SELECTOR)
    grace_period: timedelta | None = _grace_period()


@frozen(kw_only=True)
class DeletePodParams:
    """Delete one pod and wait until it is gone."""

    namespace: str = _namespace()
    pod_name: str = _name("pod")
    grace_period: timedelta | None = _grace_period()


@frozen(kw_only=True)
class UpdateConfigMapParams:
    """Merge keys into a ConfigMap's data."""

    namespace: str = _namespace()
    name: str = _name("ConfigMap")
    data_updates: StrMap = prop("Keys to set; other keys stay.", max_properties=128,
                                values=Limits(doc="New value.", max_length=32768))


@frozen(kw_only=True)
class SecretKeyRef:
    """One key of another Secret in the same namespace."""

    name: str = _name("Secret to copy from")
    key: str = prop("Key within that Secret.", min_length=1, max_length=253, pattern=CONFIG_KEY)


@frozen(kw_only=True)
class SecretUpdate:
    """One key to set and where its value comes from."""

    key: str = prop("Key to set.", min_length=1, max_length=253, pattern=CONFIG_KEY)
    secret_key_ref: SecretKeyRef = prop("Where the value is copied from.")


@frozen(kw_only=True)
class UpdateSecretParams:
    """Merge keys into a Secret.  References by default; inline values only where the operator allows them."""

    namespace: str = _namespace()
    name: str = _name("Secret")
    updates: tuple[SecretUpdate, ...] = prop("Keys to copy from other Secrets.", default=(), max_items=128,
                                             list_map_keys=("key",))
    data_updates: StrMap = prop("Base64 values given inline; refused unless the operator allows it.", factory=StrMap,
                                max_properties=128, secret=True,
                                values=Limits(doc="Base64.", max_length=32768, pattern=r"^[A-Za-z0-9+/]*={0,2}$"))


@frozen(kw_only=True)
class CordonNodeParams:
    """Mark a node unschedulable."""

    node_name: str = _name("Node")


@frozen(kw_only=True)
class UncordonNodeParams:
    """Mark a node schedulable again; used forward and as compensation."""

    node_name: str = _name("Node")
    previously_schedulable: bool | None = prop("Whether the node took pods before the change; captured by the "
                                               "executor.  False leaves the node as it is.", default=None)


@frozen(kw_only=True)
class DrainNodeParams:
    """Cordon a node and evict its pods, honouring disruption budgets."""

    node_name: str = _name("Node")
    grace_period: timedelta | None = _grace_period()
    ignore_daemon_sets: bool = prop("Leave DaemonSet pods; without it their presence fails the step.", default=False)
    delete_local_data: bool = prop("Evict pods that use emptyDir; without it their presence fails the step.",
                                   default=False)


@frozen(kw_only=True)
class CheckPodHealthParams:
    """Check that pods are Ready; without parameters the targets of the prerequisites are judged."""

    namespace: str = _namespace()
    deployment: str = prop("Check this Deployment's pods.", default="", max_length=253, pattern=r"^$|" + DNS_SUBDOMAIN)
    selector: str = prop("Check the pods that match, e.g. app=web.", default="", max_length=1024,
                         pattern=r"^$|" + SELECTOR)


@frozen(kw_only=True)
class CustomActionParams:
    """An action registered with the executor and declared by the operator."""

    action_type: str = prop("Identifier of the action.", min_length=1, max_length=63, pattern=DNS_LABEL)
    config: StrMap = prop("String settings of the action.", factory=StrMap, max_properties=64,
                          values=Limits(doc="Setting.", max_length=4096))


StepParameters: TypeAlias = (
    ScaleDeploymentParams | RestartDeploymentParams | UpdateImageParams | RestartPodParams | DeletePodParams
    | UpdateConfigMapParams | UpdateSecretParams | CordonNodeParams | UncordonNodeParams | DrainNodeParams
    | CheckPodHealthParams | CustomActionParams
)

PARAMETERS_OF: Mapping[Action, type[StepParameters]] = {
    Action.SCALE_DEPLOYMENT: ScaleDeploymentParams,
    Action.RESTART_DEPLOYMENT: RestartDeploymentParams,
    Action.UPDATE_IMAGE: UpdateImageParams,
    Action.RESTART_POD: RestartPodParams,
    Action.DELETE_POD: DeletePodParams,
    Action.UPDATE_CONFIGMAP: UpdateConfigMapParams,
    Action.UPDATE_SECRET: UpdateSecretParams,
    Action.CORDON_NODE: CordonNodeParams,
    Action.UNCORDON_NODE: UncordonNodeParams,
    Action.DRAIN_NODE: DrainNodeParams,
    Action.CHECK_POD_HEALTH: CheckPodHealthParams,
    Action.CUSTOM: CustomActionParams,
}

PARAMETERS_OPTIONAL = frozenset({Action.CHECK_POD_HEALTH})

# Union members on the wire, by key.
STEP_MEMBERS: Mapping[str, type[StepParameters]] = {
    "scaleDeployment": ScaleDeploymentParams,
    "restartDeployment": RestartDeploymentParams,
    "updateImage": UpdateImageParams,
    "restartPod": RestartPodParams,
    "deletePod": DeletePodParams,
    "updateConfigMap": UpdateConfigMapParams,
    "updateSecret": UpdateSecretParams,
    "cordonNode": CordonNodeParams,
    "uncordonNode": UncordonNodeParams,
    "drainNode": DrainNodeParams,
    "checkPodHealth": CheckPodHealthParams,
    "custom": CustomActionParams,
}
