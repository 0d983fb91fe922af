"""Safety check `network`: an executor is alive, and what serves the targets has a ready endpoint."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from wfcore.codec.times import format_time
from wfcore.planning.targets import Target
from wfcore.testing.world import World

from .clusters import LEASE, SERVICES, SLICES, WEB, checked, cordon, deployment, verdict
from .stories import scale


def lease(world: World, silence: float) -> dict[str, Any]:
    return {"spec": {"renewTime": format_time(world.now - timedelta(seconds=silence))}}


@pytest.mark.parametrize(("silence", "passed"), [(0, True), (60, True), (61, False), (-30, True)])
def test_an_executor_that_is_silent_fails_network(silence: float, passed: bool) -> None:
    story = checked("network", scale(1), facts={LEASE: (lease(World(), silence),)})

    assert passed is verdict(story, "network")[0]
    assert passed or "no executor has reported for 1m1s" in verdict(story, "network")[2]


@pytest.mark.parametrize("leases", [(), ({},), ({"spec": {"renewTime": "yesterday"}},)])
def test_an_executor_that_never_reported_fails_network(leases: tuple) -> None:
    assert "no executor has reported yet" in verdict(checked("network", scale(1), facts={LEASE: leases}), "network")[2]


def test_the_lease_is_the_operators() -> None:
    story = checked("network", scale(1), controller_namespace="ops", executor_lease="robot",
                    facts={Target("Lease", "ops", "robot"): ()})

    assert "lease/ops/robot" in verdict(story, "network")[2]


def service(selector: Any, name: str = "front") -> dict[str, Any]:
    return {"metadata": {"namespace": "default", "name": name}, "spec": {"selector": selector}}


def endpoints(*ready: Any, name: str = "front") -> dict[str, Any]:
    return {"metadata": {"labels": {"kubernetes.io/service-name": name}},
            "endpoints": [{"conditions": {} if r is None else {"ready": r}} for r in ready]}


@pytest.mark.parametrize(("services", "slices", "passed"), [
    ([service({"app": "web"})], [endpoints(False, True)], True),
    ([service({"app": "web"})], [endpoints(None)], True),
    ([service({"app": "web"})], [endpoints(False)], False),
    ([service({"app": "web"})], [], False),
    ([service({"app": "web", "tier": "front"})], [], False),
    ([service({"app": "web"})], [endpoints(True, name="other")], False),
    ([service({"app": "web", "tier": "back"})], [], True),
    ([service({}), service(None)], [], True),
    ([], [], True)])
def test_a_service_of_a_target_has_to_have_a_ready_endpoint(services: list, slices: list, passed: bool) -> None:
    story = checked("network", scale(1), facts={WEB: [deployment()], SERVICES: services, SLICES: slices})

    assert passed is verdict(story, "network")[0]
    assert not passed or "an executor is alive and every Service of a target has ready endpoints" == verdict(
        story, "network")[2]
    assert passed or "Service default/front of deployment/default/web has no ready endpoint" in verdict(
        story, "network")[2]


@pytest.mark.parametrize("missing", [WEB, SERVICES, SLICES])
def test_services_that_cannot_be_read_are_unknown(missing: Target) -> None:
    story = checked("network", scale(1), facts={WEB: [deployment()], missing: None})

    assert (False, True, "what serves deployment/default/web cannot be read") == verdict(story, "network")


def test_what_cannot_be_read_of_one_target_hides_nothing_of_another() -> None:
    other = Target("Deployment", "default", "aaa")
    story = checked("network", scale(1, deployment="aaa"), scale(2), facts={
        other: None, WEB: [deployment()], SERVICES: [service({"app": "web"})], SLICES: []})

    assert ("Service default/front of deployment/default/web has no ready endpoint; "
            "what serves deployment/default/aaa cannot be read") == verdict(story, "network")[2]


def test_a_lease_that_cannot_be_read_is_unknown() -> None:
    assert (False, True, "lease/kubernaut-system/wf-executor cannot be read") == verdict(
        checked("network", cordon(1), facts={LEASE: None}), "network")
