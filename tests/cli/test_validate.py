"""`wfctl validate`: every problem at once, each with its place; what it refuses, `plan` and `run` refuse alike."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from wfcontroller.cli.documents import MAX_FILE_BYTES

from .cli_world import EXAMPLES, scale, wfctl, workflow, written
from .test_composing import BOMB

NEGATIVE = scale(1, timeout="-5s")
FIVE = scale(1, parameters={"scaleDeployment": {"deployment": "web", "replicas": "five"}})
OTHER_MEMBER = scale(1, parameters={"restartDeployment": {"deployment": "web"}})

WRONG_WORKFLOWS: dict[str, tuple[dict[str, Any], str, str]] = {
    "no steps": (workflow(), "TooFew", "$.spec.workflowDefinition.steps"),
    "501 steps": (workflow(*map(scale, range(1, 502))), "TooMany", "$.spec.workflowDefinition.steps"),
    "duplicate numbers": (workflow(scale(1), scale(1)), "Duplicate", "$.spec.workflowDefinition.steps[1].stepNumber"),
    "unknown dependency": (workflow(scale(1, 9)), "UnknownStep", "$.spec.workflowDefinition.steps[0].dependsOn[0]"),
    "self edge": (workflow(scale(1, 1)), "SelfDependency", "$.spec.workflowDefinition.steps[0].dependsOn[0]"),
    "cycle of three": (workflow(scale(1, 3), scale(2, 1), scale(3, 2)), "Cycle",
                       "$.spec.workflowDefinition.steps[0].dependsOn"),
    "other member": (workflow(OTHER_MEMBER), "UnionMismatch", "$.spec.workflowDefinition.steps[0].parameters"),
    "unknown field": (workflow(scale(1, retry=3)), "UnknownField", "$.spec.workflowDefinition.steps[0].retry"),
    "negative duration": (workflow(NEGATIVE), "BadFormat", "$.spec.workflowDefinition.steps[0].timeout"),
    "replicas five": (workflow(FIVE), "WrongType",
                      "$.spec.workflowDefinition.steps[0].parameters.scaleDeployment.replicas"),
}
WRONG_FILES: dict[str, tuple[bytes, str]] = {
    "invalid YAML": (b"a: 1\nb: c: d\n", "InvalidYAML"),
    "alias bomb": (BOMB.encode(), "TooManyAliases"),
    "3 MB": (b"# " + b"x" * 3_000_000, "TooLarge"),
    "binary garbage": (bytes(range(256)) * 10, "NotUTF8"),
    "text with zeros": (b"kind: \x00\x01\x02", "InvalidYAML"),
    "nothing": (b"# only a comment\n", "Empty"),
    "a scalar": (b"hello\n", "WrongType"),
    "duplicate key": (b"apiVersion: v1\nkind: Node\nmetadata: {name: a}\nkind: Node\n", "DuplicateKey"),
}


@pytest.fixture(params=[*WRONG_WORKFLOWS, *WRONG_FILES])
def wrong(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str]:
    """A bad file and the reason that has to be among those given."""
    if request.param in WRONG_WORKFLOWS:
        document, reason, _ = WRONG_WORKFLOWS[request.param]
        return written(tmp_path, document), reason
    content, reason = WRONG_FILES[request.param]
    path = tmp_path / "given.yaml"
    path.write_bytes(content)
    return path, reason


def test_validate_names_the_problem_and_exits_2(wrong: tuple[Path, str]) -> None:
    path, reason = wrong
    answer = wfctl("validate", path, "-o", "json")

    assert (2, False) == (answer.code, answer.document["valid"])
    assert reason in [problem["reason"] for problem in answer.document["problems"]]
    assert {str(path)} == {problem["file"] for problem in answer.document["problems"]}


@pytest.mark.parametrize("command", ["plan", "run"])
def test_plan_and_run_refuse_the_same(wrong: tuple[Path, str], command: str) -> None:
    path, reason = wrong
    answer = wfctl(command, path, "-o", "json")

    assert (2, "") == (answer.code, answer.out)
    assert f"({reason})" in answer.err


@pytest.mark.parametrize(("document", "reason", "path"), WRONG_WORKFLOWS.values(), ids=WRONG_WORKFLOWS)
def test_a_problem_of_a_workflow_says_its_path(document: Any, reason: str, path: str, tmp_path: Path) -> None:
    problems = wfctl("validate", written(tmp_path, document), "-o", "json").document["problems"]

    assert (reason, path) in [(problem["reason"], problem["path"]) for problem in problems]


def test_every_problem_is_given_at_once_sorted_by_place(tmp_path: Path) -> None:
    path = tmp_path / "given.yaml"
    path.write_text("""\
apiVersion: v1
kind: Pot
metadata: {name: a}
---
apiVersion: workflowexecution.kubernaut.io/v1
kind: WorkflowExecution
metadata: {name: fix}
spec:
  workflowDefinition:
    name: fix
    steps:
      - stepNumber: 1
        action: scale-deployment
        parameters:
          scaleDeployment: {deployment: web, replicas: five}
        timeout: -1s
      - stepNumber: 2
        action: cordon-node
        dependsOn: [7]
