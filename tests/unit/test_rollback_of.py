"""A workflow that undoes another: what it takes from its source, in which order it restores it, and how it ends."""

from __future__ import annotations

from typing import Any

import pytest

from wfcore.model.actions import UncordonNodeParams
from wfcore.model.compensations import (
    CustomRollbackParams,
    RestorePreviousConfigParams,
    RestorePreviousDeploymentParams,
    RollbackParameters,
    ScaleToPreviousParams,
)
from wfcore.model.enums import ConfigKind
from wfcore.program import Inspect
from wfcore.rollback.restoring import restored_state
from wfcore.settings import CustomAction, Settings

from .stories import CHAIN, MANUAL, Story, broken, captured, done, failed_chain, refusal, rollback_of, scale, workflow
from .test_explain import explained

NOTHING = "nothing was captured, and its rollbackSpec names no value"


def restored(story: Story, suffix: str) -> Any:
    return story.child(suffix)["spec"]["rollbackParameters"]


def test_compensations_run_in_reverse_order_as_the_workflows_own_steps_with_the_captured_values() -> None:
    story = rollback_of(failed_chain()).go()
    assert ("executing", ["rollback-2"]) == (story.status.phase, story.names())
    assert {"scaleToPrevious": {"namespace": "default", "deployment": "b", "previousReplicas": 8}} == \
        restored(story, "rollback-2")
    assert ("rollback", story.status.plan_digest) == (
        story.child("rollback-2")["spec"]["kind"], story.child("rollback-2")["spec"]["planDigest"])

    story.say(rollback_2=done())
    assert 7 == restored(story, "rollback-1")["scaleToPrevious"]["previousReplicas"]
    story.say(rollback_1=done())
    assert ("monitoring", 2) == (story.status.phase, story.status.current_step)
    story.stable()
    assert ("completed", "success", 1.0) == (
        story.status.phase, story.status.workflow_result.outcome, story.status.workflow_result.effectiveness_score)
    assert story.status.rollback is None


def test_what_is_judged_at_the_end_are_the_objects_that_were_restored() -> None:
    story = rollback_of(failed_chain()).go().say(rollback_2=done()).say(rollback_1=done())
    asked = [request for one in story.passes for request in one.asked(Inspect)][-1]

    assert {"a", "b"} == {t.name for t in asked.targets if t.kind == "Deployment"}


def test_the_plan_shows_what_will_be_restored_and_the_digest_covers_it() -> None:
    one, other = rollback_of(failed_chain()).go(), rollback_of(failed_chain(), 1).go()
    plan = one.status.execution_plan

    assert [(2,), (1,)] == [wave.steps for wave in plan.waves]
    assert [("Deployment", "a", "capacity"), ("Deployment", "b", "capacity")] == [
        (r.kind, r.name, r.impact) for r in plan.resources]
    assert ("none", (), 40) == (plan.rollback_strategy, plan.rollback_order, plan.estimated_duration.seconds)
    assert "every compensation completes and its outcome is verified" == plan.success_criteria[0]
    assert one.status.plan_digest != other.status.plan_digest


def test_independent_compensations_run_together_up_to_the_limit() -> None:
    steps = (scale(1), scale(2), scale(3), scale(4, 1, 2, 3, criticalStep=True))
    for limit, names in ((None, ["rollback-1", "rollback-2", "rollback-3"]), (2, ["rollback-1", "rollback-2"])):
        source = Story(workflow(*steps, strategy=MANUAL)).go()
        source.say(step_1=captured("a", 1), step_2=captured("b", 2), step_3=captured("c", 3)).say(step_4=broken())

        assert names == rollback_of(source, strategy={"maxParallelSteps": limit}).go().names()


def test_a_compensation_also_waits_for_those_that_needed_it_through_steps_that_are_not_undone() -> None:
    source = Story(workflow(scale(1), scale(2, 1), scale(3, 2), scale(4, 3, criticalStep=True), strategy=MANUAL)).go()
    source.say(step_1=captured("a", 1)).say(step_2=done("no")).say(step_3=captured("c", 3)).say(step_4=broken())
    story = rollback_of(source).go()

    assert ["rollback-3"] == story.names()
    assert ["rollback-3", "rollback-1"] == story.say(rollback_3=done()).names()


