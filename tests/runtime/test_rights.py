"""S25: what the controller may do is exactly what it does."""

import asyncio
from datetime import UTC, datetime

from wfcontroller.cluster.inspection import INSPECTED
from wfcontroller.cluster.performer import Performer, Ports
from wfcontroller.cluster.rights import AT_HOME, BESIDE, BESIDE_AT_HOME, CONTROLLER, OBSERVER
from wfcontroller.embedded import EmbeddedServer
from wfcontroller.rights import HEARTBEAT, rights
from wfcontroller.runtime.cache import Cache
from wfcontroller.runtime.pacing import Pacing
from wfcontroller.runtime.surroundings import Watched
from wfcontroller.runtime.virtualtime import VirtualLoop, run_virtual
from wfcore.crds import crds, others
from wfcore.planning.targets import Target
from wfcore.program import (
    AccessQuestion,
    Consult,
    Create,
    DeleteChild,
    DeleteWorkflow,
    DropOutbox,
    Emit,
    FindParent,
    FindSource,
    Freshness,
    Happening,
    Inspect,
    ListOutbox,
    Observe,
    Outbox,
    Record,
    ReleaseChild,
    Request,
    Review,
    SetMetadata,
    Survey,
)
from wfcore.resources import (
    CONFIG_MAPS,
    EVENTS,
    KUBERNETES_EXECUTIONS,
    LEASES,
    NAMESPACES,
    PODS,
    SECRETS,
    WORKFLOW_EXECUTIONS,
)
from wfcore.testing.contracts import sample_record

from .performing import OWN, REF, START, done, workflow
from .test_performer import child, commit


class Recording:
    """An API server that remembers which rights its callers made use of."""

    def __init__(self, api):
        self._api, self.used = api, set()

    def __getattr__(self, name):
        verb, subresource = ("update", "status") if name == "update_status" else (name, "")

        def call(resource, *arguments, **options):
            # Of these only one object each is anybody's business; a list and a watch name it by field selector.
            named = options.get("name") or arguments[1] if resource in (CONFIG_MAPS, LEASES) else ""
            self.used |= rights(resource, [verb], subresource, named)
            return getattr(self._api, name)(resource, *arguments, **options)

        return call


def asked_of(kind):
    """How the engine asks for a kind: objects that steps name, and what is around them."""
    named = (Target(kind, "default", "x"),) if kind in ("Deployment", "Node", "Pod") else ()
    return named if kind in ("Deployment", "Lease") else (*named, Target(kind, "default", ""))


def requests(meta):
    """One of each kind, the creation twice to meet what is already there."""
    targets = (Target("Lease", OWN, HEARTBEAT), *(
        target for kind in INSPECTED for target in asked_of(kind)))
    question = AccessQuestion("alice", "get", "", "pods", "default")
    return (
        Observe(REF, Freshness.CACHED), Observe(REF, Freshness.LIVE), FindParent(REF), FindSource(REF), Survey(REF, ()),
        Inspect(targets), Review((question,)),
        SetMetadata(REF, meta["resourceVersion"], ("a.example/b",), ()), commit(meta),
        Create(REF, (child(meta["uid"]),)), Create(REF, (child(meta["uid"]),)),
        ReleaseChild("default", "w-step-1", "uid"), DeleteChild("default", "w-step-1", "uid"),
        Emit(REF, meta["uid"], START, (Happening("Normal", "Planned", "m"),)),
        Outbox(sample_record("u"), 5000), ListOutbox(), DropOutbox("name", "uid"), DeleteWorkflow(REF, meta["uid"]))


def used():
    """The rights that a controller makes use of whose programs ask for everything there is to ask for."""
    loop = VirtualLoop(datetime(2026, 1, 1, tzinfo=UTC))

    async def main():
        server = EmbeddedServer(loop.now, 1, (*crds(), *others()))
        await server.create(NAMESPACES, {"metadata": {"name": OWN}})
        created = await server.create(WORKFLOW_EXECUTIONS, workflow())
        api, cache = Recording(server), Cache(OWN)
        following = asyncio.create_task(cache.follow(api, Pacing()))
        await cache.synced()
        await asyncio.sleep(1)
        ports = Ports(now=loop.now, record=done, consult=done, surroundings=Watched(cache, lambda: True))
        performer = Performer(api, cache, ports, OWN)
        for request in requests(created["metadata"]):
            await performer.perform(request)
            if isinstance(request, Create):
                uid = (await server.get(KUBERNETES_EXECUTIONS, "default", "w-step-1"))["metadata"]["uid"]
                await performer.perform(ReleaseChild("default", "w-step-1", uid))
        following.cancel()
        return api.used

    return run_virtual(loop, main())


def test_every_call_is_allowed_and_every_right_is_used():
    assert CONTROLLER | AT_HOME | OBSERVER == used()


def test_no_right_reaches_what_is_nobodys_business():
    granted = CONTROLLER | AT_HOME | OBSERVER | BESIDE | BESIDE_AT_HOME

    assert not granted & rights(SECRETS, ("get", "list", "watch", "create", "update", "delete"))
    assert not granted & rights(PODS, ("create", "update", "delete"))
    assert not granted & rights(CONFIG_MAPS, ("get", "list", "watch", "create", "update", "delete"))
    assert not granted & rights(EVENTS, ("list", "watch"))
    assert "*" not in {part for right in granted for part in (right.group, right.resource, right.verb)}
    assert "patch" not in {right.verb for right in granted}


def test_the_answered_requests_are_all_there_are():
    asked = {type(request) for request in requests({"uid": "u", "resourceVersion": "1"})}

    assert set(Request.__args__) == asked | {Record, Consult}
