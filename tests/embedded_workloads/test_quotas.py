"""Quotas say what is used: pods, what they ask for, and counted workloads, true at every moment."""

from __future__ import annotations

import asyncio
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfcontroller.embedded.workloads.quantities import format_quantity, parse_quantity
from wfcontroller.embedded.workloads.quotas import quota_status
from wfcore.resources import PODS, RESOURCE_QUOTAS, SERVICES


@pytest.mark.parametrize(("text", "number"), [
    ("3", 3), (3, 3), ("500m", Fraction(1, 2)), ("2Gi", 2 * 1024**3), ("1.5", Fraction(3, 2)), ("1e3", 1000),
    ("2E", 2 * 10**18), ("1e-3", Fraction(1, 1000)), (".5", Fraction(1, 2)), ("-1k", -1000),
    ("10n", Fraction(1, 10**8)), ("many", 0), ("", 0), (None, 0), ("1 Gi", 0),
])
def test_a_quantity_is_an_exact_number(text, number):
    assert number == parse_quantity(text)


@pytest.mark.parametrize(("number", "text"), [
    (Fraction(0), "0"), (Fraction(3), "3"), (Fraction(2 * 1024**3), "2Gi"), (Fraction(1536 * 1024**2), "1536Mi"),
    (Fraction(1, 2), "500m"), (Fraction(1000), "1000"), (Fraction(1, 10**6), "1m"),
])
def test_a_number_is_written_as_short_as_it_is_exact(number, text):
    assert text == format_quantity(number)


@given(st.integers(0, 2**62))
def test_what_is_written_is_read_as_it_was(thousandths):
    amount = Fraction(thousandths, 1000)

    assert amount == parse_quantity(format_quantity(amount))


def pod(*requests, initial=(), phase="Running", **spec):
    def containers(asked):
        return [{"name": f"c{n}", "resources": {"requests": each, "limits": each}} for n, each in enumerate(asked)]

    return {"metadata": {"name": "p"}, "status": {"phase": phase},
            "spec": {"containers": containers(requests), "initContainers": containers(initial), **spec}}


def used(*pods, scopes=(), counts=(), hard=("pods",)):
    quota = {"spec": {"hard": dict.fromkeys(hard, "10"), "scopes": list(scopes)}}
    return quota_status(quota, pods, dict(counts))["used"]


def test_requests_and_limits_add_up_over_containers_and_pods():
    pods = (pod({"cpu": "500m", "memory": "1Gi"}, {"cpu": 1}), pod({"cpu": "250m"}), pod(phase="Succeeded"))

    assert {"pods": "2", "count/pods": "2", "cpu": "1750m", "requests.cpu": "1750m", "limits.cpu": "1750m",
            "memory": "1Gi"} == used(
        *pods, hard=("pods", "count/pods", "cpu", "requests.cpu", "limits.cpu", "memory"))


def test_an_initial_container_counts_when_it_asks_for_more_than_all_others():
    assert {"cpu": "2"} == used(pod({"cpu": "1"}, initial=[{"cpu": "2"}]), hard=("cpu",))
    assert {"cpu": "1"} == used(pod({"cpu": "1"}, initial=[{"cpu": "500m"}]), hard=("cpu",))


@pytest.mark.parametrize(("scopes", "number"), [
    ((), "3"), (("BestEffort",), "1"), (("NotBestEffort",), "2"), (("Terminating",), "1"),
    (("NotTerminating", "NotBestEffort"), "1"), (("PriorityClass",), "0"),
])
def test_a_quota_counts_the_pods_of_all_its_scopes(scopes, number):
    pods = (pod({}), pod({"cpu": "1"}), pod({"cpu": "1"}, activeDeadlineSeconds=60))

    assert {"pods": number} == used(*pods, scopes=scopes)


def test_what_is_not_watched_is_not_said_to_be_unused():
    assert {"services": "2"} == used(counts={"services": 2}, hard=("services", "secrets"))


def test_a_quota_follows_its_namespace(world):
    async def scenario(cluster):
        await cluster.create(RESOURCE_QUOTAS, "q", {"hard": {
            "pods": 5, "requests.cpu": "4", "count/deployments.apps": "2", "services": "1"}})
        await cluster.workload()
        await cluster.create(SERVICES, "web", {"selector": {"app": "web"}, "ports": [{"port": 80}]})
        await cluster.settled()
        await asyncio.sleep(1)
        status = cluster.status(RESOURCE_QUOTAS, "q")
        await cluster.scale(1)
        await cluster.until(lambda: cluster.status(RESOURCE_QUOTAS, "q")["used"]["pods"] == "1")

        assert {"pods": "5", "requests.cpu": "4", "count/deployments.apps": "2", "services": "1"} == status["hard"]
        assert {"pods": "3", "requests.cpu": "0", "count/deployments.apps": "1", "services": "1"} == status["used"]

    world.run(scenario)


def test_a_quota_is_told_and_not_enforced(world):
    async def scenario(cluster):
        await cluster.create(RESOURCE_QUOTAS, "q", {"hard": {"pods": 1}})
        await cluster.workload()
        await cluster.settled()

        assert 3 == len(cluster.names(PODS))

    world.run(scenario)
