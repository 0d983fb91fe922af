"""The controller around the programs: what one workflow breaks costs no other, and what belongs to none runs beside."""

import asyncio
from datetime import timedelta
from itertools import pairwise

import pytest
from attrs import frozen

from wfcontroller.cluster.performer import Performer, Ports
from wfcontroller.embedded import EmbeddedServer
from wfcontroller.runtime.cache import Cache
from wfcontroller.runtime.controller import Controller
from wfcontroller.runtime.maintenance import Maintenance
from wfcontroller.runtime.surroundings import Watched
from wfcontroller.runtime.virtualtime import VirtualLoop, run_virtual
from wfcore.crds import crds, others
from wfcore.program import Emit, Finished, ListOutbox, Observe, Ref
from wfcore.resources import CONFIG_MAPS, EVENTS, NAMESPACES, WORKFLOW_EXECUTIONS
from wfcore.settings import Settings

from .performing import OWN, START, done, workflow


class Place:
    """A server with a controller; `broken` names the workflows whose reconciles raise."""

    def __init__(self, loop, maintenance=(), **more):
        self.loop, self.broken, self.observed, self.emits_broken = loop, {}, [], False
        self.slow = 0.0  # seconds that an observation takes
        self.server = EmbeddedServer(loop.now, 1, (*crds(), *others()))
        self.cache = Cache(OWN)
        ports = Ports(now=loop.now, record=done, consult=done, surroundings=Watched(self.cache, lambda: True))
        self._performer = Performer(self.server, self.cache, ports, OWN)
        self.controller = Controller(self.server, self.cache, self.perform, Settings(), loop.now,
                                     maintenance=maintenance, **more)

    async def perform(self, request):
        if isinstance(request, Observe):
            self.observed.append((self.loop.time(), request.ref.name))
            await asyncio.sleep(self.slow)
            if request.ref.name in self.broken:
                raise self.broken[request.ref.name]
        if isinstance(request, Emit) and self.emits_broken:
            raise OSError("no way to tell")
        return await self._performer.perform(request)

    def passes(self, name):
        return [at for at, seen in self.observed if seen == name]

    async def phase(self, name):
        found = await self.server.get(WORKFLOW_EXECUTIONS, "default", name)
        return (found.get("status") or {}).get("phase", "")

    async def panics_told(self, name):
        events = (await self.server.list(EVENTS)).items
        return [e["note"] for e in events if e["reason"] == "ReconcilePanic" and e["regarding"]["name"] == name]


def run(scenario, **options):
    loop = VirtualLoop(START)

    async def main():
        place = Place(loop, **options)
        await place.server.create(NAMESPACES, {"metadata": {"name": OWN}})
        running = asyncio.create_task(place.controller.run())
        try:
            return await scenario(place)
        finally:
            running.cancel()

    return run_virtual(loop, main())


@pytest.mark.parametrize("defect", [ZeroDivisionError("a defect"), RecursionError("too deep"), MemoryError()])
def test_a_reconcile_that_raises_is_counted_backed_off_and_costs_no_other_workflow_anything(defect):
    async def scenario(place):
        place.broken["sick"] = defect
        for name in ("sick", "sound"):
            await place.server.create(WORKFLOW_EXECUTIONS, workflow(name))
        await asyncio.sleep(290)
        return (await place.phase("sick"), await place.phase("sound"), place.passes("sick"),
                place.controller.panics.in_a_row(Ref("default", "sick")), place.controller.panics.total)

    sick, sound, passes, in_a_row, total = run(scenario)
    pauses = [later - earlier for earlier, later in pairwise(passes)]

    assert ("", "executing") == (sick, sound)
    assert len(passes) == in_a_row == total
    assert pauses[0] < 1 < 30 <= pauses[-1] <= 60


