"""`wfctl suspend`, `resume` and `stop`: one field each, written on what was judged."""

from __future__ import annotations

import pytest

from wfcontroller.api import ApiError
from wfcore.resources import WORKFLOW_EXECUTIONS

from .cli_world import scale, wfctl, workflow
from .ended import succeeded

NAME = "workflowexecution.workflowexecution.kubernaut.io"


def test_a_workflow_is_suspended_once_and_resumed(world) -> None:
    world.add_workflow(workflow(scale(1)))

    assert f"{NAME}/fix suspended\n" == wfctl("suspend", "fix").out
    assert True is world.workflow("fix")["spec"]["suspend"]
    assert f"{NAME}/fix is suspended already\n" == wfctl("suspend", "fix").out
    assert f"{NAME}/fix resumed\n" == wfctl("resume", "wfe/fix").out
    assert False is world.workflow("fix")["spec"]["suspend"]


def test_a_stop_goes_only_forwards(world) -> None:
    world.add_workflow(workflow(scale(1)))

    assert f"{NAME}/fix is being stopped: running steps end, nothing more is launched\n" == wfctl("stop", "fix").out
    assert "Rollback" == wfctl("stop", "fix", "--rollback", "-o", "json").document["spec"]["stop"]
    assert f"{NAME}/fix is being stopped already (Rollback)\n" == wfctl("stop", "fix").out


def test_what_cannot_be_changed_costs_the_others_nothing(world) -> None:
    world.add_workflow(succeeded("old"))
    world.add_workflow(workflow(scale(1)))
    answer = wfctl("stop", "old", "nothing", "fix", "-o", "name")

    assert (2, f"{NAME}/fix\n") == (answer.code, answer.out)
    assert ["Error: workflow old has ended (completed); there is nothing to stop",
            "Error: workflow 'nothing' does not exist in namespace 'default'; `wfctl get -A` lists all"] == (
        answer.err.splitlines())


def test_somebody_who_was_faster_is_judged_anew(world) -> None:
    world.add_workflow(workflow(scale(1)))
    world.refuse_after("update", 0, ApiError(409, "Conflict", "the object has been modified"), times=4)

    assert 0 == wfctl("suspend", "fix").code

    world.refuse_after("update", 0, ApiError(409, "Conflict", "the object has been modified"), times=5)
    answer = wfctl("resume", "fix")

    assert 2 == answer.code
    assert ("Error: workflow fix cannot be changed: the object has been modified; look at it again and repeat the "
            "command\n") == answer.err


@pytest.mark.parametrize(("error", "code", "said"), [
    (ApiError(422, "Invalid", "it is invalid", causes=(("spec.suspend", "no"),)), 2,
     "workflow fix cannot be changed: it is invalid\n  spec.suspend: no"),
    (ApiError(403, "Forbidden", "alice may not update it."), 3,
     "workflow fix cannot be changed: alice may not update it; ask for the role that allows it; `wfctl doctor` shows"),
    (ApiError(0, "", ""), 3, "status 0; check the server's address"),
    (ApiError(500, "InternalError", "oh"), 3, "oh; repeat the command later"),
])
def test_what_the_server_refuses_is_one_sentence_with_what_to_do(world, error, code, said) -> None:
    world.add_workflow(workflow(scale(1)))
    world.refusals["update", "workflowexecutions"] = error
    answer = wfctl("suspend", "fix")

    assert (code, "") == (answer.code, answer.out)
    assert said in answer.err


def test_a_server_without_the_definitions_is_told_from_a_name_that_does_not_exist(world) -> None:
    world.refusals["get", "workflowexecutions"] = ApiError(
        404, "NotFound", "the server could not find the requested resource")
    answer = wfctl("suspend", "fix")

    assert 3 == answer.code
    assert "the engine's definitions may be missing here; `wfctl doctor` shows it" in answer.err


def test_a_workflow_that_cannot_be_read_is_not_changed(world) -> None:
    made = world.add_workflow(workflow(scale(1)))
    made["spec"]["workflowDefinition"]["steps"][0]["action"] = "unheard-of"
    world.answers["get", "workflowexecutions"] = made
    answer = wfctl("stop", "fix")

    assert 2 == answer.code
    assert "workflow fix cannot be read: $.spec.workflowDefinition.steps[0].action" in answer.err
    assert "" == world.workflow("fix")["spec"]["stop"]


def test_a_connection_that_cannot_be_opened_is_the_environment_s_failure(world, monkeypatch) -> None:
    from wfcontroller.cli import connection

    def connect(kubeconfig, context):
        asked.append((kubeconfig, context))
        raise ApiError(401, "Unauthorized", "who are you")

    asked = []
    monkeypatch.setattr(connection, "connect", connect)
    answer = wfctl("suspend", "fix", "--kubeconfig", "there", "--context", "blue")

    assert [("there", "blue")] == asked
    assert (3, "Error: API server: who are you; log in again, or name another user in the kubeconfig\n") == (
        answer.code, answer.err)
    assert [] == world.names(WORKFLOW_EXECUTIONS)
