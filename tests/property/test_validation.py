"""Validation: healthy documents have no problem, every kind of damage is reported in its place, nothing raises."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfcore.codec import Malformed, decode_workflow
from wfcore.codec.durations import parse_duration
from wfcore.lifecycle.phase_planning import static_problems
from wfcore.settings import Settings
from wfcore.snapshot import Snapshot
from wfcore.testing.damages import SPEC_DAMAGES, STEP_DAMAGES, damaged, damaged_documents
from wfcore.testing.strategies import SETTINGS, documents, json_values
from wfcore.validation.document import check_document

KEYS = ("apiVersion", "kind", "metadata", "spec", "status", "workflowDefinition", "steps", "dependencies", "x")


def reported(document: object, settings: Settings = SETTINGS) -> set[tuple]:
    return {(problem.path, problem.reason) for problem in check_document(document, settings)}


@given(documents())
def test_a_healthy_document_has_no_problem_and_decodes(document: dict) -> None:
    assert () == check_document(document, SETTINGS)
    assert not isinstance(decode_workflow(document), Malformed)


@pytest.mark.parametrize("name", sorted(STEP_DAMAGES))
@settings(max_examples=max(6, settings().max_examples // 16))
@given(document=documents(), data=st.data())
def test_a_damaged_step_is_reported_in_its_place(name: str, document: dict, data: st.DataObject) -> None:
    steps = document["spec"]["workflowDefinition"]["steps"]
    expected = damaged(document, data.draw(st.sampled_from(range(len(steps)))), name)

    assert expected in reported(document)


@pytest.mark.parametrize("name", sorted(SPEC_DAMAGES))
@settings(max_examples=max(6, settings().max_examples // 16))
@given(document=documents())
def test_a_damaged_spec_is_reported_in_its_place(name: str, document: dict) -> None:
    path, reason = SPEC_DAMAGES[name](document["spec"])

    assert (("spec", *path), reason) in reported(document)


@given(damaged_documents())
def test_several_damages_are_all_reported(case: tuple[dict, frozenset]) -> None:
    document, expected = case

    assert expected <= reported(document)


@given(damaged_documents())
def test_no_problem_is_reported_twice_and_each_says_where_and_what(case: tuple[dict, frozenset]) -> None:
    found = check_document(case[0], SETTINGS)

    assert len(set(found)) == len(found)
    assert all(str(p).startswith("$.") and p.message and "\n" not in str(p) for p in found)


@given(documents(), st.data())
def test_a_step_number_that_is_used_twice_is_reported_at_the_second(document: dict, data: st.DataObject) -> None:
    steps = document["spec"]["workflowDefinition"]["steps"]
    steps.append(copy.deepcopy(data.draw(st.sampled_from(steps))))

    assert (("spec", "workflowDefinition", "steps", len(steps) - 1, "stepNumber"), "Duplicate") in reported(document)


@given(documents())
def test_a_name_that_is_used_twice_names_nobody(document: dict) -> None:
    definition = document["spec"]["workflowDefinition"]
    definition["steps"].append({**copy.deepcopy(definition["steps"][0]), "stepNumber": 777})
    definition["dependencies"] = {definition["steps"][0]["name"]: []}
    place = ("spec", "workflowDefinition", "dependencies", definition["steps"][0]["name"])

    assert (place, "AmbiguousStep") in reported(document)


@given(documents(), st.sampled_from(["apiVersion", "kind"]), json_values(leaves=3))
def test_an_object_of_another_kind_is_refused(document: dict, key: str, value: object) -> None:
    assert ((key,), "NotSupported") in reported({**document, key: value})


@given(json_values() | st.recursive(
    json_values(leaves=4), lambda inner: st.dictionaries(st.sampled_from(KEYS), inner, max_size=6) |
    st.lists(inner, max_size=4), max_leaves=20))
def test_no_json_makes_the_check_raise(value: object) -> None:
    assert isinstance(check_document(value, SETTINGS), tuple)


@pytest.mark.parametrize("bottom", [{}, []])
def test_no_depth_makes_the_check_raise(bottom: object) -> None:
    deep = bottom
    for _ in range(100_000):
        deep = [deep]

    assert {(("spec",), "TooDeep")} <= reported({"spec": {"workflowDefinition": deep}})


def test_a_document_that_is_too_large_is_not_looked_into() -> None:
    problems = check_document({"spec": {"x": "y" * 400_000}}, SETTINGS)

    assert [(("spec",), "TooLarge")] == [(p.path, p.reason) for p in problems if p.path[:1] == ("spec",)]


@given(damaged_documents(most=1))
def test_the_engine_reports_what_the_linter_reports(case: tuple[dict, frozenset]) -> None:
    """Two doors, one set of checks: what decodes is judged alike in planning."""
    workflow = decode_workflow(case[0])
    if isinstance(workflow, Malformed):
        assert {(p.path, p.reason) for p in workflow.problems} <= reported(case[0])
    else:
        found = static_problems(Snapshot(workflow=workflow, settings=SETTINGS))
        assert {(p.path, p.reason) for p in found} == reported(case[0])


SECRETS = st.text(st.characters(exclude_categories=["Cs"]), min_size=4).map(lambda s: f"hunter2{s}") | st.integers(
    10**8, 10**12) | st.just(["hunter2"]) | st.just({"hunter2": "hunter2"}) | st.just(True)


@given(SECRETS)
def test_no_message_shows_a_secret_value(value: object) -> None:
    parameters = {"updateSecret": {"name": "s", "dataUpdates": {"token": value}}}
    step = {"stepNumber": 1, "action": "update-secret", "parameters": parameters}
    document = {"spec": {"workflowDefinition": {"name": "w", "steps": [step]}}}
    text = " ".join(map(str, check_document(document, SETTINGS)))

    assert "updateSecret.dataUpdates" in text

    assert "hunter2" not in text


def test_a_secret_where_the_map_should_be_is_not_shown_either() -> None:
    parameters = {"updateSecret": {"name": "s", "dataUpdates": "hunter2"}}
    step = {"stepNumber": 1, "action": "update-secret", "parameters": parameters}
    document = {"spec": {"workflowDefinition": {"name": "w", "steps": [step]}}}
    text = " ".join(map(str, check_document(document, SETTINGS)))

    assert "hunter2" not in text
    assert "expected a string in quotes" in text


@pytest.mark.parametrize(("trusted", "found"), [
    (frozenset(), 2), (frozenset({"elsewhere"}), 2), (frozenset({"here"}), 0), (None, 0)])
def test_an_operator_decides_where_workflows_may_act(trusted: frozenset | None, found: int) -> None:
    steps = [
        {"stepNumber": 1, "action": "delete-pod",
         "parameters": {"deletePod": {"namespace": "elsewhere", "podName": "p"}}},
        {"stepNumber": 2, "action": "cordon-node", "parameters": {"cordonNode": {"nodeName": "n"}}},
    ]
    document = {"metadata": {"namespace": "here"}, "spec": {"workflowDefinition": {"name": "w", "steps": steps}}}

    assert found == sum(reason == "Forbidden" for _, reason in reported(document, Settings(trusted_namespaces=trusted)))


def test_durations_say_what_to_write() -> None:
    for text, words in (("-1s", "positive"), ("", "90s"), ("1" * 70, "70 characters"), ("9" * 60 + "h", "24h")):
        with pytest.raises(ValueError, match=words):
            parse_duration(text)


@pytest.mark.parametrize(("key", "value"), [("name", "A_b"), ("namespace", "a.b")])
def test_a_name_that_no_object_can_have_is_refused(key: str, value: str) -> None:
    assert ("metadata", key) in {p.path for p in check_document({"metadata": {"name": "w", key: value}}, SETTINGS)
                                 if p.reason == "BadFormat"}
