"""`wfctl rollback` and `retry`: a new workflow under a derived name, which really undoes or retries."""

from __future__ import annotations

import pytest

from wfcontroller.api import ApiError
from wfcore.model.workflow import ANNOTATION_CREATED_BY
from wfcore.resources import DEPLOYMENTS, WORKFLOW_EXECUTIONS

from .cli_world import scale, wfctl, workflow, written
from .ended import rolled_back, succeeded
from .test_submit import deployment

NAME = "workflowexecution.workflowexecution.kubernaut.io"


@pytest.fixture
def ended(world, tmp_path):
    """A workflow that scaled one Deployment and failed at the next, which is not there; nothing is rolled back."""
    world.add(DEPLOYMENTS, deployment("web-1"))
    world.live = True
    undo = {"rollbackSpec": {"action": "scale-to-previous"}}
    wfctl("submit", written(tmp_path, workflow(scale(1, **undo), scale(2, 1, criticalStep=True),
                                               executionStrategy={"rollbackStrategy": "manual"})), "--wait")
    assert "failed" == world.workflow("fix")["status"]["phase"]
    assert 2 == world.get(DEPLOYMENTS, "web-1")["spec"]["replicas"]
    return world


def test_a_rollback_undoes_what_was_changed(ended) -> None:
    answer = wfctl("rollback", "fix", "--wait")

    assert 0 == answer.code
    assert f"{NAME}/fix-rollback created" == answer.out.splitlines()[0]
    assert "fix-rollback: completed, success" in answer.out
    assert 1 == ended.get(DEPLOYMENTS, "web-1")["spec"]["replicas"]


def test_a_rollback_of_some_steps_names_them_and_its_creator(ended) -> None:
    document = wfctl("rollback", "fix", "--step", "1", "--name", "undo", "-o", "json").document

    assert "undo" == document["metadata"]["name"]
    assert "alice" == document["metadata"]["annotations"][ANNOTATION_CREATED_BY]
    assert {"name": "fix", "uid": ended.workflow("fix")["metadata"]["uid"], "steps": [1]} == (
        document["spec"]["rollbackOf"])


def test_a_retry_carries_over_what_has_succeeded(ended) -> None:
    ended.add(DEPLOYMENTS, deployment("web-2"))
    ended.live = True
    wfctl("rollback", "fix", "--wait")
    answer = wfctl("retry", "fix", "--wait", "-o", "json")

    assert 0 == answer.code
    assert ("fix-retry", "success") == (answer.document["name"], answer.document["outcome"])


def test_names_that_are_taken_are_counted_on(world) -> None:
    world.add_workflow(succeeded())
    world.add_workflow(workflow(scale(1), name="fix-retry"))

    assert f"{NAME}/fix-retry-2 created\n" == wfctl("retry", "fix").out
    assert f"{NAME}/fix-retry-3\n" == wfctl("retry", "wfe/fix", "-o", "name").out


def test_a_name_that_is_given_has_to_be_free(world) -> None:
    world.add_workflow(succeeded())
    answer = wfctl("retry", "fix", "--name", "fix")

    assert (2, "Error: workflow fix exists already; give another name with --name\n") == (answer.code, answer.err)


@pytest.mark.parametrize(("command", "said"), [
    (("rollback", "fix"), "cannot rollback: workflow fix has changed nothing; there is nothing to undo"),
    (("rollback", "fix", "--step", "7"), "cannot rollback: workflow fix has no step 7; its steps are 1, 2"),
    (("retry", "fix", "--step", "7"), "cannot retry: workflow fix has no step 7; its steps are 1, 2"),
    (("retry", "new"), "cannot retry: workflow new is new; wait for its end with `wfctl watch new -n default`"),
    (("retry", "nothing"), "workflow 'nothing' does not exist in namespace 'default'"),
    (("retry", "fix", "--wait", "-o", "name"), "--wait shows how it ended, as text or json, not as name"),
    (("retry", "fix", "--step", "0"), "0 is not in the range x>=1"),
])
def test_where_nothing_can_be_started_from_the_reason_is_said(world, command, said) -> None:
    world.add_workflow(succeeded())
    world.add_workflow(workflow(scale(1), name="new"))
    answer = wfctl(*command)

    assert (2, "") == (answer.code, answer.out)
    assert said in answer.err
    assert ["fix", "new"] == world.names(WORKFLOW_EXECUTIONS)


def test_what_the_server_refuses_is_passed_on(world) -> None:
    world.add_workflow(rolled_back())
    world.refusals["create", "workflowexecutions"] = ApiError(403, "Forbidden", "alice may not create it")
    answer = wfctl("retry", "fix")

    assert 3 == answer.code
    assert "workflow fix-retry was refused: alice may not create it; ask for the role that allows it" in answer.err
