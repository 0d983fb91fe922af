"""The objects fit together: namespaces, labels, selectors, ports, and what one names of another."""

from __future__ import annotations

import pytest

from wfcore.settings import Settings

from .shipped import CLUSTER_WIDE, NAMESPACE, everything, identity, of, one

DEPLOYMENTS = of("Deployment")
ids = {"ids": lambda each: "/".join(filter(None, identity(each)))}


def pod(deployment):
    return deployment["spec"]["template"]["spec"]


def container(deployment):
    (only,) = pod(deployment)["containers"]
    return only


def selects(selector, labels) -> bool:
    return selector.items() <= labels.items()


@pytest.mark.parametrize("document", everything(), **ids)
def test_an_object_is_in_the_namespace_or_of_the_whole_cluster(document):
    expected = None if document["kind"] in CLUSTER_WIDE else NAMESPACE

    assert expected == document["metadata"].get("namespace")
    assert "workflow-execution" == document["metadata"].get("labels", {}).get("app.kubernetes.io/part-of")


def test_no_object_is_there_twice():
    assert len(everything()) == len({identity(each) for each in everything()})


def test_the_settings_expect_the_accounts_and_the_namespace_that_are_shipped():
    settings = Settings()

    assert NAMESPACE == settings.controller_namespace == one("Namespace", NAMESPACE)["metadata"]["name"]
    assert f"system:serviceaccount:{NAMESPACE}:wf-executor" == settings.executor_account
    assert {"wf-controller", settings.executor_lease} == {each["metadata"]["name"] for each in of("ServiceAccount")}


@pytest.mark.parametrize("deployment", DEPLOYMENTS, **ids)
def test_a_deployment_selects_its_own_pods_and_no_others(deployment):
    selector, labels = deployment["spec"]["selector"]["matchLabels"], deployment["spec"]["template"]["metadata"][
        "labels"]
    others = [each["spec"]["template"]["metadata"]["labels"] for each in DEPLOYMENTS if each is not deployment]

    assert selects(selector, labels)
    assert not [each for each in others if selects(selector, each)]
    assert all(each["labelSelector"]["matchLabels"] == selector
               for each in pod(deployment).get("topologySpreadConstraints", ()))


@pytest.mark.parametrize("document", [*of("Service"), *of("PodDisruptionBudget")], **ids)
def test_what_selects_pods_selects_those_of_its_own_program(document):
    selector = document["spec"]["selector"]
    selector = selector.get("matchLabels", selector)
    selected = [each["metadata"]["name"] for each in DEPLOYMENTS
                if selects(selector, each["spec"]["template"]["metadata"]["labels"])]

    assert [document["metadata"]["labels"]["app.kubernetes.io/name"]] == selected


@pytest.mark.parametrize("deployment", DEPLOYMENTS, **ids)
def test_a_service_leads_to_a_port_that_is_there(deployment):
    ports = {each["name"]: each["containerPort"] for each in container(deployment)["ports"]}
    service = one("Service", f"{deployment['metadata']['name']}-metrics")

    assert {"health": 8080, "metrics": 9090} == ports
    assert [("metrics", 9090)] == [(port["targetPort"], port["port"]) for port in service["spec"]["ports"]]


@pytest.mark.parametrize("deployment", DEPLOYMENTS, **ids)
def test_the_probes_ask_health_and_readiness_on_the_port_of_both(deployment):
    asked = container(deployment)

    assert {"path": "/health", "port": "health"} == asked["livenessProbe"]["httpGet"]
    assert {"path": "/ready", "port": "health"} == asked["readinessProbe"]["httpGet"]


