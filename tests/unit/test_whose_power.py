"""Whose power: own namespace, what the operator trusts, what the creator holds; protected namespaces are nobody's."""

from __future__ import annotations

from typing import Any

import pytest

from wfcore.model.workflow import ANNOTATION_CREATED_BY
from wfcore.program import AccessQuestion, Failed, Review, Surroundings
from wfcore.settings import Settings
from wfcore.testing.world import World
from wfcore.validation.authority import groups_of
from wfcore.validation.document import check_document

from .stories import Story, broken, done, following, scale, workflow
from .test_control import ask

GROUP, POWERS = "workflowexecution.kubernaut.io", "remediations"


def there(number: int, namespace: str = "shop", **more: Any) -> dict[str, Any]:
    """A step in another namespace."""
    parameters = {"scaleDeployment": {"namespace": namespace, "deployment": "web", "replicas": 3}}
    return scale(number, undo=False, **{**more, "parameters": parameters})


def cordon(number: int) -> dict[str, Any]:
    return {"stepNumber": number, "action": "cordon-node", "parameters": {"cordonNode": {"nodeName": "n"}}}


def power(verb: str, namespace: str, user: str = "alice") -> AccessQuestion:
    return AccessQuestion(user, verb, GROUP, POWERS, namespace)


def started(*steps: dict[str, Any], creator: str = "alice", world: World | None = None, **settings: Any) -> Story:
    world = world or World()
    world.surroundings = Surroundings(approvals_guarded=True)
    return Story(workflow(*steps, creator=creator), Settings(**settings), world).go()


def asked(story: Story) -> list[AccessQuestion]:
    return [q for p in story.passes for r in p.asked(Review) for q in r.questions if q.resource == POWERS]


def test_within_its_own_namespace_nobody_has_to_be_asked() -> None:
    story = started(scale(1))

    assert ("executing", []) == (story.status.phase, asked(story))


def test_elsewhere_the_creator_has_to_hold_the_action_as_a_verb_there() -> None:
    story = started(there(1), there(2), there(3, "bank"), cordon(4))

    assert "executing" == story.status.phase
    assert [power("cordon-node", ""), power("scale-deployment", "bank"), power("scale-deployment", "shop")] == asked(
        story)


def test_a_service_account_holds_what_its_groups_hold() -> None:
    account = "system:serviceaccount:ops:bot"

    assert [AccessQuestion(account, "scale-deployment", GROUP, POWERS, "shop", "", (
        "system:serviceaccounts", "system:serviceaccounts:ops", "system:authenticated"))] == asked(
        started(there(1), creator=account))


@pytest.mark.parametrize(("question", "step", "power_it_lacks"), [
    (power("scale-deployment", "shop"), there(1), "scale-deployment in namespace 'shop'"),
    (power("cordon-node", ""), cordon(1), "cordon-node on nodes")])
def test_a_creator_without_the_power_has_nothing_done(question: AccessQuestion, step: dict[str, Any],
                                                      power_it_lacks: str) -> None:
    world = World()
    world.access[question] = False
    story = started(step, scale(2), world=world)

    assert ("failed", "unauthorized", []) == (story.status.phase, story.status.failure_reason, story.names())
    assert f"alice may not have workflows {power_it_lacks} (verb " in story.status.failure_message


def test_every_power_that_is_missing_is_named() -> None:
    world = World()
    world.access.update({power("scale-deployment", place): False for place in ("bank", "shop")})

    message = started(there(1), there(2, "bank"), world=world).status.failure_message
    assert "'bank'" in message
    assert "'shop'" in message


def test_of_many_missing_powers_the_first_are_named_and_the_rest_counted() -> None:
    world = World()
    world.access.update({power("scale-deployment", f"n{i}"): False for i in range(7)})

    message = started(*(there(i + 1, f"n{i}") for i in range(7)), world=world).status.failure_message
    assert message.endswith("; and 2 more")


def test_an_answer_that_nobody_can_give_is_waited_for() -> None:
    world = World()
    world.access[power("scale-deployment", "shop")] = None
    story = started(there(1), world=world)
    assert ("validating", []) == (story.status.phase, story.names())
    commits = len(world.commits)
    story.after(seconds=5)
    assert commits == len(world.commits)
    world.access.clear()

    assert ["step-1"] == story.after(seconds=5).names()


def test_a_refused_question_is_no_answer() -> None:
    world = World()
    story = Story(workflow(there(1), creator="alice"), world=world)
    world.surroundings = Surroundings(approvals_guarded=True)
    story.fault = lambda request: Failed("unavailable") if isinstance(request, Review) else None

    assert ("validating", []) == (story.go().status.phase, story.names())


def test_the_phase_bounds_the_wait_for_an_answer_and_says_what_was_missing() -> None:
    world = World()
    world.access[power("scale-deployment", "shop")] = None
    story = started(there(1), world=world)
    while story.status.phase == "validating":
        story.wake()

    assert ("validating_timeout", []) == (story.status.failure_reason, story.names())
    assert "nobody could say whether alice may have workflows" in story.status.failure_message


def test_a_denial_outweighs_an_answer_that_is_missing() -> None:
    world = World()
    world.access.update({power("scale-deployment", "bank"): None, power("scale-deployment", "shop"): False})

    assert "unauthorized" == started(there(1), there(2, "bank"), world=world).status.failure_reason


