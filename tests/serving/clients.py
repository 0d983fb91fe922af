"""Clients of the two ports, over loopback: they know nothing of the servers but their ports."""

import asyncio
import ssl

import aiohttp

from wfcontroller.api import ApiError
from wfcontroller.kinds import TOKEN_REVIEWS
from wfcontroller.serving.access import Access, AccessSettings
from wfcontroller.serving.exposition import PATH
from wfcore.resources import SUBJECT_ACCESS_REVIEWS

HOST = "127.0.0.1"
# Who is behind a token, and which users may read.
USERS = {"scraper-token": "prometheus", "stranger-token": "stranger"}
ALLOWED = frozenset({"prometheus"})


def unverified():
    """Trust anybody: for a certificate that vouches for itself."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


class Reviewer:
    """The reviews of an API server: counted, with the answers of a real one."""

    def __init__(self, audience=""):
        self.audience, self.bodies, self.error = audience, [], None
        self.asked, self.open = asyncio.Queue(), asyncio.Event()
        self.open.set()

    @property
    def kinds(self):
        return [body["kind"] for body in self.bodies]

    async def create(self, resource, body, *, dry_run=False):
        self.bodies.append(body)
        self.asked.put_nowait(body)
        await self.open.wait()
        if self.error is not None:
            raise self.error
        if resource is TOKEN_REVIEWS:
            return {**body, "status": self._who(body["spec"])}
        assert resource is SUBJECT_ACCESS_REVIEWS
        return {**body, "status": {"allowed": body["spec"]["user"] in ALLOWED}}

    def _who(self, spec):
        name = USERS.get(spec["token"])
        if name is None:
            return {"authenticated": False, "user": {}, "error": f"invalid token {spec['token']}"}
        audiences = {"audiences": [self.audience]} if self.audience else {}
        return {"authenticated": True, **audiences, "user": {
            "username": name, "uid": "7", "groups": ["system:authenticated"],
            "extra": {"authentication.kubernetes.io/pod-name": ["p"]}}}


class Clock:
    """Seconds that pass when told to."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def access(reviewer, clock=None, **settings):
    more = {} if clock is None else {"clock": clock}
    return Access(reviewer, PATH, AccessSettings(**settings), **more)


async def ask(url, *, method="GET", token=None, headers=(), tls=None):
    """Status, text and headers of one request on a connection of its own."""
    given = [*headers, *([("Authorization", f"Bearer {token}")] if token is not None else [])]
    connector = aiohttp.TCPConnector(ssl=tls if tls is not None else unverified())
    async with aiohttp.ClientSession(connector=connector) as session:
        async with session.request(method, url, headers=given) as response:
            return response.status, await response.text(), response.headers


async def raw(port, data, *, half=False):
    """All that a plain connection hears until the server closes it."""
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(data)
    if half:
        writer.write_eof()
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


FORBIDDEN = ApiError(403, "Forbidden", "wf-controller may not create tokenreviews; the token was scraper-token")
