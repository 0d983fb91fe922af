"""The kustomizations list every manifest, and each overlay is the base with one thing more."""

from __future__ import annotations

import tomllib

import pytest
import yaml

from wfcontroller.deployment.parts import IMAGE

from .shipped import DEPLOY, everything, files, identity, one, read

KUSTOMIZATIONS = sorted(path.relative_to(DEPLOY) for path in DEPLOY.rglob("kustomization.yaml"))
COMPONENTS = sorted(path.name for path in (DEPLOY / "components").iterdir())


def kustomization(folder):
    (found,) = read(f"{folder}/kustomization.yaml")
    return found


@pytest.mark.parametrize("path", KUSTOMIZATIONS, ids=str)
def test_what_a_kustomization_lists_is_there(path):
    found = kustomization(path.parent)
    listed = [*found.get("resources", ()), *found.get("components", ()),
              *(patch["path"] for patch in found.get("patches", ()))]

    assert [] == [name for name in listed if not (DEPLOY / path.parent / name).exists()]
    assert ("Component" if path.parts[0] == "components" else "Kustomization") == found["kind"]
    assert found["apiVersion"].startswith("kustomize.config.k8s.io/")


@pytest.mark.parametrize("folder", ["base", "crds", *(f"components/{name}" for name in COMPONENTS)])
def test_every_manifest_of_a_folder_is_listed(folder):
    found = kustomization(folder)
    listed = [*found.get("resources", ()), *(patch["path"] for patch in found.get("patches", ()))]

    assert files(folder) == sorted(f"{folder}/{name}" for name in listed if name != "../crds")


def test_each_component_has_an_overlay_of_its_name():
    for name in COMPONENTS:
        found = kustomization(f"overlays/{name}")
        assert (["../../base"], [f"../../components/{name}"]) == (found["resources"], found["components"])
    assert {"default", *COMPONENTS} == {path.name for path in (DEPLOY / "overlays").iterdir()}


def test_the_default_overlay_runs_the_image_that_the_base_names():
    (image,) = kustomization("overlays/default")["images"]

    assert f"{image['name']}:{image['newTag']}" == IMAGE
    assert {IMAGE} == {one("Deployment", name)["spec"]["template"]["spec"]["containers"][0]["image"]
                       for name in ("wf-controller", "wf-executor")}


def test_the_image_is_tagged_by_the_version_of_the_package():
    package = tomllib.loads((DEPLOY.parent / "pyproject.toml").read_text("utf-8"))

    assert package["project"]["version"] == IMAGE.rpartition(":")[2]


def test_observe_only_changes_the_mode_and_nothing_else():
    (patch,) = read("components/observe-only/config.yaml")
    shipped = one("ConfigMap", "wf-controller")

    assert identity(shipped) == identity(patch)
    assert {**yaml.safe_load(shipped["data"]["config.yaml"]), "mode": "Observe"} == yaml.safe_load(
        patch["data"]["config.yaml"])


def test_every_yaml_file_says_what_it_is_without_aliases():
    for name in (*files("base"), *(name for part in COMPONENTS for name in files(f"components/{part}"))):
        text = (DEPLOY / name).read_text("utf-8")
        assert not [token for token in yaml.scan(text) if isinstance(token, yaml.AliasToken)]
        assert all({"apiVersion", "kind", "metadata"} <= set(document) for document in yaml.safe_load_all(text))
    assert len(everything()) > 30
