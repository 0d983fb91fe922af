"""The two ports of a running controller: probes for everybody, metrics for whom the API server lets read them."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request

import pytest

from . import people
from .installation import until

pytestmark = pytest.mark.timeout(300)
# What whoever uses the older service's dashboards reads.
SERIES = ("executions_total", "phase_duration_seconds", "active_executions", "steps_created_total",
          "steps_completed_total", "rollbacks_total", "effectiveness_score", "safety_validation_total",
          "adaptive_adjustments_total")
AUDIENCE = "wf-metrics"


def ports(process):
    """Name to port, from what a process has logged."""
    lines = [json.loads(line) for line in process.log.read_text("utf-8").splitlines() if line.startswith("{")]
    return {line["name"]: line["port"] for line in lines if line["event"] == "port_open"}


def fetched(process, name, path, token=None):
    """Status and text of an answer; the certificate is the process' own, so nobody vouches for it."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    scheme = "https" if name == "metrics" else "http"
    anybody = ssl.create_default_context()
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    request = urllib.request.Request(f"{scheme}://127.0.0.1:{ports(process)[name]}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30, context=anybody if name == "metrics" else None) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.fixture(scope="module")
def scraper(service):
    """A function that gives tokens of an account, which may read metrics or may not."""
    plane = service.plane
    accounts = [{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": "scraping"}}
                for name in ("prometheus", "nobody")]
    binding = people.bound("wf-metrics-reader", name="scraping")
    binding["subjects"] = [{"kind": "ServiceAccount", "name": "prometheus", "namespace": "scraping"}]
    people.namespace(plane, "scraping", {})
    plane.apply(*accounts, binding)
    return lambda name, *more: plane.kubectl("create", "token", name, "-n", "scraping", *more).strip()


@pytest.fixture(scope="module", params=["wfcontroller", "wfexecutor"])
def process(request, running):
    """Each of the two."""
    return next(each for each in running.processes if each.log.name.startswith(request.param))


@pytest.mark.parametrize("path", ["/health", "/healthz"])
def test_a_process_says_that_it_lives(process, path):
    assert (200, "ok") == fetched(process, "health", path)


def test_a_process_says_when_it_is_ready(process):
    for path in ("/ready", "/readyz"):
        until(lambda path=path: fetched(process, "health", path) == (200, "ok"), f"{path} says that nothing is missing",
              process, words=lambda: str(fetched(process, "health", "/ready")))

    assert (200, "ok") == fetched(process, "health", "/ready")


def test_the_probes_port_knows_nothing_else(process):
    assert 404 == fetched(process, "health", "/metrics")[0]


def test_without_a_token_metrics_are_nobodys(process):
    assert [401, 401] == [fetched(process, "metrics", "/metrics", token)[0] for token in (None, "made-up")]


def test_a_token_without_the_right_is_refused(process, scraper):
    assert 403 == fetched(process, "metrics", "/metrics", scraper("nobody"))[0]


def test_an_account_with_the_role_reads_them(process, scraper):
    status, page = fetched(process, "metrics", "/metrics", scraper("prometheus"))

    assert (200, True) == (status, 'kubernaut_workflowexecution_build_info{' in page)
    assert 404 == fetched(process, "metrics", "/anything", scraper("prometheus"))[0]


def test_the_series_that_the_older_dashboards_read_are_there(running, scraper):
    example = running.example("partial-success")
    example.ended()
    controller = running.processes[0]
    wanted = 'kubernaut_workflowexecution_executions_total{outcome="partial"'
    until(lambda: wanted in fetched(controller, "metrics", "/metrics", scraper("prometheus"))[1], "it is counted",
          controller, words=lambda: fetched(controller, "metrics", "/metrics", scraper("prometheus"))[1][:3000])
    _, page = fetched(controller, "metrics", "/metrics", scraper("prometheus"))

    assert [] == [name for name in SERIES if f"# TYPE kubernaut_workflowexecution_{name} " not in page
                  and f"# TYPE kubernaut_workflowexecution_{name.removesuffix('_total')} " not in page]


def test_with_an_audience_no_other_token_opens_them(running, database, scraper):
    """A replica that only stands by serves its metrics all the same."""
    replica = running.start("wfcontroller", WF_DATABASE_URL=database, WF_METRICS_AUDIENCE=AUDIENCE)
    until(lambda: "metrics" in ports(replica), "its ports are open", replica)
    asked = [fetched(replica, "metrics", "/metrics", scraper("prometheus", *more))[0]
             for more in ((), ("--audience=another",), (f"--audience={AUDIENCE}",))]
    other = fetched(running.processes[0], "metrics", "/metrics", scraper("prometheus", f"--audience={AUDIENCE}"))[0]

    assert [401, 401, 200] == asked
    assert 401 == other
