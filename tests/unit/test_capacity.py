"""Safety check `capacity`: what a scale-up adds and a drain moves has to fit; what cannot fit fails."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from wfcore.validation.facts import selects
from wfcore.validation.quantities import asked_by, quantity

from .clusters import (
    BUDGETS,
    NODES,
    PODS,
    QUOTAS,
    WEB,
    checked,
    cordon,
    deployment,
    drain,
    inspected,
    node,
    pod,
    verdict,
)
from .clusters import quota as quota_of
from .stories import Story, scale, workflow

HALF = {"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"cpu": "1"}}


def grown(replicas: Any = 1, **facts: Any) -> Story:
    """A workflow that scales to 3 replicas, in a cluster with one node of 4 CPUs unless told otherwise."""
    given = {WEB: [deployment(replicas, **HALF)], NODES: [node("n1")], PODS: [], **facts.get("facts", {})}
    given[NODES] = [n if "memory" in n["status"].get("allocatable", {}) else
                    {**n, "status": {**n["status"], "allocatable": {**n["status"]["allocatable"], "memory": "64Gi"}}}
                    for n in given[NODES]] if given[NODES] is not None else None
    return checked("capacity", scale(1), facts=given)


def test_what_fits_passes() -> None:
    assert (True, False, "there is room for what the steps add or move") == verdict(grown(), "capacity")


def test_a_plan_that_neither_scales_nor_drains_has_nothing_to_read() -> None:
    restart = {"stepNumber": 1, "action": "restart-deployment", "parameters": {"restartDeployment": {
        "deployment": "web"}}}
    story = checked("capacity", restart)

    assert (True, [WEB]) == (verdict(story, "capacity")[0], inspected(story))


@pytest.mark.parametrize("replicas", [3, 5])
def test_scaling_down_needs_no_room(replicas: int) -> None:
    assert verdict(grown(replicas, facts={NODES: []}), "capacity")[0]


@pytest.mark.parametrize(("nodes", "pods", "room"), [
    ([node("n1", cpu="900m")], [], 1), ([node("n1", pods="1")], [], 1),
    ([node("n1", cpu="2")], [pod("p", "n1", "1.5")], 1), ([node("n1", cpu="2")], [pod("p", "n1", "9")], 0),
    ([node("n1", spec={"unschedulable": True})], [], 0), ([{"metadata": {"name": "n"}, "status": {
        "allocatable": {"cpu": "4"}}}], [], 0),
    ([node("n1", cpu="500m"), node("n2", cpu="900m")], [], 2),
    ([node("n1", cpu="1")], [pod("p", "n1", "1", status={"phase": "Succeeded"})], 2)])
def test_new_pods_have_to_find_room_on_nodes_that_take_pods(nodes: list, pods: list, room: int) -> None:
    story = grown(facts={NODES: nodes, PODS: pods})

    assert (room >= 2) is verdict(story, "capacity")[0]
    assert room >= 2 or f"deployment/default/web grows by 2 pods and nodes have room for {room}" == verdict(
        story, "capacity")[2]


def test_nodes_that_the_workflow_itself_takes_away_do_not_count() -> None:
    facts = {WEB: [deployment(1, requests={"cpu": "1"})], NODES: [node("n1"), node("n2")], PODS: []}

    assert verdict(checked("capacity", scale(1), cordon(2, "n1"), facts=facts), "capacity")[0]
    both = checked("capacity", scale(1), cordon(2, "n1"), cordon(3, "n2"), facts=facts)
    assert not verdict(both, "capacity")[0]


def test_two_steps_that_scale_one_deployment_count_once() -> None:
    facts = {WEB: [deployment(1, requests={"cpu": "1"})], NODES: [node("n1", cpu="2")], PODS: []}

    assert verdict(checked("capacity", scale(1), scale(2, 1), facts=facts), "capacity")[0]


@pytest.mark.parametrize(("hard", "used", "passed"), [
    ({"pods": "10"}, {"pods": "8"}, True), ({"pods": "10"}, {"pods": "9"}, False),
    ({"count/pods": "10"}, {"count/pods": "9"}, False),
    ({"cpu": "2"}, {"cpu": "1"}, True), ({"requests.cpu": "2"}, {"requests.cpu": "1100m"}, False),
    ({"memory": "2Gi"}, {}, True), ({"requests.memory": "2047Mi"}, {}, False),
    ({"limits.cpu": "1"}, {}, False), ({"limits.memory": "1"}, {}, True),
    ({"services": "0"}, {"services": "1"}, True), ({"cpu": "much"}, {}, True)])
def test_a_quota_has_to_leave_what_is_added(hard: dict, used: dict, passed: bool) -> None:
    story = grown(facts={QUOTAS: [quota_of(hard, used)]})

    assert passed is verdict(story, "capacity")[0]


def test_a_quota_that_is_too_small_is_named_with_its_figures() -> None:
    story = grown(facts={QUOTAS: [quota_of({"cpu": "2"}, {"cpu": "1500m"})]})

    assert "ResourceQuota default/q allows 2 cpu, 1.5 are used and 1 would be added" == verdict(story, "capacity")[2]


@pytest.mark.parametrize(("spec", "counted"), [
    ({}, True), ({"scopes": ["NotTerminating"]}, True), ({"scopes": ["Terminating"]}, False),
    ({"scopes": ["NotBestEffort"]}, True), ({"scopes": ["BestEffort"]}, False), ({"scopes": ["PriorityClass"]}, False),
    ({"scopeSelector": {}}, False), ({"scopes": "all"}, True)])
def test_only_quotas_whose_scope_counts_the_new_pods_are_judged(spec: dict, counted: bool) -> None:
    story = grown(facts={QUOTAS: [quota_of({"pods": "0"}, **spec)]})

    assert counted is not verdict(story, "capacity")[0]


@pytest.mark.parametrize("unread", [WEB, QUOTAS, NODES, PODS])
def test_what_cannot_be_read_is_unknown(unread: Any) -> None:
    assert (False, True) == verdict(grown(facts={unread: None}), "capacity")[:2]


def test_a_deployment_that_does_not_exist_cannot_grow() -> None:
    assert (False, False, "deployment/default/web does not exist") == verdict(grown(facts={WEB: ()}), "capacity")


# --- drains -----------------------------------------------------------------------------------------------


def budget(allowed: Any, **selector: Any) -> dict[str, Any]:
    return {"metadata": {"namespace": "default", "name": "b"}, "spec": {"selector": selector} if selector else {},
            "status": {"disruptionsAllowed": allowed}}


TWO_NODES, ONE_POD = (node("n1"), node("n2")), (pod("p", "n1"),)


def drained(*steps: dict[str, Any], nodes: Any = TWO_NODES, pods: Any = ONE_POD,
            budgets: Any = ()) -> tuple[bool, bool, str]:
    facts = {NODES: nodes, PODS: pods, BUDGETS: budgets}
    return verdict(checked("capacity", *(steps or (drain(1),)), facts=facts), "capacity")


def test_a_node_whose_pods_find_room_elsewhere_can_be_drained() -> None:
    assert drained()[0]


@pytest.mark.parametrize("nodes", [
    (node("n1"),), (node("n1"), node("n2", spec={"unschedulable": True})), (node("n1"), {"metadata": {"name": "n2"}})])
def test_a_drain_needs_another_schedulable_ready_node(nodes: tuple) -> None:
    assert (False, False, "no other schedulable Ready node remains") == drained(nodes=nodes)


def test_a_node_that_the_workflow_cordons_is_none_that_remains() -> None:
    assert "no other schedulable Ready node remains" == drained(drain(1, "n1"), cordon(2, "n2"))[2]


def test_the_remaining_nodes_have_to_have_what_the_pods_ask_for() -> None:
    crowded = (pod("a", "n1", "3"), pod("b", "n2", "2"))

    assert (False, False, "the drained pods ask for 3 cpu and the remaining nodes have 2") == drained(pods=crowded)
    assert drained(pods=(pod("a", "n1", "3"), pod("b", "n2", "1")))[0]


@pytest.mark.parametrize("staying", [
    pod("d", "n1", "99", owner="DaemonSet"), pod("f", "n1", "99", status={"phase": "Failed"}),
    {**pod("m", "n1", "99"), "metadata": {"annotations": {"kubernetes.io/config.mirror": "x"}}}])
def test_pods_that_a_drain_leaves_or_that_are_over_need_no_room(staying: dict[str, Any]) -> None:
    assert drained(pods=(staying,), budgets=(budget(0, matchLabels={"app": "web"}),))[0]


@pytest.mark.parametrize(("allowed", "selector", "passed"), [
    (0, {"matchLabels": {"app": "web"}}, False), (1, {"matchLabels": {"app": "web"}}, True),
    (0, {"matchLabels": {"app": "db"}}, True), (0, {}, True), (None, {"matchLabels": {"app": "web"}}, False)])
def test_a_budget_that_allows_no_disruption_forbids_a_drain(allowed: Any, selector: dict, passed: bool) -> None:
    said = drained(budgets=(budget(allowed, **selector),))

    assert passed is said[0]
    assert passed or "PodDisruptionBudget default/b allows no eviction of default/p" == said[2]


@pytest.mark.parametrize(("facts", "word"), [({"budgets": None}, "disruption budgets"),
                                             ({"nodes": None}, "what nodes have free")])
def test_what_a_drain_cannot_know_is_unknown(facts: dict, word: str) -> None:
    assert (False, True, f"{word} cannot be read") == drained(**facts)


# --- quantities and selectors -----------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "number"), [
    ("500m", Fraction(1, 2)), ("2Gi", 2 * 1024**3), ("1e3", 1000), ("1E3", 1000), ("1E", 10**18),
    (".5", Fraction(1, 2)),
    ("-1", -1), ("1k", 1000), ("100n", Fraction(1, 10**7)), ("3u", Fraction(3, 10**6)), (2, 2), (0.5, Fraction(1, 2)),
    ("", None), ("1 Gi", None), ("Gi", None), ("1e999", None), ("9" * 40, None), (True, None), (None, None),
    (float("inf"), None), (float("nan"), None), ([], None)])
def test_a_quantity_is_an_exact_number_or_none(text: Any, number: Any) -> None:
    assert number == quantity(text)


def test_a_pod_asks_for_its_containers_together_or_its_largest_initial_one_and_the_overhead() -> None:
    def container(cpu: str) -> dict[str, Any]:
        return {"resources": {"requests": {"cpu": cpu}}}

    spec = {"containers": [container("1"), container("2")], "initContainers": [container("1"), container("5")],
            "overhead": {"cpu": "250m"}}
    assert {"cpu": Fraction(21, 4)} == asked_by(spec, "requests")
    assert {"cpu": Fraction(13, 4)} == asked_by({**spec, "initContainers": []}, "requests")
    assert {} == asked_by("nonsense", "requests")


@pytest.mark.parametrize(("selector", "selected"), [
    (None, False), ({}, True), ({"matchLabels": {"a": "b"}}, True), ({"matchLabels": {"a": "c"}}, False),
    ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]}, True),
    ({"matchExpressions": [{"key": "a", "operator": "In", "values": "b"}]}, False),
    ({"matchExpressions": [{"key": "x", "operator": "In", "values": ["b"]}]}, False),
    ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["b"]}]}, False),
    ({"matchExpressions": [{"key": "x", "operator": "NotIn", "values": ["b"]}]}, True),
    ({"matchExpressions": [{"key": "a", "operator": "Exists"}]}, True),
    ({"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}, False),
    ({"matchExpressions": [{"key": "a", "operator": "Like"}]}, False)])
def test_a_selector_selects_as_the_api_server_has_it(selector: Any, selected: bool) -> None:
    assert selected is selects(selector, {"a": "b"})


def test_capacity_is_named_among_the_results() -> None:
    story = Story(workflow(scale(1), strategy={"safetyChecks": [{"type": "capacity", "required": True}]})).go()

    assert "executing" == story.status.phase
