"""Safety check `capacity`: room for what a scale-up adds, and for what a drain moves elsewhere.

It judges necessary conditions: quotas, requests against what nodes have free,
disruption budgets.  Taints, affinity and priorities are the scheduler's, so what
passes here may still not fit, but what fails here does not fit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from attrs import frozen

from wfcore.model.actions import ScaleDeploymentParams
from wfcore.model.enums import Action
from wfcore.planning.planner import Plan
from wfcore.planning.targets import Target, rendered_targets
from wfcore.rawobject import RawObject
from wfcore.snapshot import Facts
from wfcore.validation.facts import (
    count,
    is_finished,
    name_of,
    part,
    selects,
    stays_on_drain,
    takes_pods,
    text,
    texts,
)
from wfcore.validation.findings import Findings
from wfcore.validation.quantities import Amounts, amounts, asked_by, shown, total

_NODES, _PODS = Target("Node", "", ""), Target("Pod", "", "")
_BUDGETS = Target("PodDisruptionBudget", "", "")
_ZERO = Fraction(0)
_LEAVING = frozenset({Action.DRAIN_NODE, Action.CORDON_NODE})


@frozen
class Growth:
    """A Deployment that is to have more pods: how many more, and what each asks for."""

    target: Target
    pods: int
    requests: Amounts
    limits: Amounts


def _wanted(plan: Plan) -> Mapping[Target, int]:
    """The most replicas that any step sets, by Deployment."""
    wanted: dict[Target, int] = {}
    for spec in plan.rendered.values():
        if isinstance(spec.parameters, ScaleDeploymentParams):
            for target in rendered_targets(spec):
                wanted[target] = max(wanted.get(target, 0), spec.parameters.replicas)
    return wanted


def _nodes_of(plan: Plan, actions: Iterable[Action]) -> frozenset[str]:
    return frozenset(target.name for spec in plan.rendered.values() if spec.action in actions
                     for target in rendered_targets(spec))


def capacity_facts(plan: Plan) -> tuple[Target, ...]:
    """What the check has to read; nothing for a plan that neither scales nor drains."""
    scaled, drained = _wanted(plan), _nodes_of(plan, {Action.DRAIN_NODE})
    needed = [*scaled, *(Target("ResourceQuota", target.namespace, "") for target in scaled)]
    needed += [_NODES, _PODS] if scaled or drained else []
    return tuple(dict.fromkeys((*needed, *([_BUDGETS] if drained else []))))


def capacity_findings(plan: Plan, facts: Facts) -> Findings:
    """What there is no room for."""
    findings = Findings(good="there is room for what the steps add or move")
    growths = list(_growths(plan, facts, findings))
    for namespace in dict.fromkeys(growth.target.namespace for growth in growths):
        _judge_quotas(namespace, [g for g in growths if g.target.namespace == namespace], facts, findings)
    drained = _nodes_of(plan, {Action.DRAIN_NODE})
    nodes, pods = facts.get(_NODES), facts.get(_PODS)
    if nodes is None or pods is None:
        findings.unknown.extend(["what nodes have free"] if growths or drained else [])
        return findings
    rooms = _rooms(nodes, pods, _nodes_of(plan, _LEAVING))
    for growth in growths:
        if (fitting := _fill(growth, rooms)) < growth.pods:
            findings.wrong.append(f"{growth.target} grows by {growth.pods} pods and nodes have room for {fitting}")
    if drained:
        moving = [raw.value for raw in pods if text(raw.value, "spec", "nodeName") in drained
                  and not stays_on_drain(raw.value) and not is_finished(raw.value)]
        _judge_drain(moving, rooms, facts.get(_BUDGETS), findings)
    return findings


def _growths(plan: Plan, facts: Facts, findings: Findings) -> Iterator[Growth]:
    for target, replicas in sorted(_wanted(plan).items()):
        objects = facts.get(target)
        if objects is None:
            findings.unknown.append(str(target))
        elif not objects:
            findings.wrong.append(f"{target} does not exist")
        else:
            more = replicas - count(objects[0].value, "spec", "replicas", absent=1)
            pod = part(objects[0].value, "spec", "template", "spec")
            if more > 0:
                yield Growth(target, more, asked_by(pod, "requests"), asked_by(pod, "limits"))


def _judge_quotas(namespace: str, growths: list[Growth], facts: Facts, findings: Findings) -> None:
    quotas = facts.get(Target("ResourceQuota", namespace, ""))
    if quotas is None:
        findings.unknown.append(f"resource quotas of namespace {namespace!r}")
        return
    for quota in (raw.value for raw in quotas):
        used = amounts(part(quota, "status", "used"))
        counted = [growth for growth in growths if _is_counted(quota, growth)]
        for key, hard in amounts(part(quota, "status", "hard")).items():
            added = sum((growth.pods * _share(key, growth) for growth in counted), _ZERO)
            if added > 0 and used.get(key, _ZERO) + added > hard:
                findings.wrong.append(f"ResourceQuota {name_of(quota)} allows {shown(hard)} {key}, "
                                      f"{shown(used.get(key, _ZERO))} are used and {shown(added)} would be added")


def _is_counted(quota: Any, growth: Growth) -> bool:
    """Whether a quota counts these pods; of scopes by priority or affinity only the API server can tell."""
    asks = bool(growth.requests or growth.limits)
    counted = {"NotTerminating": True, "Terminating": False, "BestEffort": not asks, "NotBestEffort": asks}
    scopes = part(quota, "spec").get("scopes")
    named = scopes if isinstance(scopes, list | tuple) else ()
    return "scopeSelector" not in part(quota, "spec") and all(counted.get(str(scope), False) for scope in named)


def _share(key: str, growth: Growth) -> Fraction:
    """What one pod adds to a quota's key."""
    if key in ("pods", "count/pods"):
        return Fraction(1)
    kind, _, resource = key.partition(".")
    if kind == "limits":
        return growth.limits.get(resource, _ZERO)
    return growth.requests.get(resource if kind == "requests" else key, _ZERO)


