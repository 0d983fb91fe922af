"""What the server asks of the built-in kinds this engine touches, and what it fills in."""

from __future__ import annotations

import pytest

from wfcore.resources import (
    CONFIG_MAPS,
    DAEMON_SETS,
    DEPLOYMENTS,
    ENDPOINT_SLICES,
    LEASES,
    NODES,
    POD_DISRUPTION_BUDGETS,
    PODS,
    REPLICA_SETS,
    RESOURCE_QUOTAS,
    SECRETS,
    SERVICES,
    STATEFUL_SETS,
)

from .gadgets import refusal


def workload(labels=("app", "web"), **spec):
    template = {"metadata": {"labels": dict([labels])}, "spec": {"containers": [{"name": "main", "image": "nginx:1"}]}}
    return {"selector": {"matchLabels": {"app": "web"}}, "template": template, **spec}


POD = {"containers": [{"name": "main", "image": "nginx:1"}]}
LARGE = "x" * 1024 * 1024


@pytest.mark.parametrize(("resource", "content", "fields"), [
    (DEPLOYMENTS, {}, ["spec.selector", "spec.template.metadata.labels", "spec.template.spec.containers"]),
    (DEPLOYMENTS, {"spec": {"template": workload()["template"]}}, ["spec.selector", "spec.template.metadata.labels"]),
    (DEPLOYMENTS, {"spec": {"selector": {"matchLabels": {"app": "web"}}}},
     ["spec.template.metadata.labels", "spec.template.spec.containers"]),
    (DEPLOYMENTS, {"spec": workload(replicas=-1)}, ["spec.replicas"]),
    (DEPLOYMENTS, {"spec": workload(labels=("app", "db"))}, ["spec.template.metadata.labels"]),
    (DEPLOYMENTS, {"spec": workload(selector={})}, ["spec.selector"]),
    (DEPLOYMENTS, {"spec": workload(strategy={"type": "Sideways"})}, ["spec.strategy"]),
    (DEPLOYMENTS, {"spec": workload(strategy={"type": "Recreate", "rollingUpdate": {"maxSurge": 1}})},
     ["spec.strategy.rollingUpdate"]),
    (REPLICA_SETS, {"spec": workload(replicas=-1)}, ["spec.replicas"]),
    (STATEFUL_SETS, {}, ["spec.selector", "spec.template.metadata.labels", "spec.template.spec.containers"]),
    (DAEMON_SETS, {}, ["spec.template.metadata.labels", "spec.template.spec.containers"]),
    (PODS, {}, ["spec.containers"]),
    (PODS, {"spec": {"containers": []}}, ["spec.containers"]),
    (PODS, {"spec": {"containers": [{"name": "a", "image": "x"}] * 2}}, ["spec.containers[1].name"]),
    (PODS, {"spec": {"containers": [{"name": "a"}]}}, ["spec.containers[0].image"]),
    (PODS, {"spec": {"containers": [{"image": "x"}]}}, ["spec.containers[0].name"]),
    (PODS, {"spec": {"containers": [{"name": "A_b", "image": "x"}]}}, ["spec.containers[0].name"]),
    (PODS, {"spec": {**POD, "restartPolicy": "Sometimes"}}, ["spec.restartPolicy"]),
    (CONFIG_MAPS, {"data": {"a b": "c"}}, ["data[a b]"]),
    (CONFIG_MAPS, {"data": {"..": "c"}}, ["data[..]"]),
    (CONFIG_MAPS, {"data": {"a": LARGE, "b": "x"}}, ["[]"]),
    (SECRETS, {"data": {"a b": ""}}, ["data[a b]"]),
    (SECRETS, {"stringData": {"a": LARGE, "b": "x"}}, ["data"]),
    (POD_DISRUPTION_BUDGETS, {"spec": {"minAvailable": 1, "maxUnavailable": 1}}, ["spec"]),
    (POD_DISRUPTION_BUDGETS, {"spec": {"minAvailable": -1}}, ["spec.minAvailable"]),
    (POD_DISRUPTION_BUDGETS, {"spec": {"maxUnavailable": "half"}}, ["spec.maxUnavailable"]),
    (RESOURCE_QUOTAS, {"spec": {"hard": {"pods": "1"}, "scopes": ["Sometimes"]}}, ["spec.scopes"]),
    (SERVICES, {}, ["spec.ports"]),
    (SERVICES, {"spec": {"ports": [{"port": 80, "protocol": "X"}]}}, ["spec.ports[0].protocol"]),
    (SERVICES, {"spec": {"ports": [{"port": 80}, {"port": 81}]}}, ["spec.ports[0].name", "spec.ports[1].name"]),
    (SERVICES, {"spec": {"type": "Sideways", "ports": [{"port": 80}]}}, ["spec.type"]),
    (ENDPOINT_SLICES, {"endpoints": []}, ["addressType"]),
    (ENDPOINT_SLICES, {"addressType": "IPv4", "endpoints": [{"addresses": []}]}, ["endpoints[0].addresses"]),
    (LEASES, {"spec": {"leaseDurationSeconds": 0}}, ["spec.leaseDurationSeconds"]),
])
def test_what_makes_no_sense_is_refused_with_its_fields(run, place, resource, content, fields):
    error = run(refusal(place.make(resource, "x", **content)))

    assert (422, "Invalid") == (error.status, error.reason)
    assert fields == sorted(path for path, _ in error.causes)


