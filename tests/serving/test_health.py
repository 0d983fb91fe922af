"""8080: alive while the loop turns, ready while the caches are; a few fixed words, whoever asks whatever."""

import asyncio

import pytest

from wfcontroller.serving.connections import Limits, answer
from wfcontroller.serving.health import health_server
from wfcontroller.serving.listener import Listener
from wfcontroller.serving.readiness import Check, Readiness

from .clients import HOST, ask, raw


def serve(scenario, readiness=None, **options):
    async def main():
        async with health_server(readiness or Readiness(), HOST, 0, **options) as server:
            return await scenario(server.port)

    return asyncio.run(main())


def get(path, readiness=None, **options):
    async def scenario(port):
        status, text, _ = await ask(f"http://{HOST}:{port}{path}", **options)
        return status, text

    return serve(scenario, readiness)


def synced():
    readiness = Readiness()
    readiness.set(Check.CACHES, True)
    return readiness


@pytest.mark.parametrize("path", ["/health", "/healthz", "/health?verbose=1"])
def test_whoever_answers_is_alive_however_unready(path):
    assert (200, "ok") == get(path)


@pytest.mark.parametrize("path", ["/ready", "/readyz"])
def test_ready_is_whoever_has_synced_its_caches(path):
    assert (503, "not ready: caches not synced") == get(path)
    assert (200, "ok") == get(path, synced())


def test_what_is_missing_but_not_needed_degrades_in_the_order_of_the_checks():
    readiness = synced()
    readiness.set(Check.STORE, False)
    readiness.set(Check.EXECUTOR, False)

    assert (200, "degraded: no executor, no audit store") == get("/ready", readiness)
    readiness.set(Check.EXECUTOR, True)
    assert (200, "degraded: no audit store") == get("/ready", readiness)


def test_who_is_not_ready_says_why_and_nothing_else():
    readiness = synced()
    readiness.set(Check.EXECUTOR, False)
    readiness.set(Check.STOPPING, False)

    assert (503, "not ready: stopping") == get("/ready", readiness)


@pytest.mark.parametrize("path", ["/", "/metrics", "/health/", "/HEALTH", "/readyz/caches"])
def test_other_paths_are_not_there(path):
    assert 404 == get(path)[0]


@pytest.mark.parametrize("target", [b"/%68ealth", b"/x/../health", b"//health", b"http://other/secret"])
def test_a_path_is_taken_as_it_is_written(target):
    found = serve(lambda port: raw(port, b"GET " + target + b" HTTP/1.1\r\nHost: x\r\n\r\n"))

    assert found.startswith(b"HTTP/1.1 404 ")


def test_other_methods_are_refused_and_the_ones_that_are_served_are_named():
    async def scenario(port):
        return [await ask(f"http://{HOST}:{port}/health", method=method) for method in ("POST", "DELETE", "HEAD")]

    posted, deleted, head = serve(scenario)

    assert [(405, "method not allowed")] * 2 == [posted[:2], deleted[:2]]
    assert "GET, HEAD" == posted[2]["Allow"]
    assert (200, "") == head[:2]


def test_an_answer_names_no_software_and_no_version():
    async def scenario(port):
        return (await ask(f"http://{HOST}:{port}/health"))[2]

    found = serve(scenario)

    assert ("wf-controller", "no-store", "close") == (found["Server"], found["Cache-Control"], found["Connection"])


@pytest.mark.parametrize("data", [
    b"\x16\x03\x01 is this TLS?\r\n\r\n", b"GET /health HTTP/9.9\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: secret\r\nBad Header: secret\r\n\r\n",
    b"GET /" + b"secret" * 1000 + b" HTTP/1.1\r\n\r\n", b"GET /health HTTP/1.1\r\nX: " + b"secret" * 5000 + b"\r\n\r\n",
])
def test_what_is_no_request_gets_a_fixed_answer_that_repeats_nothing_of_it(data):
    async def scenario(port):
        return await raw(port, data), (await ask(f"http://{HOST}:{port}/health"))[:2]

    refused, after = serve(scenario)

    assert b"bad request" == refused.rpartition(b"\r\n\r\n")[2]
    assert b"secret" not in refused
    assert (200, "ok") == after


def test_a_client_that_never_ends_its_request_is_dropped():
    assert b"" == serve(lambda port: raw(port, b"GET /health HTTP/1.1\r\nX: "), limits=Limits(lifetime=0.05))


def test_a_client_that_says_nothing_is_dropped():
    assert b"" == serve(lambda port: raw(port, b""), limits=Limits(lifetime=0.05))


def test_a_client_that_hardly_reads_is_dropped():
    """What is sent to it may not stay in memory for ever."""
    page = b"x" * 20_000_000

    async def handle(request):
        return answer(200, "", body=page)

    async def main():
        async with Listener("test", handle, HOST, 0, limits=Limits(lifetime=0.1)) as server:
            reader, writer = await asyncio.open_connection(HOST, server.port, limit=1024)
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            read = 0
            try:
                while part := await reader.read(1024):
                    read += len(part)
                    await asyncio.sleep(0.001)  # its slowness is what this is about
            except ConnectionResetError:
                pass
            writer.close()
            return read

    assert asyncio.run(main()) < len(page)


def test_what_belongs_to_a_port_is_closed_after_it():
    order = []

    async def handle(request):
        order.append("asked")
        return answer(200, "ok")

    async def close():
        order.append("closed")

    async def main():
        async with Listener("test", handle, HOST, 0, closing=close) as server:
            await ask(f"http://{HOST}:{server.port}/")

    asyncio.run(main())

    assert ["asked", "closed"] == order


def test_idle_connections_keep_nobody_out_the_oldest_makes_room():
    async def scenario(port):
        idle = [await asyncio.open_connection(HOST, port) for _ in range(3)]
        found = await ask(f"http://{HOST}:{port}/health")
        first = await idle[0][0].read()
        for _, writer in idle:
            writer.close()
        return found[:2], first

    assert ((200, "ok"), b"") == serve(scenario, limits=Limits(connections=3))


def test_it_runs_until_it_is_cancelled_and_tells_its_port():
    async def main():
        started = asyncio.get_running_loop().create_future()
        server = health_server(Readiness(), HOST, 0)
        running = asyncio.create_task(server.run(started.set_result))
        port = await started
        before = (await ask(f"http://{HOST}:{port}/health"))[:2]
        running.cancel()
        await asyncio.wait([running])
        with pytest.raises(OSError, match="Connect call failed"):
            await asyncio.open_connection(HOST, port)
        return before, server.port

    assert ((200, "ok"), 0) == asyncio.run(main())


def test_a_port_that_is_taken_is_said_at_once():
    async def scenario(port):
        with pytest.raises(OSError, match="in use"):
            await health_server(Readiness(), HOST, port).__aenter__()
        return port

    assert serve(scenario)
