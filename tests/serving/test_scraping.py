"""A scrape from end to end: what a controller counted, over TLS, to whoever may read it, in the format they ask for."""

import asyncio

from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics

from wfcontroller.cluster.rights import rights
from wfcontroller.kinds import TOKEN_REVIEWS
from wfcontroller.serving.certificates import SelfSigned
from wfcontroller.serving.exposition import metrics_server
from wfcontroller.serving.health import health_server
from wfcontroller.serving.readiness import Check, Readiness
from wfcontroller.serving.reviews import METRICS
from wfcontroller.telemetry.counting import CountedApi
from wfcontroller.telemetry.families import PREFIX, Own
from wfcontroller.telemetry.metrics import Metrics
from wfcontroller.telemetry.readings import of_readiness
from wfcore.measures.vocabulary import Measure, Observation
from wfcore.resources import SUBJECT_ACCESS_REVIEWS

from .certifying import now
from .clients import HOST, Reviewer, access, ask

ACCEPT = [("Accept", "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2")]


def test_a_scraper_reads_what_was_counted_its_own_requests_too():
    metrics, readiness, reviewer = Metrics(), Readiness(), Reviewer()
    metrics.read(of_readiness(readiness))
    metrics.observe(Observation(Measure.EXECUTIONS, ("heal", "success")))
    gate = access(CountedApi(reviewer, metrics))

    async def main():
        server = metrics_server(metrics.render, gate, SelfSigned((HOST,), now), HOST, 0,
                                judged=lambda verdict: metrics.record(Own.SCRAPES, (verdict.value,)))
        async with server, health_server(readiness, HOST, 0) as health:
            url = f"https://{HOST}:{server.port}/metrics"
            await ask(url, token="made-up")
            status, page, headers = await ask(url, token="scraper-token", headers=ACCEPT)
            readiness.set(Check.CACHES, True)
            ready = (await ask(f"http://{HOST}:{health.port}/ready"))[:2]
            return status, page, headers["Content-Type"], ready

    status, page, content_type, ready = asyncio.run(main())
    found = {(s.name.removeprefix(PREFIX), *sorted(s.labels.values())): s.value
             for family in parse_openmetrics(page) for s in family.samples}

    assert (200, "application/openmetrics-text; version=1.0.0; charset=utf-8") == (status, content_type)
    assert {("executions_total", "heal", "success"): 1, ("metrics_requests_total", "allowed"): 1,
            ("metrics_requests_total", "unauthenticated"): 1, ("ready", "caches"): 0,
            ("api_requests_total", "2xx", "create", "tokenreviews"): 2,
            ("api_requests_total", "2xx", "create", "subjectaccessreviews"): 1}.items() <= found.items()
    assert (200, "ok") == ready


def test_two_ports_run_side_by_side_until_they_are_cancelled():
    async def main():
        ports = []
        metrics = metrics_server(Metrics().render, access(Reviewer()), SelfSigned((HOST,), now), HOST, 0)
        health = health_server(Readiness(), HOST, 0)
        both = asyncio.Event()

        def started(port):
            ports.append(port)
            if len(ports) == 2:
                both.set()

        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(server.run(started)) for server in (metrics, health)]
            await both.wait()
            found = [(await ask(f"http://{HOST}:{health.port}/health"))[0],
                     (await ask(f"https://{HOST}:{metrics.port}/metrics"))[0]]
            for task in running:
                task.cancel()
        return found, ports, (metrics.port, health.port)

    found, ports, after = asyncio.run(main())

    assert [200, 401] == found
    assert all(ports)
    assert (0, 0) == after


def test_no_other_right_is_needed_for_it_than_to_ask():
    assert rights(TOKEN_REVIEWS, ("create",)) | rights(SUBJECT_ACCESS_REVIEWS, ("create",)) == METRICS
