"""Traces arrive at a collector when an endpoint is set; without one nothing of it is even imported."""

from __future__ import annotations

import asyncio
import io
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import structlog
from tests.runtime.performing import OWN, START, done, workflow

from wfcontroller.cluster.performer import Performer, Ports
from wfcontroller.embedded import EmbeddedServer
from wfcontroller.runtime.cache import Cache
from wfcontroller.runtime.controller import Controller
from wfcontroller.runtime.drive import drive
from wfcontroller.runtime.passing import Passage
from wfcontroller.runtime.surroundings import Watched
from wfcontroller.runtime.virtualtime import VirtualLoop, run_virtual
from wfcontroller.tracing import Traced, Tracing, Untraced, _identity, tracing
from wfcore.crds import crds, others
from wfcore.program import (
    Did,
    Failed,
    Finished,
    ListOutbox,
    Observe,
    Record,
    Ref,
    ReleaseChild,
    Request,
    Response,
    Unknown,
)
from wfcore.resources import NAMESPACES, WORKFLOW_EXECUTIONS
from wfcore.settings import Settings

from .collector import Collector, Span, collector
from .telemetry import lines, logging_to

CANARY = "hunter2-canary"
PASS = Passage(Ref("default", "w"), "u-1")


@contextmanager
def traced(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Iterator[tuple[Collector, Tracing]]:
    """Traces to a collector, all of which have arrived when the block ends."""
    with collector() as taken:
        environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": taken.endpoint, **variables}
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        made = tracing(environment, "wfcontroller")
        yield taken, made
        made.close()


def perform_with(answers: dict[type, Response | Exception]) -> Any:
    async def perform(request: Request) -> Response:
        answer = answers.get(type(request), Did())
        if isinstance(answer, Exception):
            raise answer
        return answer
    return perform


class Asking:
    """A program that makes these requests."""

    def __init__(self, *requests: Request) -> None:
        self._requests, self.heard = requests, []

    def run(self) -> Any:
        for request in self._requests:
            self.heard.append((yield request))
        return Finished()


def spans_of(taken: Collector, name: str) -> list[Span]:
    return [span for span in taken.spans if span.name == name]


def run_controller(trace: Tracing) -> None:
    """A controller that takes one workflow up to its first step, and another whose reconcile raises."""
    loop = VirtualLoop(START)

    async def main() -> None:
        server, cache = EmbeddedServer(loop.now, 1, (*crds(), *others())), Cache(OWN)
        ports = Ports(now=loop.now, record=done, consult=done, surroundings=Watched(cache, lambda: True))
        performer = Performer(server, cache, ports, OWN)

        async def perform(request: Request) -> Response:
            if isinstance(request, Observe) and request.ref.name == "sick":
                raise ValueError(f"password={CANARY}")
            return await performer.perform(request)

        controller = Controller(server, cache, trace.performing(perform), Settings(), loop.now, around=trace.around)
        await server.create(NAMESPACES, {"metadata": {"name": OWN}})
        for name in ("w", "sick"):
            await server.create(WORKFLOW_EXECUTIONS, workflow(name))
        running = asyncio.create_task(controller.run())
        await asyncio.sleep(5)
        running.cancel()

    run_virtual(loop, main())


def test_passes_of_a_controller_arrive_with_their_requests_below_them(monkeypatch: pytest.MonkeyPatch) -> None:
    with traced(monkeypatch) as (taken, trace), logging_to(io.StringIO()) as stream:
        run_controller(trace)
    passes = spans_of(taken, "reconcile")
    ids = {span.id: span for span in passes}

    assert {"wfcontroller"} == {span.service for span in taken.spans}
    assert {"w", "sick"} == {span.attributes["workflow.name"] for span in passes}
    assert {"default"} == {span.attributes["workflow.namespace"] for span in passes}
    assert {span.attributes["outcome"] for span in passes if span.attributes["workflow.name"] == "w"} <= {
        "waits", "rests", "backoff"}
    assert all(span.attributes["workflow.uid"] for span in passes)
    for name in ("Observe", "CommitStatus", "Create", "Emit"):
        (below, *_) = [span for span in spans_of(taken, name) if span.attributes["object.name"] == "w"]
        assert (below.trace, "w") == (ids[below.parent].trace, ids[below.parent].attributes["workflow.name"])
    sick = [span for span in passes if span.attributes["workflow.name"] == "sick"]
    assert {("raised", "ValueError", True)} == {
        (span.attributes["outcome"], span.attributes["error.type"], span.failed) for span in sick}
    assert CANARY.encode() not in b"".join(taken.raw)
    told = [line for line in lines(stream) if line["event"] == "reconcile_failed"]
    assert ("default", "sick") == (told[0]["workflow_namespace"], told[0]["workflow_name"])
    assert told[0]["trace_id"] in {span.trace for span in sick}
    assert CANARY not in stream.getvalue()


@pytest.mark.parametrize(("answer", "attributes", "failed"), [
    (Did(), {"response": "Did"}, False),
    (Failed("refused", f"password={CANARY}"), {"response": "Failed", "why": "refused"}, True),
    (Unknown(), {"response": "Unknown"}, True),
])
def test_a_request_says_whose_it_is_and_what_was_answered_but_no_message(
        answer: Response, attributes: dict[str, str], failed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ReleaseChild("default", "w-step-1", "u")
    with traced(monkeypatch) as (taken, trace):
        with trace.around(PASS):
            asyncio.run(drive(Asking(asked, ListOutbox()), trace.performing(perform_with({ReleaseChild: answer}))))
    (span,) = spans_of(taken, "ReleaseChild")

    assert {"object.namespace": "default", "object.name": "w-step-1", **attributes} == span.attributes
    assert (failed, {"response": "Did"}) == (span.failed, spans_of(taken, "ListOutbox")[0].attributes)
    assert CANARY.encode() not in b"".join(taken.raw)


@pytest.mark.parametrize(("finished", "error", "outcome"), [
    (Finished(), None, "rests"), (Finished(wake_at=START), None, "waits"), (Finished(backoff=True), None, "backoff"),
    (None, ValueError(CANARY), "raised"), (None, None, "cancelled")])
def test_a_pass_says_how_it_ended(finished: Any, error: Any, outcome: str, monkeypatch: pytest.MonkeyPatch) -> None:
    passage = Passage(Ref("default", "w"), "u-1")
    with traced(monkeypatch, OTEL_SERVICE_NAME="ours") as (taken, trace):
        with trace.around(passage):
            passage.finished, passage.error = finished, error
    (span,) = taken.spans

    assert ("reconcile", "ours", error is not None) == (span.name, span.service, span.failed)
    assert {"workflow.namespace": "default", "workflow.name": "w", "workflow.uid": "u-1", "outcome": outcome} == {
        key: value for key, value in span.attributes.items() if key != "error.type"}


def test_what_leaves_a_pass_by_an_exception_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with traced(monkeypatch) as (taken, trace), pytest.raises(OSError, match="canary"), trace.around(PASS):
        raise OSError(CANARY)

    assert 1 == len(spans_of(taken, "reconcile"))
    assert CANARY.encode() not in b"".join(taken.raw)


def test_a_request_that_raises_ends_its_span_and_raises_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with traced(monkeypatch) as (taken, trace), trace.around(PASS):
        with pytest.raises(OSError, match="canary"):
            asyncio.run(drive(Asking(ListOutbox()), trace.performing(perform_with({ListOutbox: OSError(CANARY)}))))

    assert 1 == len(spans_of(taken, "ListOutbox"))
    assert CANARY.encode() not in b"".join(taken.raw)


def test_what_is_performed_outside_of_a_pass_is_no_trace_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    with traced(monkeypatch) as (taken, trace):
        asyncio.run(drive(Asking(ListOutbox()), trace.performing(perform_with({}))))

    assert [] == taken.spans


def test_a_collector_that_is_away_costs_no_pass_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_EXPORTER_OTLP_TIMEOUT": "1"}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with logging_to(io.StringIO()):
        trace = tracing(variables, "wfcontroller")
        with trace.around(PASS):
            asyncio.run(drive(Asking(ListOutbox()), trace.performing(perform_with({}))))
        trace.close()

    assert isinstance(trace, Traced)


@pytest.mark.parametrize("environment", [
    {}, {"OTEL_EXPORTER_OTLP_ENDPOINT": ""},
    {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_SDK_DISABLED": "true"}])
def test_without_an_endpoint_nothing_is_traced_and_nothing_costs_anything(environment: dict[str, str]) -> None:
    trace, perform = tracing(environment, "wfcontroller"), perform_with({})

    assert isinstance(trace, Untraced)
    assert perform is trace.performing(perform)
    with trace.around(PASS):
        assert "w" == structlog.contextvars.get_contextvars()["workflow_name"]
    trace.close()


def test_an_endpoint_without_the_extra_is_one_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    for name in [name for name in sys.modules if name.startswith("opentelemetry.") or name == "wfcontroller.exporting"]:
        monkeypatch.delitem(sys.modules, name)
    with logging_to(io.StringIO()) as stream:
        trace = tracing({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4318/v1/traces"}, "wfcontroller")
        run_controller(trace)

    assert isinstance(trace, Untraced)
    assert ["tracing_unavailable"] == [line["event"] for line in lines(stream) if "workflow_name" not in line]


@pytest.mark.parametrize("module", [
    "wfcontroller.cli.main", "wfcontroller.tracing", "wfcontroller.logs", "wfcontroller.configuration.loading"])
def test_nothing_imports_opentelemetry_before_it_is_asked_for(module: str) -> None:
    program = f"import {module}, sys; print([name for name in sys.modules if name.startswith('opentelemetry')])"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert "[]\n" == found.stdout


def test_a_request_that_names_no_object_carries_no_identity() -> None:
    assert {} == _identity(Record(None))
