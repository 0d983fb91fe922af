"""`build_workflow`: recommendations about an alert, as a WorkflowExecution that can be created as it is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from attrs import frozen

from wfcore.building.compensation import natural_compensation
from wfcore.building.parameters import read_parameters
from wfcore.building.recommendation import Recommendation, read_alert, read_recommendation
from wfcore.codec import Malformed, Path, Problem, encode
from wfcore.codec.problems import shown
from wfcore.model.definition import (
    ExecutionStrategy,
    ObjectReference,
    WorkflowDefinition,
    WorkflowExecutionSpec,
    WorkflowStep,
)
from wfcore.model.enums import Action, Level, RiskLevel
from wfcore.model.recommendations import AIRecommendations, RiskFactor, StepOptimization
from wfcore.model.workflow import ObjectMeta, OwnerReference
from wfcore.resources import ALERT_REMEDIATIONS, WORKFLOW_EXECUTIONS
from wfcore.settings import Settings
from wfcore.validation.document import check_document

_RETRIES = {RiskLevel.CRITICAL: 3, RiskLevel.HIGH: 2, RiskLevel.MEDIUM: 1, RiskLevel.LOW: 0}
_IMPACT = {RiskLevel.CRITICAL: Level.HIGH, RiskLevel.HIGH: Level.HIGH, RiskLevel.MEDIUM: Level.MEDIUM,
           RiskLevel.LOW: Level.LOW}
_CRITICAL = frozenset({RiskLevel.HIGH, RiskLevel.CRITICAL})
_TIMEOUT, _DRAIN_TIMEOUT = timedelta(minutes=5), timedelta(minutes=10)
# Words of other vocabularies for the same action.
_ALSO = {"rollout-restart": Action.RESTART_DEPLOYMENT, "rollout-restart-deployment": Action.RESTART_DEPLOYMENT}
_STEPS: Path = ("spec", "workflowDefinition", "steps")
_SUFFIX, _LONGEST_NAME, _LONGEST_TEXT = "-workflow", 253, 1024


def build_workflow(recommendations: Any, alert: Any, *, settings: Settings | None = None, name: str = "",
                   source: str = "holmesgpt") -> dict[str, Any] | Malformed:
    """The WorkflowExecution that carries out what is recommended, or everything that is wrong.

    Args:
        recommendations: A JSON list of recommendations (see `Recommendation`, and `parameters` by action); each
            becomes the step of its place, counted from 1.
        alert: The AlertRemediation as JSON; it will own the workflow, which is named `<alert>-workflow`.
        settings: What the operator allows; the defaults if absent.
        name: Name of the definition, stable over executions; if empty, its actions.
        source: Who recommends.

    Returns:
        A document that `check_document` has nothing against, ready to be created; or
        problems whose paths start at `recommendations` or `alert`.  Never raises, whatever JSON it is given.
    """
    meta = read_alert(alert)
    steps = _read_steps(recommendations)
    problems = [p for part in (meta, steps) if isinstance(part, Malformed) for p in part.problems]
    if isinstance(meta, Malformed) or isinstance(steps, Malformed):
        return Malformed(tuple(problems))
    document = _document(steps, meta, name, source)
    found = check_document(document, settings or Settings())
    return Malformed(tuple(dict.fromkeys(map(_at_its_source, found)))) if found else document


@frozen
class _Recommended:
    """A recommendation that was read, and the step that it becomes."""

    said: Recommendation
    step: WorkflowStep


def _read_steps(raw: Any) -> list[_Recommended] | Malformed:
    if not isinstance(raw, Sequence) or isinstance(raw, str | bytes):
        return Malformed((Problem(("recommendations",), "WrongType", f"expected a list, got {shown(raw)}"),))
    number_of = _numbers(raw)
    steps: list[_Recommended] = []
    problems: list[Problem] = []
    for index, each in enumerate(raw):
        found = _read_step(each, index, number_of)
        if isinstance(found, Malformed):
            problems += found.problems
        else:
            steps.append(found)
    problems += _twice(raw)
    return Malformed(tuple(problems)) if problems else steps


def _numbers(raw: Sequence[Any]) -> dict[str, int]:
    """Step numbers by identifier, of whatever has one."""
    ids = ((each.get("id"), index + 1) for index, each in enumerate(raw) if isinstance(each, Mapping))
    return {identifier: number for identifier, number in reversed(list(ids)) if isinstance(identifier, str)}


def _twice(raw: Sequence[Any]) -> Iterator[Problem]:
    first = _numbers(raw)
    for index, each in enumerate(raw):
        identifier = each.get("id") if isinstance(each, Mapping) else None
        if isinstance(identifier, str) and first[identifier] != index + 1:
            yield Problem(("recommendations", index, "id"), "Duplicate",
                          f"{shown(identifier)} is already used by recommendations[{first[identifier] - 1}]")


def _read_step(raw: Any, index: int, number_of: Mapping[str, int]) -> _Recommended | Malformed:
    path: Path = ("recommendations", index)
    read = read_recommendation(raw, path)
    if isinstance(read, Malformed):
        return read
    said, flat = read
    problems = [Problem((*path, key, place), "UnknownStep", f"there is no recommendation {shown(wanted)}")
                for key, ids in (("dependsOn", said.depends_on), ("dependencies", said.dependencies))
                for place, wanted in enumerate(ids) if wanted not in number_of]
    action = _action(said.action)
    if action is None:
        known = ", ".join(Action)
        return Malformed((Problem((*path, "action"), "NotSupported", f"{shown(said.action)} is not one of {known}"),
                          *problems))
    parameters = read_parameters(action, flat, (*path, "parameters"))
    if isinstance(parameters, Malformed) or problems:
        return Malformed((*(parameters.problems if isinstance(parameters, Malformed) else ()), *problems))
    needs = sorted({number_of[wanted] for wanted in (*said.depends_on, *said.dependencies)})
    return _Recommended(said, WorkflowStep(
        step_number=index + 1, name=said.id, action=action, parameters=parameters,
        critical_step=said.risk_level in _CRITICAL, max_retries=_RETRIES[said.risk_level], depends_on=tuple(needs),
        timeout=_DRAIN_TIMEOUT if action is Action.DRAIN_NODE else _TIMEOUT,
        rollback_spec=natural_compensation(parameters)))


def _action(word: str) -> Action | None:
    spelt = word.replace("_", "-")
    return next((action for action in Action if action.value == spelt), _ALSO.get(spelt))


def _document(steps: list[_Recommended], alert: ObjectMeta, name: str, source: str) -> dict[str, Any]:
    actions = "+".join(dict.fromkeys(each.step.action.value for each in steps))
    definition = WorkflowDefinition(
        name=(name or actions or "nothing")[:_LONGEST_NAME], steps=tuple(each.step for each in steps),
        ai_recommendations=_recorded(steps, source))
    parent = ObjectReference(api_version=ALERT_REMEDIATIONS.api_version, kind=ALERT_REMEDIATIONS.kind,
                             namespace=alert.namespace, name=alert.name, uid=alert.uid)
    # Whoever analysed the alert has had its approval; every step is tried out before the first is executed.
    strategy = ExecutionStrategy(approval_required=False, dry_run_first=True)
    owner = OwnerReference(api_version=parent.api_version, kind=parent.kind, name=alert.name, uid=alert.uid,
                           controller=True, block_owner_deletion=True)
    return {
        "apiVersion": WORKFLOW_EXECUTIONS.api_version, "kind": WORKFLOW_EXECUTIONS.kind,
        "metadata": {"name": _workflow_name(alert.name), "namespace": alert.namespace,
                     "ownerReferences": [encode(owner)]},
        "spec": encode(WorkflowExecutionSpec(alert_remediation_ref=parent, workflow_definition=definition,
                                             execution_strategy=strategy)),
    }


def _workflow_name(alert: str) -> str:
    if len(alert) + len(_SUFFIX) <= _LONGEST_NAME:
        return alert + _SUFFIX
    digest = hashlib.sha256(alert.encode()).hexdigest()[:12]
    return f"{alert[:_LONGEST_NAME - len(_SUFFIX) - 13].rstrip('.-')}-{digest}{_SUFFIX}"


def _recorded(steps: list[_Recommended], source: str) -> AIRecommendations:
    """What was said besides the steps: a workflow is as sure as its least sure step."""
    sure = [each.said.confidence for each in steps if each.said.confidence is not None]
    rates = [each.said.historical_success_rate for each in steps if each.said.historical_success_rate is not None]
    return AIRecommendations(
        overall_confidence=min(sure, default=0.0), recommendation_source=source[:_LONGEST_TEXT],
        similar_workflow_success_rate=min(rates, default=0.0),
        step_optimizations=tuple(StepOptimization(
            step_number=each.step.step_number, recommendation=each.said.explanation[:_LONGEST_TEXT],
            confidence=each.said.confidence or 0.0, impact_level=_IMPACT[each.said.risk_level])
            for each in steps if each.said.explanation or each.said.confidence is not None)[:500],
        risk_factors=tuple(RiskFactor(
            factor=f"step {each.step.step_number} ({each.step.action.value}) is of {each.said.risk_level.value} risk",
            severity=Level.HIGH, probability=round(1 - each.said.effectiveness_probability, 6))
            for each in steps if each.said.risk_level in _CRITICAL
            and each.said.effectiveness_probability is not None)[:100])


def _at_its_source(problem: Problem) -> Problem:
    """The problem of a step, at the recommendation that the step comes from."""
    if problem.path[:3] != _STEPS or len(problem.path) < 4:
        where: Path = ("recommendations",) if problem.path[:3] == _STEPS else problem.path
        return Problem(where, problem.reason, problem.message)
    rest = problem.path[4:]
    # Parameters are flat there: the member of the union has no key.
    flat = (rest[0], *rest[2:]) if rest[:1] == ("parameters",) else rest
    return Problem(("recommendations", problem.path[3], *flat), problem.reason, problem.message)
