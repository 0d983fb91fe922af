"""The manifests as the tests look at them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

Object = dict[str, Any]

DEPLOY = Path(__file__).parents[2] / "packages" / "wfcontroller" / "deploy"
NAMESPACE = "kubernaut-system"
CLUSTER_WIDE = frozenset({
    "Namespace", "CustomResourceDefinition", "ClusterRole", "ClusterRoleBinding", "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"})


def read(*names: str) -> list[Object]:
    """The objects of some files below `deploy`."""
    return [document for name in names
            for document in yaml.load_all((DEPLOY / name).read_text("utf-8"), Loader=yaml.CSafeLoader)]


def files(folder: str) -> list[str]:
    """The manifests of a folder, without its kustomization and definitions."""
    return sorted(f"{folder}/{path.name}" for path in (DEPLOY / folder).glob("*.yaml")
                  if path.name != "kustomization.yaml")


def everything() -> list[Object]:
    """Base and components, the definitions apart; patches of a component are no objects of their own."""
    added = [name for component in ("observer", "monitoring", "mutating-policy")
             for name in files(f"components/{component}")]
    return read(*files("base"), *added)


def identity(document: Object) -> tuple[str, str, str]:
    """Kind, namespace, name."""
    metadata = document["metadata"]
    return document["kind"], metadata.get("namespace", ""), metadata["name"]


def one(kind: str, name: str) -> Object:
    (found,) = [each for each in everything() if each["kind"] == kind and each["metadata"]["name"] == name]
    return found


def of(kind: str) -> list[Object]:
    return [each for each in everything() if each["kind"] == kind]