def test_chosen_steps_only_are_undone() -> None:
    story = rollback_of(failed_chain(), 1).go().say(rollback_1=done()).stable()

    assert ("completed", ["rollback-1"], 1) == (story.status.phase, story.names(), story.status.total_steps)


def test_a_failed_compensation_keeps_no_other_from_being_tried_and_leaves_its_object_to_people() -> None:
    story = rollback_of(failed_chain()).go().say(rollback_2=broken("permission_denied"))
    assert "rollback-1" == story.names()[-1]
    story.say(rollback_1=done())

    assert ("rollback_incomplete", "not undone: step 2") == refusal(story)
    assert [(2, "Deployment", "b", "8 replicas")] == [
        (d.step_number, d.kind, d.name, d.expected) for d in story.status.rollback.dirty]
    assert "is not undone: it is permission_denied" in story.status.rollback.dirty[0].actual
    assert ("True", "RollbackIncomplete") == story.condition("ManualInterventionRequired")
    assert story.condition("RolledBack") is None
    assert 1 == sum(e.reason == "ManualInterventionRequired" for e in story.world.events
                    if "1 objects" in e.message)


def test_compensations_are_retried_as_their_step_would_have_been_or_as_the_new_workflow_says() -> None:
    source = failed_chain(strategy={**MANUAL, "maxRetries": 1})
    story = rollback_of(source, 2).go().say(rollback_2=broken("service_unavailable")).wake()
    assert ["rollback-2", "rollback-2-r1"] == story.names()
    assert "failed" == story.say(rollback_2_r1=broken("service_unavailable")).status.phase

    never = rollback_of(source, 2, name="once", strategy={"maxRetries": 0}).go()
    assert "failed" == never.say(rollback_2=broken("service_unavailable")).status.phase


def test_a_compensation_that_does_not_end_is_cancelled_at_its_own_timeout() -> None:
    steps = (*CHAIN[:1], {**CHAIN[1], "rollbackSpec": {**CHAIN[1]["rollbackSpec"], "timeout": "10s"}}, CHAIN[2])
    source = Story(workflow(*steps, strategy=MANUAL)).go()
    source.say(step_1=captured("a", 7)).say(step_2=captured("b", 8)).say(step_3=broken())
    story = rollback_of(source, 2, strategy={"maxRetries": 0}).go().after(seconds=9)
    assert "deletionTimestamp" not in story.child("rollback-2")["metadata"]

    assert "deletionTimestamp" in story.after(seconds=1).child("rollback-2")["metadata"]
    assert ("rollback_incomplete", "not undone: step 2") == refusal(story.after(seconds=30))


def test_a_source_that_has_succeeded_is_undone_too() -> None:
    source = Story(workflow(scale(1))).go().say(step_1=captured("web", 4)).stable()
    assert "completed" == source.status.phase

    assert 4 == restored(rollback_of(source).go(), "rollback-1")["scaleToPrevious"]["previousReplicas"]


def test_what_a_source_has_compensated_itself_is_left_alone() -> None:
    source = Story(workflow(*CHAIN)).go().say(step_1=captured("a", 7)).say(step_2=captured("b", 8)).say(step_3=broken())
    source.say(rollback_2=done()).say(rollback_1=broken("permission_denied"))

    told = refusal(rollback_of(source, 2, name="undo-two").go())
    assert ["rollback-1"] == rollback_of(source).go().names()
    assert ("not_compensable", True) == (told[0], "step 2 of w: it is undone already" in told[1])


