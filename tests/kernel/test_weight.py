"""The size of an object is bounded without spelling it out, and never bounded too low."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfcore.simulation.objects import StoredObject, canonical
from wfcore.simulation.weight import WORST, weigh

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXT, inner, max_size=5), max_leaves=40)
OBJECTS = st.dictionaries(TEXT, JSON, max_size=6)


@given(OBJECTS)
def test_nothing_is_larger_than_it_is_bounded(value: dict[str, Any]) -> None:
    assert len(canonical(value)) <= WORST * weigh(value).weight


@given(OBJECTS, OBJECTS)
def test_what_is_known_of_an_earlier_state_changes_nothing(first: dict[str, Any], second: dict[str, Any]) -> None:
    later = {**first, **second}

    assert weigh(later).weight == weigh(later, weigh(first)).weight
    assert weigh(first) is weigh(first, known := weigh(first)) or weigh(first, known) is known


def test_a_part_that_stayed_is_not_looked_at_again() -> None:
    spec = {"steps": [{"name": "a"}]}
    before = weigh({"spec": spec, "status": {"phase": "planning"}})
    spec["steps"].append({"name": "x" * 1000})  # nobody does that; here it shows who looks

    assert weigh({"spec": spec, "status": {"phase": "executing"}}, before).weight < before.weight + 10


@pytest.mark.parametrize("part", [
    "", "\x00", "\x1f\x7f", "\"\\", "ü", "\N{GRINNING FACE}", True, False, None, -1, 10**40, 1e-300, [], {}, [[]],
    [None],
])
def test_the_worst_of_each_kind_is_bounded(part: Any) -> None:
    for value in ({"a": [part] * 100}, {"a": {"b": {"c": {"d": [part] * 100}}}}, {str(n): part for n in range(100)}):
        assert len(canonical(value)) <= WORST * weigh(value).weight


def test_what_is_no_plain_json_has_to_be_spelt_out() -> None:
    odd = MappingProxyType({"a": 1})
    with pytest.raises(ValueError, match="unmarshallable"):
        weigh({"spec": odd})

    assert StoredObject({"metadata": {}, "spec": odd}).may_exceed(10**9, None)


def test_only_a_large_object_may_exceed_a_limit() -> None:
    small = StoredObject({"metadata": {"name": "a"}})
    large = StoredObject({"metadata": {"name": "a"}, "spec": {"text": "x" * 5000}})

    assert not small.may_exceed(5000, None)
    assert large.may_exceed(5000, small)
    assert len(json.dumps(large.value)) > 5000
