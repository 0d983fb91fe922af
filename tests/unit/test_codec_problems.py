"""What the codec says about values that it cannot read: which place, which reason, and what to write instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from wfcore.codec import Malformed, Problem, decode, encode
from wfcore.codec.durations import parse_duration
from wfcore.codec.errors import problems_of
from wfcore.codec.times import parse_time
from wfcore.model.definition import RollbackSpec, WorkflowExecutionSpec
from wfcore.model.status import ExecutionMetrics, StepStatus, WorkflowExecutionStatus

ENTRY = {"stepNumber": 1, "action": "custom"}


def problems(part: type, raw: Any) -> list[str]:
    found = decode(part, raw)
    assert isinstance(found, Malformed)
    return [f"{problem.reason} {problem}" for problem in found.problems]


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"a": value}
    return value


def custom(**more: Any) -> dict[str, Any]:
    return {"action": "custom", "parameters": {"custom": more}}


def test_what_is_wrong_below_a_member_of_a_union_has_its_whole_path() -> None:
    assert ["Missing $.parameters.custom.actionType: required, but missing",
            "WrongType $.parameters.custom.config.key: expected a string, got 1; put it in quotes",
            ] == problems(RollbackSpec, custom(config={"key": 1}))


def test_every_value_of_a_map_is_held_to_its_limits() -> None:
    assert ["TooLong $.parameters.custom.config.b: 4097 characters; the most is 4096",
            "TooLong $.parameters.custom.config.d: 4098 characters; the most is 4096",
            ] == problems(RollbackSpec, custom(actionType="a", config={
                "a": "x" * 4096, "b": "x" * 4097, "c": "", "d": "x" * 4098}))


def test_a_key_that_only_yaml_takes_for_a_number_is_to_be_put_in_quotes() -> None:
    assert ['WrongType $.parameters.custom.config["1"]: expected a string as key, got 1; put it in quotes'] == problems(
        RollbackSpec, custom(actionType="a", config={1: "x"}))


def test_an_error_that_nobody_foresaw_is_a_problem_like_any_other() -> None:
    assert [Problem(("a",), "Invalid", "odd"), Problem(("a",), "Invalid", "ValueError")] == [
        problem for error in (ValueError("odd"), ValueError()) for problem in problems_of(error, ("a",))]


@pytest.mark.parametrize(("text", "wrong"), [
    ("2026-02-30T00:00:00Z", "'2026-02-30T00:00:00Z' is not a time that exists: day is out of range for month"),
    ("0001-01-01T00:00:00+01:00", "'0001-01-01T00:00:00+01:00' is not a time that exists: date value out of range"),
    ("yesterday", "'yesterday' is not an RFC 3339 time; write it like 2026-01-31T12:00:00Z"),
])
def test_a_time_that_does_not_exist_is_refused_with_its_text(text: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=r"not (a|an RFC 3339) time") as refused:
        parse_time(text)

    assert wrong == str(refused.value)
    assert [f"BadFormat $.startTime: {wrong}"] == problems(StepStatus, {**ENTRY, "startTime": text})


def test_a_duration_that_no_clock_can_tell_is_refused_with_the_longest() -> None:
    text, wrong = "99999999999999h", "duration '99999999999999h' is too long; the longest is 24h"
    with pytest.raises(ValueError, match="too long") as refused:
        parse_duration(text)

    assert wrong == str(refused.value)
    assert [f"BadFormat $.timeout: {wrong}"] == problems(RollbackSpec, {"action": "custom", "timeout": text})


def test_what_a_newer_version_nests_too_deeply_is_refused_where_it_is() -> None:
    nested = {"x": deep(100_000)}

    assert ["TooDeep $: nested more than 64 levels deep"] == problems(WorkflowExecutionStatus, nested)
    assert ["TooDeep $.stepStatuses[0]: nested more than 64 levels deep"] == problems(
        WorkflowExecutionStatus, {"stepStatuses": [{**ENTRY, **nested}]})


def test_no_depth_is_looked_into_where_something_else_belongs() -> None:
    assert ["WrongType $.workflowDefinition.steps: expected a list, got an object"] == problems(
        WorkflowExecutionSpec, {"workflowDefinition": {"name": "w", "steps": deep(100_000)}})


@pytest.mark.parametrize(("text", "wrong"), [
    ("-5m", "negative duration '-5m'; write a positive one like 5m"),
    ("1h 5m", "'1h 5m' is not a duration; write it like 90s, 5m or 1h30m"),
    ("5m" * 50, "a duration of 100 characters; write it like 90s, 5m or 1h30m"),
])
def test_what_is_no_duration_is_refused_with_what_to_write(text: str, wrong: str) -> None:
    assert [f"BadFormat $.timeout: {wrong}"] == problems(RollbackSpec, {"action": "custom", "timeout": text})


@pytest.mark.parametrize(("part", "raw", "problem"), [
    (ExecutionMetrics, {"stepSuccessRate": True}, "$.stepSuccessRate: expected a number, got true"),
    (ExecutionMetrics, {"stepSuccessRate": "1"}, "$.stepSuccessRate: expected a number, got '1'"),
    (StepStatus, {**ENTRY, "startTime": 5}, "$.startTime: expected an RFC 3339 time, got 5"),
    (StepStatus, {**ENTRY, "attempt": "1"}, "$.attempt: expected an integer, got '1'"),
    (RollbackSpec, {"action": "custom", "timeout": 5}, "$.timeout: expected a duration like 5m, got 5"),
])
def test_a_value_of_another_type_is_shown_with_the_type_that_was_expected(part: type, raw: Any, problem: str) -> None:
    assert [f"WrongType {problem}"] == problems(part, raw)


def test_what_a_newer_version_nests_is_written_again_from_a_deeper_stack_than_it_was_read_on() -> None:
    def below(frames: int, work: Callable[[], Any]) -> Any:
        return work() if frames == 0 else below(frames - 1, work)

    value = {"x": deep(63), "phase": "executing"}
    status = decode(WorkflowExecutionStatus, value)

    assert value["x"] == below(600, lambda: encode(status))["x"]
    assert isinstance(decode(WorkflowExecutionStatus, {"x": deep(64)}), Malformed)