def test_the_values_are_those_of_the_earliest_attempt_that_may_have_changed_something() -> None:
    source = Story(workflow(scale(1, maxRetries=3), scale(2, 1, criticalStep=True), strategy=MANUAL)).go()
    source.say(step_1=broken("rate_limited", "no", deployment="web", previousReplicas=1)).wake()
    source.say(step_1_r1=broken("rate_limited", "unknown", deployment="web", previousReplicas=2)).wake()
    source.say(step_1_r2=captured("web", 3)).say(step_2=broken())

    assert 2 == restored(rollback_of(source).go(), "rollback-1")["scaleToPrevious"]["previousReplicas"]


def test_without_captured_values_those_of_the_spec_are_restored() -> None:
    values = {"scaleToPrevious": {"deployment": "a", "previousReplicas": 5}}
    back = {"action": "scale-to-previous", "parameters": values}
    source = Story(workflow(scale(1, rollbackSpec=back), scale(2, 1, criticalStep=True), strategy=MANUAL)).go()
    source.say(step_1=done()).say(step_2=broken())

    assert {"namespace": "default", "deployment": "a", "previousReplicas": 5} == \
        restored(rollback_of(source).go(), "rollback-1")["scaleToPrevious"]


def test_what_changed_and_cannot_be_undone_is_said_in_the_plan() -> None:
    source = Story(workflow(scale(1), scale(2, undo=False), scale(3), scale(4, 1, 2, 3, criticalStep=True),
                            strategy={"rollbackStrategy": "none"})).go()
    source.say(step_1=captured("a", 1), step_2=done(), step_3=done()).say(step_4=broken())
    story = rollback_of(source).go()

    assert ["rollback-1"] == story.names()
    assert ("what step 2 of w may have changed stays changed: it has no rollbackSpec",
            f"what step 3 of w may have changed stays changed: {NOTHING}",
            "workflow w was not meant to be rolled back: its rollbackStrategy is none") == \
        story.status.execution_plan.warnings


@pytest.mark.parametrize(("steps", "words"), [
    ((9,), "step 9 of w: there is no such step"), ((3,), "step 3 of w: it has changed nothing"),
    ((2, 9), "step 9 of w: there is no such step"),
])
def test_a_chosen_step_that_cannot_be_undone_fails_planning_and_is_named(steps: tuple[int, ...], words: str) -> None:
    told = refusal(rollback_of(failed_chain(), *steps).go())

    assert ("not_compensable", True) == (told[0], words in told[1])


def test_a_chosen_step_without_rollback_spec_is_named_with_all_others() -> None:
    source = Story(workflow(scale(1, undo=False), scale(2), scale(3, 1, 2, criticalStep=True), strategy=MANUAL)).go()
    source.say(step_1=done(), step_2=done()).say(step_3=broken())
    story = rollback_of(source, 1, 2, 3).go()

    assert ["$.spec.rollbackOf.steps[0]: step 1 of w: it has no rollbackSpec",
            f"$.spec.rollbackOf.steps[1]: step 2 of w: {NOTHING}",
            "$.spec.rollbackOf.steps[2]: step 3 of w: it has changed nothing"] == \
        list(story.status.validation_results.validation_errors)


def test_nothing_to_undo_is_a_failure_with_the_reasons() -> None:
    source = Story(workflow(scale(1, undo=False, criticalStep=True), strategy=MANUAL)).go()
    source.say(step_1=broken(mutated="yes"))
    idle = Story(workflow(scale(1), name="idle")).go().say(step_1=done("no")).stable()

    told = refusal(rollback_of(source).go())

    assert "nothing_to_roll_back" == told[0]
    assert "$.spec.rollbackOf: nothing of workflow w can be undone: step 1: it has no rollbackSpec" == told[1]
    assert "nothing of workflow idle can be undone: no step of it has changed anything" in refusal(
        rollback_of(idle).go())[1]


def test_a_stop_of_either_kind_ends_it_gracefully() -> None:
    for index, stop in enumerate(("Graceful", "Rollback")):
        story = rollback_of(failed_chain(), name=f"undo-{index}").go()
        story.ask(stop=stop)
        story.go()
        assert ("executing", ["rollback-2"]) == (story.status.phase, story.names())
        story.say(rollback_2=done())

        assert "stopped" == refusal(story)[0]
        assert [1] == [d.step_number for d in story.status.rollback.dirty]
        assert ["completed", "skipped"] == sorted(story.phases())


