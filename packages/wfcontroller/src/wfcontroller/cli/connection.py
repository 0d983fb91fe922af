"""How a command reaches a cluster: three places that know the world (`connect`, `run`, `now`), and `on_cluster`.

Tests put an embedded server, a virtual loop and its clock in their place.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

from attrs import frozen

from wfcontroller.api import Api, ApiError
from wfcontroller.cli.output import EnvironmentFailed
from wfcontroller.cli.refusals import explained
from wfcontroller.cli.where import Where
from wfcontroller.kinds import SELF_SUBJECT_REVIEWS

T = TypeVar("T")


class Connected(Protocol):
    """An open connection: the API, the context's namespace, the server's address."""

    @property
    def api(self) -> Api: ...

    @property
    def namespace(self) -> str: ...

    @property
    def server(self) -> str: ...


@frozen(eq=False)
class Cluster:
    """What a command works on: `namespace` is the one asked for, else the context's."""

    api: Api
    namespace: str
    server: str
    now: Callable[[], datetime]


@asynccontextmanager
async def connect(kubeconfig: str | None, context: str | None) -> AsyncIterator[Connected]:
    """Open a connection; raises EnvironmentFailed when no kubeconfig leads to a cluster."""
    # Here, because its client takes longer to load than all that a refused command does.
    from wfcontroller.transport.connect import NotConnected
    from wfcontroller.transport.connect import connect as open_connection

    try:
        async with open_connection(kubeconfig, context) as connected:
            yield connected
    except NotConnected as error:
        raise EnvironmentFailed(str(error)) from error


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a command's coroutine to its end."""
    return asyncio.run(main)


def now() -> datetime:
    """This machine's clock."""
    return datetime.now(UTC)


def on_cluster(where: Where, work: Callable[[Cluster], Awaitable[T]]) -> T:
    """Do the work on the cluster; every refusal of the API server becomes one sentence and an exit status."""

    async def main() -> T:
        async with connect(where.kubeconfig, where.context) as connected:
            cluster = Cluster(connected.api, where.namespace or connected.namespace or "default", connected.server,
                              now)
            try:
                return await work(cluster)
            except ApiError as error:
                raise explained(error, f"API server {cluster.server}") from error

    try:
        return run(main())
    except ApiError as error:
        raise explained(error, "API server") from error


async def caller(cluster: Cluster) -> str:
    """The name by which the API server knows whoever calls; empty when it does not say."""
    body = {"apiVersion": SELF_SUBJECT_REVIEWS.api_version, "kind": SELF_SUBJECT_REVIEWS.kind, "metadata": {}}
    answer = await cluster.api.create(SELF_SUBJECT_REVIEWS, body)
    return str(((answer.get("status") or {}).get("userInfo") or {}).get("username") or "")
