"""A workflow's plan as the document that `plan -o json` prints, and the one source of its pictures and tables."""

from __future__ import annotations

from typing import Any

from wfcontroller.cli.checking import OWN_SETTINGS
from wfcontroller.cli.documents import Document
from wfcontroller.cli.output import BadInput
from wfcontroller.sources import has_source
from wfcore.codec import Malformed, decode_workflow, encode
from wfcore.codec.durations import format_duration
from wfcore.model.plan import PlanInputs
from wfcore.planning.planner import Plan, plan_workflow
from wfcore.planning.targets import targets_of


def plan_document(document: Document) -> dict[str, Any]:
    """Plan a workflow that passed its checks; raises BadInput if it cannot be planned all the same."""
    if has_source(document.value):
        name = document.value["metadata"]["name"]
        raise BadInput(f"{document.file}: workflow {name} rolls back or retries another one, and its plan is made from "
                       "how that one ended, which no file says; `wfctl run` runs both and shows the plan")
    workflow = decode_workflow(document.value)
    if isinstance(workflow, Malformed):
        raise BadInput(f"{document.file}: {workflow}")
    meta = workflow.metadata
    namespace = meta.namespace or "default"
    plan = plan_workflow(workflow.spec, namespace, OWN_SETTINGS, PlanInputs())
    if isinstance(plan, Malformed):
        raise BadInput(f"{document.file}: {plan}")
    return {"name": meta.name, "namespace": namespace, **rendered(plan)}


def rendered(plan: Plan) -> dict[str, Any]:
    """A plan as JSON; steps in the order of their waves."""
    published = plan.published
    return {
        "planDigest": plan.digest,
        "strategy": published.strategy.value,
        "totalSteps": len(plan.steps),
        "waves": [list(wave.steps) for wave in published.waves],
        "criticalPath": list(published.critical_path),
        "estimatedDuration": format_duration(published.estimated_duration),
        "rollbackStrategy": published.rollback_strategy.value,
        "rollbackOrder": [list(wave.steps) for wave in published.rollback_order],
        "maxParallelSteps": plan.max_parallel,
        "steps": [_step(plan, number) for number in plan.order],
        "resources": [{"namespace": "", **encode(resource)} for resource in published.resources],
        "successCriteria": list(published.success_criteria),
        "warnings": list(published.warnings),
    }


def _step(plan: Plan, number: int) -> dict[str, Any]:
    step, spec = plan.steps[number], plan.rendered[number]
    judged = [f"{t.kind.lower()}/{t.namespace + '/' if t.namespace else ''}{t.name}" for t in spec.health_targets]
    compensation = step.rollback_spec
    return {
        "stepNumber": number,
        "name": step.name,
        "action": step.action.value,
        "targets": [str(target) for target in targets_of(spec.parameters)] or judged,
        "needs": sorted(plan.needs[number]),
        "critical": step.critical_step,
        "maxRetries": plan.retries[number],
        "timeout": format_duration(spec.timeout),
        "rollback": compensation.action.value if compensation else None,
    }
