"""The plan of a snapshot, computed once per workflow and inputs."""

from __future__ import annotations

from collections import OrderedDict

from attrs import frozen

from wfcore.codec import Malformed, Problem
from wfcore.model.definition import WorkflowExecutionSpec
from wfcore.model.enums import Stop
from wfcore.model.evolving import evolve
from wfcore.model.plan import PlanInputs
from wfcore.planning.planner import Plan, plan_workflow, with_defaults
from wfcore.settings import Settings
from wfcore.snapshot import Snapshot

_REMEMBERED = 512
_NO_INPUTS = PlanInputs()
# Planning refuses such a spec, but a status that somebody wrote may claim that it was planned.
_MISSING = Malformed((Problem(("spec", "workflowDefinition"), "Missing", "required, but missing"),))
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
    if workflow.spec.workflow_definition is None:
        return _MISSING
    inputs = workflow.status.plan_inputs or _NO_INPUTS
    key = (workflow.metadata.uid, inputs)
    found = _plans.get(key)
    if found is not None and found.seen is workflow.spec and found.settings is settings:
        return found.plan
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
    return plan
