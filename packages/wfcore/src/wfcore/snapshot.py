"""Everything a decision may look at, frozen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import field, frozen

from wfcore.codec import Malformed
from wfcore.model.evolving import evolve
from wfcore.model.workflow import KubernetesExecution, ObjectMeta, WorkflowExecution
from wfcore.planning.targets import Target
from wfcore.program import CALM, Inspect, Inspected, Request, Response, Surroundings
from wfcore.rawobject import RawObject
from wfcore.settings import Settings


@frozen
class Unreadable:
    """A child of ours whose spec or status cannot be decoded."""

    metadata: ObjectMeta
    problems: Malformed


@frozen
class Foreign:
    """An object with the name of a child of ours that belongs to somebody else.

    `leaving`: it is being deleted, or belongs to an earlier workflow of our name.
    """

    metadata: ObjectMeta
    leaving: bool


Facts = Mapping[Target, "tuple[RawObject, ...] | None"]


@frozen(eq=False, slots=False)
class Snapshot:
    """The workflow, its children by name, foreign objects in their place, facts about targets.

    `live` tells that nothing in it is stale; `answers` holds what was asked besides
    in this pass, and `facts` what was inspected, None unless something was.
    """

    workflow: WorkflowExecution
    settings: Settings
    children: Mapping[str, KubernetesExecution | Unreadable] = field(factory=dict)
    foreign: Mapping[str, Foreign] = field(factory=dict)
    facts: Facts | None = None
    live: bool = False
    surroundings: Surroundings = CALM
    answers: Mapping[Request, Response] = field(factory=dict)

    def told(self, request: Request, response: Response) -> Snapshot:
        """The snapshot that also knows the answer to a request; what could not be inspected is unknown."""
        facts = self.facts
        if isinstance(request, Inspect):
            found = response.objects if isinstance(response, Inspected) else (None,) * len(request.targets)
            facts = {**(facts or {}), **dict(zip(request.targets, found, strict=True))}
        return evolve(self, facts=facts, answers={**self.answers, request: response})


def controller_uid(meta: ObjectMeta) -> str:
    """The uid of the controlling owner, or an empty string."""
    for owner in meta.owner_references:
        if owner.controller:
            return owner.uid
    return ""


def sort_children(workflow: ObjectMeta, raws: Iterable[RawObject]) -> tuple[
        dict[str, KubernetesExecution | Unreadable], dict[str, Foreign]]:
    """Split raw children into ours, by controller uid, and foreign ones, each by name; unreadable metadata is skipped.

    Ownership is judged by uid: a name alone proves nothing.
    """
    ours: dict[str, KubernetesExecution | Unreadable] = {}
    foreign: dict[str, Foreign] = {}
    for raw in raws:
        meta = raw.metadata()
        if isinstance(meta, Malformed):
            continue
        if controller_uid(meta) == workflow.uid:
            child = raw.execution()
            ours[meta.name] = Unreadable(meta, child) if isinstance(child, Malformed) else child
        else:
            foreign[meta.name] = Foreign(meta, _leaving(workflow, meta))
    return ours, foreign


def _leaving(workflow: ObjectMeta, meta: ObjectMeta) -> bool:
    # Names are unique in time: an owner of our name with another uid is gone, and its children follow.
    earlier = any(o.controller and o.kind == "WorkflowExecution" and o.name == workflow.name and o.uid != workflow.uid
                  for o in meta.owner_references)
    return meta.deletion_timestamp is not None or earlier