@pytest.mark.parametrize("deployment", DEPLOYMENTS, **ids)
def test_what_a_pod_refers_to_is_shipped_or_optional(deployment):
    volumes = {each["name"]: each for each in pod(deployment)["volumes"]}
    references = [each["valueFrom"]["secretKeyRef"] for each in container(deployment)["env"]
                  if "secretKeyRef" in each.get("valueFrom", {})]

    assert one("ServiceAccount", pod(deployment)["serviceAccountName"])
    assert set(volumes) == {each["name"] for each in container(deployment)["volumeMounts"]}
    assert one("ConfigMap", volumes["config"]["configMap"]["name"])["data"]["config.yaml"]
    assert all(reference["optional"] for reference in references)
    assert "/etc/wf/config.yaml" == container(deployment)["command"][-1]


@pytest.mark.parametrize("account", of("ServiceAccount"), **ids)
def test_only_the_pods_that_ask_for_it_get_an_account_s_token(account):
    asking = [each["metadata"]["name"] for each in DEPLOYMENTS
              if pod(each)["serviceAccountName"] == account["metadata"]["name"]
              and pod(each)["automountServiceAccountToken"]]

    assert account["automountServiceAccountToken"] is False
    assert [account["metadata"]["name"]] == asking


def test_the_database_is_the_controller_s_alone():
    names = {each["metadata"]["name"]: {env["name"] for env in container(each)["env"]} for each in DEPLOYMENTS}

    assert {"wf-controller": {"WF_CONTROLLER_NAMESPACE", "WF_EXECUTOR_ACCOUNT", "WF_DATABASE_URL"},
            "wf-executor": {"WF_EXECUTOR_NAMESPACE"}} == names


def test_the_controller_survives_a_drain_and_the_executor_is_never_doubled():
    controller, executor = (one("Deployment", name)["spec"] for name in ("wf-controller", "wf-executor"))

    assert (2, 0) == (controller["replicas"], controller["strategy"]["rollingUpdate"]["maxUnavailable"])
    assert (1, {"type": "Recreate"}) == (executor["replicas"], executor["strategy"])
    assert 1 == one("PodDisruptionBudget", "wf-controller")["spec"]["maxUnavailable"]


def test_every_pod_is_denied_what_no_policy_allows():
    denied, labels = one("NetworkPolicy", "wf-default-deny")["spec"], [
        each["spec"]["template"]["metadata"]["labels"] for each in DEPLOYMENTS]

    assert {"Ingress", "Egress"} == set(denied["policyTypes"])
    assert not {"ingress", "egress"} & set(denied)
    assert all(selects(denied["podSelector"]["matchLabels"], each) for each in labels)


def test_the_network_lets_through_what_each_program_needs():
    def ports(name, way):
        return {(each["protocol"], each["port"], "from" in rule or "to" in rule)
                for rule in one("NetworkPolicy", name)["spec"].get(way, ()) for each in rule["ports"]}

    assert {("TCP", 8080, False), ("TCP", 9090, True)} == ports("wf-serving", "ingress")
    assert {("TCP", 5432, False)} == ports("wf-database", "egress")
    assert {("UDP", 53, True), ("TCP", 53, True), ("TCP", 443, False), ("TCP", 6443, False)} == ports(
        "wf-api-server", "egress")
    assert set() == ports("wf-api-server", "ingress")


def test_the_monitor_finds_the_services_of_the_metrics_by_their_port():
    monitor = one("ServiceMonitor", "workflow-execution")["spec"]
    (endpoint,) = monitor["endpoints"]
    found = [each["metadata"]["name"] for each in of("Service")
             if selects(monitor["selector"]["matchLabels"], each["metadata"]["labels"])
             and endpoint["port"] in {port["name"] for port in each["spec"]["ports"]}]

    assert ["wf-controller-metrics", "wf-executor-metrics"] == found
    assert ("https", "/metrics") == (endpoint["scheme"], endpoint["path"])


def test_the_kubelet_waits_for_no_variables_of_services():
    """They are made of the names of Services, and a name that begins with `wf-` makes one that looks like a setting."""
    assert [False, False] == [pod(each)["enableServiceLinks"] for each in DEPLOYMENTS]
