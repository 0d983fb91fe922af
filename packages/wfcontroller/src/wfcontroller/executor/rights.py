"""Which calls the reference executor makes, as the rights it needs: nothing else is to be granted to it."""

from __future__ import annotations

from wfcontroller.freeze import FREEZE
from wfcontroller.kinds import TOKEN_REVIEWS, VALIDATING_ADMISSION_POLICIES, VALIDATING_ADMISSION_POLICY_BINDINGS
from wfcontroller.rights import GUARD, HEARTBEAT, Right, rights
from wfcore.resources import (
    CONFIG_MAPS,
    DAEMON_SETS,
    DEPLOYMENTS,
    HORIZONTAL_POD_AUTOSCALERS,
    KUBERNETES_EXECUTIONS,
    LEASES,
    NODES,
    PODS,
    REPLICA_SETS,
    SECRETS,
    STATEFUL_SETS,
    SUBJECT_ACCESS_REVIEWS,
    WORKFLOW_EXECUTIONS,
)

# To follow its work in every namespace with workflows.
CONTRACT = frozenset[Right]().union(
    rights(KUBERNETES_EXECUTIONS, ("get", "list", "watch")),
    rights(KUBERNETES_EXECUTIONS, ("update",), "status"),
    rights(WORKFLOW_EXECUTIONS, ("get",)))
# Beside acting: who asks for metrics, and whether a workflow's creator holds the power for what it does elsewhere.
BESIDE = frozenset[Right]().union(
    rights(TOKEN_REVIEWS, ("create",)),
    rights(SUBJECT_ACCESS_REVIEWS, ("create",)),
    rights(VALIDATING_ADMISSION_POLICIES, ("get",), name=GUARD),
    rights(VALIDATING_ADMISSION_POLICY_BINDINGS, ("get",), name=GUARD))
# What workflows ask for: wherever they are to act.  Nothing is patched, and a pod is only ever removed.
ACTIONS = frozenset[Right]().union(
    rights(DEPLOYMENTS, ("get", "update", "watch")),
    rights(REPLICA_SETS, ("get", "list")),
    rights(STATEFUL_SETS, ("get",)),
    rights(DAEMON_SETS, ("get",)),
    rights(HORIZONTAL_POD_AUTOSCALERS, ("list",)),
    rights(PODS, ("get", "list", "watch", "delete")),
    rights(PODS, ("create",), "eviction"),
    rights(CONFIG_MAPS, ("get", "update")),
    rights(SECRETS, ("get", "update")),
    rights(NODES, ("get", "update", "watch")))
# In its own namespace alone: its sign of life, the freeze, the snapshots.  A name can't limit create.
AT_HOME = frozenset[Right]().union(
    rights(LEASES, ("create",)),
    rights(LEASES, ("get", "update"), name=HEARTBEAT),
    rights(CONFIG_MAPS, ("get",), name=FREEZE),
    rights(SECRETS, ("get", "list", "create", "update", "delete")))