def test_a_panic_is_told_as_an_event_ever_more_rarely_and_without_its_details():
    """What an exception says may hold anything, secrets too."""
    async def scenario(place):
        place.broken["sick"] = ZeroDivisionError("the password is 1234")
        await place.server.create(WORKFLOW_EXECUTIONS, workflow("sick"))
        await asyncio.sleep(600)
        return await place.panics_told("sick"), place.controller.panics.total

    told, total = run(scenario)

    assert 16 < total < 32
    assert {f"reconciling failed with ZeroDivisionError, {count} in a row; it is tried again, other workflows go on"
            for count in (1, 2, 4, 8, 16)} == set(told)


def test_a_workflow_that_recovers_goes_on_and_its_panics_are_forgotten():
    async def scenario(place):
        place.broken["sick"] = ZeroDivisionError("a defect")
        await place.server.create(WORKFLOW_EXECUTIONS, workflow("sick"))
        await asyncio.sleep(600)
        before = place.controller.panics.in_a_row(Ref("default", "sick"))
        place.broken.clear()
        await asyncio.sleep(70)
        return before, await place.phase("sick"), place.controller.panics.in_a_row(Ref("default", "sick"))

    before, phase, after = run(scenario)

    assert (True, "executing", 0) == (before > 0, phase, after)


def test_a_panic_that_cannot_be_told_ends_nothing():
    async def scenario(place):
        place.broken["sick"], place.emits_broken = ZeroDivisionError("a defect"), True
        for name in ("sick", "sound"):
            await place.server.create(WORKFLOW_EXECUTIONS, workflow(name))
        await asyncio.sleep(60)
        place.emits_broken = False
        await asyncio.sleep(1200)
        return await place.panics_told("sick"), place.controller.panics.total

    told, total = run(scenario)

    assert 8 < total
    assert told


def test_a_workflow_that_is_gone_is_told_about_nowhere():
    async def scenario(place):
        place.broken["sick"] = ZeroDivisionError("a defect")
        place.controller._queue.add(Ref("default", "sick"))
        await asyncio.sleep(60)
        return await place.panics_told("sick"), place.controller.panics.total

    told, total = run(scenario)

    assert ([], True) == (told, total > 0)


def test_a_change_of_the_freeze_wakes_every_workflow_that_goes_on_and_no_other():
    async def scenario(place):
        for name in ("a", "b", "over"):
            await place.server.create(WORKFLOW_EXECUTIONS, workflow(name))
        await asyncio.sleep(1)
        over = await place.server.get(WORKFLOW_EXECUTIONS, "default", "over")
        await place.server.update_status(WORKFLOW_EXECUTIONS, {**over, "status": {**over["status"], "phase": "failed"}})
        await asyncio.sleep(20)
        woken = []
        for change in (lambda: place.server.create(CONFIG_MAPS, {"metadata": {"name": "wf-freeze", "namespace": OWN}}),
                       lambda: place.server.delete(CONFIG_MAPS, OWN, "wf-freeze")):
            place.observed.clear()
            await change()
            await asyncio.sleep(0.5)
            woken.append({name for _, name in place.observed})
        return woken

    assert [{"a", "b"}, {"a", "b"}] == run(scenario)


def test_what_changes_around_all_workflows_wakes_those_that_go_on():
    async def scenario(place):
        await place.server.create(WORKFLOW_EXECUTIONS, workflow("a"))
        await asyncio.sleep(20)
        place.observed.clear()
        place.cache.wake_unfinished()
        await asyncio.sleep(0.5)
        return {name for _, name in place.observed}

    assert {"a"} == run(scenario)


@frozen
class Chore:
    """A program without a workflow."""

    runs: list
    ends: list

    def run(self):
        self.runs.append((yield ListOutbox()))
        ending = self.ends.pop(0) if self.ends else Finished()
        if isinstance(ending, Exception):
            raise ending
        return ending


def chore_times(*ends, interval=timedelta(minutes=5), seconds=1000):
    times, runs = [], []

    class Noted(list):
        def append(self, answer):
            times.append(asyncio.get_running_loop().time())
            super().append(answer)

    async def scenario(place):
        await asyncio.sleep(seconds)

    run(scenario, maintenance=(Maintenance(interval, Chore(Noted(runs), list(ends))),))
    return times


