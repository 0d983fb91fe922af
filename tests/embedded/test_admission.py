"""Laws of schemas and rules that a gadget has no field for: optionals, combinations of schemas, memory."""

from __future__ import annotations

import pytest

from wfcontroller.embedded.admission.cel_optionals import without_optionals
from wfcontroller.embedded.admission.cel_rules import Expression, context_of
from wfcontroller.embedded.admission.custom import CustomAdmission
from wfcontroller.embedded.admission.rule_tree import RuleTree


@pytest.mark.parametrize(("rule", "value", "expected"), [
    ("self.?a.orValue(1) == 1", {}, True),
    ("self.?a.orValue(1)", {"a": 2}, 2),
    ("self.?a.b.orValue('none')", {"a": {}}, "none"),
    ("self.?a.?b.orValue('none')", {"a": {"b": "x"}}, "x"),
    ("self.?a.hasValue()", {}, False),
    ("self.?a.hasValue() && self.?b.?c.hasValue()", {"a": 1, "b": {"c": 2}}, True),
    ("self.?a.orValue(self.?b.orValue(3))", {}, 3),
    ("self.?a.orValue(')(')", {}, ")("),
    ("self.?a.orValue('\\')')", {}, "')"),
    ("self.?a.orValue([1, 2]).size()", {}, 2),
    ("self.a.orValue(2)", None, None),
])
def test_optional_selection_means_what_it_says(rule, value, expected):
    if value is None:
        assert rule == without_optionals(rule)
    else:
        expression = Expression(rule)
        assert expected == expression.evaluate(context_of({"self": value}, [expression]))


@pytest.mark.parametrize("rule", ["self.?a", "self.?a.orValue(", "self.?a.optMap(x, x)"])
def test_other_forms_of_optionals_are_refused_and_not_misread(rule):
    with pytest.raises(ValueError):
        Expression(rule)


@pytest.mark.parametrize(("schema", "good", "bad"), [
    ({"oneOf": [{"required": ["a"]}, {"required": ["b"]}]}, {"a": 1}, {"a": 1, "b": 1}),
    ({"anyOf": [{"required": ["a"]}, {"required": ["b"]}]}, {"b": 1}, {}),
    ({"not": {"required": ["a"]}}, {}, {"a": 1}),
    ({"properties": {"a": {"type": "string", "nullable": True, "enum": ["x"]}}}, {"a": None}, {"a": "y"}),
    ({"properties": {"a": {"type": "array", "minItems": 1, "items": {"type": "number", "multipleOf": 2}}}},
     {"a": [2]}, {"a": []}),
    ({"properties": {"a": {"type": "object", "minProperties": 1, "additionalProperties": {
        "type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}}}}},
     {"a": {"x": ["1"]}}, {"a": {"x": ["1", "1"]}}),
    ({"properties": {"a": {"type": "array", "items": {
        "type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}}}}},
     {"a": [["1"]]}, {"a": [["1"], ["1", "1"]]}),
])
def test_schemas_combine(schema, good, bad):
    admission = CustomAdmission({"type": "object", "x-kubernetes-preserve-unknown-fields": True, **schema})

    assert () == admission.problems(good, None)
    assert 1 == len(admission.problems(bad, None))


def test_a_default_is_a_fresh_copy_each_time():
    admission = CustomAdmission({"type": "object", "properties": {"a": {
        "type": "object", "default": {"b": []}, "properties": {"b": {"type": "array", "items": {"type": "string"}}}}}})
    first: dict = {}
    admission.prepare(first)
    first["a"]["b"].append("x")
    second: dict = {}
    admission.prepare(second)

    assert {"a": {"b": []}} == second


def test_rules_in_maps_and_lists_see_converted_values():
    half = {"type": "number", "x-kubernetes-validations": [{"rule": "self * 2.0 == 1.0 || self < 0.5"}]}
    admission = CustomAdmission({"type": "object", "properties": {
        "list": {"type": "array", "items": half}, "map": {"type": "object", "additionalProperties": half}},
        "x-kubernetes-validations": [{"rule": "!has(self.list) || self.list.all(n, n * 2.0 < 3.0)"}]})

    assert () == admission.problems({"list": [0, 0.5], "map": {"a": 0}}, None)
    found = admission.problems({"list": [0, 1], "map": {"a": 1}}, None)
    assert ["list[1]", "map[a]"] == [field for field, _ in found]


def test_an_unchanged_value_is_not_judged_again_by_rules_without_old_self():
    """A definition that got stricter leaves what is stored writable."""
    tree = RuleTree({"type": "object", "properties": {
        "a": {"type": "array", "items": {"type": "integer"}, "x-kubernetes-validations": [{"rule": "self[0] > 5"}]},
        "b": {"type": "integer", "x-kubernetes-validations": [{"rule": "self >= oldSelf"}]}}})

    assert [] == list(tree.problems({"a": [1], "b": 2}, {"a": [1], "b": 1}))
    assert [] == list(tree.problems({"a": [1], "b": 1}, {"a": [1], "b": 1}))
    assert [("a", "Invalid value: failed rule: self[0] > 5")] == list(tree.problems({"a": [2]}, {"a": [1]}))
    assert 1 == len(list(tree.problems({"a": [1]})))
    assert 1 == len(list(tree.problems({"a": [1]}, {"b": 1})))


def test_what_a_transition_rule_says_of_the_same_value_is_remembered_only_when_it_is_content():
    tree = RuleTree({"type": "object", "x-kubernetes-validations": [{"rule": "self.n > 5 || self.n != oldSelf.n"}]})
    values = [{"n": number} for number in range(200)]

    for _ in range(2):
        assert [0, 1, 2, 3, 4, 5] == [v["n"] for v in values if list(tree.problems(v, v))]


def test_a_null_has_no_rules():
    tree = RuleTree({"type": "object", "nullable": True, "x-kubernetes-validations": [{"rule": "false"}]})

    assert [] == list(tree.problems(None))
