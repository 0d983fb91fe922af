"""Which replica leads: one at a time as far as anybody can tell, the next within seconds, no clock trusted."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from wfcontroller.api import ApiError
from wfcontroller.embedded import EmbeddedServer
from wfcontroller.runtime.virtualtime import VirtualLoop, run_virtual
from wfcontroller.service.election import Election, Terms
from wfcontroller.service.fenced import FencedApi
from wfcore.resources import CONFIG_MAPS, LEASES, NAMESPACES

START = datetime(2026, 1, 1, tzinfo=UTC)
HOME = "kubernaut-system"


class Unreliable:
    """An API that can be taken away, or made to lose answers."""

    def __init__(self, server: EmbeddedServer) -> None:
        self._server, self.away, self.deaf = server, False, False

    def __getattr__(self, name: str) -> Any:
        async def call(*args: Any, **more: Any) -> Any:
            if self.away:
                raise ApiError(0, "NoAnswer", "away")
            answer = await getattr(self._server, name)(*args, **more)
            if self.deaf:
                raise ApiError(0, "NoAnswer", "lost")
            return answer
        return call


class Place:
    """A server, candidates and their time."""

    def __init__(self, loop: VirtualLoop, server: EmbeddedServer) -> None:
        self.loop, self.server = loop, server
        self.apis: dict[str, Unreliable] = {}

    def candidate(self, name: str, ahead: timedelta = timedelta(0)) -> Election:
        api = self.apis[name] = Unreliable(self.server)
        terms = Terms(namespace=HOME, name="wf-controller", identity=name)
        return Election(api, terms, lambda: self.loop.now() + ahead, self.loop.time)  # type: ignore[arg-type]

    async def lease(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self.server.get(LEASES, HOME, "wf-controller"))["spec"]
        return found


def story(scenario: Any) -> Any:
    loop = VirtualLoop(START)
    server = EmbeddedServer(loop.now, seed=1, bookmark_seconds=float("inf"))

    async def main() -> Any:
        await server.create(NAMESPACES, {"metadata": {"name": HOME}})
        return await scenario(Place(loop, server))
    return run_virtual(loop, main())


def test_the_first_to_ask_leads_and_the_others_wait() -> None:
    async def scenario(place: Place) -> Any:
        first, second = place.candidate("a"), place.candidate("b")
        await first.acquire()
        tasks = [asyncio.create_task(first.keep()), asyncio.create_task(second.acquire())]
        done, _ = await asyncio.wait(tasks, timeout=300, return_when=asyncio.FIRST_COMPLETED)
        held = first.holds(), second.holds(), len(done)
        for task in tasks:
            task.cancel()
        return *held, await place.lease()

    ours, theirs, ended, lease = story(scenario)

    assert (True, False, 0) == (ours, theirs, ended)
    assert ("a", 0) == (lease["holderIdentity"], lease["leaseTransitions"])


def test_of_two_that_ask_at_the_same_time_one_leads() -> None:
    async def scenario(place: Place) -> Any:
        both = [place.candidate("a"), place.candidate("b")]
        tasks = [asyncio.create_task(each.acquire()) for each in both]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.sleep(5)
        held = sorted(each.holds() for each in both)
        for task in tasks:
            task.cancel()
        return held

    assert [False, True] == story(scenario)


def test_after_the_leaders_silence_another_leads_within_duration_and_a_retry() -> None:
    async def scenario(place: Place) -> Any:
        first, second = place.candidate("a"), place.candidate("b")
        await first.acquire()
        await second.acquire()
        return (await place.lease())["leaseTransitions"], second.renewed

    transitions, since = story(scenario)

    assert 1 == transitions
    assert 15 <= since <= 15 + 2


@pytest.mark.parametrize("ahead", [timedelta(hours=-3), timedelta(hours=3)])
def test_a_clock_that_is_wrong_takes_nothing_from_a_leader_that_renews(ahead: timedelta) -> None:
    async def scenario(place: Place) -> Any:
        first, second = place.candidate("a"), place.candidate("b", ahead)
        await first.acquire()
        tasks = [asyncio.create_task(first.keep()), asyncio.create_task(second.acquire())]
        await asyncio.sleep(120)
        held = first.holds(), second.holds()
        for task in tasks:
            task.cancel()
        return held

    assert (True, False) == story(scenario)


def test_a_leader_whose_renewals_fail_gives_up_before_anybody_can_take_over() -> None:
    async def scenario(place: Place) -> Any:
        first = place.candidate("a")
        await first.acquire()
        place.apis["a"].away = True
        await first.keep()
        return place.loop.time(), first.holds()

    gave_up, holds = story(scenario)

    assert not holds
    assert 10 <= gave_up <= 12


def test_a_leader_that_another_has_taken_over_from_gives_up_at_once() -> None:
    async def scenario(place: Place) -> Any:
        first = place.candidate("a")
        await first.acquire()
        lease = await place.server.get(LEASES, HOME, "wf-controller")
        await place.server.update(LEASES, {**lease, "spec": {**lease["spec"], "holderIdentity": "b"}})
        await first.keep()
        return place.loop.time(), first.holds()

    assert (2, False) == story(scenario)


def test_a_lease_given_back_is_taken_at_the_next_look() -> None:
    async def scenario(place: Place) -> Any:
        first, second = place.candidate("a"), place.candidate("b")
        await first.acquire()
        waiting = asyncio.create_task(second.acquire())
        await asyncio.sleep(5)
        began = place.loop.time()
        await first.release()
        await waiting
        return place.loop.time() - began, first.holds(), second.holds()

    took, first, second = story(scenario)

    assert (False, True) == (first, second)
    assert took <= 2


def test_a_lease_that_is_another_s_by_now_is_not_given_back() -> None:
    async def scenario(place: Place) -> Any:
        first = place.candidate("a")
        await first.acquire()
        lease = await place.server.get(LEASES, HOME, "wf-controller")
        await place.server.update(LEASES, {**lease, "spec": {**lease["spec"], "holderIdentity": "b"}})
        await first.release()
        await first.release()
        return (await place.lease())["holderIdentity"]

    assert "b" == story(scenario)


def test_giving_back_to_a_server_that_is_away_is_no_failure() -> None:
    async def scenario(place: Place) -> Any:
        first = place.candidate("a")
        await first.acquire()
        place.apis["a"].away = True
        await first.release()
        return first.holds()

    assert not story(scenario)


def test_a_lease_that_somebody_deleted_is_made_anew() -> None:
    async def scenario(place: Place) -> Any:
        first = place.candidate("a")
        await first.acquire()
        await place.server.delete(LEASES, HOME, "wf-controller")
        keeping = asyncio.create_task(first.keep())
        await asyncio.sleep(5)
        keeping.cancel()
        return first.holds(), (await place.lease())["holderIdentity"]

    assert (True, "a") == story(scenario)


def test_an_answer_that_was_lost_makes_no_leader_but_the_next_look_does() -> None:
    async def scenario(place: Place) -> Any:
        first = place.candidate("a")
        place.apis["a"].deaf = True
        acquiring = asyncio.create_task(first.acquire())
        await asyncio.sleep(1)
        before = first.holds()
        place.apis["a"].deaf = False
        await acquiring
        return before, first.holds()

    assert (False, True) == story(scenario)


@pytest.mark.parametrize(("renew", "retry"), [(15.0, 2.0), (10.0, 10.0)])
def test_terms_under_which_a_leader_would_not_notice_its_loss_are_refused(renew: float, retry: float) -> None:
    with pytest.raises(ValueError, match="a leader must notice its loss first"):
        Terms(namespace=HOME, name="l", identity="a", renew_deadline=renew, retry_period=retry)


def test_who_does_not_lead_any_more_reads_and_writes_nothing() -> None:
    async def scenario(place: Place) -> Any:
        led = [True]
        api = FencedApi(place.server, lambda: led[0])
        body = {"metadata": {"name": "a", "namespace": HOME}}
        made = await api.create(CONFIG_MAPS, body)
        led[0] = False
        refused = []
        for write in (api.create(CONFIG_MAPS, {"metadata": {"name": "b", "namespace": HOME}}),
                      api.update(CONFIG_MAPS, made), api.update_status(CONFIG_MAPS, made),
                      api.delete(CONFIG_MAPS, HOME, "a"), api.evict(HOME, "a")):
            with pytest.raises(ApiError) as caught:
                await write
            refused.append(caught.value.status)
        listed = await api.list(CONFIG_MAPS, HOME)
        watched = [e.type async for e in api.watch(CONFIG_MAPS, HOME, resource_version="0", timeout_seconds=1)]
        return refused, (await api.get(CONFIG_MAPS, HOME, "a"))["metadata"]["name"], len(listed.items), watched

    refused, name, count, watched = story(scenario)

    assert [503] * 5 == refused
    assert ("a", 1) == (name, count)
    assert "ADDED" == watched[0]
