"""Static checks of a document: every problem has its place, its code and what was found."""

from __future__ import annotations

from typing import Any

import pytest

from wfcore.model.fields import DNS_LABEL, DNS_SUBDOMAIN
from wfcore.model.workflow import ANNOTATION_CREATED_BY
from wfcore.planning.outline import outline_of_raw, resolve
from wfcore.resources import WORKFLOW_EXECUTIONS
from wfcore.settings import Settings
from wfcore.validation.document import check_document

from .stories import scale, workflow

Found = list[tuple[tuple[str | int, ...], str, str]]
API = WORKFLOW_EXECUTIONS.api_version


def found(document: Any) -> Found:
    return [(p.path, p.reason, p.message) for p in check_document(document, Settings())]


def edited(**fields: Any) -> dict[Any, Any]:
    """A healthy document with other fields at its top; None leaves one out."""
    return {key: value for key, value in {**workflow(scale(1)), **fields}.items() if value is not None}


def called(**metadata: Any) -> dict[Any, Any]:
    return edited(metadata={"name": "w", "namespace": "default", **metadata})


@pytest.mark.parametrize(("document", "problems"), [
    (5, [((), "WrongType", "expected an object, got 5")]),
    (edited(apiVersion="v1"), [(("apiVersion",), "NotSupported", f"expected {API}, got 'v1'")]),
    (edited(kind=None), [(("kind",), "NotSupported", "expected WorkflowExecution, got None")]),
    ({**edited(), "speck": 1, 7: 2}, [((key,), "UnknownField", f"unknown field '{key}'; remove it or correct its name")
                                      for key in ("7", "speck")]),
    (called(name="W!"), [(("metadata", "name"), "BadFormat", f"'W!' does not match {DNS_SUBDOMAIN}")]),
    (called(namespace="a.b"), [(("metadata", "namespace"), "BadFormat", f"'a.b' does not match {DNS_LABEL}")]),
    (edited(metadata=5), [(("metadata",), "WrongType", "expected an object, got 5")]),
    (edited(spec=None), [(("spec",), "Missing", "required, but missing")]),
    (edited(status={"phase": "planning"}), []),
], ids=str)
def test_a_problem_of_a_document_has_its_place_its_code_and_what_was_found(document: Any, problems: Found) -> None:
    assert problems == found(document)


# --- where it may act -------------------------------------------------------------------------------------


def acting_in(namespace: str, metadata: Any) -> dict[Any, Any]:
    parameters = {"scaleDeployment": {"namespace": namespace, "deployment": "web", "replicas": 3}}
    body = workflow(scale(1, undo=False, parameters=parameters))
    return {**body, "metadata": metadata}


def forbidden(document: dict[Any, Any]) -> bool:
    return "Forbidden" in [reason for _, reason, _ in found(document)]


@pytest.mark.parametrize(("metadata", "own"), [
    ({"name": "w", "namespace": "shop"}, "shop"), ({"name": "w"}, "default"),
    ({"name": "w", "namespace": ""}, "default"), ({"name": "w", "namespace": 5}, "default"),
    (5, "default"), (None, "default")])
def test_a_workflow_acts_in_its_own_namespace_which_is_default_where_none_can_be_read(metadata: Any, own: str) -> None:
    places = ("shop", "default", "elsewhere")

    assert [own] == [place for place in places if not forbidden(acting_in(place, metadata))]


@pytest.mark.parametrize(("metadata", "vouched"), [
    ({"annotations": {ANNOTATION_CREATED_BY: "alice"}}, True), ({"annotations": {}}, False), ({}, False),
    ({"annotations": {ANNOTATION_CREATED_BY: "alice"}, "labels": {"a": 1}}, False)])
def test_only_a_creator_who_can_be_read_vouches_for_what_is_done_elsewhere(metadata: Any, vouched: bool) -> None:
    assert vouched is not forbidden(acting_in("shop", {"name": "w", "namespace": "default", **metadata}))


@pytest.mark.parametrize(("name", "itself"), [("w", True), ("v", False), (5, False), (None, False)])
def test_only_a_name_that_can_be_read_is_compared_with_that_of_the_source(name: Any, itself: bool) -> None:
    document = {**edited(metadata={"name": name}), "spec": {"retryOf": {"name": "w" if name != 5 else 5, "uid": "1"}}}

    assert itself is ((("spec", "retryOf", "name"), "SelfReference") in [(at, code) for at, code, _ in found(document)])


# --- dependencies, by number and by name ------------------------------------------------------------------


def step(number: int, name: str = "", *needs: int) -> dict[str, Any]:
    return {"stepNumber": number, "name": name, "dependsOn": list(needs)}


FEW, MORE = ([step(n, f"s{n}") for n in range(1, count + 1)] for count in (9, 10))


@pytest.mark.parametrize(("steps", "dependencies", "problem"), [
    ([step(1, "a")], {"b": ["a"]}, (("dependencies", "b"), "UnknownStep", "no step is named 'b'")),
    ([step(1, "a"), step(2, "b")], {"b": ["a", "c"]}, (
        ("dependencies", "b", 1), "UnknownStep", "no step is named 'c'")),
    ([step(1, "a"), step(2, "b"), step(4, "b")], {"a": ["b"]}, (
        ("dependencies", "a", 0), "AmbiguousStep",
        "steps 2, 4 are all named 'b'; give them different names or use dependsOn")),
    ([step(1, "a"), step(2, "b"), step(4, "b")], {"b": ["a"]}, (
        ("dependencies", "b"), "AmbiguousStep",
        "steps 2, 4 are all named 'b'; give them different names or use dependsOn")),
    ([step(1, "a")], {"a": ["a"]}, (
        ("dependencies", "a", 0), "SelfDependency", "step 1 depends on itself; remove this entry")),
    ([*FEW, step(10, "", 12)], {}, (
        ("steps", 9, "dependsOn", 0), "UnknownStep",
        "there is no step 12; the steps are 1, 2, 3, 4, 5, 6, 7, 8, 9, 10")),
    ([*MORE, step(11, "", 12)], {}, (
        ("steps", 10, "dependsOn", 0), "UnknownStep",
        "there is no step 12; the steps are 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, ... (11 in all)")),
])
def test_a_dependency_that_names_no_one_step_is_reported_where_it_stands(
        steps: list[dict[str, Any]], dependencies: dict[str, list[str]],
        problem: tuple[tuple[str | int, ...], str, str]) -> None:
    _, problems = resolve(outline_of_raw({"steps": steps, "dependencies": dependencies}), ("d",))

    (path, *told) = problem
    assert [(("d", *path), *told)] == [(p.path, p.reason, p.message) for p in problems]
