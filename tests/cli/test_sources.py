"""Files with workflows that roll back or retry another one: what is valid, planned and run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .cli_world import scale, wfctl, workflow, written

FIELDS = ("rollbackOf", "retryOf")


def standing_on(name: str, field: str, uid: str | None = None, *, own: str = "second",
                namespace: str = "default") -> dict[str, Any]:
    """A workflow without steps of its own."""
    source = {"name": name} if uid is None else {"name": name, "uid": uid}
    return {"apiVersion": "workflowexecution.kubernaut.io/v1", "kind": "WorkflowExecution",
            "metadata": {"name": own, "namespace": namespace}, "spec": {field: source}}


def problems(path: Path) -> list[tuple[str, str]]:
    return [(one["path"], one["reason"]) for one in wfctl("validate", path, "-o", "json").document["problems"]]


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("uid", [None, ""])
def test_a_source_that_stands_earlier_in_the_files_needs_no_uid(field: str, uid: str | None, tmp_path: Path) -> None:
    path = written(tmp_path, workflow(scale(1), name="first"), standing_on("first", field, uid))

    assert [] == problems(path)


@pytest.mark.parametrize("field", FIELDS)
def test_a_source_that_stands_later_elsewhere_or_nowhere_does(field: str, tmp_path: Path) -> None:
    """A file for a real cluster has to name it, because there the name alone may mean another workflow by then."""
    first = workflow(scale(1), name="first")
    missing = [(f"$.spec.{field}.uid", "Missing")]

    assert missing == problems(written(tmp_path, standing_on("first", field), first))
    assert missing == problems(written(tmp_path, first, standing_on("first", field, namespace="shop")))
    assert missing == problems(written(tmp_path, standing_on("first", field)))
    assert [] == problems(written(tmp_path, standing_on("first", field, "u")))


def test_a_missing_uid_says_what_would_make_it_needless(tmp_path: Path) -> None:
    answer = wfctl("validate", written(tmp_path, standing_on("first", "retryOf")))

    assert ("required, but missing; only a workflow that stands earlier in the files may be named without its uid"
            in answer.out)


@pytest.mark.parametrize("source", [5, [], "first", {}, {"name": 5}, {"name": ["x"]}])
@pytest.mark.parametrize("namespace", ["default", ["x"], 5])
def test_no_source_crashes_the_check(source: Any, namespace: Any, tmp_path: Path) -> None:
    broken = standing_on("first", "rollbackOf", namespace=namespace)
    broken["spec"]["rollbackOf"] = source

    assert problems(written(tmp_path, workflow(scale(1), name="first"), broken))


@pytest.mark.parametrize("field", FIELDS)
def test_a_plan_that_needs_another_workflow_is_not_guessed(field: str, tmp_path: Path) -> None:
    given = written(tmp_path, workflow(scale(1), name="first"), standing_on("first", field))
    answer = wfctl("plan", given)

    assert (2, "") == (answer.code, answer.out)
    assert "workflow second rolls back or retries another one, and its plan is made from how that one ended" in \
        " ".join(answer.err.split())


def test_a_step_to_fail_may_be_one_of_any_workflow_that_has_steps(tmp_path: Path) -> None:
    given = written(tmp_path, workflow(scale(1), name="first"), standing_on("first", "rollbackOf"))
    answer = wfctl("run", given, "--fail", "7")

    assert 2 == answer.code
    assert "--fail 7: no workflow has a step 7" in answer.err
