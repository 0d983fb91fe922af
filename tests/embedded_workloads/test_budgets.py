"""What a disruption budget allows, against the examples of the Kubernetes documentation and its controller's tests."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfcontroller.embedded.workloads.amounts import scaled
from wfcontroller.embedded.workloads.budgets import Allowance, allowance, budget_status, forgotten_in


def budget(status=None, **spec):
    return {"metadata": {"name": "b", "namespace": "default", "generation": 4}, "spec": spec, "status": status or {}}


@pytest.mark.parametrize(("spec", "pods", "expected", "desired"), [
    ({"minAvailable": 2}, 3, 3, 2),
    ({"minAvailable": "50%"}, 7, 7, 4),  # rounds up: four of seven
    ({"minAvailable": "100%"}, 3, 3, 3),
    ({"minAvailable": 0}, 3, 3, 0),
    ({"maxUnavailable": 1}, 3, 3, 2),
    ({"maxUnavailable": "30%"}, 5, 5, 3),  # rounds up: two of five may be missing
    ({"maxUnavailable": 9}, 3, 3, 0),
    ({"maxUnavailable": "0%"}, 3, 3, 3),
    ({}, 3, 3, 0),
])
def test_a_budget_demands_so_many_healthy_pods(spec, pods, expected, desired):
    assert Allowance(expected, desired) == allowance(budget(**spec), pods, expected)


def test_a_number_may_be_written_as_text_and_an_amount_must_be_a_number():
    assert 3 == scaled("3", 10, round_up=True)
    with pytest.raises(ValueError, match="half"):
        scaled("half", 10, round_up=True)


def test_an_integer_minimum_counts_the_pods_that_exist_and_a_share_what_the_owners_want():
    assert Allowance(2, 1) == allowance(budget(minAvailable=1), 2, 10)
    assert Allowance(10, 5) == allowance(budget(minAvailable="50%"), 2, 10)


def test_unready_and_terminating_pods_are_not_healthy(make):
    pods = [make.pod("a"), make.pod("b", ready=False), make.pod("c", terminating=True), make.pod("d", phase="Failed")]

    status = budget_status(budget(minAvailable=1), pods, 3, make.now)

    assert (1, 1, 3, 0) == tuple(
        status[name] for name in ("currentHealthy", "desiredHealthy", "expectedPods", "disruptionsAllowed")
    )
    assert 4 == status["observedGeneration"]


def test_an_eviction_under_way_counts_as_unhealthy_until_its_pod_is_marked(make):
    granted = {"disruptedPods": {"a": "2026-01-01T11:59:59Z", "b": "2026-01-01T11:59:59Z"}}
    pods = [make.pod("a"), make.pod("b", terminating=True), make.pod("c")]

    status = budget_status(budget(granted, maxUnavailable=2), pods, 3, make.now)

    assert {"a": "2026-01-01T11:59:59Z"} == status["disruptedPods"]
    assert (1, 0) == (status["currentHealthy"], status["disruptionsAllowed"])
    assert 119.0 == forgotten_in(status, make.now)


def test_an_eviction_that_never_happened_is_forgotten(make):
    granted = {"disruptedPods": {"a": "2026-01-01T12:00:00Z"}}

    status = budget_status(budget(granted, minAvailable=0), [make.pod("a")], 1, make.now + timedelta(seconds=120))

    assert "disruptedPods" not in status
    assert 1 == status["currentHealthy"]
    assert forgotten_in(status, make.now) is None


@given(st.integers(0, 20), st.lists(st.booleans(), max_size=20))
def test_using_up_the_allowance_never_leaves_fewer_healthy_pods_than_demanded(make, minimum, readiness):
    pods = [make.pod(f"p-{i}", ready=ready) for i, ready in enumerate(readiness)]

    status = budget_status(budget(minAvailable=minimum), pods, len(pods), make.now)

    left = status["currentHealthy"] - status["disruptionsAllowed"]
    assert status["disruptionsAllowed"] == 0 or left >= status["desiredHealthy"]


@given(st.integers(0, 100), st.integers(0, 40))
def test_a_budget_in_percent_never_demands_less_than_the_share(percent, expected):
    demanded = allowance(budget(minAvailable=f"{percent}%"), expected, expected).desired_healthy

    assert 100 * (demanded - 1) < percent * expected <= 100 * demanded
