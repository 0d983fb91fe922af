"""Safety check `capacity`: what a scale-up adds and a drain moves has to fit; what cannot fit fails."""

from __future__ import annotations

from typing import Any

import pytest

from wfcore.planning.targets import Target

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
    ([node("n1", cpu="1")], [pod("p", "n1", "1", status={"phase": "Succeeded"})], 2),
    ([node("n1", pods="3")], [pod("p", "n1")], 2)])
def test_new_pods_have_to_find_room_on_nodes_that_take_pods(nodes: list, pods: list, room: int) -> None:
    story = grown(facts={NODES: nodes, PODS: pods})

    assert (room >= 2) is verdict(story, "capacity")[0]
    assert room >= 2 or f"deployment/default/web grows by 2 pods and nodes have room for {room}" == verdict(
        story, "capacity")[2]


def test_what_a_node_does_not_offer_it_has_none_of() -> None:
    facts = {WEB: [deployment(1, requests={"nvidia.com/gpu": "1"})], NODES: [node("n1")], PODS: []}

    assert "deployment/default/web grows by 2 pods and nodes have room for 0" == verdict(
        checked("capacity", scale(1), facts=facts), "capacity")[2]


def test_what_a_pod_asks_nothing_of_no_node_has_to_offer() -> None:
    facts = {WEB: [deployment(1, requests={"nvidia.com/gpu": "0"})], NODES: [node("n1")], PODS: []}

    assert verdict(checked("capacity", scale(1), facts=facts), "capacity")[0]


@pytest.mark.parametrize(("nodes", "room"), [
    ([node("n1", cpu="500m"), node("n2", cpu="1500m")], 2), ([node("n1", cpu="500m"), node("n2", cpu="1")], 1),
    ([node("n1", cpu="2")], 2), ([node("n1", cpu="1")], 0)])
def test_what_one_deployment_takes_another_cannot_have(nodes: list, room: int) -> None:
    other = Target("Deployment", "default", "xyz")
    facts = {key: [deployment(1, requests={"cpu": "500m"})] for key in (WEB, other)}
    story = checked("capacity", scale(1), scale(2, deployment="xyz"), facts={**facts, NODES: nodes, PODS: []})
    short = f"deployment/default/xyz grows by 2 pods and nodes have room for {room}"

    assert ("there is room for what the steps add or move" if room == 2 else short) == verdict(story, "capacity")[2]


@pytest.mark.parametrize(("replicas", "said"), [
    (None, "deployment/default/web grows by 2 pods and nodes have room for 0"),
    (2, "deployment/default/web grows by 1 pods and nodes have room for 0"),
    (3, "there is room for what the steps add or move")])
def test_a_deployment_grows_by_what_it_lacks_and_has_one_replica_unless_it_says_otherwise(replicas: Any,
                                                                                           said: str) -> None:
    assert said == verdict(grown(replicas, facts={NODES: []}), "capacity")[2]


def test_for_what_does_not_grow_no_quota_has_to_be_known() -> None:
    assert verdict(grown(3, facts={QUOTAS: None, NODES: None}), "capacity")[0]


def scaled_to(number: int, replicas: int) -> dict[str, Any]:
    return scale(number, parameters={"scaleDeployment": {"deployment": "web", "replicas": replicas}})


@pytest.mark.parametrize(("wanted", "grows"), [((3, 2), 3), ((2, 3), 3), ((0,), 0), ((0, 1), 1)])
def test_of_the_steps_that_scale_a_deployment_the_one_that_sets_most_counts(wanted: tuple[int, ...],
                                                                             grows: int) -> None:
    steps = [scaled_to(number, replicas) for number, replicas in enumerate(wanted, 1)]
    said = verdict(checked("capacity", *steps, facts={WEB: [deployment(0)], NODES: [], PODS: []}), "capacity")

    assert (grows == 0) is said[0]
    assert not grows or f"deployment/default/web grows by {grows} pods and nodes have room for 0" == said[2]


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


