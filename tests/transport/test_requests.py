"""Requests over HTTP: where they go, what a refusal says, and that no answer is no answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from kubernetes.aio.client.configuration import Configuration

from wfcontroller.api import ApiError
from wfcontroller.transport.cluster import ClusterApi
from wfcontroller.transport.paths import path_of
from wfcontroller.transport.requests import Patience, Requests
from wfcore.resources import CONFIG_MAPS, DEPLOYMENTS, NODES, WORKFLOW_EXECUTIONS

Handle = Callable[[web.Request], Awaitable[web.StreamResponse]]


def asked(handle: Handle, story: Callable[[ClusterApi], Awaitable[Any]], **patience: float) -> Any:
    """What a story gets from a server that answers as `handle` says."""
    async def main() -> Any:
        application = web.Application(client_max_size=2**24)
        application.router.add_route("*", "/{path:.*}", handle)
        runner = web.AppRunner(application, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        configuration = Configuration(host=f"http://127.0.0.1:{runner.addresses[0][1]}")
        configuration.api_key = {"BearerToken": "Bearer a-token"}
        requests = Requests(configuration, Patience(**patience), "agent")
        try:
            return await story(ClusterApi(requests))
        finally:
            await requests.close()
            await runner.cleanup()
    return asyncio.run(main())


def refused(status: int, body: Any, headers: dict[str, str] | None = None) -> ApiError:
    """The error of a request that is answered so."""
    async def handle(_request: web.Request) -> web.StreamResponse:
        text = body if isinstance(body, str) else json.dumps(body)
        return web.Response(status=status, text=text, headers=headers)

    async def story(api: ClusterApi) -> ApiError:
        with pytest.raises(ApiError) as caught:
            await api.get(CONFIG_MAPS, "default", "a")
        return caught.value
    found: ApiError = asked(handle, story)
    return found


@pytest.mark.parametrize(("resource", "namespace", "name", "part", "path"), [
    (CONFIG_MAPS, "default", "a", "", "/api/v1/namespaces/default/configmaps/a"),
    (CONFIG_MAPS, "", "", "", "/api/v1/configmaps"),
    (DEPLOYMENTS, "x", "", "", "/apis/apps/v1/namespaces/x/deployments"),
    (NODES, "ignored", "n", "", "/api/v1/nodes/n"),
    (WORKFLOW_EXECUTIONS, "x", "w", "status",
     "/apis/workflowexecution.kubernaut.io/v1/namespaces/x/workflowexecutions/w/status"),
    (CONFIG_MAPS, "x", "../secrets/s", "", "/api/v1/namespaces/x/configmaps/..%2Fsecrets%2Fs"),
    (CONFIG_MAPS, "x", "..", "", "/api/v1/namespaces/x/configmaps/%2E%2E"),
    (CONFIG_MAPS, "x", "a?b#c%", "", "/api/v1/namespaces/x/configmaps/a%3Fb%23c%25"),
])
def test_no_name_however_malformed_reaches_another_object(resource, namespace, name, part, path):
    assert path == path_of(resource, namespace, name, part)


def test_what_is_asked_arrives_as_it_was_meant():
    seen: list[tuple[str, str, dict[str, str], Any]] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        body = await request.json() if request.can_read_body else None
        seen.append((request.method, request.raw_path, dict(request.headers), body))
        return web.json_response({"metadata": {"resourceVersion": "7", "continue": "more"}, "items": [{"a": 1}]})

    async def story(api: ClusterApi) -> Any:
        page = await api.list(CONFIG_MAPS, "x", label_selector="a=b", name="n", limit=5, continue_token="t")
        await api.update(CONFIG_MAPS, {"metadata": {"name": "n", "namespace": "x"}}, dry_run=True)
        await api.delete(CONFIG_MAPS, "x", "n", uid="u", resource_version="3", grace_period_seconds=0, dry_run=True)
        await api.evict("x", "p", grace_period_seconds=3)
        return page

    page = asked(handle, story)

    assert (({"a": 1},), "7", "more") == (page.items, page.resource_version, page.continue_token)
    assert "/api/v1/namespaces/x/configmaps?labelSelector=a%3Db&fieldSelector=metadata.name%3Dn&limit=5&continue=t" == (
        seen[0][1].replace("=a=b", "=a%3Db").replace("name=n", "name%3Dn"))
    assert ("Bearer a-token", "agent") == (seen[0][2]["Authorization"], seen[0][2]["User-Agent"])
    assert ("PUT", "/api/v1/namespaces/x/configmaps/n?dryRun=All", "ConfigMap") == (*seen[1][:2], seen[1][3]["kind"])
    assert {"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0, "dryRun": ["All"],
            "propagationPolicy": "Background", "preconditions": {"uid": "u", "resourceVersion": "3"}} == seen[2][3]
    assert ("POST", "/api/v1/namespaces/x/pods/p/eviction") == seen[3][:2]
    assert 3 == seen[3][3]["deleteOptions"]["gracePeriodSeconds"]


def test_a_refusal_says_what_the_server_said():
    error = refused(422, {"kind": "Status", "code": 422, "reason": "Invalid", "message": "no", "details": {
        "causes": [{"field": "spec.a", "message": "Required value"}, {}], "retryAfterSeconds": 4}})

    assert (422, "Invalid", "no", 4.0) == (error.status, error.reason, error.message, error.retry_after)
    assert (("spec.a", "Required value"), ("", "")) == error.causes


@pytest.mark.parametrize(("headers", "wait"), [({"Retry-After": "2"}, 2.0), ({"Retry-After": "-1"}, None),
                                               ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, None), ({}, None)])
def test_a_proxy_that_speaks_no_status_is_understood_by_its_code(headers, wait):
    error = refused(503, "<html>upstream</html>", headers)

    assert (503, "ServiceUnavailable", "<html>upstream</html>", wait) == (
        error.status, error.reason, error.message, error.retry_after)
    assert ("Unknown", "no reason given") == (refused(418, "").reason, refused(418, "").message)
    assert "Conflict" == refused(409, {"kind": "Other"}).reason


@pytest.mark.parametrize("body", ["not JSON", "[1]"])
def test_an_answer_that_is_no_object_leaves_open_what_happened(body):
    error = refused(200, body)

    assert (0, "InvalidAnswer") == (error.status, error.reason)


def test_no_answer_in_time_leaves_open_what_happened():
    async def handle(_request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(30)
        return web.json_response({})

    async def story(api: ClusterApi) -> ApiError:
        with pytest.raises(ApiError) as caught:
            await api.create(CONFIG_MAPS, {"metadata": {"name": "a", "namespace": "x"}})
        return caught.value

    error = asked(handle, story, answer=0.3)

    assert (0, "NoAnswer") == (error.status, error.reason)
    assert "no answer in time" in error.message


def test_a_server_that_is_not_there_is_no_answer():
    async def main() -> ApiError:
        requests = Requests(Configuration(host="http://127.0.0.1:9"))
        try:
            with pytest.raises(ApiError) as caught:
                await requests.send("GET", "/api")
            return caught.value
        finally:
            await requests.close()

    assert 0 == asyncio.run(main()).status


@pytest.mark.parametrize("name", ["", None])
def test_a_write_without_a_name_is_never_sent_because_it_would_mean_all(name):
    async def handle(_request: web.Request) -> web.StreamResponse:
        raise AssertionError("it was sent")

    async def story(api: ClusterApi) -> list[int]:
        found = []
        for call in (api.get(CONFIG_MAPS, "x", name), api.delete(CONFIG_MAPS, "x", name), api.evict("x", name),
                     api.update(CONFIG_MAPS, {"metadata": {"name": name}}), api.update_status(CONFIG_MAPS, {})):
            with pytest.raises(ApiError) as caught:
                await call
            found.append(caught.value.status)
        return found

    assert [400] * 5 == asked(handle, story)


def watching(*lines: bytes, linger: float = 0.0, **patience: float) -> tuple[list[str], ApiError | None]:
    """The types of the events of a watch that sends these bytes, and how it failed."""
    async def handle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for line in lines:
            await response.write(line)
            await asyncio.sleep(0.01)
        await asyncio.sleep(linger)
        return response

    async def story(api: ClusterApi) -> tuple[list[str], ApiError | None]:
        seen: list[str] = []
        try:
            async for event in api.watch(CONFIG_MAPS, "x", resource_version="1"):
                seen.append(event.type)  # noqa: PERF401 - what came before an error counts
        except ApiError as error:
            return seen, error
        return seen, None
    found: tuple[list[str], ApiError | None] = asked(handle, story, **patience)
    return found


def test_a_watch_reads_lines_however_they_are_cut():
    big = json.dumps({"type": "ADDED", "object": {"data": "x" * 3_000_000}}).encode()

    assert (["ADDED", "MODIFIED", "ADDED"], None) == watching(
        b'{"type":"ADDED","obj', b'ect":{}}\n{"type":"MODIFIED","object":{}}\n', b"\n", big[:1_000_000],
        big[1_000_000:], b"\n")


def test_an_error_within_a_watch_is_its_end():
    seen, error = watching(b'{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}\n')

    assert ([], 410, "Expired") == (seen, error.status, error.reason)


def test_a_watch_that_falls_silent_is_no_answer():
    seen, error = watching(b'{"type":"ADDED","object":{}}\n', linger=30.0, silence=0.4)

    assert (["ADDED"], 0) == (seen, error.status)


def test_a_watch_that_sends_nonsense_or_never_ends_a_line_is_no_answer():
    assert "InvalidAnswer" == watching(b"nonsense\n")[1].reason
    assert "InvalidAnswer" == watching(*[b"x" * 2**20] * 6)[1].reason


def test_a_watch_that_is_refused_says_why():
    async def handle(_request: web.Request) -> web.StreamResponse:
        return web.json_response({"kind": "Status", "code": 403, "reason": "Forbidden", "message": "no"}, status=403)

    async def story(api: ClusterApi) -> ApiError:
        with pytest.raises(ApiError) as caught:
            await anext(aiter(api.watch(CONFIG_MAPS, resource_version="1")))
        return caught.value

    assert (403, "Forbidden") == (asked(handle, story).status, asked(handle, story).reason)
