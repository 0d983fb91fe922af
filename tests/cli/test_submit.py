"""`wfctl submit`: creates the workflows of files under the caller's name, and may follow them to their end."""

from __future__ import annotations

import pytest

from wfcontroller.api import ApiError
from wfcore.model.workflow import ANNOTATION_APPROVAL_BY, ANNOTATION_CREATED_BY
from wfcore.resources import DEPLOYMENTS, NAMESPACES, WORKFLOW_EXECUTIONS

from .cli_world import ROOT, scale, wfctl, workflow, written
from .cluster_world import later

NAME = "workflowexecution.workflowexecution.kubernaut.io"


def deployment(name, replicas=1, namespace="default"):
    labels = {"app": name}
    return {"metadata": {"name": name, "namespace": namespace}, "spec": {
        "replicas": replicas, "selector": {"matchLabels": labels}, "template": {
            "metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "registry.example/a:1"}]}}}}


def test_a_workflow_is_created_in_the_context_s_namespace_under_the_caller_s_name(world, tmp_path) -> None:
    world.namespace = "shop"
    world.add(NAMESPACES, {"metadata": {"name": "shop"}})
    answer = wfctl("submit", written(tmp_path, workflow(scale(1))))
    stored = world.get(WORKFLOW_EXECUTIONS, "fix", "shop")

    assert (0, f"{NAME}/fix created\n", "") == (answer.code, answer.out, answer.err)
    assert {ANNOTATION_CREATED_BY: "alice"} == stored["metadata"]["annotations"]


def test_several_files_and_standard_input_are_one_list_of_objects(world, tmp_path) -> None:
    first = written(tmp_path, workflow(scale(1), name="a"), name="a.json")
    given = written(tmp_path, workflow(scale(1), name="b"), name="b.json").read_text(encoding="utf-8")
    document = wfctl("submit", first, "-", "-o", "json", given=given).document

    assert "List" == document["kind"]
    assert [("WorkflowExecution", "a"), ("WorkflowExecution", "b")] == [
        (item["kind"], item["metadata"]["name"]) for item in document["items"]]
    assert ["a", "b"] == world.names(WORKFLOW_EXECUTIONS)


def test_problems_are_reported_as_validate_reports_them(world, tmp_path) -> None:
    path = written(tmp_path, workflow(scale(1, 7)))
    answer = wfctl("submit", path)

    assert (2, "", wfctl("validate", path).out) == (answer.code, answer.out, answer.err)
    assert [] == world.names(WORKFLOW_EXECUTIONS)


def test_other_objects_are_left_alone_and_named(world) -> None:
    answer = wfctl("submit", ROOT / "docs" / "examples" / "approval.yaml", "-n", "payments", "--dry-run")

    assert "Deployment ledger is left alone; submit creates workflows only" in answer.err
    assert [] == world.names(DEPLOYMENTS)


def test_a_dry_run_stores_nothing(world, tmp_path) -> None:
    answer = wfctl("submit", written(tmp_path, workflow(scale(1))), "--dry-run")

    assert (0, f"{NAME}/fix created (server dry run)\n") == (answer.code, answer.out)
    assert [] == world.names(WORKFLOW_EXECUTIONS)


def test_what_one_workflow_is_refused_for_costs_the_others_nothing(world, tmp_path) -> None:
    world.add_workflow(workflow(scale(1), name="a"))
    answer = wfctl("submit", written(tmp_path, workflow(scale(1), name="a"), workflow(scale(1), name="b")), "-o",
                   "json")

    assert (2, "b") == (answer.code, answer.document["metadata"]["name"])
    assert "workflow a was refused: " in answer.err
    assert "already exists; look at it again and repeat the command" in answer.err


def test_the_namespaces_of_file_and_option_have_to_agree(world, tmp_path) -> None:
    placed = workflow(scale(1))
    placed["metadata"]["namespace"] = "shop"
    answer = wfctl("submit", written(tmp_path, placed), "-n", "payments")

    assert (2, "") == (answer.code, answer.out)
    assert "workflow fix says namespace 'shop' and -n says 'payments'; remove one of them" in answer.err


def test_an_approval_or_another_s_name_in_the_file_is_not_taken_over(world, tmp_path) -> None:
    copied = workflow(scale(1))
    copied["metadata"]["annotations"] = {ANNOTATION_APPROVAL_BY: "bob", "team": "shop"}
    named = workflow(scale(1), name="other")
    named["metadata"]["annotations"] = {ANNOTATION_CREATED_BY: "bob"}
    answer = wfctl("submit", written(tmp_path, copied, named))

    assert {"team": "shop", ANNOTATION_CREATED_BY: "alice"} == world.workflow("fix")["metadata"]["annotations"]
    assert f"workflow fix: {ANNOTATION_APPROVAL_BY} is not taken over" in answer.err
    assert f"workflow other: {ANNOTATION_CREATED_BY} is not taken over" in answer.err


def test_a_workflow_that_starts_from_another_of_the_same_files_has_to_wait_for_it(world) -> None:
    answer = wfctl("submit", ROOT / "docs" / "examples" / "retry-of.yaml")

    assert 2 == answer.code
    assert "of the same files, which has to end first; submit it afterwards, or use `wfctl rollback" in answer.err


def test_waiting_follows_a_workflow_to_its_end(world, tmp_path) -> None:
    world.add(DEPLOYMENTS, deployment("web-1"))
    world.live = True
    answer = wfctl("submit", written(tmp_path, workflow(scale(1))), "--wait")

    assert 0 == answer.code
    assert f"{NAME}/fix created" == answer.out.splitlines()[0]
    assert "fix: completed, success; 1 of 1 steps in " in answer.out
    assert 2 == world.get(DEPLOYMENTS, "web-1")["spec"]["replicas"]


def test_waiting_for_json_prints_how_they_ended_and_nothing_else(world, tmp_path) -> None:
    world.add(DEPLOYMENTS, deployment("web-1"))
    world.live = True
    bad = workflow(scale(2, criticalStep=True), name="bad")
    answer = wfctl("submit", written(tmp_path, workflow(scale(1)), bad), "--wait", "-o", "json")

    assert 1 == answer.code
    assert [("fix", "success"), ("bad", "failed")] == [(one["name"], one["outcome"]) for one in answer.document]


def test_a_workflow_that_is_deleted_while_it_is_waited_for_is_the_environment_s_failure(world, tmp_path) -> None:
    world.beside = later(5, lambda api: api.delete(WORKFLOW_EXECUTIONS, "default", "fix"))
    answer = wfctl("submit", written(tmp_path, workflow(scale(1))), "--wait")

    assert 3 == answer.code
    assert "workflow fix was deleted before it ended; `wfctl events fix -n default` shows" in answer.err


@pytest.mark.parametrize(("options", "said"), [
    (("--wait", "--dry-run"), "--wait and --dry-run exclude each other"),
    (("--wait", "-o", "name"), "--wait shows how workflows ended, as text or json, not as name"),
])
def test_what_excludes_each_other_is_refused(world, tmp_path, options, said) -> None:
    answer = wfctl("submit", written(tmp_path, workflow(scale(1))), *options)

    assert (2, True) == (answer.code, said in answer.err)


def test_a_server_that_does_not_answer_is_the_environment_s_failure(world, tmp_path) -> None:
    world.refusals["create", "selfsubjectreviews"] = ApiError(0, "", "connection refused")
    answer = wfctl("submit", written(tmp_path, workflow(scale(1))))

    assert 3 == answer.code
    assert ("Error: API server https://cluster.example:6443: connection refused; check the server's address in the "
            "kubeconfig and the network to it\n") == answer.err
