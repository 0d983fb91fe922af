"""Safety check `health`: the targets exist, nobody is deleting them, and nodes are Ready.

No action creates an object that another step could act on, so a target that is
absent now stays absent.  ConfigMaps and Secrets are nobody's to read but the
executor's: its dry run finds a missing one.
"""

from __future__ import annotations

from functools import lru_cache

from wfcore.planning.planner import Plan
from wfcore.planning.targets import BY_NAME, Target, rendered_targets
from wfcore.rawobject import RawObject
from wfcore.snapshot import Facts
from wfcore.validation.facts import is_going, is_ready
from wfcore.validation.findings import Findings

_OBSERVED = frozenset({"Deployment", "Pod", "Node"})


# A pass asks several times, and the plan of a workflow stays the same object.
@lru_cache(maxsize=64)
def touched(plan: Plan) -> tuple[Target, ...]:
    """Every object that the steps touch or judge, sorted."""
    return tuple(sorted({target for spec in plan.rendered.values() for target in rendered_targets(spec)}, key=BY_NAME))


def health_facts(plan: Plan) -> tuple[Target, ...]:
    """What the check has to read."""
    return tuple(target for target in touched(plan) if target.kind in _OBSERVED)


def health_findings(plan: Plan, facts: Facts) -> Findings:
    """The targets on which nothing should be done now."""
    targets = health_facts(plan)
    findings = Findings(good=f"{len(targets)} targets exist")
    for target in targets:
        objects = facts.get(target)
        if objects is None:
            findings.unknown.append(str(target))
        elif why := _why_not(target, objects):
            findings.wrong.append(f"{target} {why}")
    return findings


def _why_not(target: Target, objects: tuple[RawObject, ...]) -> str:
    if not objects:
        return "matches no pod" if target.selector else "does not exist"
    if all(is_going(raw.value) for raw in objects):
        return "is being deleted"
    if target.kind == "Node" and not all(is_ready(raw.value) for raw in objects):
        return "is not Ready"
    return ""