def test_a_stop_while_monitoring_leaves_nothing_changed() -> None:
    story = rollback_of(failed_chain()).go().say(rollback_2=done()).say(rollback_1=done())
    story.ask(stop="Rollback")

    assert ("stopped", "stopped while monitoring") == refusal(story.go())
    assert story.status.rollback is None


def test_the_whole_may_be_limited_in_time() -> None:
    story = rollback_of(failed_chain(), strategy={"workflowTimeout": "30s"}).go().after(seconds=30)
    assert "executing" == story.status.phase
    story.say(rollback_2=done())

    assert "workflow_timeout" == refusal(story)[0]


def test_custom_compensations_have_to_be_declared() -> None:
    back = {"action": "custom", "parameters": {"custom": {"actionType": "unflush"}}}
    settings = Settings(custom_actions=(CustomAction(action_type="unflush"),))
    steps = (scale(1, rollbackSpec=back), scale(2, 1, criticalStep=True))
    source = Story(workflow(*steps, strategy=MANUAL), settings).go()
    source.say(step_1=done()).say(step_2=broken())
    allowed = rollback_of(source).go()
    assert {"custom": {"actionType": "unflush"}} == restored(allowed, "rollback-1")
    allowed.say(rollback_1=broken("timeout"))
    assert ["rollback-1"] == allowed.names()

    source.settings = Settings()
    assert "custom action 'unflush' is not declared by the operator" in refusal(
        rollback_of(source, name="later").go())[1]
    assert [("Custom", "scale-deployment", "what unflush brings back")] == [
        (d.kind, d.name, d.expected) for d in allowed.status.rollback.dirty]


def test_where_the_workflow_may_not_act_any_more_nothing_is_restored() -> None:
    step = {"stepNumber": 1, "action": "cordon-node", "parameters": {"cordonNode": {"nodeName": "n1"}},
            "rollbackSpec": {"action": "uncordon-node", "parameters": {"uncordonNode": {"nodeName": "n1"}}}}
    source = Story(workflow(step), Settings(trusted_namespaces=None)).go().say(step_1=done()).stable()
    source.settings = Settings()

    assert "may not act on nodes (node/n1)" in refusal(rollback_of(source).go())[1]


def test_a_plan_of_a_rollback_shows_the_compensations_and_creates_nothing() -> None:
    story = rollback_of(failed_chain(), strategy={"mode": "Plan"}).go()

    assert ("completed", []) == (story.status.phase, story.names())
    assert [(2, "rollback"), (1, "rollback")] == [(s.step_number, s.kind) for s in story.status.workflow.steps]


def test_what_is_happening_is_said_in_conditions_and_explained() -> None:
    story = rollback_of(failed_chain()).go()
    assert ("True", "RollingBack") == story.condition("Progressing")
    planned = next(c for c in story.status.conditions if c.type == "Planned")
    assert planned.message.startswith("2 compensations, sha256:")
    assert ["waits until step 2 is undone or given up",
            "is being undone: attempt 1 runs as undo-rollback-2, 5m left"] == [s.why for s in explained(story).steps]
    story.say(rollback_2=done())

    assert "was undone: attempt 1 succeeded" == explained(story).steps[1].why


def test_a_manual_workflow_says_which_command_undoes_it() -> None:
    source = failed_chain()

    assert refusal(source)[1].endswith("; undo step 1, 2 with `wfctl rollback w -n default`")
    assert "undo step 1, 2 with `wfctl rollback w -n default`" == source.status.workflow_result.recommended_actions[0]
    assert "wfctl rollback w -n default" == explained(source).commands[0]


def test_without_any_rollback_strategy_no_command_is_offered() -> None:
    source = failed_chain(strategy={"rollbackStrategy": "none"})

    assert "critical step 3 failed: it is verification_failed" == refusal(source)[1]
    assert not [c for c in explained(source).commands if "wfctl" in c]


