"""Which workflows a process takes: those of some namespaces, with some labels."""

from __future__ import annotations

from collections.abc import Callable, Collection

from wfcontroller.api import Object
from wfcontroller.objects import labels_of, metadata
from wfcore.simulation.selectors import parse


def scope_of(namespaces: Collection[str], selector: str) -> Callable[[Object], bool]:
    """Whether a workflow is this process's; no namespaces mean all, no selector means any labels.

    Raises a `Refusal` for a selector that is none.
    """
    requirements = parse(selector)

    def wanted(workflow: Object) -> bool:
        labels = labels_of(workflow)
        at_home = not namespaces or metadata(workflow).get("namespace") in namespaces
        return at_home and all(requirement.holds(labels) for requirement in requirements)
    return wanted


def watched(namespaces: Collection[str]) -> str:
    """The namespace that is enough to watch; empty, for the whole cluster, unless there is exactly one."""
    return next(iter(namespaces)) if len(namespaces) == 1 else ""
