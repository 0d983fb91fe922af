"""What the controller sees without asking: workflows and their children, kept by list and watch."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from wfcontroller.api import Api, Object
from wfcontroller.runtime.informer import Informer
from wfcontroller.runtime.pacing import Pacing
from wfcore.program import Ref
from wfcore.rawobject import RawObject
from wfcore.resources import KUBERNETES_EXECUTIONS, WORKFLOW_EXECUTIONS, Resource

OWNER = "owner"


class Cache:
    """Local copies of both kinds; never older than this process's own writes, because those are remembered."""

    def __init__(self) -> None:
        self.workflows = Informer(WORKFLOW_EXECUTIONS)
        self.executions = Informer(KUBERNETES_EXECUTIONS, {OWNER: owner_of})
        self._raw: dict[tuple[str, str, str], RawObject] = {}

    def subscribe(self, wake: Callable[[Ref], None]) -> None:
        """Call `wake` with the workflow concerned whenever one of the objects changes."""
        self.workflows.subscribe(lambda item: wake(ref_of(item)))
        self.executions.subscribe(lambda item: _wake_owner(item, wake))

    async def follow(self, api: Api, pacing: Pacing) -> None:
        """Keep both copies until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for informer in (self.workflows, self.executions):
                tasks.create_task(informer.follow(api, pacing), name=f"cache-{informer.resource.plural}")

    async def synced(self) -> None:
        """Wait until both kinds have been listed once."""
        await self.workflows.synced.wait()
        await self.executions.synced.wait()

    def workflow(self, ref: Ref) -> RawObject | None:
        """The workflow, as last seen."""
        item = self.workflows.get((ref.namespace, ref.name))
        return self.raw(WORKFLOW_EXECUTIONS, item) if item is not None else None

    def children(self, ref: Ref) -> tuple[RawObject, ...]:
        """The executions that name the workflow as their controller, by name, whatever its uid."""
        return tuple(self.raw(KUBERNETES_EXECUTIONS, item) for item in self.executions.having(OWNER, str(ref)))

    def remember(self, resource: Resource, item: Object) -> None:
        """Take over the answer to a write."""
        (self.workflows if resource is WORKFLOW_EXECUTIONS else self.executions).remember(item)

    def raw(self, resource: Resource, item: Object) -> RawObject:
        """The object wrapped; the same version gives the same wrapper, so that it is decoded once."""
        meta = item["metadata"]
        key = (resource.plural, meta.get("namespace", ""), meta["name"])
        held = self._raw.get(key)
        if held is None or held.value["metadata"].get("resourceVersion") != meta.get("resourceVersion") \
                or held.value["metadata"].get("uid") != meta.get("uid"):
            held = self._raw[key] = RawObject(item)
        return held


def ref_of(item: Object) -> Ref:
    """The reference of a workflow object."""
    return Ref(item["metadata"].get("namespace", ""), item["metadata"]["name"])


def owner_of(item: Object) -> str:
    """`namespace/name` of the workflow that controls an execution, or an empty string."""
    for owner in item["metadata"].get("ownerReferences") or ():
        if owner.get("controller") and owner.get("kind") == WORKFLOW_EXECUTIONS.kind:
            return f"{item['metadata'].get('namespace', '')}/{owner['name']}"
    return ""


def _wake_owner(item: Object, wake: Callable[[Ref], None]) -> None:
    owner = owner_of(item)
    if owner:
        namespace, name = owner.split("/", 1)
        wake(Ref(namespace, name))
