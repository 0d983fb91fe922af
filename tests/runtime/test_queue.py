"""The queue: de-duplicated, fair, one holder a key, capped back-off."""

import asyncio
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from wfcontroller.runtime.queue import LONGEST_DELAY, WorkQueue
from wfcontroller.runtime.virtualtime import VirtualLoop, run_virtual


def run(make):
    loop = VirtualLoop(datetime(2026, 1, 1, tzinfo=UTC))
    return run_virtual(loop, make(loop, WorkQueue()))


@given(st.lists(st.sampled_from("abcde"), min_size=1))
def test_each_key_waits_once_in_the_order_it_was_first_asked_for(keys):
    async def main(loop, queue):
        for key in keys:
            queue.add(key)
        return [await queue.get() for _ in dict.fromkeys(keys)]

    assert list(dict.fromkeys(keys)) == run(main)


def test_a_key_that_is_asked_for_all_the_time_keeps_no_other_waiting():
    async def main(loop, queue):
        served = []
        for key in ("quiet", "busy", "other"):
            queue.add(key)
        for _ in range(30):
            key = await queue.get()
            queue.add("busy")
            queue.add(key)
            queue.done(key, None)
            served.append(key)
        return served

    assert ["quiet", "busy", "other"] * 10 == run(main)


def test_a_key_asked_for_while_it_is_held_comes_again_after_it_is_let_go():
    async def main(loop, queue):
        queue.add("a")
        await queue.get()
        queue.add("a")
        queue.add("b")
        first = await queue.get()
        queue.done("a", None)
        return first, await queue.get()

    assert ("b", "a") == run(main)


def test_a_finished_key_comes_back_at_its_instant():
    async def main(loop, queue):
        queue.add("a")
        queue.done(await queue.get(), 30.0)
        await queue.get()
        return loop.time()

    assert 30.0 == run(main)


def test_an_event_replaces_the_timer():
    async def main(loop, queue):
        queue.add("a")
        queue.done(await queue.get(), 30.0)
        queue.add("a")
        queue.done(await queue.get(), None)
        try:
            await asyncio.wait_for(queue.get(), 3600)
        except TimeoutError:
            return loop.time()

    assert 3600.0 == run(main)


def test_back_off_grows_to_its_cap_and_is_forgotten_after_a_success():
    async def main(loop, queue):
        queue.add("a")
        delays = []
        for _ in range(20):
            before = loop.time()
            queue.failed(await queue.get())
            queue_key = await queue.get()
            delays.append(loop.time() - before)
            queue.add(queue_key)
            queue.failed(queue_key)
        await queue.get()
        queue.done("a", 0.0)
        await queue.get()
        before = loop.time()
        queue.failed("a")
        await queue.get()
        return delays, loop.time() - before

    delays, after_success = run(main)

    assert max(delays) <= LONGEST_DELAY
    assert LONGEST_DELAY / 2 <= delays[-1]
    assert after_success < 1.0


def test_a_server_that_asks_for_patience_gets_it():
    async def main(loop, queue):
        queue.add("a")
        queue.failed(await queue.get(), at_least=17.0)
        await queue.get()
        return loop.time()

    assert 17.0 == run(main)


def test_closing_cancels_every_timer():
    async def main(loop, queue):
        queue.add("a")
        queue.done(await queue.get(), 30.0)
        queue.close()
        await asyncio.sleep(60)
        queue.add("b")
        return await queue.get()

    assert "b" == run(main)
