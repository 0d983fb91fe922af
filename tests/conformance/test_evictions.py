"""Evictions: a disruption budget allows them or not, and none is spent twice."""

from __future__ import annotations

import asyncio

import pytest

from wfcontroller.api import ApiError
from wfcore.resources import POD_DISRUPTION_BUDGETS, PODS

from .gadgets import refusal

POD = {"containers": [{"name": "main", "image": "nginx:1"}], "nodeName": "n"}


async def pod(place, name, *, phase="Running", ready=True):
    made = await place.make(PODS, name, metadata={"labels": {"app": "web"}}, spec=POD)
    conditions = [{"type": "Ready", "status": str(ready)}]
    return await place.api.update_status(PODS, {**made, "status": {"phase": phase, "conditions": conditions}})


async def budget(place, name="b", selector=None, **status):
    chosen = {"matchLabels": {"app": "web"}} if selector is None else selector
    made = await place.make(POD_DISRUPTION_BUDGETS, name, spec={"minAvailable": 1, "selector": chosen})
    full = {"observedGeneration": 1, "disruptionsAllowed": 0, "currentHealthy": 1, "desiredHealthy": 1,
            "expectedPods": 1, **status}
    return await place.api.update_status(POD_DISRUPTION_BUDGETS, {**made, "status": full})


async def going(place, name):
    return "deletionTimestamp" in (await place.get(PODS, name))["metadata"]


def test_without_a_budget_an_eviction_is_a_graceful_deletion(run, place):
    async def story():
        await pod(place, "p")
        await budget(place, selector={"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]})
        await place.api.evict(place.namespace, "p", dry_run=True)
        assert not await going(place, "p")
        await place.api.evict(place.namespace, "p", grace_period_seconds=5)
        assert 5 == (await place.get(PODS, "p"))["metadata"]["deletionGracePeriodSeconds"]

    run(story())


@pytest.mark.parametrize("status", [{"disruptionsAllowed": 0}, {"disruptionsAllowed": 1, "observedGeneration": 0}])
def test_a_budget_that_allows_nothing_now_refuses(run, place, status):
    async def story():
        await pod(place, "p")
        await budget(place, **status)
        error = await refusal(place.api.evict(place.namespace, "p"))
        assert (429, "TooManyRequests") == (error.status, error.reason)
        assert not await going(place, "p")

    run(story())


def test_a_budget_without_selector_covers_nothing(run, place):
    async def story():
        await pod(place, "p")
        await place.make(POD_DISRUPTION_BUDGETS, "b", spec={"minAvailable": 1})
        await place.api.evict(place.namespace, "p")
        assert await going(place, "p")
        await place.api.evict(place.namespace, "p", grace_period_seconds=0)  # a pod already going costs nothing
        assert 404 == (await refusal(place.get(PODS, "p"))).status

    run(story())


def test_one_allowed_disruption_is_spent_once(run, place):
    async def story():
        for name in "ab":
            await pod(place, name)
        await budget(place, disruptionsAllowed=1)

        async def evicted(name):
            try:
                await place.api.evict(place.namespace, name)
            except ApiError as error:
                return error.status
            return 201

        assert [201, 429] == sorted(await asyncio.gather(evicted("a"), evicted("b")))
        spent = await place.get(POD_DISRUPTION_BUDGETS, "b")
        assert 0 == spent["status"]["disruptionsAllowed"]

    run(story())


@pytest.mark.parametrize("state", [{"phase": "Pending"}, {"phase": "Succeeded"}, {"phase": "Running", "ready": False}])
def test_pods_that_serve_nobody_cost_nothing(run, place, state):
    async def story():
        await pod(place, "p", **state)
        await budget(place)
        await place.api.evict(place.namespace, "p")
        left = await place.api.list(PODS, place.namespace)
        assert all("deletionTimestamp" in item["metadata"] for item in left.items)

    run(story())


def test_a_pod_already_going_costs_nothing(run, place):
    async def story():
        await pod(place, "p")
        await place.api.delete(PODS, place.namespace, "p")
        await budget(place)
        await place.api.evict(place.namespace, "p", grace_period_seconds=1)
        assert 1 == (await place.get(PODS, "p"))["metadata"]["deletionGracePeriodSeconds"]

    run(story())


def test_two_budgets_over_one_pod_are_an_error(run, place):
    async def story():
        await pod(place, "p")
        await budget(place, "b", disruptionsAllowed=1)
        await budget(place, "c", selector={}, disruptionsAllowed=1)
        assert 500 == (await refusal(place.api.evict(place.namespace, "p"))).status

    run(story())


def test_an_absent_pod_is_not_found(run, place):
    assert 404 == run(refusal(place.api.evict(place.namespace, "p"))).status