""", encoding="utf-8")
    answer = wfctl("validate", path)
    lines = answer.out.splitlines()

    assert [f"{path}:2:7", f"{path}:15:56", f"{path}:16:18", f"{path}:17:9", f"{path}:19:21"] == [
        line.split(": ")[0] for line in lines]
    assert lines[1].endswith("$.spec.workflowDefinition.steps[0].parameters.scaleDeployment.replicas: "
                             "expected an integer, got 'five' (WrongType)")
    assert "5 problems in 1 file" == answer.err.strip()


def test_an_unknown_kind_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    answer = wfctl("validate", written(tmp_path, {"apiVersion": "v1", "kind": "Deployment", "metadata": {"name": "a"}}))

    assert 2 == answer.code
    assert "apiVersion 'v1' kind 'Deployment' is not known here" in answer.out
    assert "apps/v1 Deployment" in answer.out


@pytest.mark.parametrize(("metadata", "reason"), [
    (None, "Missing"), ({}, "Missing"), ({"name": 5}, "WrongType"), ({"name": ""}, "WrongType"),
    ({"name": "a", "namespace": 1}, "WrongType"),
])
def test_an_object_needs_a_name(metadata: Any, reason: str, tmp_path: Path) -> None:
    path = written(tmp_path, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})

    assert [reason] == [p["reason"] for p in wfctl("validate", path, "-o", "json").document["problems"]]


def test_an_object_given_twice_is_a_problem_over_all_files(tmp_path: Path) -> None:
    one = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}
    other = {**one, "metadata": {"name": "a", "namespace": "default"}}
    first, second = written(tmp_path, one, name="1.json"), written(tmp_path, other, name="2.json")
    problems = wfctl("validate", first, second, "-o", "json").document["problems"]

    assert [(str(second), "Duplicate")] == [(problem["file"], problem["reason"]) for problem in problems]


def test_objects_of_one_name_in_two_namespaces_are_two(tmp_path: Path) -> None:
    path = written(tmp_path, *({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": place}}
                               for place in ("one", "two")))

    assert 0 == wfctl("validate", path).code


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_is_valid(path: Path) -> None:
    answer = wfctl("validate", path)

    assert (0, 1, "") == (answer.code, len(answer.out.splitlines()), answer.err)
    assert answer.out.startswith(f"{path}: valid; ")


def test_a_valid_file_is_so_in_json(tmp_path: Path) -> None:
    assert {"valid": True, "problems": []} == wfctl("validate", written(tmp_path, workflow(scale(1))), "-o",
                                                    "json").document


def test_standard_input_is_a_file() -> None:
    assert "<stdin>: valid; 1 workflow, 0 other objects\n" == wfctl(
        "validate", "-", given=json.dumps(workflow(scale(1)))).out
    assert "<stdin>:1:1: " in wfctl("validate", "-", given="x" * (MAX_FILE_BYTES + 1)).out


def test_a_list_is_taken_apart_and_its_items_keep_their_places() -> None:
    given = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Node\n  metadata: {name: a}\n- kind: Pot\n"
    answer = wfctl("validate", "-", given=given)

    assert "<stdin>:7:3: $.metadata: required, but missing (Missing)" in answer.out.splitlines()
    assert "<stdin>:7:9: $.kind: " in answer.out
    assert "(WrongType)" in wfctl("validate", "-", given="apiVersion: v1\nkind: List\nitems: 5\n").out


def test_json_with_characters_in_two_halves_is_read() -> None:
    text = '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"k": "\\ud83d\\ude00"}}'

    assert 0 == wfctl("validate", "-", given=text).code


def test_json_that_yaml_cannot_read_is_not_nested_without_limit() -> None:
    deep = '{"a": "\\ud83d\\ude00", "b": ' + "[" * 300 + "]" * 300 + "}"

    assert 2 == wfctl("validate", "-", given=deep).code


def test_flow_style_that_is_not_json_is_yaml() -> None:
    assert 0 == wfctl("validate", "-", given="{apiVersion: v1, kind: Node, metadata: {name: a}}").code


@pytest.mark.parametrize(("make", "said"), [
    (lambda path: None, "No such file or directory (Unreadable)"),
    (lambda path: path.mkdir(), "Is a directory (Unreadable)"),
])
def test_a_file_that_cannot_be_read_is_bad_input(make: Any, said: str, tmp_path: Path) -> None:
    path = tmp_path / "given.yaml"
    make(path)
    answer = wfctl("validate", path)

    assert (2, f"{path}:1:1: $: {said}") == (answer.code, answer.out.strip())


def test_invalid_utf_8_is_placed(tmp_path: Path) -> None:
    path = tmp_path / "given.yaml"
    path.write_bytes(b"a: 1\nb: \xff\n")

    assert wfctl("validate", path).out.startswith(f"{path}:2:4: $: byte 0xff is not UTF-8")


def test_a_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    path = tmp_path / "given.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(workflow(scale(1))).encode())

    assert 0 == wfctl("validate", path).code


@pytest.mark.parametrize("command", ["plan", "run"])
def test_files_without_a_workflow_are_nothing_to_plan_or_run(command: str, tmp_path: Path) -> None:
    path = written(tmp_path, {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "a"}})
    answer = wfctl(command, path)

    assert 2 == answer.code
    assert f"{path}:1:1: $: no WorkflowExecution" in answer.err
    assert 0 == wfctl("validate", path).code


def test_a_file_that_grows_for_ever_is_refused() -> None:
    assert os.path.exists("/dev/zero")
    assert "(TooLarge)" in wfctl("validate", "/dev/zero").out


def test_without_a_file_the_usage_is_shown() -> None:
    answer = wfctl("validate")

    assert 2 == answer.code
    assert "Usage:" in answer.err
