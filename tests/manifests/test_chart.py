"""The chart with its own values is the base, object by object; each value changes what it says and nothing else."""

from __future__ import annotations

import copy
import tomllib

import pytest
import yaml

from wfcontroller.deployment import PARTS, objects
from wfcontroller.deployment.chart import SOURCES, template_files, write
from wfcore.crds import crds

from .shipped import DEPLOY, identity
from .templates import TemplateError, rendered

CHART = DEPLOY / "chart"
VALUES = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
METADATA = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))
ALL = {"observer": {"enabled": True}, "mutatingPolicy": {"enabled": True},
       "monitoring": {**VALUES["monitoring"], "enabled": True}}


def chart(release="kubernaut-system", /, **values):
    """What the templates make of the chart's own values and these, by identity."""
    made = [document for path in sorted((CHART / "templates").iterdir())
            for document in rendered(path.read_text("utf-8"), {**copy.deepcopy(VALUES), **values}, release)]
    assert len(made) == len({identity(each) for each in made})
    return {identity(each): read(each) for each in made}


def read(document):
    """The config file as what it says: the chart's has no comments."""
    if document["kind"] == "ConfigMap":
        document["data"] = {key: yaml.safe_load(text) for key, text in document["data"].items()}
    return document


def shipped(parts=PARTS, **options):
    """Without what Helm brings otherwise: the definitions, and the namespace, which has to be there before."""
    found = objects([part for part in parts if part not in ("crds", "namespace")], **options)
    return {identity(each): read(each) for each in found}


def test_the_templates_are_those_that_the_manifests_make():
    """When this fails: run wfcontroller.deployment.chart.write on the folder and review the difference."""
    assert template_files() == {path.name: path.read_text("utf-8") for path in (CHART / "templates").iterdir()}


def test_the_chart_s_own_values_make_the_base_in_a_namespace_that_is_there():
    assert shipped(("rbac", "policy", "network", "workloads")) == chart()


def test_with_everything_on_the_chart_makes_everything():
    assert shipped() == chart(**ALL)


def test_the_release_s_namespace_is_the_installation_s():
    assert shipped(namespace="repairs") == chart("repairs", **ALL)


def test_the_definitions_are_the_same_files():
    found = {path.name: yaml.safe_load(path.read_text("utf-8")) for path in (CHART / "crds").iterdir()}

    assert {each["metadata"]["name"]: each for each in crds()} == {
        each["metadata"]["name"]: each for each in found.values()}
    assert {path.resolve() for path in (CHART / "crds").iterdir()} == {
        path for path in (DEPLOY / "crds").iterdir() if path.name != "kustomization.yaml"}


def test_the_chart_is_of_the_version_of_the_package_and_of_the_clusters_that_are_supported():
    package = tomllib.loads((DEPLOY.parent / "pyproject.toml").read_text("utf-8"))["project"]["version"]

    assert {package} == {METADATA["version"], METADATA["appVersion"], VALUES["image"]["tag"]}
    assert ("v2", ">=1.30.0-0") == (METADATA["apiVersion"], METADATA["kubeVersion"])


def change_of(**values):
    """The objects that these values add, change or remove; and what they are with them."""
    before, after = chart(), chart(**values)
    return {key: after.get(key) for key in {**before, **after} if before.get(key) != after.get(key)}


POD = ("Deployment", "kubernaut-system", "wf-controller"), ("Deployment", "kubernaut-system", "wf-executor")


def test_replicas_and_resources_are_those_of_the_values():
    resources = {"requests": {"cpu": "1"}}
    changed = change_of(controller={**VALUES["controller"], "replicas": 3, "resources": resources},
                        executor={**VALUES["executor"], "resources": {}})

    assert set(POD) == set(changed)
    assert 3 == changed[POD[0]]["spec"]["replicas"]
    assert [resources, {}] == [changed[key]["spec"]["template"]["spec"]["containers"][0]["resources"] for key in POD]


