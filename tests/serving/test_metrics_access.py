"""9090: the metrics over TLS, for those alone whom the API server lets read them, at two reviews a token and minute."""

import asyncio

import pytest

from wfcontroller.api import ApiError
from wfcontroller.serving.access import Verdict
from wfcontroller.serving.certificates import SelfSigned
from wfcontroller.serving.connections import Limits
from wfcontroller.serving.exposition import metrics_server

from .certifying import now
from .clients import FORBIDDEN, HOST, Clock, Reviewer, access, ask, raw

PAGE = b"kubernaut_x 1\n"


def render(accept):
    return PAGE, "text/plain; version=0.0.4; charset=utf-8"


def serve(scenario, reviewer, *, page=render, judged=None, clock=None, limits=None, **settings):
    """Run `scenario(ask)`, which asks for a path with keywords of `clients.ask`."""
    async def main():
        verdicts = [] if judged is None else judged
        server = metrics_server(page, access(reviewer, clock, **settings), SelfSigned((HOST,), now), HOST, 0,
                                judged=verdicts.append, limits=limits)
        async with server:
            async def asking(path="/metrics", **options):
                return await ask(f"https://{HOST}:{server.port}{path}", **options)

            asking.port = server.port
            return await scenario(asking)

    return asyncio.run(main())


def one(reviewer, *, page=render, settings=(), **options):
    async def scenario(asking):
        return await asking(**options)

    return serve(scenario, reviewer, page=page, **dict(settings))


def test_who_may_read_gets_the_page_after_two_reviews_of_the_real_schema():
    reviewer = Reviewer()
    status, text, headers = one(reviewer, token="scraper-token")

    assert (200, PAGE.decode(), "text/plain; version=0.0.4; charset=utf-8") == (status, text, headers["Content-Type"])
    assert [
        {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "metadata": {},
         "spec": {"token": "scraper-token"}},
        {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "metadata": {},
         "spec": {"user": "prometheus", "uid": "7", "groups": ["system:authenticated"],
                  "extra": {"authentication.kubernetes.io/pod-name": ["p"]},
                  "nonResourceAttributes": {"path": "/metrics", "verb": "get"}}},
    ] == reviewer.bodies


@pytest.mark.parametrize("headers", [
    [], [("Authorization", "")], [("Authorization", "Basic c2NyYXBlci10b2tlbg==")], [("Authorization", "Bearer ")],
    [("Authorization", "Bearer a b")], [("Authorization", 'Bearer "x"')], [("Authorization", "scraper-token")],
    [("Authorization", "Bearer scraper-token"), ("Authorization", "Bearer scraper-token")],
    [("Authorization", "Bearer " + "x" * 13000)],
])
def test_what_is_no_token_is_turned_away_without_asking_anybody(headers):
    reviewer = Reviewer()
    status, text, answered = one(reviewer, headers=headers)

    assert (401, "unauthenticated", "Bearer", []) == (status, text, answered["WWW-Authenticate"], reviewer.bodies)


def test_a_token_that_is_not_valid_costs_one_review():
    reviewer = Reviewer()

    assert (401, "unauthenticated") == one(reviewer, token="made-up")[:2]
    assert ["TokenReview"] == reviewer.kinds


def test_a_user_without_the_right_is_forbidden():
    reviewer = Reviewer()

    assert (403, "forbidden") == one(reviewer, token="stranger-token")[:2]
    assert ["TokenReview", "SubjectAccessReview"] == reviewer.kinds


def test_an_audience_is_asked_for_and_has_to_be_confirmed():
    """A server that knows of no audiences says that any token of its own is valid, one of a scraped stranger too."""
    told, silent, other = Reviewer("wf-metrics"), Reviewer(), Reviewer("else")
    found = [one(reviewer, settings={"audience": "wf-metrics"}, token="scraper-token")[0]
             for reviewer in (told, silent, other)]

    assert [200, 401, 401] == found
    assert ["wf-metrics"] == told.bodies[0]["spec"]["audiences"]


