"""A workflow that runs again what another did not achieve: what it carries over, and when there is nothing to retry."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from wfcore.model.enums import StepPhase
from wfcore.program import FindSource, Inspect
from wfcore.resources import WORKFLOW_EXECUTIONS
from wfcore.settings import Settings
from wfcore.simulation import operations as op

from .stories import CHAIN, Story, broken, done, failed_chain, refusal, retry_of, rollback_of, scale, workflow
from .test_explain import explained

# Step 2 fails, 3 is skipped, 1 and 4 succeed: a partial success leaves nothing dirty.
FOUR = (scale(1, deployment="a"), scale(2, 1, deployment="b"), scale(3, 2, deployment="c"), scale(4, deployment="d"))


def partial(*steps: dict[str, Any], settings: Settings | None = None, **more: Any) -> Story:
    story = Story(workflow(*(steps or FOUR), **more), settings).go()
    story.say(step_1=done(), step_4=done()).say(step_2=broken()).stable()
    assert "partial_success" == story.status.workflow_result.outcome
    return story


def carried(story: Story) -> list[int]:
    return [e.step_number for e in story.status.step_statuses if e.reason == "CarriedOver"]


def test_what_succeeded_is_carried_over_and_the_rest_runs_in_its_order() -> None:
    story = retry_of(partial()).go()
    assert (["step-2"], 2, 4) == (story.names(), story.status.current_step, story.status.total_steps)
    entry = story.step(1)
    assert ("completed", "CarriedOver", 0, "no", None) == (
        entry.status, entry.reason, entry.attempt, entry.mutated, entry.k8s_execution_ref)

    story.say(step_2=done())
    assert ["step-2", "step-3"] == story.names()
    story.say(step_3=done()).stable()
    assert ("completed", "success", 1.0, 4) == (
        story.status.phase, story.status.workflow_result.outcome, story.status.workflow_result.effectiveness_score,
        story.status.current_step)


def test_the_targets_of_carried_over_steps_are_judged_too() -> None:
    story = retry_of(partial()).go().say(step_2=done()).say(step_3=done())
    asked = [request for one in story.passes for request in one.asked(Inspect)]

    assert ["a", "b", "c", "d"] == [t.name for t in asked[-1].targets if t.kind == "Deployment"]


def test_forced_steps_and_all_that_stand_on_them_run_again() -> None:
    story = retry_of(partial(), 1).go()

    assert ([4], ["step-1"]) == (carried(story), story.names())


def test_a_step_is_carried_over_only_with_everything_it_needs() -> None:
    steps = (scale(1), scale(2), scale(3, 2), scale(4, 1))
    source = Story(workflow(*steps)).go().say(step_1=broken(), step_2=done()).say(step_3=done()).stable()
    story = retry_of(source, 2).go()

    assert ([], ["step-1", "step-2"]) == (carried(story), story.names())


def test_its_rollback_covers_its_own_attempts_only() -> None:
    steps = (scale(1), scale(2, 1), scale(3, 2, criticalStep=True), scale(4))
    source = Story(workflow(*steps)).go().say(step_1=done(), step_4=done()).say(step_2=broken()).stable()
    story = retry_of(source).go().say(step_2=done(deployment="web", previousReplicas=1)).say(step_3=broken())
    story.say(rollback_2=done())

    assert ["step-2", "step-3", "rollback-2"] == story.names()
    assert ["completed", "rolled_back", "failed", "completed"] == story.phases()


def test_the_definition_is_the_sources_unless_it_is_given_and_equal() -> None:
    taken = retry_of(partial()).go()
    given = retry_of(partial(), name="given", definition={"name": "heal", "steps": list(FOUR[::-1])}).go()

    assert "heal" == taken.status.plan_inputs.definition.name
    assert (None, ["step-2"]) == (given.status.plan_inputs.definition, given.names())


@pytest.mark.parametrize(("definition", "place"), [
    ({"name": "other", "steps": list(FOUR)}, "$.spec.workflowDefinition.name"),
    ({"name": "heal", "version": "2", "steps": list(FOUR)}, "$.spec.workflowDefinition.version"),
    ({"name": "heal", "steps": [FOUR[3], FOUR[2], FOUR[1], scale(1, deployment="x")]},
     "$.spec.workflowDefinition.steps[3].parameters.scaleDeployment.deployment"),
    ({"name": "heal", "steps": list(FOUR[:3])}, "$.spec.workflowDefinition.steps:"),
    ({"name": "heal", "steps": [*FOUR[:3], {**FOUR[3], "criticalStep": True}]},
     "$.spec.workflowDefinition.steps[3].criticalStep"),
])
def test_a_definition_that_differs_is_refused_with_the_place(definition: Any, place: str) -> None:
    told = refusal(retry_of(partial(), definition=definition).go())

    assert ("planning_error", True) == (told[0], told[1].startswith(place))
    assert "differs from that of workflow w; make it equal, or leave workflowDefinition out" in told[1]


def test_what_a_recommender_says_meanwhile_makes_no_other_definition() -> None:
    said = {"overallConfidence": 0.5, "recommendationSource": "holmesgpt"}
    definition = {"name": "heal", "steps": list(FOUR), "aiRecommendations": said}

    assert ["step-2"] == retry_of(partial(), definition=definition).go().names()


def secret_step() -> dict[str, Any]:
    return {"stepNumber": 4, "action": "update-secret",
            "parameters": {"updateSecret": {"name": "s", "dataUpdates": {"k": "aHVudGVyMg=="}}}}


def test_inline_secrets_are_not_copied_into_a_status() -> None:
    settings = Settings(allow_inline_secrets=True)
    source = partial(*FOUR[:3], secret_step(), settings=settings)
    told = refusal(retry_of(source).go())
    assert ("source_unusable", True) == (told[0], "step 4 of workflow w holds values of a Secret" in told[1])

    given = retry_of(source, name="given", definition={"name": "heal", "steps": [*FOUR[:3], secret_step()]}).go()
    assert ["step-2"] == given.names()
    assert "aHVudGVyMg" not in str(given.world.get(WORKFLOW_EXECUTIONS, "given")["status"])
    told = refusal(retry_of(source, name="other", definition={"name": "heal", "steps": [*FOUR[:3], {
        **secret_step(), "parameters": {"updateSecret": {"name": "s", "dataUpdates": {"k": "b3RoZXI="}}}}]}).go())
    assert "steps[3].parameters.updateSecret.dataUpdates.k: here the definition differs" in told[1]
    assert not [value for value in ("aHVudGVyMg", "b3RoZXI") if value in told[1]]


def test_a_definition_that_is_not_allowed_any_more_is_unusable() -> None:
    node = {"stepNumber": 4, "action": "cordon-node", "parameters": {"cordonNode": {"nodeName": "n1"}}}
    source = partial(*FOUR[:3], node, settings=Settings(trusted_namespaces=None))
    source.settings = Settings()

    told = refusal(retry_of(source).go())
    assert ("source_unusable", True) == (told[0], "may not act on nodes" in told[1])


def test_a_dirty_source_has_to_be_cleaned_first() -> None:
    source = failed_chain()
    told = refusal(retry_of(source).go())
    assert "source_dirty" == told[0]
    assert "has left objects changed (step 1, 2); undo them with `wfctl rollback w -n default`" in told[1]

    rollback_of(source).go().say(rollback_2=done()).say(rollback_1=done()).stable()
    again = retry_of(source, name="clean").go()
    assert ([], ["step-1"]) == (carried(again), again.names())


def test_what_a_later_workflow_has_tried_to_undo_is_not_carried_over() -> None:
    source = partial(*({**step, "rollbackSpec": {"action": "scale-to-previous", "parameters": {
        "scaleToPrevious": {"deployment": "web", "previousReplicas": 1}}}} for step in FOUR))
    rollback_of(source, 4).go().say(rollback_4=broken("permission_denied"))

    assert [1] == carried(retry_of(source).go())


def test_while_another_undoes_the_source_nothing_is_retried() -> None:
    source = partial(*({**step, "rollbackSpec": {"action": "scale-to-previous", "parameters": {
        "scaleToPrevious": {"deployment": "web", "previousReplicas": 1}}}} for step in FOUR))
    rollback_of(source, 4).go()

    assert "is undoing w already" in refusal(retry_of(source).go())[1]


def test_a_rollback_after_a_retry_says_that_it_may_undo_more() -> None:
    source = Story(workflow(*FOUR)).go()
    source.say(step_1=done(deployment="a", previousReplicas=1), step_4=done("no")).say(step_2=broken()).stable()
    retry_of(source).go()
    retry_of(source, 9, name="refused").go()

    assert ("workflow again has run steps of w again since; values from before may undo what it did",) == \
        rollback_of(source).go().status.execution_plan.warnings


def test_a_source_that_has_rolled_back_runs_from_the_beginning() -> None:
    source = Story(workflow(*CHAIN)).go().say(step_1=done(deployment="a", previousReplicas=1))
    source.say(step_2=broken(mutated="no")).stable()
    first = Story(workflow(*CHAIN, name="rolled"), world=source.world).go()
    first.say(step_1=done(deployment="a", previousReplicas=1)).say(step_2=done("no")).say(step_3=broken())
    first.say(rollback_1=done())
    assert ["rolled_back", "completed", "failed"] == first.phases()
    story = retry_of(first).go()

    assert ([], ["step-1"]) == (carried(story), story.names())


def test_when_everything_succeeded_there_is_nothing_to_retry_unless_steps_are_named() -> None:
    source = Story(workflow(scale(1), scale(2, 1))).go().say(step_1=done()).say(step_2=done()).stable()

    told = refusal(retry_of(source).go())

    assert "nothing_to_retry" == told[0]
    assert "$.spec.retryOf: every step of workflow w has succeeded; name steps to run them again" == told[1]
    source.world.advance(source.settings.target_cooldown)
    assert ["step-2"] == retry_of(source, 2, name="forced").go().names()


def test_a_step_that_does_not_exist_cannot_be_forced() -> None:
    assert ("planning_error", "$.spec.retryOf.steps[1]: workflow w has no step 9") == refusal(
        retry_of(partial(), 1, 9).go())


def test_a_source_that_was_never_planned_runs_from_the_beginning_or_says_what_is_wrong_with_it() -> None:
    stopped = Story(workflow(*FOUR, stop="Graceful")).go()
    cyclic = Story(workflow(scale(1, 1), name="cyclic"), world=stopped.world).go()

    assert ["step-1", "step-4"] == retry_of(stopped).go().names()
    assert "depends on itself" in refusal(retry_of(cyclic, name="again-cyclic").go())[1]


def test_a_source_without_a_definition_is_unusable() -> None:
    """Its own source was never found."""
    first = partial()
    lost = retry_of(first, name="lost")
    lost.fault = lambda request: attrs.evolve(lost.world.answer(request), workflow=None) if isinstance(
        request, FindSource) else None
    lost.go()

    assert "workflow lost has no definition" in refusal(retry_of(lost, name="again-lost").go())[1]


def test_a_retry_of_a_retry_carries_over_what_either_has_achieved() -> None:
    first = retry_of(partial()).go().say(step_2=done()).say(step_3=broken()).stable()
    second = retry_of(first, name="third").go()

    assert ([1, 2, 4], ["step-3"]) == (carried(second), second.names())
    assert "heal" == second.status.plan_inputs.definition.name


def test_what_undoes_another_is_not_retried() -> None:
    undo = rollback_of(failed_chain()).go().say(rollback_2=done()).say(rollback_1=done()).stable()

    assert "only undoes another workflow" in refusal(retry_of(undo, name="redo").go())[1]


def test_carried_over_steps_are_not_tried_out() -> None:
    story = retry_of(partial(), strategy={"dryRunFirst": True}).go()
    assert ["dryrun-2", "dryrun-3"] == story.names()
    story.say(dryrun_2=broken("resource_not_found"), dryrun_3=broken("resource_not_found"))

    assert ("dry_run_failed", True) == (refusal(story)[0], "step 2" in refusal(story)[1])
    assert "step 3" not in refusal(story)[1]


def test_a_plan_of_a_retry_shows_what_would_run_and_what_is_carried_over() -> None:
    story = retry_of(partial(), strategy={"mode": "Plan"}).go()

    assert ("completed", [2, 3], []) == (
        story.status.phase, [s.step_number for s in story.status.workflow.steps], story.names())
    assert "carried over from workflow w: step 1, 4" in story.status.execution_plan.warnings
    assert (["b", "c"], 40) == ([r.name for r in story.status.execution_plan.resources],
                                story.status.execution_plan.estimated_duration.seconds)


def test_the_digest_covers_what_is_carried_over() -> None:
    digests = [retry_of(partial(), *steps).go().status.plan_digest for steps in ((), (1,), (4,), (1, 4))]

    assert 4 == len(set(digests))


def test_carrying_over_is_explained() -> None:
    story = retry_of(partial()).go()

    assert "carried over: the workflow that is retried has achieved it" == explained(story).steps[0].why
    planned = next(c for c in story.status.conditions if c.type == "Planned")
    assert planned.message.startswith("4 steps (2 of them carried over), sha256:")


def test_a_stop_skips_what_has_not_begun_and_keeps_what_is_carried_over() -> None:
    story = retry_of(partial()).go().ask(stop="Graceful").go().say(step_2=done("no"))

    assert ("stopped", ["completed", "completed", "skipped", "completed"]) == (refusal(story)[0], story.phases())


def test_its_audit_row_names_the_definition_it_took_over() -> None:
    story = retry_of(partial()).go().say(step_2=done()).say(step_3=done()).stable()
    row = next(row for row in story.world.audit.values() if row.name == "again")

    assert ("heal", 4, "success") == (row.workflow_name, row.steps_completed, row.outcome)
    assert {None} == {step.duration for step in row.steps if step.step_number in (1, 4)}


def test_the_ledger_of_a_source_may_be_in_any_order() -> None:
    source = partial()
    story = retry_of(source)
    stored = source.world.get(WORKFLOW_EXECUTIONS, "w")
    status = {**stored["status"], "stepStatuses": stored["status"]["stepStatuses"][::-1]}
    source.world.perform(op.UpdateStatus(WORKFLOW_EXECUTIONS, {**stored, "status": status}, source.now))

    assert {1, 4} == {e.step_number for e in story.go().status.step_statuses if e.status is StepPhase.COMPLETED}


@pytest.mark.parametrize(("achieved", "said"), [
    (0, []), (20, ["carried over from workflow w: step " + ", ".join(map(str, range(1, 21)))]),
    (21, ["carried over from workflow w: step " + ", ".join(map(str, range(1, 21))) + ", ... (21 in all)"])])
def test_what_is_carried_over_is_named_up_to_twenty_and_counted_beyond(achieved: int, said: list[str]) -> None:
    last = achieved + 1
    steps = [scale(n, deployment=f"d{n}") for n in range(1, last + 1)]
    source = Story(workflow(*steps, strategy={"maxParallelSteps": last})).go()
    source.say(**{f"step_{n}": done() for n in range(1, last)}, **{f"step_{last}": broken()}).stable()
    warnings = retry_of(source).go().status.execution_plan.warnings

    assert said == [warning for warning in warnings if warning.startswith("carried over")]


def test_a_definition_that_names_its_own_namespace_is_no_stranger() -> None:
    named = scale(2, 1)
    named["parameters"]["scaleDeployment"]["namespace"] = "default"

    assert ["step-2"] == retry_of(partial(scale(1), named, FOUR[2], FOUR[3])).go().names()
