"""`wfctl get`: the workflows of a cluster in kubectl's columns and formats."""

from __future__ import annotations

from datetime import timedelta

import pytest
import yaml

from wfcontroller.api import ApiError
from wfcontroller.cli.ages import age, short
from wfcore.model.enums import Outcome, Phase, RollbackStrategy, StepPhase, Strategy
from wfcore.model.plan import ExecutionPlan
from wfcore.model.status import ExecutionMetrics, WorkflowResult
from wfcore.resources import NAMESPACES, WORKFLOW_EXECUTIONS

from .cli_world import scale, wfctl, workflow
from .cluster_world import START, later
from .ended import entry, shown, succeeded

NAME = "workflowexecution.workflowexecution.kubernaut.io"


def failed(name="bad"):
    return shown(entry(1, StepPhase.FAILED), entry(2), phase=Phase.FAILED, name=name, current_step=1, total_steps=2,
                 failure_reason="step_execution_failed", plan_digest="sha256:1",
                 execution_metrics=ExecutionMetrics(total_duration=timedelta(seconds=90)),
                 execution_plan=ExecutionPlan(strategy=Strategy.SEQUENTIAL, estimated_duration=timedelta(seconds=9),
                                              rollback_strategy=RollbackStrategy.AUTOMATIC),
                 workflow_result=WorkflowResult(outcome=Outcome.FAILED))


def test_the_columns_are_those_of_the_definition_with_both_step_counts_in_one(world) -> None:
    world.add_workflow(failed())
    world.add_workflow(workflow(scale(1), name="new"))
    answer = wfctl("get")

    assert (0, "") == (answer.code, answer.err)
    assert ["NAME   PHASE    STEP   OUTCOME   AGE", "bad    failed   1/2    failed    2s",
            "new                              1s"] == answer.out.splitlines()


def test_wide_says_strategy_duration_digest_and_reason(world) -> None:
    world.add_workflow(failed())
    head, line = wfctl("get", "wfe/bad", "-o", "wide").out.splitlines()

    assert head.endswith("STRATEGY     DURATION   PLAN DIGEST   REASON")
    assert line.endswith("sequential   1m30s      sha256:1      step_execution_failed")


def test_all_namespaces_are_told_apart(world) -> None:
    world.add(NAMESPACES, {"metadata": {"name": "shop"}})
    elsewhere = failed("elsewhere")
    elsewhere["metadata"]["namespace"] = "shop"
    world.add_workflow(elsewhere)
    world.add_workflow(failed("here"))

    assert ["here"] == [line.split()[0] for line in wfctl("get").out.splitlines()[1:]]
    assert ["elsewhere"] == [line.split()[0] for line in wfctl("get", "-n", "shop").out.splitlines()[1:]]
    assert [["default", "here"], ["shop", "elsewhere"]] == [
        line.split()[:2] for line in wfctl("get", "-A").out.splitlines()[1:]]


def test_one_name_is_an_object_and_everything_else_a_list(world) -> None:
    world.add_workflow(failed("a"))
    world.add_workflow(failed("b"))
    one, two, all_of_them = (wfctl("get", *names, "-o", "json").document for names in (["a"], ["a", "b"], []))

    assert ("WorkflowExecution", "List", "List") == (one["kind"], two["kind"], all_of_them["kind"])
    assert ["a", "b"] == [item["metadata"]["name"] for item in all_of_them["items"]]
    assert two["items"] == all_of_them["items"]
    assert one == two["items"][0] == yaml.safe_load(wfctl("get", "a", "-o", "yaml").out)
    assert [f"{NAME}/a", f"{NAME}/b"] == wfctl("get", "-o", "name").out.splitlines()


def test_an_empty_namespace_is_no_error(world) -> None:
    answer = wfctl("get")

    assert (0, "", "No workflows found.\n") == (answer.code, answer.out, answer.err)
    assert [] == wfctl("get", "-A", "-o", "json").document["items"]


