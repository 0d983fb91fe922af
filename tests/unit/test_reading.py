"""How objects of the cluster are read: quantities, what pods ask for, selectors, names; what is amiss is absent."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from wfcore.validation.facts import count, name_of, part, parts, selects, text
from wfcore.validation.quantities import amounts, asked_by, quantity


@pytest.mark.parametrize(("given", "number"), [
    ("500m", Fraction(1, 2)), ("2Gi", 2 * 1024**3), ("1e3", 1000), ("1E3", 1000), ("1E", 10**18),
    (".5", Fraction(1, 2)),
    ("-1", -1), ("1k", 1000), ("100n", Fraction(1, 10**7)), ("3u", Fraction(3, 10**6)), (2, 2), (0.5, Fraction(1, 2)),
    ("", None), ("1 Gi", None), ("Gi", None), ("1e999", None), ("9" * 40, None), (True, None), (None, None),
    (float("inf"), None), (float("nan"), None), ([], None)])
def test_a_quantity_is_an_exact_number_or_none(given: Any, number: Any) -> None:
    assert number == quantity(given)


def test_a_pod_asks_for_its_containers_together_or_its_largest_initial_one_and_the_overhead() -> None:
    def container(cpu: str) -> dict[str, Any]:
        return {"resources": {"requests": {"cpu": cpu}}}

    spec = {"containers": [container("1"), container("2")], "initContainers": [container("1"), container("5")],
            "overhead": {"cpu": "250m"}}
    assert {"cpu": Fraction(21, 4)} == asked_by(spec, "requests")
    assert {"cpu": Fraction(13, 4)} == asked_by({**spec, "initContainers": []}, "requests")
    assert {"cpu": Fraction(3)} == asked_by({**spec, "initContainers": [container("2")], "overhead": {}}, "requests")
    assert {} == asked_by("nonsense", "requests")


def test_what_only_an_initial_container_asks_for_is_asked_for_too() -> None:
    spec = {"initContainers": [{"resources": {"requests": {"cpu": "100m"}}}], "containers": [{}]}

    assert {"cpu": Fraction(1, 10)} == asked_by(spec, "requests")


@pytest.mark.parametrize("given", [None, [], "1", 5, {"cpu": "much", "memory": None}])
def test_what_is_no_quantity_is_no_amount(given: Any) -> None:
    assert {} == amounts(given)


@pytest.mark.parametrize("given", [None, [], 5, {"metadata": None}, {"metadata": {"name": 5, "namespace": 5}}])
def test_what_is_not_as_it_should_be_counts_as_absent(given: Any) -> None:
    place = ("metadata", "name")

    assert ("", "", 0, {}, ()) == (
        name_of(given), text(given, *place), count(given, *place, "x"), part(given, *place), parts(given, *place))


@pytest.mark.parametrize(("namespace", "name"), [({}, "n"), ({"namespace": "shop"}, "shop/n")])
def test_an_object_is_named_with_its_namespace_if_it_has_one(namespace: dict[str, str], name: str) -> None:
    assert name == name_of({"metadata": {"name": "n", **namespace}})


@pytest.mark.parametrize(("selector", "selected"), [
    (None, False), ({}, True), ({"matchLabels": {"a": "b"}}, True), ({"matchLabels": {"a": "c"}}, False),
    ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]}, True),
    ({"matchExpressions": [{"key": "a", "operator": "In", "values": "b"}]}, False),
    ({"matchExpressions": [{"key": "x", "operator": "In", "values": ["b"]}]}, False),
    ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["b"]}]}, False),
    ({"matchExpressions": [{"key": "x", "operator": "NotIn", "values": ["b"]}]}, True),
    ({"matchExpressions": [{"key": "a", "operator": "Exists"}]}, True),
    ({"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}, False),
    ({"matchExpressions": [{"key": "x", "operator": "DoesNotExist"}]}, True),
    ({"matchExpressions": [{"key": "a", "operator": "Like"}]}, False)])
def test_a_selector_selects_as_the_api_server_has_it(selector: Any, selected: bool) -> None:
    assert selected is selects(selector, {"a": "b"})
