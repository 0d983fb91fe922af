"""The codec: what is written is read back the same, times and durations agree with others, nothing raises."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import durationpy
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from wfcore.codec import Malformed, decode, decode_execution, decode_workflow, encode, render_path
from wfcore.codec.canonical import canonical
from wfcore.codec.converter import make_converter
from wfcore.codec.durations import DURATION_PATTERN, format_duration, parse_duration
from wfcore.codec.reading import UNFIT, reader_of
from wfcore.codec.size import json_bytes
from wfcore.codec.times import format_time, parse_time
from wfcore.lifecycle.fitting import largest
from wfcore.model.definition import ObjectReference, RollbackSpec, WorkflowDefinition, WorkflowExecutionSpec
from wfcore.model.evolving import evolve
from wfcore.model.execution import KubernetesExecutionSpec, KubernetesExecutionStatus
from wfcore.model.status import ExecutionMetrics, RollbackStatus, StepStatus, WorkflowExecutionStatus
from wfcore.testing.strategies import instances, json_values, times

PARTS = (WorkflowExecutionSpec, WorkflowExecutionStatus, KubernetesExecutionSpec, KubernetesExecutionStatus)
CONVERTER = make_converter()
# Integers as JSON readers of every language keep them, and strings that UTF-16 sorts as UTF-8 does.
INTEROPERABLE = st.recursive(
    st.none() | st.booleans() | st.integers(-2**53 + 1, 2**53 - 1) | st.text(st.characters(max_codepoint=0xD7FF)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.text(st.characters(max_codepoint=0xD7FF), max_size=8), inner, max_size=4))


@given(instances(WorkflowExecutionStatus))
def test_no_status_is_larger_than_the_bound_says(status: WorkflowExecutionStatus) -> None:
    long = evolve(status, step_statuses=status.step_statuses * 50, conditions=status.conditions * 50)

    assert json_bytes(encode(status)) <= largest(status)
    assert json_bytes(encode(long)) <= largest(long)


@pytest.mark.parametrize("part", PARTS)
@given(data=st.data())
def test_what_is_written_is_read_back_the_same(part: type, data: st.DataObject) -> None:
    value = data.draw(instances(part))
    text = json.dumps(encode(value))

    assert value == decode(part, json.loads(text))


@pytest.mark.parametrize("part", PARTS)
@given(data=st.data())
def test_no_json_makes_the_codec_raise(part: type, data: st.DataObject) -> None:
    found = decode(part, data.draw(json_values()), ("spec",))

    assert isinstance(found, part) or (isinstance(found, Malformed) and found.problems)


@pytest.mark.parametrize("part", PARTS)
@given(data=st.data())
def test_a_damaged_value_is_read_or_refused_with_a_place_inside_it(part: type, data: st.DataObject) -> None:
    raw = encode(data.draw(instances(part)))
    path = data.draw(places(raw))
    _put(raw, path, data.draw(json_values(leaves=4)))
    found = decode(part, raw)

    for problem in getattr(found, "problems", ()):
        assert problem.path[:len(path)] == path[:len(problem.path)], render_path(problem.path)
        assert problem.reason.isalnum()
        assert problem.message


@pytest.mark.parametrize("part", PARTS)
@given(data=st.data())
def test_what_is_read_fast_is_what_the_converter_reads(part: type, data: st.DataObject) -> None:
    """It may refuse what the converter takes, never the other way round."""
    raw = encode(data.draw(instances(part)))
    _put(raw, data.draw(places(raw)), data.draw(json_values(leaves=4)))
    try:
        found = reader_of(part)(raw)
    except UNFIT:
        return

    assert CONVERTER.structure(raw, part) == found


ENTRY = {"stepNumber": 1, "action": "custom"}
REFERENCE = {"name": "w", "namespace": "default"}
BEYOND = [
    (StepStatus, {**ENTRY, "attempt": 12}), (StepStatus, {**ENTRY, "attempt": -1}),
    (StepStatus, {**ENTRY, "attempt": True}), (StepStatus, {**ENTRY, "errorMessage": "x" * 1025}),
    (StepStatus, {**ENTRY, "status": "odd"}), (StepStatus, {"stepNumber": 1}),
    (ObjectReference, {**REFERENCE, "name": ""}), (ObjectReference, {**REFERENCE, "namespace": "A"}),
    (ObjectReference, {**REFERENCE, "odd": 1}), (ExecutionMetrics, {"stepSuccessRate": 1.5}),
    (ExecutionMetrics, {"stepSuccessRate": True}), (ExecutionMetrics, {"totalDuration": "soon"}),
    (RollbackSpec, {"action": "custom", "timeout": "0s"}),
    (RollbackSpec, {"action": "custom", "parameters": {"custom": {"actionType": "a", "config": {"k": 1}}}}),
    (RollbackSpec, {"action": "custom", "parameters": {"custom": {"actionType": "a"}, "odd": {}}}),
    (RollbackStatus, {"steps": [0]}), (RollbackStatus, {"steps": {"0": 1}}), (RollbackStatus, {"performed": 1}),
    (WorkflowDefinition, {"name": "w", "steps": [ENTRY], "dependencies": {"a": ["b", 1]}}), (StepStatus, [ENTRY]),
    *((WorkflowDefinition, {"name": "w", "steps": [ENTRY], "dependencies": odd}) for odd in ([], ["a"], "a", 1)),
    (WorkflowDefinition, {"name": "w", "steps": []}),
]


@pytest.mark.parametrize(("part", "raw"), BEYOND)
def test_what_breaks_a_limit_is_read_by_nobody(part: type, raw: object) -> None:
    with pytest.raises(UNFIT):
        reader_of(part)(raw)

    assert isinstance(decode(part, raw), Malformed)


@pytest.mark.parametrize("part", PARTS)
@given(data=st.data())
def test_what_the_engine_writes_is_read_fast(part: type, data: st.DataObject) -> None:
    value = data.draw(instances(part))

    assert value == reader_of(part)(json.loads(json.dumps(encode(value))))


def places(raw: object, depth: int = 0) -> st.SearchStrategy[tuple]:
    """A path to some value inside."""
    if isinstance(raw, dict) and raw:
        return st.sampled_from(sorted(raw)).flatmap(
            lambda key: st.just((key,)) | places(raw[key]).map(lambda rest: (key, *rest)))
    if isinstance(raw, list) and raw:
        return st.sampled_from(range(len(raw))).flatmap(
            lambda index: st.just((index,)) | places(raw[index]).map(lambda rest: (index, *rest)))
    return st.just(())


def _put(raw: object, path: tuple, value: object) -> None:
    for key in path[:-1]:
        raw = raw[key]
    if path:
        raw[path[-1]] = value


@given(raw=st.dictionaries(st.sampled_from(["metadata", "spec", "status", "kind"]), json_values()))
def test_no_object_makes_the_codec_raise(raw: dict) -> None:
    for read in (decode_workflow, decode_execution):
        assert read(raw) is not None


@given(st.timedeltas(timedelta(0), timedelta(days=400)))
def test_durations_are_read_back_the_same_and_as_others_read_them(value: timedelta) -> None:
    text = format_duration(value)

    assert value == parse_duration(text)
    assert value == durationpy.from_str(text)


TERMS = st.tuples(st.integers(0, 10_000), st.sampled_from(["h", "m", "s", "ms", "us"]))


@given(st.lists(TERMS, min_size=1, max_size=5))
def test_durations_of_any_spelling_are_read_as_others_read_them(terms: list[tuple[int, str]]) -> None:
    text = "".join(f"{count}{unit}" for count, unit in terms)

    assert durationpy.from_str(text) == parse_duration(text)


@given(st.text())
def test_what_is_no_duration_is_refused_with_its_text(text: str) -> None:
    if re.fullmatch(DURATION_PATTERN.replace("$", r"\Z"), text) and len(text) <= 64:
        assert timedelta(0) <= parse_duration(text)
    else:
        with pytest.raises(ValueError, match="duration"):
            parse_duration(text)


@given(times())
def test_times_are_read_back_the_same(value) -> None:
    assert value == parse_time(format_time(value))


@given(INTEROPERABLE)
def test_canonical_json_is_that_of_rfc_8785(value: object) -> None:
    assert rfc8785.dumps(value) == canonical(value)


@given(json_values())
def test_canonical_json_means_the_same_and_has_one_spelling(value: object) -> None:
    text = canonical(value)

    assert value == json.loads(text)
    assert text == canonical(json.loads(text))
