"""What a local copy does when the server does not answer as it should."""

import asyncio
from itertools import pairwise

import pytest

from wfcontroller.api import ApiError, Page
from wfcontroller.embedded import EmbeddedServer
from wfcontroller.runtime.informer import Informer
from wfcontroller.runtime.pacing import Pacing
from wfcontroller.runtime.virtualtime import VirtualLoop, run_virtual
from wfcore.resources import CONFIG_MAPS, KUBERNETES_EXECUTIONS

from .performing import START


class Refusing:
    """A server that refuses to list so often, and says when it was asked."""

    def __init__(self, server, loop, *errors):
        self._server, self._loop, self._errors, self.asked = server, loop, list(errors), []

    async def list(self, *args, **more) -> Page:
        self.asked.append(self._loop.time())
        if self._errors:
            raise self._errors.pop(0)
        return await self._server.list(*args, **more)

    def watch(self, *args, **more):
        return self._server.watch(*args, **more)


def follow(resource, *errors, seconds=200.0, heard=None):
    loop = VirtualLoop(START)

    async def main():
        server = EmbeddedServer(loop.now, 1)
        api, informer = Refusing(server, loop, *errors), Informer(resource)
        informer.on_arrival(lambda: None if heard is None else heard.append(loop.time()))
        task = asyncio.create_task(informer.follow(api, Pacing()))
        await asyncio.sleep(seconds)
        found = api.asked, informer.absent, informer.synced.is_set()
        task.cancel()
        return found

    return run_virtual(loop, main())


def test_a_kind_that_nobody_has_defined_holds_nothing_else_up_and_is_looked_for_again():
    asked, absent, synced = follow(KUBERNETES_EXECUTIONS, seconds=60.0)

    assert (True, True) == (absent, synced)
    assert 5.0 == pytest.approx(max(later - earlier for earlier, later in pairwise(asked)))


def test_a_kind_that_is_defined_later_is_no_longer_absent():
    heard = []
    missing = ApiError(404, "NotFound", "the server could not find the requested resource")
    asked, absent, synced = follow(CONFIG_MAPS, missing, missing, heard=heard)

    assert (False, True) == (absent, synced)
    assert [asked[2]] == heard


def test_nobody_is_told_of_an_arrival_where_nothing_was_absent():
    heard = []
    follow(CONFIG_MAPS, ApiError(500, "InternalError", "away"), heard=heard)

    assert [] == heard


@pytest.mark.parametrize("status", [403, 500, 0])
def test_another_refusal_says_nothing_about_what_is_there(status):
    refused = [ApiError(status, "Refused", "no")] * 40
    _, absent, synced = follow(CONFIG_MAPS, *refused, seconds=30.0)

    assert (False, False) == (absent, synced)


def test_a_server_that_asks_for_patience_gets_it():
    asked, _, synced = follow(CONFIG_MAPS, ApiError(429, "TooManyRequests", "wait", retry_after=7.0))

    assert [0.0, 7.0] == asked[:2]
    assert synced
