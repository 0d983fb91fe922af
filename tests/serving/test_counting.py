"""What passes is counted: a workflow's way through a controller, and each request to the API server."""

import asyncio
import inspect

import pytest
from prometheus_client.parser import text_string_to_metric_families as parse_text
from tests.runtime.performing import OWN, START, done, workflow

from wfcontroller.api import Api, ApiError, WatchEvent
from wfcontroller.cluster.events import Publisher
from wfcontroller.cluster.performer import Performer, Ports
from wfcontroller.embedded import EmbeddedServer
from wfcontroller.runtime.cache import Cache
from wfcontroller.runtime.controller import Controller
from wfcontroller.runtime.surroundings import Watched
from wfcontroller.runtime.virtualtime import VirtualLoop, run_virtual
from wfcontroller.serving.readiness import Check, Readiness
from wfcontroller.telemetry.counting import CountedApi, counted
from wfcontroller.telemetry.families import FAMILIES, PREFIX, Own
from wfcontroller.telemetry.metrics import Metrics
from wfcontroller.telemetry.readings import of_cache, of_controller, of_publisher, of_readiness
from wfcore.crds import crds, others
from wfcore.program import Create, Did, Emit, Failed, Freshness, Happening, Observe, Ref, Seen
from wfcore.rawobject import RawObject
from wfcore.resources import KUBERNETES_EXECUTIONS, NAMESPACES, PODS, WORKFLOW_EXECUTIONS
from wfcore.settings import Settings


def values(metrics, *names):
    """The series of some families that are not 0, as `name{label="value"}`."""
    found = {}
    for family in parse_text(metrics.render()[0].decode()):
        for sample in family.samples:
            name = sample.name.removeprefix(PREFIX)
            if name in names and sample.value:
                order = FAMILIES[name.removesuffix("_count").removesuffix("_sum")].labels
                found[(name, *(sample.labels[label] for label in order))] = sample.value
    return found


class Measured:
    """A controller on an embedded server, counted as it is to be."""

    def __init__(self, loop):
        self.loop, self.metrics, self.server = loop, Metrics(), EmbeddedServer(loop.now, 1, (*crds(), *others()))
        self.api, self.cache = CountedApi(self.server, self.metrics), Cache(OWN)
        ports = Ports(now=loop.now, record=done, consult=done, surroundings=Watched(self.cache, lambda: True))
        self.performer = Performer(self.api, self.cache, ports, OWN)
        self.broken = None
        self.controller = Controller(self.api, self.cache, counted(self.perform, self.metrics), Settings(), loop.now,
                                     around=lambda _: self.metrics.timed(Own.RECONCILES))
        self.metrics.read(of_cache(self.cache))
        self.metrics.read(of_controller(self.controller))
        self.metrics.read(of_publisher(self.performer.publisher))

    async def perform(self, request):
        if self.broken is not None and isinstance(request, self.broken[0]):
            if isinstance(self.broken[1], Exception):
                raise self.broken[1]
            return self.broken[1]
        return await self.performer.perform(request)

    async def report(self, status):
        child = (await self.server.list(KUBERNETES_EXECUTIONS)).items[0]
        await self.server.update_status(KUBERNETES_EXECUTIONS, {**child, "status": status})


def run(scenario):
    loop = VirtualLoop(START)

    async def main():
        place = Measured(loop)
        await place.server.create(NAMESPACES, {"metadata": {"name": OWN}})
        running = asyncio.create_task(place.controller.run())
        try:
            return await scenario(place)
        finally:
            running.cancel()

    return run_virtual(loop, main())


def test_a_workflow_is_counted_on_its_way_through_a_controller():
    async def scenario(place):
        await place.server.create(WORKFLOW_EXECUTIONS, workflow())
        await asyncio.sleep(5)
        during = values(place.metrics, "active_total", "active_executions", "phase_start_timestamp", "cache_objects")
        await place.report({"phase": "failed", "failureClass": "verification_failed"})
        await asyncio.sleep(30)
        return during, values(
            place.metrics, "created_total", "executions_total", "steps_created_total", "steps_completed_total",
            "lifecycle_duration_seconds_count", "effectiveness_score_count", "phase_duration_seconds_count",
            "audit_records_total", "validation_status", "workflow_steps_total_sum", "errors_total", "conflicts_total",
            "rollbacks_total", "validation_failures_total", "active_total", "deleted_total")

    during, after = run(scenario)

    assert {("active_total", "executing"): 1, ("active_executions",): 1,
            ("phase_start_timestamp", "executing"): START.timestamp(),
            ("cache_objects", "workflowexecutions"): 1, ("cache_objects", "kubernetesexecutions"): 1} == during
    assert {
        ("created_total",): 1, ("executions_total", "x", "failed"): 1,
        ("steps_created_total", "x", "check-pod-health"): 1,
        ("steps_completed_total", "x", "check-pod-health", "failed"): 1, ("lifecycle_duration_seconds_count",): 1,
        ("effectiveness_score_count",): 1, ("phase_duration_seconds_count", "planning"): 1,
        ("phase_duration_seconds_count", "validating"): 1, ("phase_duration_seconds_count", "executing"): 1,
        ("audit_records_total", "recorded"): 1, ("validation_status", "passed"): 1, ("workflow_steps_total_sum",): 1,
    } == after


