"""YAML to JSON values with places: what kubectl would read, within limits that hold for any input."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfcontroller.cli.composing import MAX_ALIASED, MAX_DEPTH, Refused, compose
from wfcontroller.cli.yamltext import yaml_text

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join(['*' + old] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True))

ascii_texts = st.text(st.characters(min_codepoint=32, max_codepoint=126))
words = st.text(st.characters(min_codepoint=97, max_codepoint=122), min_size=1)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-2**63, 2**63 - 1) | ascii_texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4), max_leaves=20)


def value(text: str) -> Any:
    (composed,) = compose(text)
    assert () == composed.problems
    return composed.value


@pytest.mark.parametrize(("text", "meant"), [
    ("yes", True), ("on", True), ("y", True), ("True", True), ("no", False), ("OFF", False), ("n", False),
    ("~", None), ("null", None), ("0644", 420), ("0o17", 15), ("0x1F", 31), ("0b11", 3), ("-0x10", -16), ("+7", 7),
    ("1_000", 1000), ("08", 8.0), ("1e3", 1000.0), (".5", 0.5), ("-1.5e-2", -0.015), ("1:30", "1:30"),
    ("2001-01-01", "2001-01-01"), ("2001-01-01T00:00:00Z", "2001-01-01T00:00:00Z"), ("'yes'", "yes"), ('"1"', "1"),
    ("!!str 1", "1"), ("!!int '7'", 7), ("!!float 1", 1.0), ("5m", "5m"), (".x", ".x"), ("-", [None]),
    ("99999999999999999999", 1e20), ("1" * 80, "1" * 80), ("|\n  a\n  b\n", "a\nb\n"),
])
def test_scalars_mean_what_kubectl_reads(text: str, meant: Any) -> None:
    read = value(text)

    assert (meant, type(meant)) == (read, type(read))


@given(json_values)
def test_json_is_read_as_itself(document: Any) -> None:
    assert document == value(json.dumps(document))


TRAPS = ["y", "no", "on", "~", "", "08", "0644", "1e3", "0x1F", "1_000", ".inf", "<<", "2001-01-01", "1:30", "- a",
         "a: b", "#", "'", '"', "a\nb", " a ", "\t", "é", "😀", "1e999", "null", "!x", "&x", "*x"]


@given(st.recursive(st.sampled_from(TRAPS) | json_values, lambda inner: st.lists(inner, max_size=3)
                    | st.dictionaries(st.sampled_from(TRAPS), inner, max_size=3), max_leaves=10))
def test_what_is_written_as_yaml_is_read_back(document: Any) -> None:
    assert document == value(yaml_text(document))


@pytest.mark.parametrize(("text", "meant"), [
    ("8080: a\ntrue: b\n1.5: c", {"8080": "a", "true": "b", "1.5": "c"}),
    ("b: &b {k: 1, l: 2}\nc: {<<: *b, l: 3}", {"b": {"k": 1, "l": 2}, "c": {"l": 3, "k": 1}}),
    ("a: &a {k: 1}\nb: &b {k: 2, l: 2}\nc: {<<: [*a, *b]}",
     {"a": {"k": 1}, "b": {"k": 2, "l": 2}, "c": {"k": 1, "l": 2}}),
    ("a: &a [1]\nb: *a", {"a": [1], "b": [1]}),
])
def test_keys_are_text_and_aliases_and_merges_are_expanded(text: str, meant: Any) -> None:
    assert meant == value(text)


def test_an_alias_is_a_copy() -> None:
    read = value("a: &a [1]\nb: *a")
    read["a"].append(2)

    assert [1] == read["b"]


@pytest.mark.parametrize(("text", "reason", "line", "column"), [
    ("a: b: c", "InvalidYAML", 1, 5),
    ("a: 1\nb: 'x\n", "InvalidYAML", 3, 1),
    ("a: 1\nb: \x07", "InvalidYAML", 2, 4),
    ("\x00\x01", "InvalidYAML", 1, 1),
    ("a: &x [*x]", "InvalidYAML", 1, 8),
    ("a: *unknown", "InvalidYAML", 1, 4),
    ("a: 1\n<<: [1]", "InvalidYAML", 2, 5),
    ("? [1]\n: 2", "InvalidKey", 1, 3),
    ("~: 2", "InvalidKey", 1, 1),
    ("a: &a [1]\n*a : 2", "InvalidKey", 2, 1),
    ("[" * 200_000, "TooDeep", 1, MAX_DEPTH + 1),
    (BOMB, "TooManyAliases", 5, 8),
])
def test_what_cannot_be_read_is_refused_with_its_place(text: str, reason: str, line: int, column: int) -> None:
    with pytest.raises(Refused) as refused:
        list(compose(text))

    assert (reason, line, column) == (refused.value.reason, refused.value.line, refused.value.column)


def test_as_many_aliases_as_allowed_are_expanded() -> None:
    text = "a: &a 1\nb: [" + ", ".join(["*a"] * MAX_ALIASED) + "]"

    assert MAX_ALIASED == len(value(text)["b"])


@pytest.mark.parametrize(("text", "path", "reason"), [
    ("a: 1\nb: {c: 1, c: 2}", ("b", "c"), "DuplicateKey"),
    ("a: [{c: 1, c: 2}]", ("a", 0, "c"), "DuplicateKey"),
    ("x: .inf", ("x",), "WrongType"),
    ("x: [1, 1e999]", ("x", 1), "WrongType"),
    ("x: !!int y", ("x",), "WrongType"),
    ("x: !!bool 1", ("x",), "WrongType"),
    ("x: !!python/name:os.system 1", ("x",), "WrongType"),
    ("x: !own {a: 1}", ("x",), "WrongType"),
])
def test_what_can_be_read_but_is_wrong_is_a_problem_with_its_path(text: str, path: Any, reason: str) -> None:
    (composed,) = compose(text)

    assert [(path, reason)] == [(problem.path, problem.reason) for problem in composed.problems]


def test_each_value_has_its_place_and_a_missing_one_that_of_its_parent() -> None:
    (composed,) = compose("# comment\na:\n  b:\n    - 1\n    - c: five\n")
    spot = composed.spot

    assert [(2, 1), (3, 3), (4, 5), (5, 7), (5, 10), (5, 7)] == [
        (found.line, found.column) for found in map(spot.find, (
            (), ("a",), ("a", "b"), ("a", "b", 1), ("a", "b", 1, "c"), ("a", "b", 1, "missing", 3)))]


def test_a_merged_value_stands_where_it_was_written() -> None:
    (composed,) = compose("a: &a {k: 1}\nb: {<<: *a}\nc: {<<: [*a]}")

    assert [(1, 11), (1, 11)] == [(s.line, s.column) for s in map(composed.spot.find, (("b", "k"), ("c", "k")))]


def test_documents_are_apart_and_anchors_end_with_theirs() -> None:
    assert [1, None, 2] == [composed.value for composed in compose("1\n---\n---\n2\n")]
    with pytest.raises(Refused, match="names nothing above"):
        list(compose("a: &a 1\n---\nb: *a"))
