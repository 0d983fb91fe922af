"""What the controller sees without asking: workflows, their children and the freeze, kept by list and watch."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator

from wfcontroller.api import Api, Object
from wfcontroller.freeze import FREEZE
from wfcontroller.objects import key_of, status
from wfcontroller.runtime.informer import Informer
from wfcontroller.runtime.pacing import Pacing
from wfcore.lifecycle.sources import sources_of
from wfcore.lifecycle.transitions import TERMINAL
from wfcore.planning.targets import Target, named_targets
from wfcore.program import Ref
from wfcore.rawobject import RawObject
from wfcore.resources import CONFIG_MAPS, KUBERNETES_EXECUTIONS, WORKFLOW_EXECUTIONS, Resource

OWNER, TARGET, SOURCE = "owner", "target", "source"


class Cache:
    """Local copies, never older than this process's own writes, because those are remembered.

    The freeze is looked for in `namespace`, the controller's own; workflows and executions everywhere, or in the one
    namespace `watched`.
    """

    def __init__(self, namespace: str, watched: str = "") -> None:
        self.workflows = Informer(WORKFLOW_EXECUTIONS, {TARGET: self._targets, SOURCE: self._sources},
                                  only=(watched, ""))
        self.executions = Informer(KUBERNETES_EXECUTIONS, {OWNER: owner_of}, only=(watched, ""))
        self.freezes = Informer(CONFIG_MAPS, only=(namespace, FREEZE))
        self._namespace = namespace
        self.informers = (self.workflows, self.executions, self.freezes)
        self._wakes: list[Callable[[Ref], None]] = []
        self._raw: dict[tuple[str, str, str], RawObject] = {}
        for informer in (self.workflows, self.executions):
            informer.subscribe(self._forgetting(informer))

    def subscribe(self, wake: Callable[[Ref], None]) -> None:
        """Call `wake` with the workflow concerned whenever an object changes: a freeze concerns all that go on."""
        self.workflows.subscribe(lambda item: wake(ref_of(item)))
        self.executions.subscribe(lambda item: _wake_owner(item, wake))
        self.freezes.subscribe(lambda _: self.wake_unfinished())
        # Whoever could not create an execution backs off ever longer, and no object of the new kind tells it to stop.
        self.executions.on_arrival(self.wake_unfinished)
        self._wakes.append(wake)

    def wake_unfinished(self) -> None:
        """Have every workflow that has not ended looked at: what it depends on beside its own objects has changed."""
        for item in self._unfinished():
            for wake in self._wakes:
                wake(ref_of(item))

    async def follow(self, api: Api, pacing: Pacing) -> None:
        """Keep the copies until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for informer in self.informers:
                tasks.create_task(informer.follow(api, pacing), name=f"cache-{informer.resource.plural}")

    async def synced(self) -> None:
        """Wait until each kind has been listed once: before that nobody knows whether a freeze is on."""
        for informer in self.informers:
            await informer.synced.wait()

    def workflow(self, ref: Ref) -> RawObject | None:
        """The workflow, as last seen."""
        item = self.workflows.get((ref.namespace, ref.name))
        return self.raw(WORKFLOW_EXECUTIONS, item) if item is not None else None

    def every_workflow(self) -> Iterator[RawObject]:
        """Every workflow, as last seen, by namespace and name."""
        return (self.raw(WORKFLOW_EXECUTIONS, item) for item in self.workflows.all())

    def children(self, ref: Ref) -> tuple[RawObject, ...]:
        """The executions that name the workflow as their controller, by name, whatever its uid."""
        return tuple(self.raw(KUBERNETES_EXECUTIONS, item) for item in self.executions.having(OWNER, str(ref)))

    def workflows_naming(self, targets: Iterable[Target], *, or_unfinished: bool = False) -> tuple[RawObject, ...]:
        """The workflows that name one of these targets, finished ones too, each once; or that have not ended.

        O(answers), with `or_unfinished` O(workflows).
        """
        found = {id(item): item for target in targets for item in self.workflows.having(TARGET, target)}
        found |= {id(item): item for item in self._unfinished() if or_unfinished}
        return tuple(self.raw(WORKFLOW_EXECUTIONS, item) for item in found.values())

    def workflows_from(self, namespace: str, uid: str) -> tuple[RawObject, ...]:
        """The workflows of a namespace that undo or retry the one with this uid.  O(answers)."""
        return tuple(self.raw(WORKFLOW_EXECUTIONS, item) for item in self.workflows.having(SOURCE, uid)
                     if item["metadata"].get("namespace", "") == namespace)

    def freeze(self) -> Object | None:
        """The ConfigMap of the freeze, as last seen."""
        return self.freezes.get((self._namespace, FREEZE))

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

    def _forgetting(self, informer: Informer) -> Callable[[Object], None]:
        """What is gone is not kept in its decoded form either."""
        def hear(item: Object) -> None:
            if informer.get(key_of(item)) is None:
                self._raw.pop((informer.resource.plural, *key_of(item)), None)
        return hear

    def _targets(self, item: Object) -> frozenset[Target]:
        return named_targets(self.raw(WORKFLOW_EXECUTIONS, item))

    def _sources(self, item: Object) -> frozenset[str]:
        return sources_of(self.raw(WORKFLOW_EXECUTIONS, item))

    def _unfinished(self) -> Iterator[Object]:
        return (item for item in self.workflows.all() if str(status(item).get("phase", "")) not in TERMINAL)


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