def test_its_audit_row_is_its_own_and_named_after_what_it_undoes() -> None:
    story = rollback_of(failed_chain()).go().say(rollback_2=done()).say(rollback_1=done()).stable()
    rows = {row.name: row for row in story.world.audit.values()}

    undo = rows["undo"]
    assert ("rollback of heal", "success", 2, 0) == (
        undo.workflow_name, undo.outcome, undo.steps_completed, undo.rollbacks_performed)
    assert "heal" == rows["w"].workflow_name


@pytest.mark.parametrize(("parameters", "words"), [
    (ScaleToPreviousParams(deployment="web"), "its previous number of replicas"),
    (ScaleToPreviousParams(deployment="web", previous_replicas=3), "3 replicas"),
    (RestorePreviousDeploymentParams(deployment="web", snapshot="s"), "the pod template of snapshot s"),
    (RestorePreviousDeploymentParams(deployment="web", revision=7), "the pod template of revision 7"),
    (RestorePreviousDeploymentParams(deployment="web"), "the pod template of before"),
    (RestorePreviousConfigParams(name="c", type=ConfigKind.SECRET, snapshot="s"), "the data of snapshot s"),
    (RestorePreviousConfigParams(name="c", type=ConfigKind.SECRET), "the data of before"),
    (UncordonNodeParams(node_name="n"), "schedulable"),
    (UncordonNodeParams(node_name="n", previously_schedulable=False), "as unschedulable as before"),
    (CustomRollbackParams(action_type="unflush"), "what unflush brings back"),
])
def test_what_a_compensation_brings_back_can_be_said(parameters: RollbackParameters, words: str) -> None:
    assert words == restored_state(parameters)


def test_one_that_waits_for_its_next_attempt_or_for_a_place_says_so() -> None:
    story = rollback_of(failed_chain(), suspend=True).go().ask(suspend=False).go()
    story.say(rollback_2=broken("service_unavailable"))
    assert explained(story).steps[1].why.startswith(
        "attempt 1 to undo it failed (it is service_unavailable); the next starts at 2026-")
    story.wake().ask(suspend=True).go().say(rollback_2_r1=broken("permission_denied"))

    assert ["is undone next, as soon as nothing holds it", "is not undone: it is permission_denied"] == [
        step.why for step in explained(story).steps]


def test_configuration_and_nodes_are_restored_and_shown_as_what_they_are() -> None:
    config = {"stepNumber": 1, "action": "update-configmap",
              "parameters": {"updateConfigMap": {"name": "c", "dataUpdates": {"k": "v"}}},
              "rollbackSpec": {"action": "restore-previous-config",
                               "parameters": {"restorePreviousConfig": {"name": "c", "type": "ConfigMap"}}}}
    node = {"stepNumber": 2, "action": "cordon-node", "parameters": {"cordonNode": {"nodeName": "n1"}},
            "rollbackSpec": {"action": "uncordon-node", "parameters": {"uncordonNode": {"nodeName": "n1"}}}}
    image = {"stepNumber": 3, "action": "update-image",
             "parameters": {"updateImage": {"deployment": "web", "container": "main", "newImage": "web:2"}},
             "rollbackSpec": {"action": "restore-previous-deployment",
                              "parameters": {"restorePreviousDeployment": {"deployment": "web"}}}}
    source = Story(workflow(config, node, image), Settings(trusted_namespaces=None)).go()
    kept = {"restorePreviousConfig": {"namespace": "default", "name": "c", "type": "ConfigMap", "snapshot": "s"}}
    captured_config = {"captured": True, "mutated": "yes", "parameters": kept}
    source.say(step_1={**done(), "rollbackInformation": captured_config}, step_2=done(), step_3=done()).stable()
    story = rollback_of(source).go()

    assert kept == restored(story, "rollback-1")
    assert {("ConfigMap", "c", "config"), ("Node", "n1", "capacity"), ("Deployment", "web", "restart")} == {
        (r.kind, r.name, r.impact) for r in story.status.execution_plan.resources}
