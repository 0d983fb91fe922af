"""People of the control plane with the shipped roles, and what they do by the API."""

from __future__ import annotations

from collections.abc import Mapping

from tests.controlplane.plane import ControlPlane

from wfcontroller.api import Object
from wfcore.model.workflow import (
    ANNOTATION_APPROVAL_BY,
    ANNOTATION_APPROVAL_DECISION,
    ANNOTATION_APPROVAL_DIGEST,
    ANNOTATION_APPROVAL_REASON,
    ANNOTATION_CREATED_BY,
)

from .client import Answer, Client, path_of

_RBAC = "rbac.authorization.k8s.io"


def namespace(plane: ControlPlane, name: str, roles: Mapping[str, tuple[str, ...]]) -> None:
    """A namespace in which people hold shipped roles: by role, who."""
    plane.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}},
                *(bound(role, *people, namespace=name) for role, people in roles.items()))


def bound(role: str, *people: str, namespace: str = "", **named: str) -> Object:
    """The binding of a ClusterRole to people, in a namespace or (without one) in the whole cluster."""
    kind = "RoleBinding" if namespace else "ClusterRoleBinding"
    where = {"namespace": namespace} if namespace else {}
    return {"apiVersion": f"{_RBAC}/v1", "kind": kind, "metadata": {"name": named.get("name", f"{role}-test"), **where},
            "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": role},
            "subjects": [{"apiGroup": _RBAC, "kind": "User", "name": each} for each in people]}


def created_by(person: str, workflow: Object, namespace: str) -> Object:
    """The workflow in a namespace, as its creator signs it."""
    meta = {**workflow["metadata"], "namespace": namespace, "annotations": {ANNOTATION_CREATED_BY: person}}
    return {**workflow, "metadata": meta}


def create(client: Client, workflow: Object) -> Object:
    """Create it; the object that the server answers with."""
    answer = client.ask("POST", path_of("workflowexecutions", workflow["metadata"]["namespace"]), workflow)
    assert 201 == answer.status, answer.said
    found: Object = answer.body
    return found


def decide(client: Client, person: str, namespace: str, name: str, decision: str = "approved") -> Answer:
    """Say what one thinks of the plan that stands in the status."""
    now = client.get("workflowexecutions", namespace, name)
    now["metadata"]["annotations"] |= {
        ANNOTATION_APPROVAL_BY: person, ANNOTATION_APPROVAL_DECISION: decision,
        ANNOTATION_APPROVAL_DIGEST: now["status"]["planDigest"], ANNOTATION_APPROVAL_REASON: "read and understood"}
    return client.ask("PUT", path_of("workflowexecutions", namespace, name), now)


def workflow(name: str, *steps: Object, **spec: object) -> Object:
    """A workflow with these steps."""
    return {"apiVersion": "workflowexecution.kubernaut.io/v1", "kind": "WorkflowExecution", "metadata": {"name": name},
            "spec": {"workflowDefinition": {"name": name, "steps": list(steps)}, **spec}}


def deployment(namespace: str, name: str, image: str = "registry.example/web:1") -> tuple[Object, ...]:
    """A Deployment of one replica."""
    labels = {"app": name}
    return ({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": namespace},
             "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": {
                 "metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": image}]}}}},)
