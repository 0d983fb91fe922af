"""The safety checks of a workflow: which are asked for, what they have to know, how they are judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from attrs import frozen

from wfcore.model.enums import SafetyCheckType
from wfcore.model.status import SafetyCheckResult
from wfcore.planning.planner import Plan
from wfcore.planning.targets import Target
from wfcore.settings import Settings
from wfcore.snapshot import Facts
from wfcore.validation.findings import Findings
from wfcore.validation.safety_capacity import capacity_facts, capacity_findings
from wfcore.validation.safety_health import health_facts, health_findings
from wfcore.validation.safety_network import network_facts, network_findings
from wfcore.validation.safety_rbac import Answers, rbac_findings


@frozen(eq=False)
class Known:
    """What a check may look at."""

    plan: Plan
    settings: Settings
    facts: Facts
    answers: Answers
    now: datetime


_FACTS: Mapping[SafetyCheckType, Callable[[Plan, Settings], tuple[Target, ...]]] = {
    SafetyCheckType.RBAC: lambda plan, settings: (),
    SafetyCheckType.CAPACITY: lambda plan, settings: capacity_facts(plan),
    SafetyCheckType.HEALTH: lambda plan, settings: health_facts(plan),
    SafetyCheckType.NETWORK: network_facts,
}
_FINDINGS: Mapping[SafetyCheckType, Callable[[Known], Findings]] = {
    SafetyCheckType.RBAC: lambda known: rbac_findings(known.plan, known.settings, known.answers),
    SafetyCheckType.CAPACITY: lambda known: capacity_findings(known.plan, known.facts),
    SafetyCheckType.HEALTH: lambda known: health_findings(known.plan, known.facts),
    SafetyCheckType.NETWORK: lambda known: network_findings(known.plan, known.facts, known.settings, known.now),
}


def asked_for(plan: Plan) -> Mapping[SafetyCheckType, bool]:
    """The listed checks and whether they are required, in the order of their first mention."""
    asked: dict[SafetyCheckType, bool] = {}
    for check in plan.published.safety_checks:
        asked[check.type] = asked.get(check.type, False) or check.required
    return asked


def facts_needed(plan: Plan, settings: Settings) -> tuple[Target, ...]:
    """What the listed checks have to read, each once."""
    return tuple(dict.fromkeys(target for kind in asked_for(plan) for target in _FACTS[kind](plan, settings)))


def run_checks(known: Known) -> tuple[SafetyCheckResult, ...]:
    """The result of each listed check, and of `rbac` in any case, unless nobody could answer and nobody asked.

    What cannot be known fails a check; whether that fails the workflow depends on
    whether the check is required.
    """
    asked = asked_for(known.plan)
    results = tuple(_FINDINGS[kind](known).result(kind, required) for kind, required in asked.items())
    if SafetyCheckType.RBAC in asked:
        return results
    rbac = _FINDINGS[SafetyCheckType.RBAC](known).result(SafetyCheckType.RBAC, required=False)
    return results if rbac.unknown else (*results, rbac)
