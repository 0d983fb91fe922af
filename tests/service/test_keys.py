"""What the two processes are told about their surroundings: each key changes where they are and what is theirs."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from tests.controlplane.plane import free_ports
from tests.runtime.performing import OWN, START, workflow
from tests.serving.certifying import Authority

from wfcontroller.configuration.controller import ControllerConfig
from wfcontroller.configuration.executor import ExecutorConfig
from wfcontroller.configuration.keys import entries_of
from wfcontroller.configuration.loading import load
from wfcontroller.embedded import EmbeddedServer
from wfcontroller.runtime.virtualtime import VirtualLoop, run_virtual
from wfcontroller.service import controller as controller_process
from wfcontroller.service import executor as executor_process
from wfcontroller.service.clock import now
from wfcontroller.service.controller import Process, terms_of
from wfcontroller.service.election import Election
from wfcontroller.service.ports import ports_of
from wfcontroller.service.storing import Absent
from wfcontroller.serving.readiness import Readiness
from wfcontroller.telemetry.metrics import Metrics
from wfcontroller.tracing import Untraced
from wfcore.crds import crds, others
from wfcore.resources import LEASES, NAMESPACES, WORKFLOW_EXECUTIONS

PORTS = {"WF_HEALTH_HOST": "127.0.0.1", "WF_METRICS_HOST": "127.0.0.1", "WF_HEALTH_PORT": "0", "WF_METRICS_PORT": "0"}


def told(kind: Any = ControllerConfig, **keys: Any) -> Any:
    """A configuration with these keys, by their variables."""
    return load(kind, None, "", {**PORTS, **{key: str(value) for key, value in keys.items()}})


# --- leaderElection ------------------------------------------------------------------------------------------


def elected(**keys: Any) -> dict[str, Any]:
    """How a candidate stands: the Lease it makes, how often it renews, when it gives up once nobody answers."""
    loop = VirtualLoop(START)

    async def main() -> dict[str, Any]:
        server, api = EmbeddedServer(loop.now, 1, bookmark_seconds=float("inf")), SimpleNamespace()
        await server.create(NAMESPACES, {"metadata": {"name": OWN}})
        renewals: list[float] = []

        async def update(*args: Any, **more: Any) -> Any:
            renewals.append(loop.time())
            return await server.update(*args, **more)
        api.get, api.create, api.update = server.get, server.create, update
        election = Election(api, terms_of(told(**keys)), loop.now, loop.time)  # type: ignore[arg-type]
        await election.acquire()
        keeping = asyncio.create_task(election.keep())
        await asyncio.sleep(60)
        lease = (await server.list(LEASES)).items[0]
        last = renewals[-1]
        api.get = _away
        await keeping
        return {"name": lease["metadata"]["name"], **lease["spec"], "renewals": len(renewals),
                "gaveUpAfter": loop.time() - last}
    found: dict[str, Any] = run_virtual(loop, main())
    return found


async def _away(*_args: Any) -> Any:
    await asyncio.sleep(3600)


@pytest.mark.parametrize(("keys", "what", "value"), [
    ({"WF_LEADER_ELECTION_LEASE_NAME": "other"}, "name", "other"),
    ({"WF_LEADER_ELECTION_IDENTITY": "me"}, "holderIdentity", "me"),
    ({"WF_LEADER_ELECTION_LEASE_DURATION": "40s"}, "leaseDurationSeconds", 40),
    ({"WF_LEADER_ELECTION_RETRY_PERIOD": "5s"}, "renewals", 12),
])
def test_how_a_replica_stands_for_election(keys: dict[str, str], what: str, value: Any) -> None:
    usual = elected()

    assert usual[what] != value
    assert value == elected(**keys)[what]


def test_a_leader_gives_up_when_its_deadline_says() -> None:
    assert elected(WF_LEADER_ELECTION_RENEW_DEADLINE="4s")["gaveUpAfter"] < elected()["gaveUpAfter"]


# --- health, metrics -----------------------------------------------------------------------------------------


class Reviews:
    """An API that keeps the reviews it is asked for and says no."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    async def create(self, _resource: Any, body: Any, **_more: Any) -> Any:
        self.asked.append(body)
        return {"status": {"authenticated": False}}


