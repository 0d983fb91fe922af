"""Objects of a cluster as safety checks find them, and stories in such clusters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wfcore.planning.targets import Target
from wfcore.program import Inspect
from wfcore.rawobject import RawObject
from wfcore.settings import Settings
from wfcore.testing.world import World

from .stories import Story, workflow

READY = {"conditions": [{"type": "Ready", "status": "True"}]}
NODES, PODS = Target("Node", "", ""), Target("Pod", "", "")
BUDGETS = Target("PodDisruptionBudget", "", "")
QUOTAS = Target("ResourceQuota", "default", "")
SERVICES, SLICES = Target("Service", "default", ""), Target("EndpointSlice", "default", "")
WEB = Target("Deployment", "default", "web")
LEASE = Target("Lease", "kubernaut-system", "wf-executor")


def drain(number: int, node: str = "n1") -> dict[str, Any]:
    return {"stepNumber": number, "action": "drain-node", "parameters": {"drainNode": {"nodeName": node}}}


def cordon(number: int, node: str = "n2") -> dict[str, Any]:
    return {"stepNumber": number, "action": "cordon-node", "parameters": {"cordonNode": {"nodeName": node}}}


def node(name: str, cpu: str = "4", pods: str = "110", **more: Any) -> dict[str, Any]:
    return {"metadata": {"name": name}, "status": {**READY, "allocatable": {"cpu": cpu, "pods": pods}}, **more}


def pod(name: str, on: str, cpu: str = "1", owner: str = "ReplicaSet", **more: Any) -> dict[str, Any]:
    return {"metadata": {"namespace": "default", "name": name, "labels": {"app": "web"},
                         "ownerReferences": [{"kind": owner, "controller": True}]},
            "spec": {"nodeName": on, "containers": [{"resources": {"requests": {"cpu": cpu}}}]}, **more}


def deployment(replicas: Any = 1, **resources: Any) -> dict[str, Any]:
    return {"metadata": {"namespace": "default", "name": "web"}, "spec": {"replicas": replicas, "template": {
        "metadata": {"labels": {"app": "web", "tier": "front"}},
        "spec": {"containers": [{"resources": resources}]}}}}


def quota(hard: Mapping[str, str], used: Mapping[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"namespace": "default", "name": "q"}, "spec": spec,
            "status": {"hard": hard, "used": used or {}}}


def found(*objects: Any) -> tuple[RawObject, ...]:
    return tuple(map(RawObject, objects))


def checked(kind: str, *steps: dict[str, Any], required: bool = True, facts: Mapping[Target, Any] | None = None,
            world: World | None = None, **settings: Any) -> Story:
    """A workflow with one listed check, in a cluster with these objects (None: unreadable)."""
    world = world or World()
    world.facts.update({t: None if o is None else found(*o) for t, o in (facts or {}).items()})
    strategy = {"safetyChecks": [{"type": kind, "required": required}]}
    return Story(workflow(*steps, strategy=strategy), Settings(trusted_namespaces=None, **settings), world).go()


def verdict(story: Story, kind: str) -> tuple[bool, bool, str]:
    """(passed, unknown, message) of one check."""
    return next((c.passed, c.unknown, c.message) for c in story.status.validation_results.safety_checks
                if c.type == kind)


def inspected(story: Story) -> list[Target]:
    return [target for p in story.passes for request in p.asked(Inspect) for target in request.targets]
