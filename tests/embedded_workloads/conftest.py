"""Objects to judge: the smallest pods, nodes and workloads that the pure functions can be asked about."""

from __future__ import annotations

import runpy
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def conditions(ready, since="2026-01-01T11:00:00Z"):
    return [{"type": "Ready", "status": str(ready), "lastTransitionTime": since}]


class Make:
    """Builders of plain JSON objects; every keyword is optional."""

    now = NOW

    @staticmethod
    def pod(name="web-1", *, ready=True, node="n1", phase="Running", image="nginx:1", labels=None, created="",
            terminating=False, since="2026-01-01T11:00:00Z", cost=None, selector=None):
        meta = {"name": name, "namespace": "default", "uid": f"uid-{name}", "labels": labels or {}}
        if created:
            meta["creationTimestamp"] = created
        if terminating:
            meta["deletionTimestamp"] = "2026-01-01T12:00:30Z"
        if cost is not None:
            meta["annotations"] = {"controller.kubernetes.io/pod-deletion-cost": str(cost)}
        spec = {"containers": [{"name": "main", "image": image}], **({"nodeName": node} if node else {}),
                **({"nodeSelector": selector} if selector else {})}
        return {"metadata": meta, "spec": spec, "status": {"phase": phase, "conditions": conditions(ready, since)}}

    @staticmethod
    def node(name, *, ready=True, cordoned=False, labels=None, taints=(), pods="110", terminating=False):
        meta = {"name": name, "labels": labels or {}, **({"deletionTimestamp": "x"} if terminating else {})}
        return {"metadata": meta, "spec": {"unschedulable": cordoned, "taints": list(taints)},
                "status": {"conditions": conditions(ready), "allocatable": {"pods": pods}}}

    @staticmethod
    def workload(name="web", *, replicas=3, image="nginx:1", status=None, generation=1, **spec):
        template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "main", "image": image}]}}
        return {
            "metadata": {"name": name, "namespace": "default", "uid": f"uid-{name}", "generation": generation},
            "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template, **spec},
            "status": status or {},
        }


@pytest.fixture(scope="session")
def make():
    return Make


WORLD = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("world.py")), run_name="world"))


@pytest.fixture(scope="session")
def world():
    """The module `world`: `run(scenario)`, `World` and what tells pods apart."""
    return WORLD
