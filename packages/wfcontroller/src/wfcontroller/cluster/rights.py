"""Which calls the controller makes, as the rights it needs: nothing else is to be granted to it."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from wfcontroller.cluster.inspection import INSPECTED
from wfcore.resources import (
    ALERT_REMEDIATIONS,
    AUDIT_OUTBOXES,
    CONFIG_MAPS,
    EVENTS,
    KUBERNETES_EXECUTIONS,
    SUBJECT_ACCESS_REVIEWS,
    WORKFLOW_EXECUTIONS,
    Resource,
)


@frozen(order=True)
class Right:
    """One verb on one resource of a group; `workflowexecutions/status` is a subresource."""

    group: str
    resource: str
    verb: str


def rights(resource: Resource, verbs: Iterable[str], subresource: str = "") -> frozenset[Right]:
    """The rights to some verbs on a resource or its subresource."""
    plural = f"{resource.plural}/{subresource}" if subresource else resource.plural
    return frozenset(Right(resource.group, plural, verb) for verb in verbs)


# In every namespace with workflows.  Status is never patched: an update carries the version it was decided on.
CONTROLLER = frozenset[Right]().union(
    rights(WORKFLOW_EXECUTIONS, ("get", "list", "watch", "update", "delete")),
    rights(WORKFLOW_EXECUTIONS, ("update",), "status"),
    rights(KUBERNETES_EXECUTIONS, ("get", "list", "watch", "create", "update", "delete")),
    rights(ALERT_REMEDIATIONS, ("get",)),
    rights(EVENTS, ("create",)),
    rights(SUBJECT_ACCESS_REVIEWS, ("create",)))
# In its own namespace alone.  The only ConfigMap is the freeze.
AT_HOME = rights(AUDIT_OUTBOXES, ("list", "create", "delete")) | rights(CONFIG_MAPS, ("list", "watch"))
# The role of an observer, granted by choice: what monitoring and the safety checks look at.
OBSERVER = frozenset[Right]().union(*(rights(resource, ("get", "list")) for resource in INSPECTED.values()))