def test_the_requests_of_a_controller_are_counted_by_what_they_ask_and_what_they_get():
    async def scenario(place):
        await place.server.create(WORKFLOW_EXECUTIONS, workflow())
        await asyncio.sleep(305)
        return values(place.metrics, "api_requests_total", "api_request_duration_seconds_count",
                      "reconcile_duration_seconds_count", "cache_lists_total")

    found = run(scenario)

    assert 1 == found["api_requests_total", "create", "kubernetesexecutions", "2xx"]
    assert {("api_requests_total", "list", plural, "2xx"): 1
            for plural in ("workflowexecutions", "configmaps")}.items() <= found.items()
    assert 1 <= found["api_requests_total", "watch", "workflowexecutions", "2xx"]
    assert found["reconcile_duration_seconds_count",] > 1
    assert sum(count for (name, *labels), count in found.items() if name == "api_requests_total"
               and labels[0] != "watch") == found["api_request_duration_seconds_count",]
    assert 1 == found["cache_lists_total", "workflowexecutions"]


def test_a_creation_that_fails_is_an_error_of_the_phase_it_belongs_to():
    async def scenario(place):
        place.broken = (Create, Failed("unavailable"))
        await place.server.create(WORKFLOW_EXECUTIONS, workflow())
        await asyncio.sleep(0.04)
        return values(place.metrics, "errors_total")

    assert {("errors_total", "k8s_exec_creation_failed", "executing")} == run(scenario).keys()


def test_a_defect_and_an_event_that_is_lost_are_counted():
    async def scenario(place):
        place.broken = (Observe, ZeroDivisionError())
        await place.server.create(WORKFLOW_EXECUTIONS, workflow())
        await asyncio.sleep(0.01)
        return values(place.metrics, "reconcile_panics_total", "queue_depth", "events_dropped_total")

    assert {("reconcile_panics_total",): 1} == run(scenario)


def test_the_queue_is_told_as_it_is():
    async def scenario(place):
        place.controller._queue.add(Ref("default", "a"))
        place.controller._queue.add(Ref("default", "b"))
        waiting = values(place.metrics, "queue_depth")
        await place.controller._queue.get()
        return waiting, values(place.metrics, "queue_depth")

    before, after = run(scenario)

    assert {("queue_depth", "waiting"): 2} == before
    assert {("queue_depth", "waiting"): 1, ("queue_depth", "held"): 1} == after


def test_the_age_of_a_copy_is_the_time_since_the_server_last_spoke_of_its_kind():
    async def scenario(place):
        await place.cache.synced()
        before = values(place.metrics, "cache_age_seconds")
        await asyncio.sleep(7)
        first = values(place.metrics, "cache_age_seconds")
        await place.server.create(WORKFLOW_EXECUTIONS, workflow())
        await asyncio.sleep(0.001)
        return before, first, values(place.metrics, "cache_age_seconds")

    before, first, later = run(scenario)

    assert {} == before
    assert 7 == first["cache_age_seconds", "workflowexecutions"] == first["cache_age_seconds", "configmaps"]
    assert later["cache_age_seconds", "workflowexecutions"] < 1 < later["cache_age_seconds", "configmaps"]


def test_before_the_first_list_a_copy_has_no_age():
    async def main():
        metrics = Metrics()
        metrics.read(of_cache(Cache(OWN)))
        return "cache_age_seconds" in metrics.render()[0].decode()

    assert not asyncio.run(main())


def test_each_check_that_is_made_is_told():
    metrics, readiness = Metrics(), Readiness()
    metrics.read(of_readiness(readiness))
    readiness.set(Check.CACHES, True)
    readiness.set(Check.EXECUTOR, False)
    page = metrics.render()[0].decode()

    assert f'{PREFIX}ready{{check="caches"}} 1.0' in page
    assert f'{PREFIX}ready{{check="executor"}} 0.0' in page
    assert 'check="store"' not in page


def test_tasks_that_work_side_by_side_do_not_mix_up_their_workflows():
    metrics = Metrics()

    async def perform(request):
        await asyncio.sleep(0)
        if isinstance(request, Observe):
            body = workflow(request.ref.name)
            return Seen(RawObject({**body, "status": {"phase": request.ref.name}}), (), START)
        return Failed("unavailable")

    async def one(phase, performing):
        await performing(Observe(Ref("default", phase), Freshness.LIVE))
        await performing(Create(Ref("default", phase), ()))

    async def main():
        performing = counted(perform, metrics)
        await asyncio.gather(*(one(phase, performing) for phase in ("executing", "validating", "rolling_back")))

    asyncio.run(main())

    assert {("errors_total", "k8s_exec_creation_failed", phase): 1
            for phase in ("executing", "validating", "rolling_back")} == values(metrics, "errors_total")