@pytest.mark.parametrize(("resource", "content"), [
    (DEPLOYMENTS, {"spec": workload(replicas="two")}),
    (CONFIG_MAPS, {"data": {"a": 1}}), (CONFIG_MAPS, {"data": "a"}), (CONFIG_MAPS, {"immutable": "yes"}),
    (CONFIG_MAPS, {"binaryData": {"a": "%%%"}}),
    (SECRETS, {"data": {"a": "%%%"}}), (SECRETS, {"stringData": {"a": 1}}),
    (RESOURCE_QUOTAS, {"spec": {"hard": {"pods": "many"}}}),
    (LEASES, {"spec": {"renewTime": "just now"}}),
    # Its seconds have six digits or none is right.
    (LEASES, {"spec": {"renewTime": "2026-01-01T00:00:00Z"}}),
    (LEASES, {"spec": {"leaseDurationSeconds": "long"}}),
])
def test_what_has_the_wrong_shape_cannot_be_decoded(run, place, resource, content):
    error = run(refusal(place.make(resource, "x", **content)))

    assert (400, "BadRequest", ()) == (error.status, error.reason, error.causes)
    assert error.message.startswith(
        f'{resource.kind} in version "v1" cannot be handled as a {resource.kind}: ')


@pytest.mark.parametrize(("taint", "field"), [
    ({"key": "a", "effect": "Sometimes"}, "metadata.taints[0].effect"), ({"key": "a"}, "metadata.taints[0].effect"),
    ({"effect": "NoSchedule"}, "metadata.taints[0].key"),
])
def test_a_taint_needs_a_key_and_a_known_effect(run, api, taint, field):
    body = {"metadata": {"name": "n"}, "spec": {"taints": [taint]}}

    assert field == run(refusal(api.create(NODES, body, dry_run=True))).causes[0][0]


def test_items_of_a_list_leave_out_what_the_list_says_for_all(run, place):
    """Whoever needs an item's kind knows it from what it asked for."""
    async def story():
        await place.make(CONFIG_MAPS, "c")
        items = (await place.api.list(CONFIG_MAPS, place.namespace)).items
        assert [] == [item for item in items if {"apiVersion", "kind"} & item.keys()]
        watch = place.api.watch(CONFIG_MAPS, place.namespace, resource_version="0")
        event = await anext(watch)
        await watch.aclose()
        assert ("v1", "ConfigMap") == (event.object["apiVersion"], event.object["kind"])

    run(story())


def test_a_deployment_gets_the_defaults_of_the_server(run, place):
    made = run(place.make(DEPLOYMENTS, "web", spec=workload(strategy={"rollingUpdate": {"maxSurge": 1}})))

    spec = made["spec"]
    assert (1, 10, 600) == (spec["replicas"], spec["revisionHistoryLimit"], spec["progressDeadlineSeconds"])
    assert {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": "25%"}} == spec["strategy"]
    assert "Always" == spec["template"]["spec"]["restartPolicy"]


def test_a_selector_never_changes(run, place):
    async def story():
        await place.make(DEPLOYMENTS, "web", spec=workload())
        labels = {"app": "web", "more": "1"}
        await place.change(DEPLOYMENTS, "web", lambda made: made["spec"]["template"]["metadata"].update(labels=labels))
        error = await refusal(place.change(
            DEPLOYMENTS, "web", lambda made: made["spec"].update(selector={"matchLabels": labels})))
        assert "spec.selector" == error.causes[0][0]

    run(story())


def test_of_a_pod_only_little_changes(run, place):
    async def story():
        made = await place.make(PODS, "p", spec={**POD, "nodeName": "nowhere"})
        assert "Pending" == made["status"]["phase"]
        made = await place.change(PODS, "p", lambda pod: pod["spec"]["containers"][0].update(image="nginx:2"))
        assert "nginx:2" == made["spec"]["containers"][0]["image"]
        for change in ({"nodeName": "elsewhere"}, {"restartPolicy": "Never"},
                       {"containers": [{"name": "other", "image": "nginx:2"}]}):
            error = await refusal(place.change(PODS, "p", lambda pod, to=change: pod["spec"].update(to)))
            assert (422, "spec") == (error.status, error.causes[0][0])

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


def test_a_service_is_named_by_a_label(run, place):
    error = run(refusal(place.make(SERVICES, "a.b", spec={"ports": [{"port": 80}]})))

    assert (("metadata.name", 'Invalid value: "a.b": must not contain dots'),) == error.causes


@pytest.mark.parametrize(("amount", "stored"), [
    ("3", "3"), (3, "3"), ("500m", "500m"), ("2Gi", "2Gi"), ("1.5", "1500m"), (1.5, "1500m"), ("1e3", "1e3"),
    ("1E", "1E"), ("0.1", "100m"), ("1024Mi", "1Gi"), ("1000", "1k"), ("1000m", "1"), ("0.5Gi", "512Mi"), ("+5", "+5"),
    ("1n", "1m"), ("1500u", "2m"), ("00", "0"), ("1024", "1024"), ("1e5", "100e3"), ("1000e3", "1e6"),
    ("0.3Ki", "307200m"), ("1500Ki", "1500Ki"), ("1.5e3", "1500"), ("80Ki", "80Ki"),
])
def test_an_amount_is_stored_in_its_canonical_form(run, place, amount, stored):
    made = run(place.make(RESOURCE_QUOTAS, "q", spec={"hard": {"requests.memory": amount}}))

    assert stored == made["spec"]["hard"]["requests.memory"]


def test_a_service_gets_the_defaults_of_the_server(run, place):
    made = run(place.make(SERVICES, "web", spec={"ports": [{"port": 80}]}))

    assert ("ClusterIP", "TCP") == (made["spec"]["type"], made["spec"]["ports"][0]["protocol"])
