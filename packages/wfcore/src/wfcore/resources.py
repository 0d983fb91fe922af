"""The Kubernetes resource types this engine names, and how the API server addresses them.

One table serves the store kernel, the embedded API server, the CRD generator, the
controller and the executor, so a kind is never spelt twice.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen


# A key of dictionaries on every hot path.
@frozen(cache_hash=True)
class Resource:
    """One resource type: where it lives and which parts it has.

    `group` is empty for the core group.  `has_status` means a `/status`
    subresource exists: writes to the object ignore `status`, and writes to the
    subresource ignore everything else.
    """

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool = True
    has_status: bool = False
    short_names: tuple[str, ...] = field(default=())

    @property
    def api_version(self) -> str:
        """`v1` or `apps/v1`, as `apiVersion` spells it."""
        return f"{self.group}/{self.version}" if self.group else self.version


WORKFLOW_GROUP = "workflowexecution.kubernaut.io"
EXECUTION_GROUP = "kubernetesexecution.kubernaut.io"
REMEDIATION_GROUP = "kubernaut.io"

NAMESPACES = Resource("", "v1", "Namespace", "namespaces", namespaced=False, has_status=True)
NODES = Resource("", "v1", "Node", "nodes", namespaced=False, has_status=True)
PODS = Resource("", "v1", "Pod", "pods", has_status=True)
CONFIG_MAPS = Resource("", "v1", "ConfigMap", "configmaps")
SECRETS = Resource("", "v1", "Secret", "secrets")
SERVICES = Resource("", "v1", "Service", "services", has_status=True)
DEPLOYMENTS = Resource("apps", "v1", "Deployment", "deployments", has_status=True)
REPLICA_SETS = Resource("apps", "v1", "ReplicaSet", "replicasets", has_status=True)
STATEFUL_SETS = Resource("apps", "v1", "StatefulSet", "statefulsets", has_status=True)
DAEMON_SETS = Resource("apps", "v1", "DaemonSet", "daemonsets", has_status=True)
RESOURCE_QUOTAS = Resource("", "v1", "ResourceQuota", "resourcequotas", has_status=True)
ENDPOINT_SLICES = Resource("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices")
POD_DISRUPTION_BUDGETS = Resource("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", has_status=True)
HORIZONTAL_POD_AUTOSCALERS = Resource(
    "autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", has_status=True
)
LEASES = Resource("coordination.k8s.io", "v1", "Lease", "leases")
EVENTS = Resource("events.k8s.io", "v1", "Event", "events")
CUSTOM_RESOURCE_DEFINITIONS = Resource(
    "apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions",
    namespaced=False, has_status=True,
)
# A question, not an object: it is created to be answered and never stored.
SUBJECT_ACCESS_REVIEWS = Resource(
    "authorization.k8s.io", "v1", "SubjectAccessReview", "subjectaccessreviews", namespaced=False
)
WORKFLOW_EXECUTIONS = Resource(
    WORKFLOW_GROUP, "v1", "WorkflowExecution", "workflowexecutions", has_status=True, short_names=("wfe",)
)
KUBERNETES_EXECUTIONS = Resource(
    EXECUTION_GROUP, "v1", "KubernetesExecution", "kubernetesexecutions", has_status=True, short_names=("ke",)
)
AUDIT_OUTBOXES = Resource(WORKFLOW_GROUP, "v1", "AuditOutbox", "auditoutboxes")
ALERT_REMEDIATIONS = Resource(
    REMEDIATION_GROUP, "v1", "AlertRemediation", "alertremediations", has_status=True, short_names=("ar",)
)

ALL: tuple[Resource, ...] = (
    NAMESPACES, NODES, PODS, CONFIG_MAPS, SECRETS, SERVICES, DEPLOYMENTS, REPLICA_SETS, STATEFUL_SETS, DAEMON_SETS,
    RESOURCE_QUOTAS, ENDPOINT_SLICES, POD_DISRUPTION_BUDGETS, HORIZONTAL_POD_AUTOSCALERS, LEASES, EVENTS,
    CUSTOM_RESOURCE_DEFINITIONS, WORKFLOW_EXECUTIONS, KUBERNETES_EXECUTIONS, AUDIT_OUTBOXES, ALERT_REMEDIATIONS,
)
BY_API_VERSION_AND_KIND: Mapping[tuple[str, str], Resource] = {(r.api_version, r.kind): r for r in ALL}