def test_what_cannot_be_counted_costs_the_answer_nothing(capsys):
    class Broken(Metrics):
        def observe(self, observation):
            raise KeyError("secret")

    async def main():
        request = Emit(Ref("default", "w"), "u", START, (Happening("Normal", "TargetBusy", "m"),))
        return await counted(done, Broken())(request)

    assert Did() == asyncio.run(main())
    said = "".join(capsys.readouterr())
    assert "counting_failed" in said
    assert "secret" not in said


class Stub:
    """An API server that tells what it was asked, or refuses."""

    def __init__(self, error=None):
        self.asked, self.error = [], error

    def __getattr__(self, name):
        async def call(*arguments, **options):
            self.asked.append((name, arguments, options))
            if self.error is not None:
                raise self.error
            return name

        return call

    async def watch(self, *arguments, **options):
        self.asked.append(("watch", arguments, options))
        yield WatchEvent("BOOKMARK", {"kind": "x"})
        if self.error is not None:
            raise self.error


CALLS = [
    ("get", (PODS, "ns", "p"), {}),
    ("list", (PODS, "ns"), {"label_selector": "a=b", "name": "n", "limit": 5, "continue_token": "t"}),
    ("create", (PODS, {"a": 1}), {"dry_run": True}), ("update", (PODS, {"a": 1}), {"dry_run": True}),
    ("update_status", (PODS, {"a": 1}), {}),
    ("delete", (PODS, "ns", "p"), {"uid": "u", "resource_version": "1", "propagation": "Foreground",
                                   "grace_period_seconds": 3, "dry_run": True}),
    ("evict", ("ns", "p"), {"grace_period_seconds": 3, "dry_run": True}),
]


@pytest.mark.parametrize(("name", "arguments", "options"), CALLS, ids=[name for name, _, _ in CALLS])
def test_a_request_passes_through_unchanged_and_is_counted(name, arguments, options):
    stub, metrics = Stub(), Metrics()
    answer = asyncio.run(getattr(CountedApi(stub, metrics), name)(*arguments, **options))

    assert [(name, arguments, options)] == stub.asked
    assert answer == (None if name in ("delete", "evict") else name)
    assert {("api_requests_total", name, "pods", "2xx"): 1} == values(metrics, "api_requests_total")


def test_every_request_of_an_api_is_counted():
    named = {name for name, _ in inspect.getmembers(Api, inspect.isfunction) if not name.startswith("_")}

    assert {*(name for name, _, _ in CALLS), "watch"} == named
    for name in named:
        assert callable(vars(CountedApi)[name])


@pytest.mark.parametrize(("status", "code"), [(404, "404"), (0, "none"), (418, "other")])
def test_a_refusal_passes_through_and_is_counted_by_its_code(status, code):
    metrics, error = Metrics(), ApiError(status, "X", "m")

    async def main():
        api = CountedApi(Stub(error), metrics)
        with pytest.raises(ApiError) as refused:
            await api.get(PODS, "ns", "p")
        with pytest.raises(ApiError) as ended:
            async for _ in api.watch(PODS, resource_version="1"):
                pass
        return refused.value, ended.value

    assert (error, error) == asyncio.run(main())
    assert {code} == {labels[-1] for labels in values(metrics, "api_requests_total")}
    assert 2 == sum(values(metrics, "api_requests_total").values())


def test_a_watch_is_counted_once_when_it_ends_and_its_events_are_the_same():
    stub, metrics = Stub(), Metrics()

    async def main():
        options = {"resource_version": "7", "name": "n", "timeout_seconds": 3.0}
        events = CountedApi(stub, metrics).watch(PODS, "ns", **options)
        first = await anext(events)
        during = values(metrics, "api_requests_total")
        await events.aclose()
        return first, during, options

    first, during, options = asyncio.run(main())

    assert (WatchEvent("BOOKMARK", {"kind": "x"}), {}) == (first, during)
    assert [("watch", (PODS, "ns"), options)] == stub.asked
    assert {("api_requests_total", "watch", "pods", "2xx"): 1} == values(metrics, "api_requests_total")


@pytest.mark.parametrize(("error", "dropped"), [
    (ApiError(503, "ServiceUnavailable", "m"), 2), (ApiError(0, "", "m"), 2), (ApiError(409, "AlreadyExists", "m"), 0),
])
def test_an_event_that_is_there_already_is_not_lost(error, dropped):
    metrics, publisher = Metrics(), Publisher(Stub(error))
    metrics.read(of_publisher(publisher))
    events = tuple(Happening("Normal", "TargetBusy", text) for text in "ab")
    asyncio.run(publisher.publish(Emit(Ref("default", "w"), "u", START, events)))

    assert ({("events_dropped_total",): dropped} if dropped else {}) == values(metrics, "events_dropped_total")
