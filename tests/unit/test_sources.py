"""The workflow that another starts from: found or not, finished or not, left alone by everybody else or not."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from wfcore.lifecycle.sources import sources_of
from wfcore.program import Failed, FindSource, Response, Unknown
from wfcore.rawobject import RawObject
from wfcore.resources import WORKFLOW_EXECUTIONS
from wfcore.settings import Settings
from wfcore.simulation import operations as op
from wfcore.validation.document import check_document

from .stories import CHAIN, Story, broken, done, failed_chain, refusal, rollback_of, scale, workflow
from .test_explain import explained


def test_a_source_that_is_not_there_or_another_one_is_not_found() -> None:
    lone, other = Story(source_less("nobody")), failed_chain()
    other.world.add(WORKFLOW_EXECUTIONS, source_less("w", "undo-other"))
    wrong = Story(source_less("w", "wrong"), world=other.world)

    assert ("source_not_found", "$.spec.rollbackOf.name: workflow default/nobody does not exist (any more)") == \
        refusal(lone.go())
    assert "source_not_found" == refusal(wrong.go())[0]
    assert "it is not the one that is meant" in refusal(wrong)[1]


def source_less(source: str, name: str = "undo") -> Any:
    body = workflow(name=name, rollbackOf={"name": source, "uid": "another"})
    del body["spec"]["workflowDefinition"]
    return body


def test_a_source_that_still_runs_is_not_finished() -> None:
    source = Story(workflow(*CHAIN)).go()
    told = refusal(rollback_of(source).go())

    assert ("source_not_finished", True) == (told[0], "workflow default/w is executing" in told[1])
    assert "wfctl stop w -n default" in told[1]


def test_what_undoes_another_is_not_undone_itself() -> None:
    undo = rollback_of(failed_chain()).go().say(rollback_2=done()).say(rollback_1=done()).stable()
    told = refusal(rollback_of(undo, name="undo-undo").go())

    assert "source_unusable" == told[0]
    assert "only undoes another workflow; start from w (uid" in told[1]


def test_a_source_that_is_being_deleted_takes_its_values_with_it() -> None:
    source = failed_chain()
    source.world.delete(WORKFLOW_EXECUTIONS, "w")

    assert "is being deleted" in refusal(rollback_of(source).go())[1]


def test_a_source_that_cannot_be_read_is_unusable() -> None:
    source = failed_chain()
    story = rollback_of(source)
    stored = source.world.get(WORKFLOW_EXECUTIONS, "w")
    source.world.perform(op.UpdateStatus(WORKFLOW_EXECUTIONS, {**stored, "status": {"phase": 5}}, source.now))
    assert "source_unusable" == refusal(story.go())[0]
    assert "cannot be read: $.status.phase" in refusal(story)[1]


def test_a_ledger_that_no_plan_of_the_source_explains_is_unusable() -> None:
    source = failed_chain()
    story = rollback_of(source)
    stored = source.world.get(WORKFLOW_EXECUTIONS, "w")
    status = {**stored["status"], "stepStatuses": stored["status"]["stepStatuses"][1:]}
    source.world.perform(op.UpdateStatus(WORKFLOW_EXECUTIONS, {**stored, "status": status}, source.now))

    assert "the ledger of workflow w is not one that this engine wrote" in refusal(story.go())[1]


@pytest.mark.parametrize("answer", [Failed("unavailable"), Unknown()])
def test_as_long_as_nobody_answers_nothing_is_decided_until_planning_is_over(answer: Response) -> None:
    story = rollback_of(failed_chain())
    story.fault = lambda request: answer if isinstance(request, FindSource) else None
    story.go()
    assert ("planning", 1) == (story.status.phase, len(story.passes[-1].asked(FindSource)))
    start = story.now
    assert 5 == (story.passes[-1].finished.wake_at - start).seconds
    for _ in range(5):
        story.wake()
    assert "planning" == story.status.phase
    story.wake()

    assert ("planning_timeout", "planning took too long: workflow default/w could not be read") == refusal(story)
    assert 30 == (story.now - start).seconds


def test_a_source_that_answers_late_is_still_undone() -> None:
    story = rollback_of(failed_chain())
    story.fault = lambda request: Unknown() if isinstance(request, FindSource) else None
    story.go()
    story.fault = lambda request: None

    assert ["rollback-2"] == story.wake().names()


def test_a_held_workflow_asks_on_and_never_at_once() -> None:
    story = rollback_of(failed_chain(), suspend=True)
    story.fault = lambda request: Unknown() if isinstance(request, FindSource) else None
    story.go().after(minutes=2)

    assert "planning" == story.status.phase
    assert 5 == (story.passes[-1].finished.wake_at - story.now).seconds


def test_the_source_is_asked_for_once_and_what_becomes_of_it_later_changes_nothing() -> None:
    source = failed_chain()
    story = rollback_of(source).go()
    source.world.delete(WORKFLOW_EXECUTIONS, "w", force=True)
    story.say(rollback_2=done()).say(rollback_1=done()).stable()

    assert "completed" == story.status.phase
    assert 1 == sum(len(one.asked(FindSource)) for one in story.passes)


def test_while_another_undoes_the_source_nothing_is_planned() -> None:
    source = failed_chain()
    first = rollback_of(source).go()
    second = rollback_of(source, name="second").go()
    told = refusal(second)
    assert "source_unusable" == told[0]
    assert "workflow default/undo is undoing w already; wait for its end or stop it" in told[1]

    first.say(rollback_2=done()).say(rollback_1=done())
    assert "executing" != first.status.phase


def test_of_two_that_undo_the_same_the_older_goes_on() -> None:
    source = failed_chain()
    first, second = rollback_of(source), rollback_of(source, name="second")

    assert ["rollback-2"] == first.go().names()
    assert "source_unusable" == refusal(second.go())[0]


def test_a_younger_one_that_has_begun_is_not_interfered_with() -> None:
    """It did not see the older one: reads may be stale."""
    source = failed_chain()
    first, second = rollback_of(source), rollback_of(source, name="second")
    second.fault = lambda request: attrs.evolve(second.world.answer(request), followers=()) if isinstance(
        request, FindSource) else None

    assert ["rollback-2"] == second.go().names()
    assert "workflow default/second is undoing w already" in refusal(first.go())[1]


def test_what_an_earlier_one_has_restored_is_not_restored_again() -> None:
    source = failed_chain()
    rollback_of(source).go().say(rollback_2=broken("permission_denied")).say(rollback_1=done())
    second = rollback_of(source, name="second").go()
    assert ["rollback-2"] == second.names()
    second.say(rollback_2=done()).stable()

    assert "nothing_to_roll_back" == refusal(rollback_of(source, name="third").go())[0]


def test_a_workflow_that_cannot_be_read_or_undoes_another_concerns_nobody() -> None:
    source = failed_chain()
    source.world.add(WORKFLOW_EXECUTIONS, {"metadata": {"name": "poison"}, "spec": 5})
    elsewhere = source_less("w", "elsewhere")
    source.world.add(WORKFLOW_EXECUTIONS, elsewhere)

    assert ["rollback-2"] == rollback_of(source).go().names()


def test_a_definition_may_be_repeated_but_not_changed() -> None:
    definition = {"name": "heal", "steps": list(reversed(CHAIN))}
    same = rollback_of(failed_chain(), definition=definition).go()
    other = rollback_of(failed_chain(), name="other", definition={"name": "heal", "steps": [
        CHAIN[2], scale(2, 1, deployment="x"), CHAIN[0]]}).go()

    assert ["rollback-2"] == same.names()
    assert ("planning_error", True) == (refusal(other)[0], refusal(other)[1].startswith(
        "$.spec.workflowDefinition.steps[1].parameters.scaleDeployment.deployment: here the definition differs"))


def test_before_the_source_is_known_the_next_step_is_to_read_it() -> None:
    story = rollback_of(failed_chain())
    story.fault = lambda request: Unknown() if isinstance(request, FindSource) else None

    assert explained(story.go()).next.startswith("read workflow default/w and plan from it")


@pytest.mark.parametrize(("spec", "uids"), [
    ({"rollbackOf": {"name": "w", "uid": "1"}}, {"1"}), ({"retryOf": {"name": "w", "uid": "2"}}, {"2"}),
    ({"rollbackOf": {"name": "w", "uid": "1"}, "retryOf": {"name": "v", "uid": "2"}}, {"1", "2"}),
    ({"workflowDefinition": {"name": "heal", "steps": [scale(1)]}}, set()), ({"rollbackOf": 5}, set()), (5, set()),
])
def test_a_workflow_is_found_under_the_uid_of_each_that_it_starts_from(spec: Any, uids: set[str]) -> None:
    """Whatever cannot be decoded starts from none."""
    assert uids == sources_of(RawObject({**source_less("w"), "spec": spec}))


def problems(**spec: Any) -> list[str]:
    raw = {**source_less("w", "undo"), "spec": spec}
    return [f"{problem.reason} {problem}" for problem in check_document(raw, Settings())]


REFERENCE = {"name": "w", "uid": "1"}


@pytest.mark.parametrize(("spec", "problem"), [
    ({"rollbackOf": REFERENCE, "retryOf": REFERENCE},
     "Ambiguous $.spec.retryOf: rollbackOf and retryOf exclude each other; set one of them"),
    ({"retryOf": {"name": "undo", "uid": "1"}},
     "SelfReference $.spec.retryOf.name: workflow 'undo' cannot start from itself; "),
    ({"rollbackOf": REFERENCE, "executionStrategy": {"dryRunFirst": True}},
     "NotSupported $.spec.executionStrategy.dryRunFirst: a compensation cannot be tried out: it restores what was "),
    ({"rollbackOf": {**REFERENCE, "steps": [1, 2, 1]}},
     "Duplicate $.spec.rollbackOf.steps[2]: step 1 is named twice; remove one"),
    ({"rollbackOf": {**REFERENCE, "steps": [1, 7]}, "workflowDefinition": {"name": "heal", "steps": [scale(1)]}},
     "UnknownStep $.spec.rollbackOf.steps[1]: workflowDefinition has no step 7"),
    ({"retryOf": {**REFERENCE, "steps": ["one"]}}, "WrongType $.spec.retryOf.steps[0]: expected an integer, got 'one'"),
    ({"retryOf": 5}, "WrongType $.spec.retryOf: expected an object, got 5"),
    ({}, "Missing $.spec.workflowDefinition: required, but missing"),
])
def test_what_the_document_alone_shows_is_said_before_anything_is_asked(spec: Any, problem: str) -> None:
    (found,) = problems(**spec)

    assert found.startswith(problem)


def test_a_step_that_cannot_be_read_hides_no_problem_of_those_after_it() -> None:
    assert ["WrongType $.spec.retryOf.steps[0]: expected an integer, got 'one'",
            "Duplicate $.spec.retryOf.steps[2]: step 2 is named twice; remove one"] == problems(
        retryOf={**REFERENCE, "steps": ["one", 2, 2]})


def test_a_source_alone_is_enough() -> None:
    assert [] == problems(rollbackOf={**REFERENCE, "steps": [1, 2]}) + problems(retryOf=REFERENCE)


def test_a_workflow_is_found_by_the_uid_of_what_it_starts_from() -> None:
    def sources(**spec: Any) -> frozenset[str]:
        return sources_of(RawObject({"metadata": {"name": "again", "namespace": "default"}, "spec": spec}))

    named = {"name": "w", "uid": "u"}

    assert frozenset({"u"}) == sources(retryOf=named) == sources(rollbackOf=named)
    assert frozenset() == sources(workflowDefinition={"name": "w", "steps": [scale(1)]}) == sources(retryOf="w")
