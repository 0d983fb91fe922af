"""The port behind programs: each request becomes API calls, each answer a response.  No decision is made here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeAlias

from attrs import frozen

from wfcontroller.api import Api, ApiError
from wfcontroller.cluster.answers import answer_of
from wfcontroller.cluster.events import Publisher
from wfcontroller.cluster.inspection import Inspector
from wfcontroller.cluster.outbox import OutboxObjects
from wfcontroller.cluster.reads import Reader
from wfcontroller.cluster.reviews import Authorizer
from wfcontroller.cluster.writes import Writer
from wfcontroller.runtime.cache import Cache
from wfcore.program import (
    CommitStatus,
    Consult,
    Create,
    DeleteChild,
    DeleteWorkflow,
    DropOutbox,
    Emit,
    FindParent,
    FindSource,
    Inspect,
    ListOutbox,
    Observe,
    Outbox,
    Record,
    ReleaseChild,
    Request,
    Response,
    Review,
    SetMetadata,
    Surroundings,
    Survey,
)

Recorder: TypeAlias = Callable[[Record], Awaitable[Response]]
Historian: TypeAlias = Callable[[Consult], Awaitable[Response]]


@frozen(kw_only=True)
class Ports:
    """What answers besides the API server: the clock, the two of the store, and what holds in the whole cluster."""

    now: Callable[[], datetime]
    record: Recorder
    consult: Historian
    surroundings: Callable[[], Surroundings]


class Performer:
    """Performs requests on `api`; cached reads come from `cache`, audit records wait in `namespace`."""

    def __init__(self, api: Api, cache: Cache, ports: Ports, namespace: str) -> None:
        self._ports = ports
        self._reader = Reader(api, cache, ports.now, ports.surroundings)
        self._writer = Writer(api, cache)
        self._inspector, self._authorizer = Inspector(api), Authorizer(api)
        self._outbox, self.publisher = OutboxObjects(api, namespace), Publisher(api)

    async def perform(self, request: Request) -> Response:
        """Perform one request; every API error becomes a response."""
        try:
            return await self._perform(request)
        except ApiError as error:
            return answer_of(error)

    async def _perform(self, request: Request) -> Response:
        match request:
            case Record():
                return await self._ports.record(request)
            case Consult():
                return await self._ports.consult(request)
            case Observe() | FindParent() | FindSource() | Survey():
                return await self._reader.read(request)
            case Inspect():
                return await self._inspector.inspect(request)
            case Review():
                return await self._authorizer.review(request)
            case CommitStatus() | SetMetadata() | Create() | DeleteChild() | ReleaseChild() | DeleteWorkflow():
                return await self._writer.write(request)
            case Outbox() | ListOutbox() | DropOutbox():
                return await self._outbox.perform(request)
            case Emit():
                return await self.publisher.publish(request)