def test_an_image_and_fields_of_pods_are_for_both():
    changed = change_of(image={"repository": "mirror/x", "tag": "2", "pullPolicy": "Always"},
                        pod={"nodeSelector": {"a": "b"}, "imagePullSecrets": [{"name": "s"}]})

    assert set(POD) == set(changed)
    for each in changed.values():
        pod = each["spec"]["template"]["spec"]
        assert ({"a": "b"}, [{"name": "s"}]) == (pod["nodeSelector"], pod["imagePullSecrets"])
        assert ("mirror/x:2", "Always") == (pod["containers"][0]["image"], pod["containers"][0]["imagePullPolicy"])


def test_the_executor_s_power_is_bound_in_the_namespaces_listed_and_no_longer_everywhere():
    changed = change_of(scope={"namespaces": ["a", "b"]})
    bindings = [changed["RoleBinding", name, "wf-executor-actions"] for name in ("a", "b")]

    assert 3 == len(changed)
    assert changed["ClusterRoleBinding", "", "wf-executor-actions"] is None
    for each in bindings:
        assert {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "wf-executor-actions"} == each[
            "roleRef"]
        assert [{"kind": "ServiceAccount", "name": "wf-executor", "namespace": "kubernaut-system"}] == each["subjects"]


def test_the_config_and_the_database_are_those_of_the_values():
    told = {"mode": "Observe", "approval": {"policy": "Always"}}
    changed = change_of(controller={**VALUES["controller"], "config": told},
                        executor={**VALUES["executor"], "config": {"parallelism": 5}},
                        database={"secretName": "db", "secretKey": "dsn"})
    configs = [changed.pop(("ConfigMap", "kubernaut-system", name))["data"]["config.yaml"]
               for name in ("wf-controller", "wf-executor")]
    (deployment,) = changed.values()
    environment = deployment["spec"]["template"]["spec"]["containers"][0]["env"]

    assert [told, {"parallelism": 5}] == configs
    assert {"name": "db", "key": "dsn", "optional": True} == environment[-1]["valueFrom"]["secretKeyRef"]


def test_without_network_policies_there_are_none():
    assert {"NetworkPolicy"} == {kind for kind, _, _ in change_of(networkPolicy={"enabled": False})}


def test_whoever_may_scrape_is_told_by_labels():
    changed = change_of(monitoring={"enabled": False, "namespaceLabels": {"team": "watch"}})
    (policy,) = changed.values()

    assert {"team": "watch"} == policy["spec"]["ingress"][1]["from"][0]["namespaceSelector"]["matchLabels"]


def test_every_template_has_a_manifest_that_is_shipped():
    assert [] == [source for source, _ in SOURCES.values() if not (DEPLOY / source).is_file()]


def test_templates_are_written_into_a_folder(tmp_path):
    assert template_files() == {path.name: path.read_text("utf-8") for path in write(tmp_path)}


def test_a_manifest_without_what_a_value_replaces_is_an_error(monkeypatch, tmp_path):
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "controller.yaml").write_text("kind: Deployment\n")
    monkeypatch.setattr("wfcontroller.deployment.chart.SOURCES", {"controller": ("base/controller.yaml", "")})
    monkeypatch.setattr("wfcontroller.deployment.chart.folder", lambda: tmp_path)

    with pytest.raises(ValueError, match=r"base/controller.yaml has 'image: .*' 0 times"):
        template_files()


@pytest.mark.parametrize("text", [
    "{{ include \"x\" . }}", "{{ .Values.absent }}", "{{ .Values.controller }}", "{{ .Values.image.tag | quote }}",
    "{{- if .Values.pod }}", "{{- end }}", "{{- if .Values.pod }}{{ else }}{{ else }}{{ end }}", "{{ .Chart.Name }}",
])
def test_what_is_not_of_the_part_that_the_renderer_knows_is_an_error(text):
    with pytest.raises(TemplateError):
        rendered(text, copy.deepcopy(VALUES), "n")
