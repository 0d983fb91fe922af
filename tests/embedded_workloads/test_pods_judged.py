"""Image tags decide when a pod is ready; node state decides where it goes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfcontroller.embedded.workloads.pod_status import available_in, ready_after, running_for, tag_of, unschedulable
from wfcontroller.embedded.workloads.scheduling import choose_node

NO_ROOM = {"key": "gpu", "value": "yes", "effect": "NoSchedule"}


@pytest.mark.parametrize(("image", "tag"), [
    ("nginx", "latest"), ("nginx:1.25", "1.25"), ("registry:5000/nginx", "latest"),
    ("registry:5000/team/web:bad", "bad"), ("nginx:bad@sha256:0123", ""),
])
def test_the_tag_is_what_follows_the_name(image, tag):
    assert tag == tag_of(image)


@pytest.mark.parametrize(("image", "seconds"), [
    ("web:1", 2.0), ("web:slow-90s", 90.0), ("web:slow-1s", 2.0), ("web:bad", None), ("web:slow-90", 2.0),
])
def test_the_tag_says_when_a_container_is_ready(image, seconds):
    assert seconds == ready_after(image, 2.0)


def ready(verdict):
    return [each["status"] for each in verdict.status["conditions"] if each["type"] == "Ready"]


def test_a_pod_is_pending_then_running_then_ready(make):
    pod = make.pod(ready=False, phase="Pending", image="web:slow-90s")
    creating, running, serving = (running_for(pod, at, 2.0, make.now) for at in (0.0, 2.0, 90.0))

    assert ("Pending", ["False"], 2.0) == (creating.status["phase"], ready(creating), creating.changes_in)
    assert ("Running", ["False"], 88.0) == (running.status["phase"], ready(running), running.changes_in)
    assert ("Running", ["True"], None) == (serving.status["phase"], ready(serving), serving.changes_in)


def test_a_bad_image_is_never_pulled(make):
    verdict = running_for(make.pod(ready=False, phase="Pending", image="web:bad"), 1e6, 2.0, make.now)

    assert "Pending" == verdict.status["phase"]
    assert "ImagePullBackOff" == verdict.status["containerStatuses"][0]["state"]["waiting"]["reason"]
    assert verdict.changes_in is None


def test_a_pod_is_ready_only_when_all_its_containers_are(make):
    pod = make.pod(ready=False)
    pod["spec"]["containers"].append({"name": "sidecar", "image": "proxy:slow-30s"})

    assert ["False"] == ready(running_for(pod, 29.0, 2.0, make.now))
    assert ["True"] == ready(running_for(pod, 30.0, 2.0, make.now))


@given(st.lists(st.floats(0, 200), min_size=1, max_size=5), st.sampled_from(["web:1", "web:bad", "web:slow-90s"]))
def test_a_status_stated_again_is_the_same_status(make, instants, image):
    """Whatever was stated before, the second statement about one instant costs no write."""
    pod = make.pod(ready=False, phase="Pending", image=image)
    for elapsed in sorted(instants):
        pod = {**pod, "status": running_for(pod, elapsed, 2.0, make.now).status}

        assert pod["status"] == running_for(pod, elapsed, 2.0, make.now).status


def test_an_unschedulable_pod_says_so(make):
    status = unschedulable(make.pod(ready=False, node="", phase=""), 2, make.now)

    assert "Pending" == status["phase"]
    assert ["Unschedulable"] == [each["reason"] for each in status["conditions"] if each["type"] == "PodScheduled"]


def test_availability_waits_for_the_minimum_of_ready_seconds(make):
    since = "2026-01-01T11:59:50Z"

    assert available_in(make.pod(ready=False), 0, make.now) is None
    assert 0 == available_in(make.pod(since=since), 10, make.now)
    assert 5 == available_in(make.pod(since=since), 15, make.now)


def test_the_emptiest_node_wins_and_then_the_first_name(make):
    nodes = [(make.node("c"), 1), (make.node("b"), 1), (make.node("a"), 2)]

    assert "b" == choose_node(make.pod(node=""), nodes)


def test_nodes_that_are_unfit_take_no_pod(make):
    nodes = [
        (make.node("cordoned", cordoned=True), 0), (make.node("sick", ready=False), 0),
        (make.node("tainted", taints=[NO_ROOM]), 0), (make.node("full", pods="3"), 3),
        (make.node("going", terminating=True), 0),
    ]

    assert choose_node(make.pod(node=""), nodes) is None
    assert "fit" == choose_node(make.pod(node=""), [*nodes, (make.node("fit"), 50)])


def test_a_node_selector_is_obeyed(make):
    nodes = [(make.node("a"), 0), (make.node("b", labels={"disk": "ssd"}), 9)]

    assert "b" == choose_node(make.pod(node="", selector={"disk": "ssd"}), nodes)


@pytest.mark.parametrize(("toleration", "fits"), [
    ({"key": "gpu", "operator": "Exists"}, True), ({"operator": "Exists"}, True),
    ({"key": "gpu", "value": "yes", "effect": "NoSchedule"}, True), ({"key": "gpu", "value": "no"}, False),
    ({"key": "other", "operator": "Exists"}, False),
    ({"key": "gpu", "operator": "Exists", "effect": "NoExecute"}, False),
])
def test_a_taint_keeps_out_whom_it_does_not_fit(make, toleration, fits):
    pod = make.pod(node="")
    pod["spec"]["tolerations"] = [toleration]

    assert fits == (choose_node(pod, [(make.node("a", taints=[NO_ROOM]), 0)]) is not None)
