"""The plan of a snapshot, computed once per workflow and inputs."""

from __future__ import annotations

from collections import OrderedDict

from attrs import frozen

from wfcore.codec import Malformed, Problem
from wfcore.lifecycle.inputs import inputs_of
from wfcore.model.definition import WorkflowExecutionSpec
from wfcore.model.enums import Stop
from wfcore.model.evolving import evolve
from wfcore.model.plan import PlanInputs
from wfcore.model.status import WorkflowExecutionStatus
from wfcore.planning.planner import Plan, plan_workflow, with_defaults
from wfcore.settings import Settings
from wfcore.snapshot import Snapshot

_REMEMBERED = 512
_Key = tuple[str, PlanInputs]


@frozen(eq=False)
class _Planned:
    """A plan and what it is a function of.  `seen` is the spec it was last asked of, which need not be compared."""

    seen: WorkflowExecutionSpec
    spec: WorkflowExecutionSpec
    settings: Settings
    plan: Plan | Malformed


_plans: OrderedDict[_Key, _Planned] = OrderedDict()


def plan_of(snapshot: Snapshot) -> Plan | Malformed:
    """The plan, from memory when spec, inputs and settings are the same: a function of them, so only time is saved."""
    workflow, settings = snapshot.workflow, snapshot.settings
    inputs = inputs_of(snapshot)
    key = (workflow.metadata.uid, inputs)
    found = _plans.get(key)
    if found is not None and found.seen is workflow.spec and found.settings is settings:
        return _unchanged(workflow.status, found.plan)
    # The plan does not depend on the two mutable fields.
    spec = evolve(workflow.spec, suspend=False, stop=Stop.NO)
    if found is not None and found.spec == spec and found.settings == settings:
        plan = found.plan
    else:
        plan = plan_workflow(spec, workflow.metadata.namespace, settings, inputs)
    # What is committed are the inputs with the defaults, and the plan is the same.
    for known in {key, (workflow.metadata.uid, with_defaults(inputs, settings))}:
        _plans[known] = _Planned(workflow.spec, spec, settings, plan)
        _plans.move_to_end(known)
    while len(_plans) > _REMEMBERED:
        _plans.popitem(last=False)
    return _unchanged(workflow.status, plan)


def _unchanged(status: WorkflowExecutionStatus, plan: Plan | Malformed) -> Plan | Malformed:
    """The plan, if it is the one that was published and perhaps approved; nothing of another one is ever done."""
    if isinstance(plan, Malformed) or status.plan_digest in ("", plan.digest):
        return plan
    return Malformed((Problem(("status", "planDigest"), "PlanChanged", f"the spec now makes the plan {plan.digest}, "
                              f"not {status.plan_digest}, which was published; create a new workflow"),))
