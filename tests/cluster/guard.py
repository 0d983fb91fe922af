"""`wf-guard` on a cluster: taken away, put back, and waited for until the API server acts accordingly."""

from __future__ import annotations

from tests.controlplane.plane import ControlPlane

from wfcontroller.api import Object
from wfcontroller.deployment.parts import objects

from .client import Client, path_of
from .installation import until

POLICY, BINDING = objects(("policy",))
_PROBE = {
    "apiVersion": "workflowexecution.kubernaut.io/v1", "kind": "WorkflowExecution",
    "metadata": {"name": "probe", "annotations": {"workflowexecution.kubernaut.io/created-by": "nobody"}},
    "spec": {"workflowDefinition": {"name": "probe", "steps": [{
        "stepNumber": 1, "action": "restart-deployment", "parameters": {"restartDeployment": {"deployment": "w"}}}]}}}


def is_active(admin: Client) -> bool:
    """Whether a forged creator is refused; nothing is kept of the question."""
    return admin.ask("POST", path_of("workflowexecutions", "default") + "?dryRun=All", _PROBE).status == 422


def stands(plane: ControlPlane, admin: Client) -> None:
    """Policy and binding as shipped, and active."""
    plane.apply(POLICY, BINDING)
    until(lambda: is_active(admin), "wf-guard is active")


def is_away(plane: ControlPlane, admin: Client) -> None:
    """Without its binding the policy guards nothing."""
    plane.kubectl("delete", "validatingadmissionpolicybinding", "wf-guard", "--ignore-not-found")
    until(lambda: not is_active(admin), "wf-guard guards nothing")


def is_toothless(plane: ControlPlane, admin: Client) -> None:
    """It is bound, but only to warn: everything is let through."""
    warning: Object = {**BINDING, "spec": {**BINDING["spec"], "validationActions": ["Warn"]}}
    plane.apply(POLICY, warning)
    until(lambda: not is_active(admin), "wf-guard only warns")
