"""A small installation in place of the shipped manifests, and a cluster that serves its kinds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest

from wfcontroller import kinds
from wfcontroller.cli import shipping
from wfcore.crds import crds, others

from .cluster_world import OWN, World, plug_in

SCHEMALESS = (kinds.VALIDATING_ADMISSION_POLICIES, kinds.VALIDATING_ADMISSION_POLICY_BINDINGS, kinds.CLUSTER_ROLES)


IMAGE = "image:1"


class Manifests:
    """As `wfcontroller.deployment`, with one object a part."""

    PARTS = ("namespace", "crds", "rbac", "policy", "workloads", "monitoring")
    DEFAULT_PARTS = PARTS[:-1]
    IMAGE = IMAGE

    def objects(self, parts: Any, *, namespace: str = OWN, image: str = IMAGE,
                configs: Mapping[str, str] = MappingProxyType({})) -> list[Any]:
        if unknown := set(parts) - set(self.PARTS):
            raise ValueError(f"unknown part {min(unknown)!r}; the parts are {', '.join(self.PARTS)}")
        admission, rbac = "admissionregistration.k8s.io/v1", "rbac.authorization.k8s.io/v1"
        made = {
            "namespace": [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}],
            "crds": list(crds()),
            "rbac": [{"apiVersion": rbac, "kind": "ClusterRole", "metadata": {"name": "wf-viewer"},
                      "rules": [{"verbs": ["get"], "resources": ["workflowexecutions"]}]}],
            "policy": [{"apiVersion": admission, "kind": kind, "metadata": {"name": "wf-guard"},
                        "spec": {"of": namespace}} for kind in
                       ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")],
            "workloads": [{"apiVersion": "v1", "kind": "ConfigMap",
                           "metadata": {"name": "wf-controller", "namespace": namespace, "labels": {"app": "wf"}},
                           "data": {"image": image, **configs}}],
            "monitoring": [{"apiVersion": "monitoring.coreos.com/v1", "kind": "ServiceMonitor",
                            "metadata": {"name": "wf", "namespace": namespace}, "spec": {}}],
        }
        return [one for part in self.PARTS if part in parts for one in made[part]]

    def guard_fingerprint(self, policy: Any, binding: Any) -> str:
        return json.dumps([policy["spec"], binding["spec"]])

    def expected_fingerprint(self, namespace: str) -> str:
        return self.guard_fingerprint(*self.objects(["policy"], namespace=namespace))


def bare_cluster(monkeypatch: pytest.MonkeyPatch) -> World:
    """A cluster on which nothing is installed."""
    world = World(kinds=[], schemaless=SCHEMALESS, namespaces=())
    plug_in(world, monkeypatch)
    monkeypatch.setattr(shipping, "deployment", Manifests())
    return world


def installed_cluster(monkeypatch: pytest.MonkeyPatch) -> World:
    """A cluster on which everything stands as shipped."""
    world = bare_cluster(monkeypatch)
    for one in (*Manifests().objects(Manifests.DEFAULT_PARTS), *others()):
        world.add(shipping.resource_of(one), one)
    return world