def test_a_name_that_does_not_exist_costs_the_others_nothing(world) -> None:
    world.add_workflow(failed("a"))
    answer = wfctl("get", "nothing", "a")

    assert (2, "a") == (answer.code, answer.out.splitlines()[1].split()[0])
    assert ("Error: workflow 'nothing' does not exist in namespace 'default'; `wfctl get -A` lists all\n"
            == answer.err)


def test_labels_select(world) -> None:
    labelled = failed("a")
    world.add_workflow(labelled)
    world.do(lambda api: api.create(WORKFLOW_EXECUTIONS, {
        **workflow(scale(1), name="b"), "metadata": {"name": "b", "namespace": "default", "labels": {"team": "x"}}}))

    assert [f"{NAME}/b"] == wfctl("get", "-l", "team=x", "-o", "name").out.splitlines()


def test_watching_goes_on_with_a_line_for_each_change(world) -> None:
    world.add_workflow(failed("a"))
    world.beside = later(5, lambda api: api.create(WORKFLOW_EXECUTIONS, {
        **workflow(scale(1), name="b"), "metadata": {"name": "b", "namespace": "default"}}))
    # Nobody interrupts it here: the server ends it, after several pauses.
    world.refuse_after("list", 1, ApiError(503, "ServiceUnavailable", "the server is away"))
    before = world.now()
    answer = wfctl("get", "-w", "-A")

    assert 3 == answer.code
    assert 330 <= (world.now() - before).total_seconds() < 332  # a watch of 300 s, then patience for half a minute
    assert [["NAMESPACE", "NAME"], ["default", "a"], ["default", "b"]] == [
        line.split()[:2] for line in answer.out.splitlines()]
    assert "API server https://cluster.example:6443: the server is away; repeat the command later" in answer.err


def test_watching_by_name_prints_names(world) -> None:
    world.add_workflow(failed("a"))
    world.refuse_after("list", 1, ApiError(403, "Forbidden", "not any more"))

    assert [f"{NAME}/a"] == wfctl("get", "a", "-w", "-o", "name").out.splitlines()
    assert 2 == wfctl("get", "nothing", "-w").code


@pytest.mark.parametrize("arguments", [("a", "-A"), ("a", "-l", "x=y"), ("-w", "-o", "json"), ("a", "b", "-w"),
                                       ("-w", "-l", "x=y"), ("pod/a",), ("A",), ("a" * 254,)])
def test_what_contradicts_itself_is_bad_usage(world, arguments) -> None:
    answer = wfctl("get", *arguments)

    assert (2, "") == (answer.code, answer.out)
    assert "Error: " in answer.err


@pytest.mark.parametrize("name", ["a", "wfe/a", "workflowexecution/a", "workflowexecutions/a", "WFE/a",
                                  "workflowexecutions.workflowexecution.kubernaut.io/a"])
def test_names_may_say_their_kind_as_for_kubectl(world, name) -> None:
    world.add_workflow(succeeded("a"))

    assert f"{NAME}/a\n" == wfctl("get", name, "-o", "name").out


@pytest.mark.parametrize(("seconds", "said"), [
    (-5, "0s"), (119, "119s"), (120, "2m"), (302, "5m2s"), (600, "10m"), (10_799, "179m"), (10_800, "3h"),
    (11_040, "3h4m"), (28_800, "8h"), (172_799, "47h"), (172_800, "2d"), (183_600, "2d3h"), (691_200, "8d"),
    (63_072_000, "2y"), (63_158_400, "2y1d"), (252_288_000, "8y"),
])
def test_ages_are_said_as_kubectl_says_them(seconds, said) -> None:
    assert said == short(timedelta(seconds=seconds))


def test_an_age_needs_a_beginning() -> None:
    assert ("<unknown>", "100s") == (
        age(None, START), age("2026-01-01T00:00:00Z", START + timedelta(seconds=100)))
