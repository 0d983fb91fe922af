"""An installation in parts, as objects in the order in which they are to be applied."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

from wfcontroller.api import Object
from wfcontroller.deployment.files import documents
from wfcore.crds import crds

# What the files say, and is replaced by what an installation wants.
NAMESPACE = "kubernaut-system"
IMAGE = "kubernaut/workflow-execution:0.1.0"
CONFIG_KEY = "config.yaml"
# By part, in the order of application: what others refer to comes first.  The definitions come from the model.
FILES: Mapping[str, tuple[str, ...]] = {
    "namespace": ("base/namespace.yaml",),
    "crds": (),
    "rbac": ("base/accounts.yaml", "base/controller-rights.yaml", "base/executor-rights.yaml", "base/people.yaml"),
    "observer": ("components/observer/observer.yaml",),
    "policy": ("base/wf-guard.yaml",),
    "mutating-policy": ("components/mutating-policy/created-by.yaml",),
    "network": ("base/network.yaml",),
    "workloads": ("base/controller-config.yaml", "base/executor-config.yaml", "base/controller.yaml",
                  "base/executor.yaml"),
    "monitoring": ("components/monitoring/service-monitor.yaml",),
}
PARTS = tuple(FILES)
DEFAULT_PARTS = ("namespace", "crds", "rbac", "policy", "network", "workloads")
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


def objects(parts: Collection[str] = DEFAULT_PARTS, *, namespace: str = NAMESPACE, image: str = IMAGE,
            configs: Mapping[str, str] = MappingProxyType({})) -> list[Object]:
    """The objects of some parts, ready to be applied one after the other; fresh dictionaries on each call.

    Args:
        parts: Some of `PARTS`, in any order.
        namespace: Where the service lives.  The policy and the bindings name the accounts of this namespace.
        image: What both Deployments run.
        configs: Texts of config files, by the name of the ConfigMap: `wf-controller`, `wf-executor`; those shipped
            where it has none.

    Raises `ValueError` for an unknown part and for a namespace that cannot be one.
    """
    unknown = sorted(set(parts) - set(PARTS))
    if unknown:
        raise ValueError(f"unknown part {', '.join(map(repr, unknown))}; the parts are {', '.join(PARTS)}")
    if not _LABEL.fullmatch(namespace):
        raise ValueError(f"namespace {namespace!r} can't be one: lower-case letters, digits and '-', at most 63, "
                         "beginning and ending with a letter or digit")
    return [_fitted(document, namespace, image, configs) for part in PARTS if part in parts for document in _of(part)]


def _of(part: str) -> list[Object]:
    if part == "crds":
        return list(crds())
    return [document for name in FILES[part] for document in documents(name)]


def _fitted(document: Object, namespace: str, image: str, configs: Mapping[str, str]) -> Object:
    if document["kind"] == "CustomResourceDefinition":
        return document  # of no namespace, and large
    fitted: Object = _replaced(document, {NAMESPACE: namespace, IMAGE: image})
    if fitted["kind"] == "ConfigMap":
        fitted["data"][CONFIG_KEY] = configs.get(fitted["metadata"]["name"], fitted["data"][CONFIG_KEY])
    return fitted


def _replaced(value: Any, words: Mapping[str, str]) -> Any:
    """The same JSON with words replaced in every text: the namespace stands in names, accounts and expressions."""
    match value:
        case dict():
            return {key: _replaced(each, words) for key, each in value.items()}
        case list():
            return [_replaced(each, words) for each in value]
        case str():
            for old, new in words.items():
                value = value.replace(old, new)
            return value
        case _:
            return value
