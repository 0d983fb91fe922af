"""Rights as roles grant them, and the names of the few objects that rights are limited to."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from wfcore.resources import Resource

GUARD = "wf-guard"
ELECTION = "wf-controller"
HEARTBEAT = "wf-executor"


@frozen(order=True)
class Right:
    """One verb on one resource of a group; `workflowexecutions/status` is a subresource, an empty name all objects."""

    group: str
    resource: str
    verb: str
    name: str = ""


def rights(resource: Resource, verbs: Iterable[str], subresource: str = "", name: str = "") -> frozenset[Right]:
    """The rights to some verbs on a resource or its subresource, on one object when it is named."""
    plural = f"{resource.plural}/{subresource}" if subresource else resource.plural
    return frozenset(Right(resource.group, plural, verb, name) for verb in verbs)
