"""Builds the KubernetesExecution of one intended attempt."""

from __future__ import annotations

from typing import Any

from wfcore.codec import encode
from wfcore.execution.names import child_name
from wfcore.model.definition import ObjectReference
from wfcore.model.evolving import evolve
from wfcore.model.execution import KubernetesExecutionSpec
from wfcore.model.workflow import (
    LABEL_KIND,
    LABEL_STEP,
    LABEL_WORKFLOW_UID,
    TRACKING_FINALIZER,
    ObjectMeta,
    OwnerReference,
)
from wfcore.rawobject import RawObject
from wfcore.resources import KUBERNETES_EXECUTIONS, WORKFLOW_EXECUTIONS


def child_object(workflow: ObjectMeta, rendered: KubernetesExecutionSpec, attempt: int, digest: str) -> RawObject:
    """The body to POST for an attempt: owned by the workflow, tracked by a finalizer, complete in itself."""
    spec = evolve(
        rendered, attempt=attempt, plan_digest=digest,
        workflow_execution_ref=ObjectReference(
            api_version=WORKFLOW_EXECUTIONS.api_version, kind=WORKFLOW_EXECUTIONS.kind, name=workflow.name,
            namespace=workflow.namespace, uid=workflow.uid))
    body: dict[str, Any] = {
        "apiVersion": KUBERNETES_EXECUTIONS.api_version,
        "kind": KUBERNETES_EXECUTIONS.kind,
        "metadata": {
            "name": child_name(workflow.name, spec.kind, spec.step_number, attempt),
            "namespace": workflow.namespace,
            "labels": {LABEL_WORKFLOW_UID: workflow.uid, LABEL_STEP: str(spec.step_number),
                       LABEL_KIND: spec.kind.value},
            # With it "intended but absent" can only mean "never created".
            "finalizers": [TRACKING_FINALIZER],
            "ownerReferences": [encode(OwnerReference(
                api_version=WORKFLOW_EXECUTIONS.api_version, kind=WORKFLOW_EXECUTIONS.kind, name=workflow.name,
                uid=workflow.uid, controller=True, block_owner_deletion=True))],
        },
        "spec": encode(spec),
    }
    return RawObject(body)
