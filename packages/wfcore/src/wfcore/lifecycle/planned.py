"""The plan of a snapshot, computed once per workflow and inputs."""

from __future__ import annotations

from collections import OrderedDict

import attrs

from wfcore.codec import Malformed, Problem
from wfcore.lifecycle.inputs import inputs_of
from wfcore.model.definition import WorkflowExecutionSpec
from wfcore.model.enums import Stop
from wfcore.model.plan import PlanInputs
from wfcore.model.status import WorkflowExecutionStatus
from wfcore.planning.planner import Plan, plan_workflow
from wfcore.settings import Settings
from wfcore.snapshot import Snapshot

_REMEMBERED = 512
_Key = tuple[str, PlanInputs]
_plans: OrderedDict[_Key, tuple[WorkflowExecutionSpec, Settings, Plan | Malformed]] = OrderedDict()


def plan_of(snapshot: Snapshot) -> Plan | Malformed:
    """The plan, from memory when spec, inputs and settings are the same: a function of them, so only time is saved."""
    workflow, settings = snapshot.workflow, snapshot.settings
    # The plan does not depend on the two mutable fields.
    spec = attrs.evolve(workflow.spec, suspend=False, stop=Stop.NO)
    inputs = inputs_of(snapshot)
    key = (workflow.metadata.uid, inputs)
    found = _plans.get(key)
    if found is not None and found[0] == spec and found[1] == settings:
        return _unchanged(workflow.status, found[2])
    plan = plan_workflow(spec, workflow.metadata.namespace, settings, inputs)
    _plans[key] = (spec, settings, plan)
    _plans.move_to_end(key)
    while len(_plans) > _REMEMBERED:
        _plans.popitem(last=False)
    return _unchanged(workflow.status, plan)


def _unchanged(status: WorkflowExecutionStatus, plan: Plan | Malformed) -> Plan | Malformed:
    """The plan, if it is the one that was published and perhaps approved; nothing of another one is ever done."""
    if isinstance(plan, Malformed) or status.plan_digest in ("", plan.digest):
        return plan
    return Malformed((Problem(("status", "planDigest"), "PlanChanged", f"the spec now makes the plan {plan.digest}, "
                              f"not {status.plan_digest}, which was published; create a new workflow"),))
