"""Safety check `rbac`: may the executor's account do what the steps need?

The questions are asked once per kind of access and namespace; only where the
answer is no are they asked again for each object by name, because rights may be
bound to names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

import attrs

from wfcore.model.enums import Action
from wfcore.model.execution import KubernetesExecutionSpec
from wfcore.planning.planner import Plan
from wfcore.planning.targets import Target, rendered_targets, restored_targets
from wfcore.program import AccessQuestion, Request, Response, Review, Reviewed
from wfcore.resources import CONFIG_MAPS, DEPLOYMENTS, NODES, PODS, SECRETS, Resource
from wfcore.settings import Settings
from wfcore.validation.authority import groups_of
from wfcore.validation.findings import Findings

Answers = Mapping[Request, Response]
_RESOURCE: Mapping[str, Resource] = {
    "Deployment": DEPLOYMENTS, "Pod": PODS, "ConfigMap": CONFIG_MAPS, "Secret": SECRETS, "Node": NODES}
_NOTHING = Review(())
_CHANGE = ("get", "update")
# What an executor needs on the target itself.  It reads, compares and updates with a precondition; nothing is patched.
ON_TARGET: Mapping[Action, tuple[str, ...]] = {
    Action.SCALE_DEPLOYMENT: _CHANGE, Action.RESTART_DEPLOYMENT: _CHANGE, Action.UPDATE_IMAGE: _CHANGE,
    Action.RESTART_POD: ("get", "delete"), Action.DELETE_POD: ("get", "delete"), Action.UPDATE_CONFIGMAP: _CHANGE,
    Action.UPDATE_SECRET: _CHANGE, Action.CORDON_NODE: _CHANGE, Action.UNCORDON_NODE: _CHANGE,
    Action.DRAIN_NODE: _CHANGE, Action.CHECK_POD_HEALTH: ("get",), Action.CUSTOM: (),
}
# What it needs in the target's namespace, to follow what becomes of it; (resource, verbs) by the target's kind.
_FOLLOWED: Mapping[str, tuple[str, ...]] = {"Deployment": ("watch",), "Pod": ("list", "watch")}
_FOLLOWING = frozenset({Action.SCALE_DEPLOYMENT, Action.RESTART_DEPLOYMENT, Action.UPDATE_IMAGE, Action.RESTART_POD,
                        Action.DELETE_POD, Action.CHECK_POD_HEALTH})


def executor_questions(spec: KubernetesExecutionSpec, account: str) -> Iterator[AccessQuestion]:
    """Everything an executor has to be allowed for one execution and its compensation."""
    for target in rendered_targets(spec):
        yield from _on(target, ON_TARGET[spec.action] if spec.rollback_action is None else _CHANGE, account)
        if spec.rollback_action is not None:
            continue
        if spec.action in _FOLLOWING:
            yield from _on(attrs.evolve(target, name=""), _FOLLOWED.get(target.kind, ()), account)
        if spec.action is Action.DRAIN_NODE:
            yield from _evictions(account)
    if spec.rollback_spec is not None:
        for target in restored_targets(spec.rollback_spec.parameters):
            yield from _on(target, _CHANGE, account)


def _on(target: Target, verbs: tuple[str, ...], account: str) -> Iterator[AccessQuestion]:
    resource = _RESOURCE[target.kind]
    for verb in verbs:
        # One object is read by its name; those that match a selector are listed.
        if target.name or verb != "get":
            yield _may(account, verb, resource, resource.plural, target.namespace, target.name)


def _evictions(account: str) -> Iterator[AccessQuestion]:
    for verb in ("list", "watch"):
        yield _may(account, verb, PODS, PODS.plural)
    yield _may(account, "create", PODS, f"{PODS.plural}/eviction")


def _may(account: str, verb: str, resource: Resource, plural: str, namespace: str = "",
         name: str = "") -> AccessQuestion:
    return AccessQuestion(account, verb, resource.group, plural, namespace, name, groups_of(account))


def rbac_review(plan: Plan, settings: Settings, answers: Answers) -> Review | None:
    """The next review that the check needs: without names first, then by name what was denied.  None when done."""
    wanted = _wanted(plan, settings.executor_account)
    for review in (_general(wanted), _by_name(wanted, answers)):
        if review.questions and review not in answers:
            return review
    return None


def rbac_findings(plan: Plan, settings: Settings, answers: Answers) -> Findings:
    """What the executor may not do, or nobody could say."""
    wanted = _wanted(plan, settings.executor_account)
    given = {**replies(_general(wanted), answers), **replies(_by_name(wanted, answers), answers)}
    findings = Findings(good=f"{settings.executor_account} may do everything the steps need")
    for question in wanted:
        # A right on all objects of a kind includes each of them.
        general = given.get(_unnamed(question))
        allowed = general or given.get(question, general)
        if allowed is False:
            findings.wrong.append(f"{settings.executor_account} may not {_said(question)}")
        elif allowed is None:
            findings.unknown.append(f"whether {settings.executor_account} may {_said(question)}")
    return findings


def replies(review: Review, answers: Answers) -> Mapping[AccessQuestion, bool | None]:
    """What is known about each question of a review; nothing when it was refused or not answered."""
    answer = answers.get(review)
    known = answer.answers if isinstance(answer, Reviewed) else (None,) * len(review.questions)
    return dict(zip(review.questions, known, strict=False))


# A pass needs both several times, and the plan of a workflow stays the same object.
@lru_cache(maxsize=64)
def _wanted(plan: Plan, account: str) -> tuple[AccessQuestion, ...]:
    return tuple(dict.fromkeys(q for spec in plan.rendered.values() for q in executor_questions(spec, account)))


@lru_cache(maxsize=64)
def _general(wanted: tuple[AccessQuestion, ...]) -> Review:
    return Review(tuple(dict.fromkeys(map(_unnamed, wanted))))


def _by_name(wanted: tuple[AccessQuestion, ...], answers: Answers) -> Review:
    general = replies(_general(wanted), answers)
    if False not in general.values():
        return _NOTHING
    return Review(tuple(q for q in wanted if q.name and general.get(_unnamed(q)) is False))


@lru_cache(maxsize=4096)
def _unnamed(question: AccessQuestion) -> AccessQuestion:
    return attrs.evolve(question, name="")


def _said(question: AccessQuestion) -> str:
    place = f" in namespace {question.namespace!r}" if question.namespace else ""
    return f"{question.verb} {question.resource}{f' {question.name!r}' if question.name else ''}{place}"
