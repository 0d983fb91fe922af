"""Evictions: a disruption budget allows them or not, and none is spent twice.

On a real cluster the disruption controller writes the status of a budget, here
the test does: the same, so that it does not matter who was first.
"""

from __future__ import annotations

import asyncio

import pytest

from wfcontroller.api import ApiError
from wfcore.resources import POD_DISRUPTION_BUDGETS, PODS

from .gadgets import refusal, until

POD = {"containers": [{"name": "main", "image": "nginx:1"}], "nodeName": "nowhere"}


async def pod(place, name, *, phase="Running", ready=True):
    await place.make(PODS, name, metadata={"labels": {"app": "web"}}, spec=POD)
    status = {"phase": phase, "conditions": [{"type": "Ready", "status": str(ready)}]}
    return await place.change(PODS, name, lambda made: made.update(status=status), status=True)


async def budget(place, healthy, name="b", selector=None):
    """A budget that wants one of `healthy` pods, with its status."""
    chosen = {"matchLabels": {"app": "web"}} if selector is None else selector
    await place.make(POD_DISRUPTION_BUDGETS, name, spec={"minAvailable": 1, "selector": chosen})
    status = {"observedGeneration": 1, "disruptionsAllowed": max(healthy - 1, 0), "currentHealthy": healthy,
              "desiredHealthy": 1, "expectedPods": healthy}
    await place.change(POD_DISRUPTION_BUDGETS, name, lambda made: made.update(status=status), status=True)

    async def settled():
        found = (await place.get(POD_DISRUPTION_BUDGETS, name))["status"]
        return all(found[field] == status[field] for field in ("disruptionsAllowed", "currentHealthy"))

    await until(settled)


async def going(place, name):
    try:
        return "deletionTimestamp" in (await place.get(PODS, name))["metadata"]
    except ApiError as error:
        assert error.status == 404  # noqa: PT017 - gone already
        return True


def test_without_a_budget_an_eviction_is_a_graceful_deletion(run, place):
    async def story():
        await pod(place, "p")
        await budget(place, 0, selector={"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]})
        await place.api.evict(place.namespace, "p", dry_run=True)
        assert not await going(place, "p")
        await place.api.evict(place.namespace, "p", grace_period_seconds=5)
        assert 5 == (await place.get(PODS, "p"))["metadata"]["deletionGracePeriodSeconds"]

    run(story())


def test_a_budget_that_allows_nothing_now_refuses(run, place):
    async def story():
        await pod(place, "p")
        await budget(place, 1)
        error = await refusal(place.api.evict(place.namespace, "p"))
        assert (429, "TooManyRequests") == (error.status, error.reason)
        assert "Cannot evict pod as it would violate the pod's disruption budget." == error.message
        assert (("", "The disruption budget b needs 1 healthy pods and has 1 currently"),) == error.causes
        assert not await going(place, "p")

    run(story())


def test_a_budget_without_selector_covers_nothing(run, place):
    async def story():
        await pod(place, "p")
        await place.make(POD_DISRUPTION_BUDGETS, "b", spec={"minAvailable": 1})
        await place.api.evict(place.namespace, "p")
        assert await going(place, "p")
        await place.api.evict(place.namespace, "p", grace_period_seconds=0)  # a pod already going costs nothing
        await place.gone(PODS, "p")

    run(story())


def test_one_allowed_disruption_is_spent_once(run, place):
    async def story():
        for name in "ab":
            await pod(place, name)
        await budget(place, 2)

        async def evicted(name):
            try:
                await place.api.evict(place.namespace, name)
            except ApiError as error:
                return error.status
            return 201

        assert [201, 429] == sorted(await asyncio.gather(evicted("a"), evicted("b")))

        async def spent():
            return (await place.get(POD_DISRUPTION_BUDGETS, "b"))["status"]["disruptionsAllowed"] == 0

        await until(spent)
        assert [False, True] == sorted([await going(place, "a"), await going(place, "b")])

    run(story())


@pytest.mark.parametrize("state", [
    {"phase": "Pending"}, {"phase": "Succeeded"}, {"phase": "Failed"}, {"phase": "Running", "ready": False}])
def test_pods_that_serve_nobody_cost_nothing(run, place, state):
    async def story():
        await pod(place, "healthy")
        await budget(place, 1)
        await pod(place, "p", **{"ready": False, **state})
        await place.api.evict(place.namespace, "p")
        assert (True, False) == (await going(place, "p"), await going(place, "healthy"))

    run(story())


def test_a_pod_already_going_costs_nothing(run, place):
    async def story():
        await pod(place, "p")
        await place.api.delete(PODS, place.namespace, "p")
        await budget(place, 0)
        await place.api.evict(place.namespace, "p", grace_period_seconds=1)
        assert 1 == (await place.get(PODS, "p"))["metadata"]["deletionGracePeriodSeconds"]

    run(story())


def test_two_budgets_over_one_pod_are_an_error(run, place):
    async def story():
        for name in "pq":
            await pod(place, name)
        await budget(place, 2, "b")
        await place.make(POD_DISRUPTION_BUDGETS, "c", spec={"minAvailable": 0, "selector": {}})
        error = await refusal(place.api.evict(place.namespace, "p"))
        assert (500, "InternalError") == (error.status, error.reason)
        assert not await going(place, "p")

    run(story())


def test_an_absent_pod_is_not_found(run, place):
    assert 404 == run(refusal(place.api.evict(place.namespace, "p"))).status
