"""Which calls the controller makes, as the rights it needs: nothing else is to be granted to it."""

from __future__ import annotations

from wfcontroller.cluster.inspection import INSPECTED
from wfcontroller.freeze import FREEZE
from wfcontroller.kinds import TOKEN_REVIEWS, VALIDATING_ADMISSION_POLICIES, VALIDATING_ADMISSION_POLICY_BINDINGS
from wfcontroller.rights import ELECTION, GUARD, HEARTBEAT, Right, rights
from wfcore.resources import (
    ALERT_REMEDIATIONS,
    AUDIT_OUTBOXES,
    CONFIG_MAPS,
    DEPLOYMENTS,
    EVENTS,
    KUBERNETES_EXECUTIONS,
    LEASES,
    NODES,
    PODS,
    SUBJECT_ACCESS_REVIEWS,
    WORKFLOW_EXECUTIONS,
)

# In every namespace with workflows.  Status is never patched: an update carries the version it was decided on.
CONTROLLER = frozenset[Right]().union(
    rights(WORKFLOW_EXECUTIONS, ("get", "list", "watch", "update", "delete")),
    rights(WORKFLOW_EXECUTIONS, ("update",), "status"),
    rights(KUBERNETES_EXECUTIONS, ("get", "list", "watch", "create", "update", "delete")),
    rights(ALERT_REMEDIATIONS, ("get",)),
    rights(EVENTS, ("create",)),
    rights(SUBJECT_ACCESS_REVIEWS, ("create",)))
# In its own namespace alone.  The only ConfigMap is the freeze, the only Lease the executor's sign of life.
AT_HOME = frozenset[Right]().union(
    rights(AUDIT_OUTBOXES, ("list", "create", "delete")),
    rights(CONFIG_MAPS, ("list", "watch"), name=FREEZE),
    rights(LEASES, ("get",), name=HEARTBEAT))
# The role of an observer, granted by choice: what monitoring and the safety checks look at.
OBSERVER = frozenset[Right]().union(
    *(rights(resource, ("get",)) for resource in (DEPLOYMENTS, NODES, PODS)),
    *(rights(resource, ("list",)) for resource in INSPECTED.values() if resource not in (DEPLOYMENTS, LEASES)))
# Beside reconciling: owner references that block a deletion, who asks for metrics, whether approvals are guarded.
BESIDE = frozenset[Right]().union(
    rights(WORKFLOW_EXECUTIONS, ("update",), "finalizers"),
    rights(ALERT_REMEDIATIONS, ("update",), "finalizers"),
    rights(TOKEN_REVIEWS, ("create",)),
    rights(VALIDATING_ADMISSION_POLICIES, ("get",), name=GUARD),
    rights(VALIDATING_ADMISSION_POLICY_BINDINGS, ("get",), name=GUARD))
# The election, in its own namespace.  A name can't limit create.
BESIDE_AT_HOME = rights(LEASES, ("create",)) | rights(LEASES, ("get", "update"), name=ELECTION)
