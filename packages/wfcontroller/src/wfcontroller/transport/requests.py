"""One HTTP request to the API server, answered with JSON, refused with `ApiError`, never repeated."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import orjson
from attrs import field, frozen
from attrs.validators import gt
from kubernetes.aio.client.configuration import Configuration
from kubernetes.aio.client.rest import RESTClientObject

from wfcontroller.api import ApiError, Object
from wfcontroller.transport.answers import parsed, refusal

_JSON = "application/json"
_LONGEST_LINE = 4 * 2**20  # of a watch: an object twice, and what etcd takes is 1.5 MiB


@frozen(kw_only=True)
class Patience:
    """How long an answer is waited for, in seconds of the loop's clock.

    Attributes:
        answer: For any request but a watch; afterwards its outcome is unknown.
        connect: For a connection.
        silence: For the next event or bookmark of a watch; the server sends a bookmark about once a minute.
    """

    answer: float = field(default=30.0, validator=gt(0))
    connect: float = field(default=10.0, validator=gt(0))
    silence: float = field(default=90.0, validator=gt(0))


class Requests:
    """Sends requests with the credentials of a `kubernetes.aio` configuration, refreshed as it says."""

    def __init__(self, configuration: Configuration, patience: Patience | None = None, agent: str = "wfcontroller"
                 ) -> None:
        self._configuration, self._patience = configuration, patience or Patience()
        self._session = _Pool(configuration).session()
        self._server, self._agent = str(configuration.host).rstrip("/"), agent

    async def close(self) -> None:
        """Close every connection."""
        await self._session.close()
        # What closing has begun is done in callbacks: a loop that ends at once would leave sockets open.
        await asyncio.sleep(0)

    async def send(self, method: str, path: str, *, query: Mapping[str, str] | None = None,
                   body: Object | None = None) -> Object:
        """The answer to one request.

        Raises:
            ApiError: refused; with status 0 when no answer arrived, and then nobody knows whether it was done.
        """
        patience = aiohttp.ClientTimeout(total=self._patience.answer, connect=self._patience.connect)
        try:
            async with self._answer(method, path, query, body, patience) as answer:
                content = await answer.read()
                if answer.status >= 400:
                    raise refusal(answer.status, content, answer.headers)
                return parsed(content)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise unanswered(method, path, error) from error

    async def stream(self, path: str, query: Mapping[str, str]) -> AsyncGenerator[Object, None]:
        """The JSON lines of a watch, until the server ends it.

        Raises:
            ApiError: refused; with status 0 after a silence or a broken connection.
        """
        patience = aiohttp.ClientTimeout(total=None, sock_connect=self._patience.connect,
                                         sock_read=self._patience.silence)
        try:
            async with self._answer("GET", path, query, None, patience) as answer:
                if answer.status >= 400:
                    raise refusal(answer.status, await answer.read(), answer.headers)
                async for line in _lines(answer.content):
                    yield parsed(line)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise unanswered("WATCH", path, error) from error

    @asynccontextmanager
    async def _answer(self, method: str, path: str, query: Mapping[str, str] | None, body: Object | None,
                      patience: aiohttp.ClientTimeout) -> AsyncIterator[aiohttp.ClientResponse]:
        """One exchange.  A connection that is not kept is cut at its end: nobody waits for the other side's goodbye."""
        transport = None
        try:
            async with self._request(method, path, query, body, await self._headers(), patience) as answer:
                transport = None if answer.connection is None else answer.connection.transport
                yield answer
        finally:
            if transport is not None and transport.is_closing():
                transport.abort()

    def _request(self, method: str, path: str, query: Mapping[str, str] | None, body: Object | None,
                 headers: Mapping[str, str], patience: aiohttp.ClientTimeout) -> Any:
        options: dict[str, Any] = {}
        if self._configuration.tls_server_name:
            options["server_hostname"] = self._configuration.tls_server_name
        if self._configuration.proxy:
            options["proxy"] = self._configuration.proxy
        return self._session.request(
            method, f"{self._server}{path}", params=query, headers=headers, timeout=patience, allow_redirects=False,
            data=None if body is None else _encoded(body), **options)

    async def _headers(self) -> Mapping[str, str]:
        headers = {"Accept": _JSON, "Content-Type": _JSON, "User-Agent": self._agent}
        token = await self._configuration.get_api_key_with_prefix("BearerToken", alias="authorization")
        return {**headers, "Authorization": token} if token else headers


def _encoded(body: Object) -> io.BytesIO:
    """A body as JSON, as a stream: a large one is then sent in pieces.  Raises `ApiError` 400 for what is no JSON."""
    try:
        return io.BytesIO(orjson.dumps(body))
    except TypeError as error:
        raise ApiError(400, "BadRequest", f"the body is not JSON: {error}") from error


class _Pool(RESTClientObject):
    """What makes the library's connection pool, with its TLS, and leaves requests to us."""

    def session(self) -> aiohttp.ClientSession:
        return self._create_pool_manager()


def unanswered(method: str, path: str, error: Exception) -> ApiError:
    """The error of a request without an answer."""
    why = "no answer in time" if isinstance(error, TimeoutError) else str(error)
    return ApiError(0, "NoAnswer", f"{method} {path}: {why or type(error).__name__}")


async def _lines(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """Lines of any length that an object may have: the reader's own limit is shorter."""
    rest = b""
    async for chunk in content.iter_any():
        *whole, rest = (rest + chunk).split(b"\n")
        if len(rest) > _LONGEST_LINE:
            raise ApiError(0, "InvalidAnswer", f"a watch sent a line of more than {_LONGEST_LINE} bytes")
        for line in whole:
            if line:
                yield line