@pytest.mark.parametrize(("error", "expected"), [
    (ApiError(0, "", "no answer; the token was scraper-token"), (503, "unavailable")),
    (ApiError(429, "TooManyRequests", "x"), (503, "unavailable")),
    (ApiError(500, "InternalError", "x"), (503, "unavailable")),
    (FORBIDDEN, (500, "broken")), (ZeroDivisionError("scraper-token"), (500, "broken")),
])
def test_an_api_server_that_does_not_answer_opens_nothing_and_nothing_of_it_is_told(error, expected, capsys):
    reviewer = Reviewer()
    reviewer.error = error

    assert expected == one(reviewer, token="scraper-token")[:2]
    assert "scraper-token" not in "".join(capsys.readouterr())


def test_an_api_server_that_hangs_is_waited_for_only_so_long():
    reviewer = Reviewer()
    reviewer.open.clear()

    assert (503, "unavailable") == one(reviewer, settings={"timeout": 0.05}, token="scraper-token")[:2]


def test_a_flood_of_one_token_makes_one_review():
    reviewer, judged = Reviewer(), []
    reviewer.open.clear()

    async def scenario(asking):
        flood = [asyncio.create_task(asking(token="scraper-token")) for _ in range(20)]
        await reviewer.asked.get()
        reviewer.open.set()
        return [status for status, _, _ in await asyncio.gather(*flood)]

    assert [200] * 20 == serve(scenario, reviewer, judged=judged)
    assert ["TokenReview", "SubjectAccessReview"] == reviewer.kinds
    assert [Verdict.ALLOWED] * 20 == judged


def test_whoever_leaves_takes_nobody_elses_answer_along():
    reviewer = Reviewer()
    reviewer.open.clear()

    async def main():
        gate = access(reviewer)
        first, second = (asyncio.create_task(gate.judge(["Bearer scraper-token"], "a")) for _ in range(2))
        await reviewer.asked.get()
        first.cancel()
        reviewer.open.set()
        return await second

    assert Verdict.ALLOWED is asyncio.run(main())


@pytest.mark.parametrize(("token", "status", "lasts"), [
    ("scraper-token", 200, 60), ("stranger-token", 403, 10), ("made-up", 401, 10),
])
def test_a_verdict_is_remembered_a_refusal_for_a_shorter_time(token, status, lasts):
    reviewer, clock, asked = Reviewer(), Clock(), []

    async def scenario(asking):
        for seconds in (0, lasts - 1, 1):
            clock.now += seconds
            assert status == (await asking(token=token))[0]
            asked.append(reviewer.kinds.count("TokenReview"))
        return asked

    assert [1, 1, 2] == serve(scenario, reviewer, clock=clock)


def test_a_right_that_is_taken_away_is_missed_within_a_minute():
    reviewer, clock = Reviewer(), Clock()

    async def scenario(asking):
        before = (await asking(token="scraper-token"))[0]
        reviewer._who = lambda spec: {"authenticated": False}
        clock.now += 60
        return before, (await asking(token="scraper-token"))[0]

    assert (200, 401) == serve(scenario, reviewer, clock=clock)


def test_a_source_that_makes_up_tokens_is_slowed_down_and_keeps_no_other_out():
    reviewer, clock = Reviewer(), Clock()

    async def main():
        gate = access(reviewer, clock, burst=3)
        flood = [await gate.judge([f"Bearer made-up-{n}"], "10.0.0.1") for n in range(6)]
        other = await gate.judge(["Bearer scraper-token"], "10.0.0.2")
        clock.now += 1
        return flood, other, await gate.judge(["Bearer made-up-6"], "10.0.0.1"), \
            await gate.judge(["Bearer made-up-7"], "10.0.0.1")

    flood, other, later, again = asyncio.run(main())

    assert [Verdict.UNAUTHENTICATED] * 3 + [Verdict.LIMITED] * 3 == flood
    assert (Verdict.ALLOWED, Verdict.UNAUTHENTICATED, Verdict.LIMITED) == (other, later, again)
    assert 4 + 1 + 1 == len(reviewer.bodies)