def test_maintenance_runs_at_its_interval_beside_the_reconciles():
    assert [0.0, 300.0, 600.0, 900.0] == chore_times()


def test_maintenance_that_raises_is_run_again_at_its_next_turn():
    assert [0.0, 300.0, 600.0, 900.0] == chore_times(ZeroDivisionError("a defect"), RecursionError())


def test_maintenance_may_ask_for_less_or_more_than_its_interval():
    """Sooner because something is due then, later because the other side asks for patience; a past instant is soon."""
    soon = Finished(wake_at=START + timedelta(seconds=30))
    assert [0.0, 30.0, 31.0, 431.0, 731.0] == chore_times(
        soon, soon, Finished(backoff=True, retry_after=400.0), interval=timedelta(minutes=5))


@pytest.mark.parametrize("seconds", [0, -1])
def test_maintenance_that_never_rests_is_refused(seconds):
    with pytest.raises(ValueError, match="is not positive"):
        Maintenance(timedelta(seconds=seconds), Chore([], []))


def test_nothing_is_reconciled_before_this_process_leads_and_then_everything_is():
    led = asyncio.Event()

    async def scenario(place):
        await place.server.create(WORKFLOW_EXECUTIONS, workflow("w"))
        await asyncio.sleep(60)
        before = await place.phase("w")
        led.set()
        await asyncio.sleep(60)
        return before, await place.phase("w")

    assert ("", "executing") == run(scenario, leading=led.wait)


def test_workflows_out_of_scope_are_left_to_others():
    async def scenario(place):
        for name in ("ours", "theirs"):
            await place.server.create(WORKFLOW_EXECUTIONS, workflow(name))
        await asyncio.sleep(60)
        return place.passes("theirs"), await place.phase("ours"), place.cache.workflow(Ref("default", "theirs"))

    passes, ours, theirs = run(scenario, scope=lambda item: item["metadata"]["name"] == "ours")

    assert ([], "executing") == (passes, ours)
    assert theirs is not None


def test_who_is_told_to_stop_ends_the_pass_that_is_under_way_and_begins_no_other():
    async def scenario(place):
        place.slow = 5.0
        await place.server.create(WORKFLOW_EXECUTIONS, workflow("w"))
        await asyncio.sleep(2)
        began = place.loop.time()
        await place.controller.drain(60)
        took, seen = place.loop.time() - began, len(place.observed)
        await place.server.create(WORKFLOW_EXECUTIONS, workflow("late"))
        await asyncio.sleep(60)
        return took, seen, len(place.observed), place.passes("late")

    took, before, after, late = run(scenario)

    assert 0 < took < 60
    assert (before, []) == (after, late)


def test_who_is_told_to_stop_does_not_wait_for_ever():
    async def scenario(place):
        place.slow = 500.0
        await place.server.create(WORKFLOW_EXECUTIONS, workflow("w"))
        await asyncio.sleep(2)
        began = place.loop.time()
        await place.controller.drain(3)
        return place.loop.time() - began

    assert 3 == run(scenario)


def test_what_is_gone_from_the_cluster_is_gone_from_memory():
    async def scenario(place):
        await place.server.create(WORKFLOW_EXECUTIONS, workflow("w"))
        await asyncio.sleep(1)
        held = len(place.cache._raw)
        found = await place.server.get(WORKFLOW_EXECUTIONS, "default", "w")
        await place.server.delete(WORKFLOW_EXECUTIONS, "default", "w")
        await asyncio.sleep(300)
        return held, len(place.cache._raw), found["metadata"]["name"]

    held, left, _ = run(scenario)

    assert held > 0
    assert 0 == left


def test_workflows_that_wait_for_a_kind_are_looked_at_as_soon_as_it_is_there():
    async def scenario(place):
        await place.server.create(WORKFLOW_EXECUTIONS, workflow("w"))
        await asyncio.sleep(1)
        before = len(place.passes("w"))
        for hear in place.cache.executions._arrivals:
            hear()
        await asyncio.sleep(0.01)
        return before, len(place.passes("w"))

    before, after = run(scenario)

    assert after > before
