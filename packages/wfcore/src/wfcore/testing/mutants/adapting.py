"""What was approved is what is done: nothing recommended is applied, nothing adapted beyond the envelope."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from wfcore.codec import encode
from wfcore.lifecycle import phase_executing, planned
from wfcore.model.actions import ScaleDeploymentParams
from wfcore.resources import WORKFLOW_EXECUTIONS
from wfcore.simulation import operations as op
from wfcore.testing.mutants.mutant import Examination, Schedules, mutant
from wfcore.testing.mutants.patching import Patch, original
from wfcore.testing.mutants.rehearsal import Rehearsal, require, step
from wfcore.testing.mutants.scopes import around


@mutant("S13", hunt=Schedules(within=100), defect="D10")
def suggested_parameters_are_applied_after_the_approval(patch: Patch) -> None:
    """A recommender would rather see nine replicas, and the next attempt makes nine."""
    honest = original(phase_executing, "spec_now")

    def spec_now(plan: Any, entry: Any) -> Any:
        rendered, again = honest(plan, entry), entry.attempt > 0
        if not again or not isinstance(rendered.parameters, ScaleDeploymentParams):
            return rendered
        return evolve(rendered, parameters=evolve(rendered.parameters, replicas=9))
    patch.setattr(phase_executing, "spec_now", spec_now)


@mutant("S4", hunt=around(100, "learned"), defect="D10")
def adaptation_leaves_its_envelope(patch: Patch) -> None:
    patch.setattr(phase_executing, "retries_now", lambda plan, entry: 9)


def _edit(run: Rehearsal, **spec: Any) -> None:
    """Change the spec of a workflow, as somebody might whom no rule of the API server stops."""
    stored = run.world.get(WORKFLOW_EXECUTIONS, run.ref.name)
    run.world.perform(op.Update(WORKFLOW_EXECUTIONS, {**stored, "spec": {**stored["spec"], **spec}}, run.world.now))


def _a_published_plan_stays_as_it_is() -> None:
    run = Rehearsal(step(1), strategy={"approvalRequired": True}).go()
    published = run.status.plan_digest
    run.world.decide("w", "bob")
    _edit(run, workflowDefinition={"name": "other", "steps": [step(1, parameters={
        "scaleDeployment": {"deployment": "web-1", "replicas": 0}})]})
    run.go()
    require("S13", not run.children, f"{', '.join(run.children)} of an edited spec is created on the approval of "
            f"{published}: {encode(run.status).get('planDigest')}")


@mutant("S13", hunt=Examination(examine=_a_published_plan_stays_as_it_is))
def a_spec_may_change_after_its_approval(patch: Patch) -> None:
    patch.setattr(planned, "_unchanged", lambda status, plan: plan)