@asynccontextmanager
async def serving(config: Any, api: Any) -> AsyncIterator[list[Any]]:
    """The two ports, open: of the probes and of the metrics."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(each) for each in ports_of(config, api, Readiness(), Metrics())]


def addresses(kind: Any, **keys: Any) -> list[tuple[str, int]]:
    async def main() -> list[tuple[str, int]]:
        async with serving(told(kind, **keys), Reviews()) as ports:
            return [each.address for each in ports]
    return asyncio.run(main())


BOTH = pytest.mark.parametrize("kind", [ControllerConfig, ExecutorConfig])


@BOTH
@pytest.mark.parametrize(("at", "section"), [(0, "HEALTH"), (1, "METRICS")])
def test_a_port_is_opened_where_it_is_told(kind: Any, at: int, section: str) -> None:
    port = free_ports(1)[0]
    opened = addresses(kind, **{f"WF_{section}_HOST": "127.0.0.2", f"WF_{section}_PORT": port})

    assert ("127.0.0.2", port) == opened[at]
    assert "127.0.0.1" == opened[1 - at][0]


@BOTH
def test_metrics_are_served_with_the_certificate_of_the_files(kind: Any, tmp_path: Any) -> None:
    Authority().write(tmp_path / "tls.crt", tmp_path / "tls.key", "metrics.example")
    certificate = (tmp_path / "tls.crt").read_text()

    async def main(**keys: Any) -> str:
        async with serving(told(kind, **keys), Reviews()) as ports:
            return await asyncio.to_thread(ssl.get_server_certificate, ports[1].address)
    files = {"WF_METRICS_TLS_CERT_FILE": tmp_path / "tls.crt", "WF_METRICS_TLS_KEY_FILE": tmp_path / "tls.key"}

    assert certificate == asyncio.run(main(**files))
    assert certificate != asyncio.run(main())


@BOTH
@pytest.mark.parametrize(("keys", "audiences"), [({}, None), ({"WF_METRICS_AUDIENCE": "scrapers"}, ["scrapers"])])
def test_a_scrapers_token_is_reviewed_for_its_audience(kind: Any, keys: dict[str, str], audiences: Any) -> None:
    async def main() -> list[Any]:
        api = Reviews()
        async with serving(told(kind, **keys), api) as ports, aiohttp.ClientSession() as session, session.get(
                f"https://127.0.0.1:{ports[1].port}/metrics", ssl=False, headers={"Authorization": "Bearer t"}):
            return api.asked

    assert [audiences] == [body["spec"].get("audiences") for body in asyncio.run(main())]


# --- kubernetes ----------------------------------------------------------------------------------------------


class Asked(Exception):
    """Where a connection was asked for."""


@pytest.mark.parametrize(("module", "run"), [
    (controller_process, lambda: controller_process.run_controller(
        told(WF_KUBERNETES_KUBECONFIG="file", WF_KUBERNETES_CONTEXT="two"), None, {}, asyncio.Event())),
    (executor_process, lambda: executor_process.run_executor(
        told(ExecutorConfig, WF_KUBERNETES_KUBECONFIG="file", WF_KUBERNETES_CONTEXT="two"), asyncio.Event()))])
def test_the_cluster_is_the_one_that_is_named(module: Any, run: Callable[[], Any],
                                              monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*where: Any, **_more: Any) -> Any:
        raise Asked(*where)
    monkeypatch.setattr(module, "connect", connect)

    with pytest.raises(Asked) as caught:
        asyncio.run(run())
    assert ("file", "two") == caught.value.args


# --- watchNamespaces, selector -------------------------------------------------------------------------------


class Leading:
    """A leadership that is held."""

    def holds(self) -> bool:
        return True

    async def acquired(self) -> None:
        return None


def taken(expected: set[str], **keys: Any) -> set[str]:
    """Which of four workflows a process takes, in two namespaces, of two teams, once it has taken those expected."""
    async def held(server: EmbeddedServer) -> set[str]:
        return {item["metadata"]["name"] for item in (await server.list(WORKFLOW_EXECUTIONS)).items
                if item["metadata"].get("finalizers")}

    async def main() -> set[str]:
        server = EmbeddedServer(now, 1, (*crds(), *others()))
        for name in (OWN, "a", "b"):
            await server.create(NAMESPACES, {"metadata": {"name": name}})
        for place in ("a", "b"):
            for team in ("red", "blue"):
                body = workflow(f"{place}-{team}")
                body["metadata"] |= {"namespace": place, "labels": {"team": team}}
                await server.create(WORKFLOW_EXECUTIONS, body)
        process, stop = Process(told(**keys), server, Leading(), Absent(), Untraced(), Readiness()), asyncio.Event()
        working = asyncio.create_task(process.until(stop))
        async with asyncio.timeout(20):
            while not await held(server) >= expected:  # noqa: ASYNC110 - there is only the API to ask
                await asyncio.sleep(0.02)
        stop.set()
        await working
        return await held(server)
    return asyncio.run(main())


@pytest.mark.parametrize(("keys", "names"), [
    ({}, {"a-red", "a-blue", "b-red", "b-blue"}),
    ({"WF_WATCH_NAMESPACES": "b"}, {"b-red", "b-blue"}),
    ({"WF_SELECTOR": "team=red"}, {"a-red", "b-red"}),
    ({"WF_WATCH_NAMESPACES": "b", "WF_SELECTOR": "team=red"}, {"b-red"}),
])
def test_a_process_takes_the_workflows_it_is_told_to(keys: dict[str, str], names: set[str]) -> None:
    assert names == taken(names, **keys)


def test_every_key_of_the_surroundings_has_its_test_here() -> None:
    seen = {
        "leaderElection": {"leaseName", "leaseDuration", "renewDeadline", "retryPeriod", "identity"},
        "health": {"host", "port"}, "metrics": {"host", "port", "tlsCertFile", "tlsKeyFile", "audience"},
        "kubernetes": {"kubeconfig", "context"}}
    declared: dict[str, set[str]] = {}
    for kind in (ControllerConfig, ExecutorConfig):
        for entry in entries_of(kind):
            section, dot, name = entry.key.path.partition(".")
            if dot and section in seen:
                declared.setdefault(section, set()).add(name)

    assert seen == declared
