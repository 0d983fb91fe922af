"""The two objects of the API with their metadata."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from wfcore.model.definition import WorkflowExecutionSpec
from wfcore.model.execution import KubernetesExecutionSpec, KubernetesExecutionStatus
from wfcore.model.fields import StrMap
from wfcore.model.status import WorkflowExecutionStatus

FINALIZER = "workflowexecution.kubernaut.io/workflowexecution-cleanup"
LEGACY_FINALIZER = "workflowexecution.kubernaut.io/finalizer"
TRACKING_FINALIZER = "workflowexecution.kubernaut.io/step-tracking"

LABEL_WORKFLOW_UID = "workflowexecution.kubernaut.io/workflow-uid"
LABEL_STEP = "workflowexecution.kubernaut.io/step"
LABEL_KIND = "workflowexecution.kubernaut.io/kind"

# Written by people, guarded by the ValidatingAdmissionPolicy `wf-guard`.
ANNOTATION_CREATED_BY = "workflowexecution.kubernaut.io/created-by"
ANNOTATION_APPROVAL_BY = "approval.workflowexecution.kubernaut.io/by"
ANNOTATION_APPROVAL_DECISION = "approval.workflowexecution.kubernaut.io/decision"
ANNOTATION_APPROVAL_DIGEST = "approval.workflowexecution.kubernaut.io/digest"
ANNOTATION_APPROVAL_REASON = "approval.workflowexecution.kubernaut.io/reason"
APPROVAL_ANNOTATIONS = (ANNOTATION_APPROVAL_BY, ANNOTATION_APPROVAL_DECISION, ANNOTATION_APPROVAL_DIGEST,
                        ANNOTATION_APPROVAL_REASON)


@frozen(kw_only=True)
class OwnerReference:
    """As `metav1.OwnerReference`."""

    api_version: str
    kind: str
    name: str
    uid: str
    controller: bool = False
    block_owner_deletion: bool = False


@frozen(kw_only=True, slots=False)
class ObjectMeta:
    """The metadata this engine reads; `resource_version` is opaque to everything but equality and order."""

    name: str
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    labels: StrMap = field(factory=StrMap)
    annotations: StrMap = field(factory=StrMap)
    finalizers: tuple[str, ...] = ()
    owner_references: tuple[OwnerReference, ...] = ()


@frozen(kw_only=True)
class WorkflowExecution:
    """A workflow to execute and how far it is."""

    metadata: ObjectMeta
    spec: WorkflowExecutionSpec
    status: WorkflowExecutionStatus = field(factory=WorkflowExecutionStatus)


@frozen(kw_only=True)
class KubernetesExecution:
    """One attempt at one step."""

    metadata: ObjectMeta
    spec: KubernetesExecutionSpec
    status: KubernetesExecutionStatus = field(factory=KubernetesExecutionStatus)
