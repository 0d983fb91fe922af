"""A cluster for the commands that need one: an embedded server behind a kubeconfig, on virtual time.

Whoever calls has a name, as on a real server; a controller, an executor and the
controllers of workloads may run beside each command.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import frozen

from wfcontroller.api import Api, ApiError, Object, Page, WatchEvent
from wfcontroller.cli import connection
from wfcontroller.cluster.performer import Performer, Ports
from wfcontroller.embedded import EmbeddedServer
from wfcontroller.embedded.workloads import run_workloads
from wfcontroller.executor import Executor, ExecutorSettings
from wfcontroller.kinds import SELF_SUBJECT_ACCESS_REVIEWS, SELF_SUBJECT_REVIEWS
from wfcontroller.runtime.cache import Cache
from wfcontroller.runtime.controller import Controller
from wfcontroller.runtime.surroundings import Watched
from wfcontroller.runtime.virtualtime import VirtualLoop, run_virtual
from wfcore.crds import crds, others
from wfcore.model.workflow import ANNOTATION_APPROVAL_BY, ANNOTATION_CREATED_BY
from wfcore.program import Did
from wfcore.resources import NAMESPACES, WORKFLOW_EXECUTIONS, Resource
from wfcore.settings import Settings

OWN = "kubernaut-system"
START = datetime(2026, 1, 1, tzinfo=UTC)
SETTINGS = Settings(trusted_namespaces=None)


class Caller:
    """The server as one account sees it: it answers who that is and what they may, and keeps approvals honest."""

    def __init__(self, api: Api, world: World) -> None:
        self._api, self._world = api, world

    def __getattr__(self, name: str) -> Any:
        return getattr(self._api, name)

    async def create(self, resource: Resource, body: Object, *, dry_run: bool = False) -> Object:
        self._world.refuse("create", resource)
        if resource == SELF_SUBJECT_REVIEWS:
            return {**body, "status": {"userInfo": {"username": self._world.caller}}}
        if resource == SELF_SUBJECT_ACCESS_REVIEWS:
            asked = body["spec"]["resourceAttributes"]
            return {**body, "status": {"allowed": (asked["verb"], asked["resource"]) not in self._world.forbidden}}
        return await self._api.create(resource, body, dry_run=dry_run)

    async def update(self, resource: Resource, body: Object, *, dry_run: bool = False) -> Object:
        self._world.refuse("update", resource)
        given = body["metadata"].get("annotations") or {}
        if resource == WORKFLOW_EXECUTIONS and ANNOTATION_APPROVAL_BY in given and self._world.guard_says:
            raise ApiError(422, "Invalid", self._world.guard_says)
        return await self._api.update(resource, body, dry_run=dry_run)

    async def delete(self, resource: Resource, namespace: str, name: str, **options: Any) -> None:
        self._world.refuse("delete", resource)
        await self._api.delete(resource, namespace, name, **options)

    async def get(self, resource: Resource, namespace: str, name: str) -> Object:
        self._world.refuse("get", resource)
        if (answer := self._world.answers.get(("get", resource.plural))) is not None:
            return answer
        return await self._api.get(resource, namespace, name)

    async def watch(self, resource: Resource, namespace: str = "", **options: Any) -> AsyncIterator[WatchEvent]:
        self._world.refuse("watch", resource)
        async for event in self._api.watch(resource, namespace, **options):
            yield event

    async def list(self, resource: Resource, namespace: str = "", **options: Any) -> Any:
        self._world.refuse("list", resource)
        if (items := self._world.answers.get(("list", resource.plural))) is not None:
            return Page(tuple(items), "1")
        return await self._api.list(resource, namespace, **options)


@frozen
class _Connected:
    api: Any
    namespace: str
    server: str


class World:
    """A cluster that outlives commands.  With `live` it is worked on while a command runs, and by `pass_time`."""

    def __init__(self, *, kinds: Iterable[Object] | None = None, schemaless: Iterable[Resource] = (),
                 namespaces: Iterable[str] = (OWN,)) -> None:
        self._at, self._loop = START, None
        self.caller, self.namespace, self.live, self.guarded = "alice", "default", False, True
        self.guard_says = ""
        # (verb, plural) of what the authorizer does not allow; (verb, plural) -> error of what the server refuses.
        self.forbidden: set[tuple[str, str]] = set()
        self.refusals: dict[tuple[str, str], ApiError] = {}
        # verb -> what is refused of the requests still to come; (verb, plural) -> what is answered instead.
        self.script: dict[str, list[ApiError | None]] = {}
        self.answers: dict[tuple[str, str], Any] = {}
        # What a test does while a command runs.
        self.beside: Any = None
        self.server = EmbeddedServer(self.now, 1, (*crds(), *others()) if kinds is None else kinds, schemaless)
        for name in namespaces:
            self.add(NAMESPACES, {"metadata": {"name": name}})

    def now(self) -> datetime:
        return self._loop.now() if self._loop is not None else self._at

    def jump_to(self, instant: datetime) -> None:
        """Let time pass in which nothing happens."""
        self._at = instant

    def refuse(self, verb: str, resource: Resource) -> None:
        if (error := self.refusals.get((verb, resource.plural))) is not None:
            raise error
        if (script := self.script.get(verb)) and (scripted := script.pop(0)) is not None:
            raise scripted

    def refuse_after(self, verb: str, allowed: int, error: ApiError, times: int = 100) -> None:
        """Refuse requests with this verb, once so many were allowed."""
        self.script[verb] = [None] * allowed + [error] * times

    def run(self, main: Any) -> Any:
        """In place of `connection.run`: on a virtual loop that begins where the last one ended."""
        self._loop = VirtualLoop(self._at)
        try:
            return run_virtual(self._loop, main)
        finally:
            self._at, self._loop = self._loop.now(), None

    @contextlib.asynccontextmanager
    async def connect(self, kubeconfig: str | None, context: str | None) -> AsyncIterator[_Connected]:
        """In place of `connection.connect`."""
        tasks = [asyncio.ensure_future(part) for part in self._parts()]
        try:
            yield _Connected(Caller(self.server, self), self.namespace, "https://cluster.example:6443")
        finally:
            await asyncio.sleep(0.5)  # until the server has collected its garbage
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _parts(self) -> Iterator[Any]:
        if self.beside is not None:
            yield self.beside(self.server)
        if not self.live:
            return
        cache = Cache(OWN)
        ports = Ports(now=self.now, record=_did, consult=_did, surroundings=Watched(cache, lambda: self.guarded))
        performer = Performer(self.server, cache, ports, OWN)
        yield Controller(self.server, cache, performer.perform, SETTINGS, self.now).run()
        yield Executor(self.server, ExecutorSettings(trusted_namespaces=None, heartbeat=True), self.now).run()
        yield run_workloads(self.server, self.now)

    def do(self, work: Any) -> Any:
        """`await work(api)` with everybody's rights, nobody working beside it."""

        async def main() -> Any:
            answer = await work(self.server)
            await asyncio.sleep(0.5)
            return answer

        return self.run(main())

    def pass_time(self, seconds: float) -> None:
        """Let the controllers work for so long."""

        async def main() -> None:
            async with self.connect(None, None):
                await asyncio.sleep(seconds)

        self.live = True
        self.run(main())

    def add(self, resource: Resource, body: Object, status: Object | None = None) -> Object:
        """An object with its status, as its controller would have left it."""

        async def work(api: Api) -> Object:
            meta = {"namespace": "default", **body["metadata"]} if resource.namespaced else body["metadata"]
            created = await api.create(resource, {**body, "metadata": meta})
            return created if status is None else await api.update_status(resource, {**created, "status": status})

        found: Object = self.do(work)
        return found

    def add_workflow(self, raw: Object, creator: str = "alice") -> Object:
        """A workflow as `ended` makes it, created by `creator`."""
        meta = {key: value for key, value in raw["metadata"].items() if key in ("name", "namespace")}
        annotations = {ANNOTATION_CREATED_BY: creator} if creator else {}
        return self.add(WORKFLOW_EXECUTIONS, {**raw, "metadata": {**meta, "annotations": annotations}},
                        raw.get("status"))

    def get(self, resource: Resource, name: str, namespace: str = "default") -> Object:
        found: Object = self.do(lambda api: api.get(resource, namespace if resource.namespaced else "", name))
        return found

    def workflow(self, name: str) -> Object:
        return self.get(WORKFLOW_EXECUTIONS, name)

    def names(self, resource: Resource) -> list[str]:
        return [item["metadata"]["name"] for item in self.do(lambda api: api.list(resource)).items]


async def _did(request: Any) -> Did:
    return Did()


def later(seconds: float, work: Any) -> Any:
    """Something that happens while a command runs."""

    async def beside(api: Api) -> None:
        await asyncio.sleep(seconds)
        await work(api)

    return beside


def plug_in(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "connect", world.connect)
    monkeypatch.setattr(connection, "run", world.run)
    monkeypatch.setattr(connection, "now", world.now)
