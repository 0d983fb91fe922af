"""What the server asks of the built-in kinds this engine touches, and what it fills in."""

from __future__ import annotations

import pytest

from wfcore.resources import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    ENDPOINT_SLICES,
    LEASES,
    NODES,
    POD_DISRUPTION_BUDGETS,
    PODS,
    RESOURCE_QUOTAS,
    SECRETS,
    SERVICES,
)

from .gadgets import refusal


def workload(labels=("app", "web"), **spec):
    template = {"metadata": {"labels": dict([labels])}, "spec": {"containers": [{"name": "main", "image": "nginx:1"}]}}
    return {"selector": {"matchLabels": {"app": "web"}}, "template": template, **spec}


POD = {"containers": [{"name": "main", "image": "nginx:1"}]}


@pytest.mark.parametrize(("resource", "content", "field"), [
    (DEPLOYMENTS, {}, "spec"),
    (DEPLOYMENTS, {"spec": {"template": workload()["template"]}}, "spec.selector"),
    (DEPLOYMENTS, {"spec": {"selector": {"matchLabels": {"app": "web"}}}}, "spec.template"),
    (DEPLOYMENTS, {"spec": workload(replicas=-1)}, "spec.replicas"),
    (DEPLOYMENTS, {"spec": workload(labels=("app", "db"))}, "spec.template.metadata.labels"),
    (DEPLOYMENTS, {"spec": workload(selector={})}, "spec.selector"),
    (DEPLOYMENTS, {"spec": workload(strategy={"type": "Sideways"})}, "spec.strategy.type"),
    (PODS, {"spec": {"containers": []}}, "spec.containers"),
    (PODS, {"spec": {"containers": [{"name": "a", "image": "x"}] * 2}}, "spec.containers[1]"),
    (PODS, {"spec": {"containers": [{"name": "a"}]}}, "spec.containers[0].image"),
    (CONFIG_MAPS, {"data": {"a": 1}}, "data.a"),
    (SECRETS, {"data": {"a": "%%%"}}, "data.a"),
    (SECRETS, {"stringData": {"a": 1}}, "stringData.a"),
    (POD_DISRUPTION_BUDGETS, {"spec": {"minAvailable": 1, "maxUnavailable": 1}}, "spec"),
    (RESOURCE_QUOTAS, {"spec": {"hard": {"pods": "many"}}}, "spec.hard.pods"),
    (RESOURCE_QUOTAS, {"spec": {"hard": {"pods": "1"}, "scopes": ["Sometimes"]}}, "spec.scopes[0]"),
    (SERVICES, {"spec": {"ports": [{"port": 0}]}}, "spec.ports[0].port"),
    (SERVICES, {"spec": {"type": "Sideways", "ports": [{"port": 80}]}}, "spec.type"),
    (ENDPOINT_SLICES, {"endpoints": []}, "addressType"),
    (ENDPOINT_SLICES, {"addressType": "IPv4", "endpoints": [{"addresses": []}]}, "endpoints[0].addresses"),
    (LEASES, {"spec": {"renewTime": "just now"}}, "spec.renewTime"),
    (LEASES, {"spec": {"leaseDurationSeconds": 0}}, "spec.leaseDurationSeconds"),
])
def test_what_makes_no_sense_is_refused_with_its_field(run, place, resource, content, field):
    error = run(refusal(place.make(resource, "x", **content)))

    assert 422 == error.status
    assert field in [path for path, _ in error.causes]


def test_a_taint_needs_a_known_effect(run, api):
    body = {"metadata": {"name": "n"}, "spec": {"taints": [{"key": "a", "effect": "Sometimes"}]}}

    assert "spec.taints[0].effect" == run(refusal(api.create(NODES, body, dry_run=True))).causes[0][0]


