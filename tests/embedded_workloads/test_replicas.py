"""Which pods a ReplicaSet gives up first, and how its name and status come about."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wfcontroller.api import ApiError
from wfcontroller.embedded.workloads.hashing import content_hash, generated_name
from wfcontroller.embedded.workloads.replicas import next_availability, replica_set_status, surplus_pods
from wfcontroller.embedded.workloads.selectors import matches


def names(pods):
    return [pod["metadata"]["name"] for pod in pods]


def test_pods_that_serve_least_go_first(make):
    pods = [
        make.pod("old", created="2026-01-01T10:00:00Z"), make.pod("young", created="2026-01-01T11:00:00Z"),
        make.pod("cheap", cost=-1), make.pod("unready", ready=False), make.pod("pending", ready=False, phase="Pending"),
        make.pod("unbound", ready=False, node="", phase="Pending"), make.pod("same-a", created="2026-01-01T11:00:00Z"),
    ]

    assert ["unbound", "pending", "unready", "cheap", "same-a", "young", "old"] == names(surplus_pods(pods, 0))


def test_of_equal_pods_the_one_on_the_fuller_node_goes(make):
    pods = [make.pod("a", node="n1"), make.pod("b", node="n2"), make.pod("c", node="n2")]

    assert ["b"] == names(surplus_pods(pods, 2))


@given(st.data())
def test_the_choice_does_not_depend_on_the_order_of_the_pods(make, data):
    pods = [make.pod(f"p-{i}", ready=data.draw(st.booleans()), node=data.draw(st.sampled_from(["a", "b"])))
            for i in range(data.draw(st.integers(0, 6)))]
    wanted = data.draw(st.integers(0, 7))

    assert names(surplus_pods(pods, wanted)) == names(surplus_pods(data.draw(st.permutations(pods)), wanted))
    assert max(0, len(pods) - wanted) == len(surplus_pods(pods, wanted))


def test_a_status_counts_ready_and_available_pods_apart(make):
    young = "2026-01-01T11:59:57Z"
    pods = [make.pod("a", labels={"app": "web"}), make.pod("b", since=young), make.pod("c", ready=False)]
    replica_set = make.workload(minReadySeconds=10)

    assert {
        "replicas": 3, "observedGeneration": 1, "fullyLabeledReplicas": 1, "readyReplicas": 2, "availableReplicas": 1,
    } == replica_set_status(replica_set, pods, None, make.now)
    assert 7 == next_availability(pods, 10, make.now)


def test_a_refused_creation_is_reported_until_it_is_over(make):
    refused = replica_set_status(make.workload(), [], ApiError(422, "Invalid", "no image"), make.now)
    cured = replica_set_status(make.workload(status=refused), [], None, make.now)

    assert [("ReplicaFailure", "FailedCreate", "no image")] == [
        (each["type"], each["reason"], each["message"]) for each in refused["conditions"]
    ]
    assert "conditions" not in cured


def test_equal_content_has_equal_hashes_whatever_the_order_of_its_keys():
    assert content_hash({"a": 1, "b": [2]}) == content_hash({"b": [2], "a": 1})
    assert content_hash({"a": 1}) != content_hash({"a": 2})


def test_a_generated_name_fits_a_label_however_long_its_base():
    assert 63 == len(generated_name("x" * 200, "uid", 0))
    assert generated_name("web", "uid", 0) != generated_name("web", "uid", 1)


def test_a_selector_selects_by_labels_and_expressions():
    labels = {"app": "web", "tier": "front"}
    expressions = [
        {"key": "tier", "operator": "In", "values": ["front", "back"]}, {"key": "app", "operator": "Exists"},
        {"key": "gone", "operator": "DoesNotExist"}, {"key": "app", "operator": "NotIn", "values": ["db"]},
    ]

    assert matches({"matchLabels": {"app": "web"}, "matchExpressions": expressions}, labels)
    assert not any(matches({"matchExpressions": [each]}, {"tier": "db", "app": "db", "gone": ""}) for each in (
        expressions[0], expressions[2], expressions[3], {"key": "app", "operator": "Near"},
    ))
    assert matches({}, labels)
    assert not matches(None, labels)
