"""A source that cannot be started from: one word for machines, the place in the document, what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import attrs
import pytest

from wfcore.codec.problems import render_path
from wfcore.lifecycle.inputs import taken_from_source
from wfcore.lifecycle.sources import Refusal, source_question
from wfcore.model.workflow import ANNOTATION_CREATED_BY
from wfcore.program import FindSource, Ref, SourceFound
from wfcore.rawobject import RawObject
from wfcore.resources import WORKFLOW_EXECUTIONS
from wfcore.settings import CustomAction, Settings
from wfcore.snapshot import Snapshot

from .stories import (
    CHAIN,
    MANUAL,
    Story,
    broken,
    captured,
    done,
    failed_chain,
    retry_of,
    rollback_of,
    scale,
    workflow,
)
from .test_retry_of import FOUR, partial, secret_step
from .test_rollback_of import NOTHING
from .test_sources import source_less

Told = tuple[str, list[tuple[str, str, str]]]


def told(story: Story) -> Told:
    """The reason of a refusal, and of each of its problems the code, the place and the words."""
    snapshot = Snapshot(workflow=story.world.workflow(story.name), settings=story.settings)
    question = source_question(snapshot)
    assert question is not None
    refused = taken_from_source(snapshot.told(question, story.answer(question)))
    assert isinstance(refused, Refusal), refused
    return refused.reason.value, [(p.reason, render_path(p.path), p.message) for p in refused.problems]


def nobody() -> Story:
    return Story(source_less("nobody"))


def another() -> Story:
    return Story(source_less("w"), world=failed_chain().world)


def unreadable() -> Story:
    story = rollback_of(failed_chain())
    odd = SourceFound(RawObject({"metadata": {"name": "w", "namespace": "default", "uid": 5}}), (), ())
    story.fault = lambda request: odd if isinstance(request, FindSource) else None
    return story


def untouched() -> Story:
    return rollback_of(Story(workflow(*CHAIN)))


def running() -> Story:
    return rollback_of(Story(workflow(*CHAIN)).go())


def without_values() -> Story:
    """Nothing was captured: one step names no value, one only a ConfigMap, and one has no compensation at all."""
    config = {"stepNumber": 2, "action": "update-configmap",
              "parameters": {"updateConfigMap": {"name": "c", "dataUpdates": {"k": "v"}}},
              "rollbackSpec": {"action": "restore-previous-config",
                               "parameters": {"restorePreviousConfig": {"name": "c", "type": "ConfigMap"}}}}
    blind = scale(1, rollbackSpec={"action": "scale-to-previous"})
    source = Story(workflow(blind, config, scale(3, undo=False))).go()
    return rollback_of(source.say(step_1=done(), step_2=done(), step_3=done()).stable())


def untrusted() -> Story:
    step = {"stepNumber": 1, "action": "cordon-node", "parameters": {"cordonNode": {"nodeName": "n1"}},
            "rollbackSpec": {"action": "uncordon-node", "parameters": {"uncordonNode": {"nodeName": "n1"}}}}
    source = Story(workflow(step), Settings(trusted_namespaces=None)).go().say(step_1=done()).stable()
    source.settings = Settings()
    return rollback_of(source)


def secrets() -> Story:
    steps = (*FOUR[:3], {**secret_step(), "stepNumber": 4}, {**secret_step(), "stepNumber": 5})
    settings = Settings(allow_inline_secrets=True)
    source = Story(workflow(*steps), settings).go().say(step_1=done(), step_4=done(), step_5=done())
    return retry_of(source.say(step_2=broken()).stable())


OUTSIDE = ("a workflow in namespace 'default' may not act on nodes (node/n1), and nobody vouches for it; run it in a "
           f"namespace the operator trusts, or name its creator in the annotation {ANNOTATION_CREATED_BY}")
DIRTY = ("workflow w has left objects changed (step 1, 2); undo them with `wfctl rollback w -n default` or by hand, "
         "then create a workflow that starts from the beginning")
AT = "$.spec.rollbackOf"


@pytest.mark.parametrize(("begin", "reason", "problems"), [
    (nobody, "SourceNotFound", [("SourceNotFound", f"{AT}.name", "workflow default/nobody does not exist (any more)")]),
    (another, "SourceNotFound", [("SourceNotFound", f"{AT}.uid",
     "workflow default/w has the uid {uid}, not another: it is not the one that is meant")]),
    (unreadable, "SourceNotFound", [("SourceNotFound", f"{AT}.uid",
     "workflow default/w is unreadable, not {uid}: it is not the one that is meant")]),
    (untouched, "SourceNotFinished", [("SourceNotFinished", AT,
     "workflow default/w is new; wait for its end, or end it with `wfctl stop w -n default`")]),
    (running, "SourceNotFinished", [("SourceNotFinished", AT,
     "workflow default/w is executing; wait for its end, or end it with `wfctl stop w -n default`")]),
    (lambda: rollback_of(failed_chain(), 2, 9, 3), "NotCompensable", [
        ("NotCompensable", f"{AT}.steps[1]", "step 9 of w: there is no such step, or it was never begun"),
        ("NotCompensable", f"{AT}.steps[2]", "step 3 of w: it has changed nothing")]),
    (without_values, "NothingToRollBack", [("NothingToRollBack", AT,
     f"nothing of workflow w can be undone: step 1: {NOTHING}; step 2: {NOTHING}; step 3: it has no rollbackSpec")]),
    (untrusted, "NothingToRollBack", [("NothingToRollBack", AT,
     f"nothing of workflow w can be undone: step 1: {OUTSIDE}")]),
    (lambda: retry_of(partial(), 1, 9), "PlanningError", [
        ("UnknownStep", "$.spec.retryOf.steps[1]", "workflow w has no step 9")]),
    (secrets, "SourceUnusable", [("SourceUnusable", "$.spec.workflowDefinition",
     "step 4, 5 of workflow w holds values of a Secret, which are never copied into a status; give the definition here"
     )]),
    (lambda: retry_of(failed_chain()), "SourceDirty", [("SourceDirty", "$.spec.retryOf", DIRTY)]),
])
def test_a_refusal_names_its_reason_the_place_and_what_to_do(
        begin: Callable[[], Story], reason: str, problems: list[tuple[str, str, str]]) -> None:
    story = begin()
    stored = story.world.get(WORKFLOW_EXECUTIONS, "w")
    uid = stored["metadata"]["uid"] if stored else ""

    assert (reason, [(code, place, words.replace("{uid}", uid)) for code, place, words in problems]) == told(story)


def test_what_cannot_be_undone_is_said_once_per_reason_with_all_its_steps() -> None:
    source = Story(workflow(scale(1), scale(2, undo=False), scale(3, undo=False))).go()
    source.say(step_1=captured("web", 1), step_2=done(), step_3=done()).stable()

    assert ("what step 2, 3 of w may have changed stays changed: it has no rollbackSpec",) == \
        rollback_of(source).go().status.execution_plan.warnings


def test_a_younger_one_gives_way_to_one_that_does_not_say_when_it_was_created() -> None:
    """The server always says; whoever does not is taken for the older, so that never both go on."""
    source = failed_chain()
    rollback_of(source)
    second = rollback_of(source, name="second")
    answer = second.answer(FindSource(Ref("default", "w")))
    [older] = [raw for raw in answer.followers if raw.value["metadata"]["name"] == "undo"]
    meta = {key: value for key, value in older.value["metadata"].items() if key != "creationTimestamp"}
    found = attrs.evolve(answer, followers=(RawObject({**older.value, "metadata": meta}),))
    second.fault = lambda request: found if isinstance(request, FindSource) else None

    assert "workflow default/undo is undoing w already; wait for its end or stop it" in told(second)[1][0][2]


def test_a_compensation_is_called_and_placed_as_its_step() -> None:
    """A step without a namespace of its own acts in that of its workflow, and so does what undoes it."""
    custom = {"stepNumber": 1, "name": "warm up", "action": "custom", "parameters": {"custom": {"actionType": "warm"}},
              "rollbackSpec": {"action": "scale-to-previous"}}
    settings = Settings(custom_actions=(CustomAction(action_type="warm"),))
    source = Story(workflow(custom, strategy=MANUAL), settings)
    story = rollback_of(source.go().say(step_1=done(deployment="a", previousReplicas=5)).stable()).go()

    assert ["warm up"] == [planned.name for planned in story.status.plan_inputs.compensations]
    assert {"namespace": "default", "deployment": "a", "previousReplicas": 5} == story.child(
        "rollback-1")["spec"]["rollbackParameters"]["scaleToPrevious"]


def test_reasons_for_many_steps_are_said_up_to_eight_hundred_bytes() -> None:
    numbers = range(1, 41)
    source = Story(workflow(*(scale(n, undo=False) for n in numbers), strategy={"maxParallelSteps": 40})).go()
    source.say(**{f"step_{n}": done() for n in numbers}).stable()
    prefix = "nothing of workflow w can be undone: "
    message = told(rollback_of(source))[1][0][2]

    assert message.startswith(f"{prefix}step 1: it has no rollbackSpec; step 2: ")
    assert (len(prefix) + 800, True) == (len(message), message.endswith("..."))


def test_remarks_are_long_enough_for_every_step_and_name_the_first_five_that_have_run_it_again() -> None:
    """Names of workflows are long, and every one of these sentences is to be read to its end."""
    numbers, names = range(3, 63), [f"{'n' * 150}-{n}" for n in range(6)]
    settings = Settings(loop_breaker_runs=0, target_cooldown=timedelta(0))
    steps = (scale(1), scale(2, deployment="b"), *(scale(n, undo=False, deployment=f"d{n}") for n in numbers))
    source = Story(workflow(*steps, strategy={"maxParallelSteps": 62}), settings).go()
    source.say(step_1=captured("web", 1), step_2=broken(), **{f"step_{n}": done() for n in numbers}).stable()
    for name in names:
        retry_of(source, name=name).go().say(step_2=broken()).stable()
    warnings = rollback_of(source).go().status.execution_plan.warnings

    every = ", ".join(map(str, numbers))
    assert (f"what step {every} of w may have changed stays changed: it has no rollbackSpec",
            *(f"workflow {name} has run steps of w again since; values from before may undo what it did"
              for name in names[:5])) == warnings