@pytest.mark.parametrize(("resources", "best_effort"), [
    ({}, True), ({"requests": {"cpu": "1m"}}, False), ({"limits": {"cpu": "1"}}, False)])
def test_pods_that_ask_for_nothing_and_only_they_are_best_effort(resources: dict, best_effort: bool) -> None:
    quotas = {scope: [quota_of({"pods": "0"}, scopes=[scope])] for scope in ("BestEffort", "NotBestEffort")}
    counted = {scope: not verdict(grown(facts={WEB: [deployment(1, **resources)], QUOTAS: quota}), "capacity")[0]
               for scope, quota in quotas.items()}

    assert {"BestEffort": best_effort, "NotBestEffort": not best_effort} == counted


def test_a_quota_of_a_resource_with_dots_in_its_name_is_judged() -> None:
    quota = quota_of({"requests.nvidia.com/gpu": "1"})
    story = grown(facts={WEB: [deployment(1, requests={"nvidia.com/gpu": "1"})], QUOTAS: [quota]})

    assert "ResourceQuota default/q allows 1 requests.nvidia.com/gpu, 0 are used and 2 would be added" in verdict(
        story, "capacity")[2]


@pytest.mark.parametrize(("unread", "what"), [
    (WEB, "deployment/default/web"), (QUOTAS, "resource quotas of namespace 'default'"),
    (NODES, "what nodes have free"), (PODS, "what nodes have free")])
def test_what_cannot_be_read_is_unknown(unread: Any, what: str) -> None:
    assert (False, True, f"{what} cannot be read") == verdict(grown(facts={unread: None}), "capacity")


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
    (node("n1"),), (node("n1"), node("n2", spec={"unschedulable": True})), (node("n1"), {"metadata": {"name": "n2"}}),
    (node("n1"), node("n2", metadata={"name": "n2", "deletionTimestamp": "2026-01-01T00:00:00Z"})),
    (node("n1"), node("n2", status={"conditions": [{"type": "Ready", "status": "False"},
                                                   {"type": "MemoryPressure", "status": "True"}]}))])
def test_a_drain_needs_another_schedulable_ready_node(nodes: tuple) -> None:
    assert (False, False, "no other schedulable Ready node remains") == drained(nodes=nodes)


def test_a_node_that_the_workflow_cordons_is_none_that_remains() -> None:
    assert "no other schedulable Ready node remains" == drained(drain(1, "n1"), cordon(2, "n2"))[2]


def test_the_remaining_nodes_have_to_have_what_the_pods_ask_for() -> None:
    crowded = (pod("a", "n1", "3"), pod("b", "n2", "2"))

    assert (False, False, "the drained pods ask for 3 cpu and the remaining nodes have 2") == drained(pods=crowded)
    assert drained(pods=(pod("a", "n1", "3"), pod("b", "n2", "1")))[0]


def test_a_resource_that_no_remaining_node_offers_is_lacking() -> None:
    asked = {"requests": {"nvidia.com/gpu": "1"}}
    asking = pod("a", "n1", spec={"nodeName": "n1", "containers": [{"resources": asked}]})

    assert (False, False, "the drained pods ask for 1 nvidia.com/gpu and the remaining nodes have 0") == drained(
        pods=(asking,))


@pytest.mark.parametrize(("places", "passed"), [("2", True), ("1", False)])
def test_every_pod_that_moves_takes_one_place(places: str, passed: bool) -> None:
    nodes, pods = (node("n1"), node("n2", pods=places)), (pod("a", "n1"), pod("b", "n1"))

    assert passed is drained(nodes=nodes, pods=pods)[0]


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


def test_capacity_is_named_among_the_results() -> None:
    story = Story(workflow(scale(1), strategy={"safetyChecks": [{"type": "capacity", "required": True}]})).go()

    assert "executing" == story.status.phase
