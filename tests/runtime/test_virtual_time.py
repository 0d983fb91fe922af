"""The virtual loop: timers move the clock, work does not, and nothing left to wait for is an error."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from wfcontroller.runtime.virtualtime import Deadlock, VirtualLoop, run_virtual

START = datetime(2026, 1, 1, tzinfo=UTC)


def run(make):
    loop = VirtualLoop(START)
    return run_virtual(loop, make(loop))


def test_sleeping_moves_the_clock_and_working_does_not():
    async def main(loop):
        sum(range(200_000))
        worked = loop.now()
        await asyncio.sleep(3600)
        return worked, loop.now()

    assert (START, START + timedelta(hours=1)) == run(main)


def test_timers_fire_in_the_order_of_their_instants():
    async def main(loop):
        order = []

        async def after(seconds):
            await asyncio.sleep(seconds)
            order.append(seconds)

        await asyncio.gather(after(3), after(1), after(2))
        return order

    assert [1, 2, 3] == run(main)


def test_waiting_for_what_cannot_come_is_a_deadlock():
    async def main(loop):
        await asyncio.Event().wait()

    with pytest.raises(Deadlock):
        run(main)


def test_only_endless_housekeeping_is_a_deadlock_at_the_horizon():
    async def main(loop):
        def tick():
            loop.call_later(86_400, tick)

        tick()
        await asyncio.Event().wait()

    with pytest.raises(Deadlock):
        run(main)


def test_a_task_that_swallows_its_cancellation_does_not_keep_the_loop():
    swallowed = []

    async def stubborn():
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            swallowed.append(True)
            await asyncio.Event().wait()

    async def main(loop):
        task = asyncio.create_task(stubborn())
        await asyncio.sleep(1)
        return task

    task = run(main)
    task._log_destroy_pending = False  # it is meant to be left behind

    assert [True] == swallowed
    assert not task.done() or task.cancelled()


def test_a_speed_pauses_without_changing_the_clock():
    async def main(loop):
        await asyncio.sleep(0.5)
        return loop.now()

    loop = VirtualLoop(START, speed=1000.0)

    assert START + timedelta(seconds=0.5) == run_virtual(loop, main(loop))