def test_a_deployment_gets_the_defaults_of_the_server(run, place):
    made = run(place.make(DEPLOYMENTS, "web", spec=workload(strategy={"rollingUpdate": {"maxSurge": 1}})))

    spec = made["spec"]
    assert (1, 10, 600) == (spec["replicas"], spec["revisionHistoryLimit"], spec["progressDeadlineSeconds"])
    assert {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": "25%"}} == spec["strategy"]
    assert "Always" == spec["template"]["spec"]["restartPolicy"]


def test_a_selector_never_changes(run, place):
    async def story():
        made = await place.make(DEPLOYMENTS, "web", spec=workload())
        labels = {"app": "web", "more": "1"}
        made["spec"]["template"]["metadata"]["labels"] = labels
        made = await place.api.update(DEPLOYMENTS, made)
        made["spec"]["selector"] = {"matchLabels": labels}
        error = await refusal(place.api.update(DEPLOYMENTS, made))
        assert "spec.selector" == error.causes[0][0]

    run(story())


def test_of_a_pod_only_little_changes(run, place):
    async def story():
        made = await place.make(PODS, "p", spec=POD)
        assert "Pending" == made["status"]["phase"]
        made["spec"]["containers"][0]["image"] = "nginx:2"
        made = await place.api.update(PODS, made)
        made["spec"]["nodeName"] = "first"  # a pod is bound once
        made = await place.api.update(PODS, made)
        for change in ({"nodeName": "second"}, {"containers": [{"name": "other", "image": "nginx:2"}]}):
            changed = {**made, "spec": {**made["spec"], **change}}
            assert "spec" == (await refusal(place.api.update(PODS, changed))).causes[0][0]

    run(story())


def test_plain_secret_data_is_encoded_over_the_other(run, place):
    made = run(place.make(SECRETS, "s", data={"a": "aGk=", "b": "aGk="}, stringData={"a": "new"}))

    assert ({"a": "bmV3", "b": "aGk="}, "Opaque") == (made["data"], made["type"])
    assert "stringData" not in made


def test_the_type_of_a_secret_never_changes(run, place):
    async def story():
        made = await place.make(SECRETS, "s")
        assert "type" == (await refusal(place.api.update(SECRETS, {**made, "type": "other"}))).causes[0][0]

    run(story())


@pytest.mark.parametrize("resource", [CONFIG_MAPS, SECRETS])
def test_immutable_data_stays(run, place, resource):
    async def story():
        made = await place.make(resource, "c", data={"a": "aGk="}, immutable=True)
        for change in ({"data": {}}, {"immutable": False}):
            assert 422 == (await refusal(place.api.update(resource, {**made, **change}))).status
        labelled = {**made, "metadata": {**made["metadata"], "labels": {"a": "b"}}}
        assert {"a": "b"} == (await place.api.update(resource, labelled))["metadata"]["labels"]

    run(story())


def test_a_built_in_kind_may_be_put_without_version_except_some(run, place):
    async def story():
        await place.make(CONFIG_MAPS, "c")
        assert {"a": "b"} == (await place.api.update(CONFIG_MAPS, place.body("c", data={"a": "b"})))["data"]
        await place.make(LEASES, "l", spec={})
        assert 422 == (await refusal(place.api.update(LEASES, place.body("l", spec={})))).status

    run(story())


def test_a_service_is_named_by_a_dns_1035_label(run, place):
    error = run(refusal(place.make(SERVICES, "1st", spec={"ports": [{"port": 80}]})))

    assert "metadata.name" == error.causes[0][0]


@pytest.mark.parametrize("amount", ["3", 3, "500m", "2Gi", "1.5", "1e3", "1E"])
def test_a_quota_takes_every_way_to_write_an_amount(run, place, amount):
    made = run(place.make(RESOURCE_QUOTAS, "q", spec={"hard": {"requests.cpu": amount}}))

    assert amount == made["spec"]["hard"]["requests.cpu"]


def test_a_service_gets_the_defaults_of_the_server(run, place):
    made = run(place.make(SERVICES, "web", spec={"ports": [{"port": 80}]}))

    assert ("ClusterIP", "TCP") == (made["spec"]["type"], made["spec"]["ports"][0]["protocol"])
