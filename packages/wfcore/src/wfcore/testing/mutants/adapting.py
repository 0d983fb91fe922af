"""What was approved is what is done: nothing recommended is applied, nothing adapted beyond the envelope."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from wfcore.codec import encode
from wfcore.lifecycle import phase_executing, planned
from wfcore.model.actions import ScaleDeploymentParams
from wfcore.resources import WORKFLOW_EXECUTIONS
from wfcore.simulation import operations as op
from wfcore.testing.mutants.mutant import Examination, mutant
from wfcore.testing.mutants.patching import Patch, original
from wfcore.testing.mutants.rehearsal import Rehearsal, failed, require, step
from wfcore.testing.mutants.scopes import around

_SUGGESTED = {"overallConfidence": 0.9, "recommendationSource": "history-based", "stepOptimizations": [{
    "stepNumber": 1, "recommendation": "more", "confidence": 0.9, "impactLevel": "high",
    "parameterChanges": {"suggestedParameters": {"replicas": "9"}, "reason": "it helped before"}}]}


def _what_was_approved_is_what_is_done() -> None:
    run = Rehearsal(step(1, criticalStep=True), strategy={"approvalRequired": True, "maxRetries": 1},
                    adaptiveOrchestration={"optimizationEnabled": True, "dynamicStepAdjustment": True})
    spec = run.world.get(WORKFLOW_EXECUTIONS, "w")["spec"]
    _edit(run, workflowDefinition={**spec["workflowDefinition"], "aiRecommendations": _SUGGESTED})
    run.go().world.decide("w", "bob")
    run.go().report("step-1", failed("service_unavailable")).wait(600)
    require("S13", {"step-1", "step-1-r1"} == run.children.keys(), "the approved step is not tried twice")
    for name, child in run.children.items():
        done = child["spec"]["parameters"]["scaleDeployment"]["replicas"]
        require("S13", 3 == done, f"{name} scales to {done} replicas, approved were 3")


@mutant("S13", hunt=Examination(examine=_what_was_approved_is_what_is_done), defect="D10")
def suggested_parameters_are_applied_after_the_approval(patch: Patch) -> None:
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