def test_a_creator_counts_only_while_the_admission_policy_is_there() -> None:
    story = Story(workflow(there(1), creator="alice")).go()
    assert ("validating", [], []) == (story.status.phase, story.names(), asked(story))
    story.world.surroundings = Surroundings(approvals_guarded=True)
    assert "executing" == story.after(seconds=5).status.phase

    alone = Story(workflow(there(1), creator="alice")).go().after(minutes=5)
    assert "wf-guard is missing" in alone.status.failure_message


@pytest.mark.parametrize("step", [there(1), cordon(1)])
def test_without_a_creator_planning_refuses_what_nobody_vouches_for(step: dict[str, Any]) -> None:
    story = started(step, creator="")

    assert ("failed", "planning_error") == (story.status.phase, story.status.failure_reason)
    assert ANNOTATION_CREATED_BY in story.status.failure_message


@pytest.mark.parametrize("namespace", ["kube-system", "kube-public", "kube-node-lease", "kubernaut-system"])
@pytest.mark.parametrize("trusted", [frozenset(), None])
def test_no_power_reaches_protected_namespaces_nor_the_controllers_own(namespace: str,
                                                                       trusted: frozenset[str] | None) -> None:
    story = started(there(1, namespace), trusted_namespaces=trusted)

    assert ("planning_error", []) == (story.status.failure_reason, story.names())
    assert "protected namespace" in story.status.failure_message


def test_of_workflows_in_a_namespace_that_the_operator_trusts_nobody_is_asked() -> None:
    story = started(there(1), trusted_namespaces=frozenset({"default"}))

    assert ("executing", []) == (story.status.phase, asked(story))


def test_trusting_a_namespace_opens_it_to_nobody_else() -> None:
    story = started(there(1), creator="", trusted_namespaces=frozenset({"shop"}))

    assert "planning_error" == story.status.failure_reason


def test_an_operator_who_changes_his_mind_is_obeyed_before_anything_is_done() -> None:
    world = World()
    world.access[power("scale-deployment", "shop")] = None
    story = started(there(1), world=world)
    story.settings = Settings(protected_namespaces=frozenset({"shop"}))

    assert "unauthorized" == story.after(seconds=5).status.failure_reason


@pytest.mark.parametrize("parameters", [
    {"action": "uncordon-node", "parameters": {"uncordonNode": {"nodeName": "n"}}},
    {"action": "scale-to-previous", "parameters": {"scaleToPrevious": {"namespace": "shop", "deployment": "web"}}}])
def test_a_compensation_has_no_more_power_than_its_step(parameters: dict[str, Any]) -> None:
    problems = check_document(workflow({**scale(1), "rollbackSpec": parameters}), Settings(trusted_namespaces=None))

    assert [("Forbidden", "rollbackSpec")] == [(p.reason, p.path[-2]) for p in problems]


def test_the_power_is_asked_for_again_after_a_long_wait() -> None:
    story = started(there(1))
    world = World()
    world.surroundings = Surroundings(approvals_guarded=True)
    story = Story(workflow(there(1), creator="alice", strategy={"approvalRequired": True}), world=world).go()
    world.access[power("scale-deployment", "shop")] = False
    story.after(minutes=6)
    world.decide("w", "bob")

    assert ("failed", "unauthorized", []) == (story.go().status.phase, story.status.failure_reason, story.names())
    assert "approved" == story.status.approval.decision


def test_a_suspended_workflow_asks_nothing() -> None:
    world = World()
    world.surroundings = Surroundings(approvals_guarded=True)
    story = Story(workflow(there(1), creator="alice", suspend=True), world=world).go()
    assert [] == asked(story)

    assert "executing" == ask(story, suspend=False).status.phase
    assert "completed" == story.say(step_1=done()).stable().status.phase


@pytest.mark.parametrize(("user", "groups"), [
    ("alice", ()), ("system:serviceaccount:a", ()), ("system:node:a:b", ()),
    ("system:serviceaccount:a:b", ("system:serviceaccounts", "system:serviceaccounts:a", "system:authenticated"))])
def test_only_the_groups_of_service_accounts_follow_from_the_name(user: str, groups: tuple[str, ...]) -> None:
    assert groups == groups_of(user)


def far_and_back(number: int) -> dict[str, Any]:
    """A step in another namespace, and its compensation there."""
    return {**there(number), "rollbackSpec": {"action": "scale-to-previous", "parameters": {
        "scaleToPrevious": {"namespace": "shop", "deployment": "web", "previousReplicas": 1}}}}


@pytest.mark.parametrize(("word", "first"), [("rollbackOf", "rollback-1"), ("retryOf", "step-2")])
def test_what_starts_from_another_workflow_acts_with_the_power_of_its_own_creator(word: str, first: str) -> None:
    """Its name was asked for and then not looked at: what was done elsewhere could never be undone."""
    source = started(far_and_back(1), far_and_back(2)).say(step_1=done(), step_2=broken()).stable()
    story = following(source, word, name="next", creator="alice").go()

    assert ("executing", [first]) == (story.status.phase, story.names())
    assert power("scale-deployment", "shop") in asked(story)


@pytest.mark.parametrize("word", ["rollbackOf", "retryOf"])
def test_what_starts_from_another_workflow_has_no_power_of_the_others_creator(word: str) -> None:
    source = started(far_and_back(1), far_and_back(2)).say(step_1=done(), step_2=broken()).stable()
    source.world.access[power("scale-deployment", "shop", "bob")] = False

    bobs = following(source, word, name="bobs", creator="bob").go()
    assert ("unauthorized", []) == (bobs.status.failure_reason, bobs.names())
    nobodys = following(source, word, name="nobodys").go()
    assert "nobody vouches for it" in nobodys.status.failure_message
    assert [] == nobodys.names()