def test_a_limited_source_is_told_when_to_come_again():
    async def scenario(asking):
        await asking(token="made-up")
        return await asking(token="made-up-too")

    status, text, headers = serve(scenario, Reviewer(), burst=1, every=1000.0)

    assert (429, "limited", "1") == (status, text, headers["Retry-After"])


def test_only_so_many_tokens_are_reviewed_at_the_same_time():
    reviewer = Reviewer()
    reviewer.open.clear()

    async def main():
        gate = access(reviewer, at_once=2)
        waiting = [asyncio.create_task(gate.judge([f"Bearer made-up-{n}"], f"10.0.0.{n}")) for n in range(2)]
        await reviewer.asked.get()
        await reviewer.asked.get()
        third = await gate.judge(["Bearer made-up-2"], "10.0.0.2")
        reviewer.open.set()
        return third, await asyncio.gather(*waiting)

    assert (Verdict.LIMITED, [Verdict.UNAUTHENTICATED] * 2) == asyncio.run(main())


def test_what_is_remembered_is_bounded():
    reviewer, clock = Reviewer(), Clock()

    async def main():
        gate = access(reviewer, clock, remembered=2, burst=100)
        for token in ("scraper-token", "a", "b", "scraper-token"):
            await gate.judge([f"Bearer {token}"], "10.0.0.1")

    asyncio.run(main())

    assert 2 == [body["spec"].get("token") for body in reviewer.bodies].count("scraper-token")


def test_closing_ends_what_is_under_review():
    reviewer = Reviewer()
    reviewer.open.clear()

    async def main():
        gate = access(reviewer)
        waiting = asyncio.create_task(gate.judge(["Bearer scraper-token"], "a"))
        await reviewer.asked.get()
        await gate.close()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        return [task.get_name() for task in asyncio.all_tasks() if task.get_name() == "metrics-review"]

    assert [] == asyncio.run(main())


def test_a_request_under_way_is_answered_before_the_port_closes():
    reviewer = Reviewer()
    reviewer.open.clear()

    async def main():
        server = metrics_server(render, access(reviewer), SelfSigned((HOST,), now), HOST, 0)
        async with server:
            asking = asyncio.create_task(ask(f"https://{HOST}:{server.port}/metrics", token="scraper-token"))
            await reviewer.asked.get()
            asyncio.get_running_loop().call_later(0.05, reviewer.open.set)
        return (await asking)[0]

    assert 200 == asyncio.run(main())


def test_nothing_else_is_served_and_nobody_is_asked_about_it():
    reviewer = Reviewer()

    async def scenario(asking):
        return [(await asking(path, method=method, token="scraper-token"))[0] for path, method in (
            ("/", "GET"), ("/metrics/", "GET"), ("/health", "GET"), ("/metrics", "POST"), ("/metrics", "HEAD"))]

    assert [404, 404, 404, 405, 405] == serve(scenario, reviewer)
    assert [] == reviewer.bodies


def test_a_page_that_cannot_be_made_tells_nothing(capsys):
    def broken(accept):
        raise ValueError("secret")

    assert (500, "internal server error") == one(Reviewer(), page=broken, token="scraper-token")[:2]
    said = "".join(capsys.readouterr())
    assert "ValueError" in said
    assert "secret" not in said


def test_nothing_is_said_without_tls():
    async def scenario(asking):
        return await raw(asking.port, b"GET /metrics HTTP/1.1\r\nAuthorization: Bearer scraper-token\r\n\r\n")

    assert b"HTTP" not in serve(scenario, Reviewer())


def test_a_handshake_that_never_ends_is_dropped():
    async def scenario(asking):
        return await raw(asking.port, b"\x16\x03\x01")

    assert b"" == serve(scenario, Reviewer(), limits=Limits(handshake=0.05))
