"""Lines of logs: JSON whatever is logged, the workflow named, no secret, and people get text when they ask for it."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import math
import re
from datetime import timedelta
from enum import Enum
from typing import Any

import attrs
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from tests.executor.world import World, run

from wfcontroller.api import ApiError
from wfcontroller.configuration.secret import Secret
from wfcontroller.identity import about, about_execution
from wfcore.program import Ref

from .telemetry import Terminal, lines, logging_to

CANARY = "hunter2-canary"
REF = Ref("default", "web")
_log = structlog.get_logger("wfcontroller")
_plain = logging.getLogger("wfexecutor")


def logged(event: str = "said", **values: Any) -> dict[str, Any]:
    with logging_to(io.StringIO()) as stream:
        _log.warning(event, **values)
    (line,) = lines(stream)
    return line


def test_a_line_says_when_how_grave_who_and_what_in_this_order() -> None:
    line = logged(zebra=1, answer=2)

    assert ["time", "level", "logger", "event", "answer", "zebra"] == list(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", line["time"])
    assert ("warning", "wfcontroller", "said") == (line["level"], line["logger"], line["event"])


def test_the_standard_library_and_structlog_write_the_same_lines() -> None:
    with logging_to(io.StringIO()) as stream, about(REF, "u-1"):
        _log.warning("same")
        _plain.warning("sa%s", "me")
    ours, theirs = lines(stream)

    assert list(ours) == list(theirs)
    assert {"wfcontroller", "wfexecutor"} == {ours.pop("logger"), theirs.pop("logger")}
    assert ours | {"time": ""} == theirs | {"time": ""}


@pytest.mark.parametrize(("level", "heard"), [("debug", 4), ("info", 3), ("warning", 2), ("error", 1)])
def test_what_is_below_the_level_is_dropped(level: str, heard: int) -> None:
    for log in (_log, _plain):
        with logging_to(io.StringIO(), level=level) as stream:
            for said in (log.debug, log.info, log.warning, log.error):
                said("x")

        assert heard == len(lines(stream))


@pytest.mark.parametrize(("level", "heard"), [("debug", ["warning"]), ("error", [])])
def test_of_libraries_only_warnings_are_heard(level: str, heard: list[str]) -> None:
    """At their lower levels they may log headers and bodies."""
    with logging_to(io.StringIO(), level=level) as stream:
        logging.getLogger("urllib3.connectionpool").debug("Authorization: Bearer %s", CANARY)
        logging.getLogger("aiohttp.access").info(CANARY)
        logging.getLogger("aiohttp.server").warning("w")

    assert heard == [line["level"] for line in lines(stream)]


def test_a_terminal_gets_text_when_it_is_asked_for_and_anything_else_gets_json() -> None:
    said = {}
    for name, stream, form in (("asked", Terminal(), "console"), ("file", io.StringIO(), "console"),
                               ("unasked", Terminal(), "json")):
        with logging_to(stream, format=form), about(REF):
            _log.warning("said", password=CANARY)
        said[name] = stream.getvalue()

    assert ["{", "{"] == [said["file"][0], said["unasked"][0]]
    assert "said" in said["asked"]
    assert "default" in said["asked"]
    assert "{" not in said["asked"]
    assert CANARY not in "".join(said.values())


def test_what_is_logged_about_a_workflow_names_it_and_nothing_after_it_does() -> None:
    with logging_to(io.StringIO()) as stream:
        with about(REF, "u-1", step=3):
            _log.warning("inside")
        with about(REF):
            _plain.warning("without uid")
        _log.warning("outside")
    inside, without, outside = lines(stream)

    assert ("default", "web", "u-1", 3) == tuple(inside[key] for key in (
        "workflow_namespace", "workflow_name", "workflow_uid", "step"))
    assert ("web", False) == (without["workflow_name"], "workflow_uid" in without)
    assert [] == [key for key in outside if key.startswith(("workflow", "step"))]


def test_passes_side_by_side_each_name_their_own_workflow() -> None:
    async def one(name: str) -> None:
        with about(Ref("default", name)):
            await asyncio.sleep(0)
            _log.warning("said", own=name)
            await asyncio.sleep(0)
            _plain.warning("said %s", name)

    async def both() -> None:
        await asyncio.gather(one("a"), one("b"))

    with logging_to(io.StringIO()) as stream:
        asyncio.run(both())

    assert [("a", "a"), ("b", "b")] == [
        (line["workflow_name"], line["own"]) for line in lines(stream) if "own" in line]
    assert ["said a", "said b"] == [line["event"] for line in lines(stream) if "own" not in line]


EXECUTION = {"metadata": {"name": "w-step-2"}, "spec": {
    "stepNumber": 2, "attempt": 1, "workflowExecutionRef": {"namespace": "default", "name": "w", "uid": "u"}}}


@pytest.mark.parametrize(("item", "named"), [
    (EXECUTION, {"workflow_namespace": "default", "workflow_name": "w", "workflow_uid": "u", "step": 2, "attempt": 1,
                 "execution": "w-step-2"}),
    ({}, {}), ({"spec": [1], "metadata": None}, {}),
    ({"spec": {"workflowExecutionRef": {"name": 7}, "stepNumber": "2"}}, {}),
])
def test_an_execution_names_its_workflow_and_step_whatever_it_holds(item: Any, named: dict[str, Any]) -> None:
    with logging_to(io.StringIO()) as stream, about_execution(item):
        _plain.warning("said")
    (line,) = lines(stream)

    assert named == {key: value for key, value in line.items() if key not in ("time", "level", "logger", "event")}


def test_what_the_executor_logs_about_an_execution_names_its_workflow_and_step() -> None:
    async def scenario(world: World) -> None:
        world.tap.fault(lambda entry: entry[0] == "update_status", ApiError(403, "Forbidden", "no"), times=99)
        await world.step("cordon-node", {"cordonNode": {"nodeName": "n1"}}, number=3)
        await asyncio.sleep(60)

    with logging_to(io.StringIO(), level="info") as stream:
        run(scenario)
    told = [line for line in lines(stream) if "refused" in line["event"]]

    assert [("default", "wf", 3, 1, "wf-step-3")] == [tuple(line[key] for key in (
        "workflow_namespace", "workflow_name", "step", "attempt", "execution")) for line in told]
    assert all(line["workflow_uid"] for line in told)


@attrs.frozen
class Parameters:
    value: str


class Colour(Enum):
    RED = 5


@pytest.mark.parametrize(("value", "shown"), [
    ("text", "text"), (3, 3), (True, True), (None, None), (0.5, 0.5), (math.inf, "inf"),
    (10**400, "a number of 1329 bits"), (2**60, str(2**60)), (Colour.RED, "5"), (timedelta(seconds=5), "0:00:05"),
    (REF, "default/web"), (b"ab\xff", "ab�"),
    ([1, ("a", {2})], [1, ["a", [2]]]), (list(range(90)), list(range(50))),
    ({"a": {"token": CANARY}}, "{a={token=***}}"),
    (Parameters(CANARY), "<Parameters>"), (Secret(CANARY), "<Secret>"), (ValueError("odd"), "ValueError: odd"),
    ("x" * 3000, "x" * 2000 + "..."), ("\ud800", "�"), ([[[[[1]]]]], [[[["<list>"]]]]),
], ids=repr)
def test_every_value_becomes_plain(value: Any, shown: Any) -> None:
    assert shown == logged(value=value)["value"]


def test_no_text_of_a_user_becomes_a_key() -> None:
    line = logged(**{"Évil key": 1, "a" * 65: 2, CANARY: 3, "": 4}, labels={CANARY[:7]: "x"}, fine=5)

    assert ["time", "level", "logger", "event", "dropped_keys", "fine", "labels"] == list(line)
    assert (4, 5, "{hunter2=x}") == (line["dropped_keys"], line["fine"], line["labels"])


@pytest.mark.parametrize("log", [_log, _plain], ids=["structlog", "logging"])
def test_no_secret_is_logged_by_any_way(log: Any) -> None:
    error = ValueError(f"connecting to postgresql://wf:{CANARY}@db/wf: Authorization: Bearer {CANARY}")
    with logging_to(io.StringIO(), secrets=(CANARY,)) as stream:
        log.warning(f"password={CANARY}")  # noqa: G004
        log.error("said %s", error) if log is _plain else log.error("said", error=error, data={"a": CANARY})
        try:
            raise error
        except ValueError:
            log.exception("raised")
        with about(Ref("default", CANARY)):
            log.warning(CANARY)

    assert 4 == len(lines(stream))
    assert "ValueError" in lines(stream)[2]["exception"]
    assert "hunter2" not in stream.getvalue()


def test_of_a_long_traceback_the_end_is_kept() -> None:
    def deeper(level: int) -> None:
        if level == 0:
            raise ValueError("the bottom")
        [deeper, even][level % 2](level - 1)

    def even(level: int) -> None:
        deeper(level)

    with logging_to(io.StringIO()) as stream:
        try:
            deeper(200)
        except ValueError:
            _log.exception("raised")
    (line,) = lines(stream)

    assert line["exception"].endswith("ValueError: the bottom")
    assert len(line["exception"]) <= 8_003


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError(CANARY)


def test_a_record_that_cannot_be_formatted_is_told_of_without_what_it_held() -> None:
    with logging_to(io.StringIO()) as stream:
        _plain.warning("%d of %s", CANARY)
        _plain.warning("%s", Unprintable())
        _log.warning("x", error=type("Odd", (ValueError,), {"__str__": Unprintable.__str__})())

    assert [("log_failed", "TypeError"), ("log_failed", "RuntimeError"), ("log_failed", "RuntimeError")] == [
        (line["event"], line["error"]) for line in lines(stream)]
    assert "test_logs.py:" in lines(stream)[0]["place"]
    assert "hunter2" not in stream.getvalue()


@given(st.dictionaries(st.text(max_size=20), st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)), max_size=5).map(
        lambda d: {k: v for k, v in d.items() if k not in ("event", "exc_info", "stack_info", "self", "stacklevel")}),
       st.text(max_size=100))
def test_whatever_is_logged_is_one_line_of_json(values: dict[str, Any], event: str) -> None:
    with logging_to(io.StringIO()) as stream:
        _log.warning(event, **values)
        _plain.warning("%s", event)

    assert 2 == stream.getvalue().count("\n")
    assert all(json.loads(line)["level"] for line in stream.getvalue().split("\n")[:2])