def _rooms(nodes: Iterable[RawObject], pods: Iterable[RawObject], leaving: frozenset[str]) -> list[dict[str, Fraction]]:
    """What each node that goes on taking pods has free.  O(nodes + pods)."""
    asked: dict[str, list[Amounts]] = {}
    for pod in (raw.value for raw in pods):
        if not is_finished(pod):
            asked.setdefault(text(pod, "spec", "nodeName"), []).append(_asked(pod))
    rooms = []
    for node in (raw.value for raw in nodes):
        name = text(node, "metadata", "name")
        if takes_pods(node) and name not in leaving:
            taken = total(*asked.get(name, ()))
            rooms.append({key: amount - taken.get(key, _ZERO)
                          for key, amount in amounts(part(node, "status", "allocatable")).items()})
    return rooms


def _asked(pod: Any) -> Amounts:
    return {**asked_by(part(pod, "spec"), "requests"), "pods": Fraction(1)}


def _fill(growth: Growth, rooms: list[dict[str, Fraction]]) -> int:
    """How many of the new pods find room; they take it."""
    each = {key: amount for key, amount in {**growth.requests, "pods": Fraction(1)}.items() if amount > 0}
    placed = 0
    for room in rooms:
        fitting = min(int(max(room.get(key, _ZERO), _ZERO) / amount) for key, amount in each.items())
        taken = min(fitting, growth.pods - placed)
        placed += taken
        room.update({key: room.get(key, _ZERO) - taken * amount for key, amount in each.items()})
    return placed


def _judge_drain(moving: list[Any], rooms: list[dict[str, Fraction]], budgets: tuple[RawObject, ...] | None,
                 findings: Findings) -> None:
    if not rooms:
        findings.wrong.append("no other schedulable Ready node remains")
    else:
        needed, free = total(*map(_asked, moving)), total(*rooms)
        findings.wrong.extend(
            f"the drained pods ask for {shown(amount)} {key} and the remaining nodes have {shown(free.get(key, _ZERO))}"
            for key, amount in sorted(needed.items()) if amount > max(free.get(key, _ZERO), _ZERO))
    if budgets is None:
        findings.unknown.append("disruption budgets")
        return
    findings.wrong.extend(_forbidden(moving, [raw.value for raw in budgets]))


def _forbidden(moving: list[Any], budgets: list[Any]) -> Iterator[str]:
    by_namespace: dict[str, list[Any]] = {}
    for budget in budgets:
        if count(budget, "status", "disruptionsAllowed") < 1:
            by_namespace.setdefault(text(budget, "metadata", "namespace"), []).append(budget)
    for pod in moving:
        for budget in by_namespace.get(text(pod, "metadata", "namespace"), ()):
            if selects(part(budget, "spec").get("selector"), texts(pod, "metadata", "labels")):
                yield f"PodDisruptionBudget {name_of(budget)} allows no eviction of {name_of(pod)}"
