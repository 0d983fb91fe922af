"""What is counted about workflows: each transition once, with labels from closed sets."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import attrs
import pytest

from wfcore.measures.changes import observations
from wfcore.measures.exchanges import NOTHING, heard, known_of
from wfcore.measures.vocabulary import LABELS, OTHER, WORKFLOW_NAME, Measure, Observation
from wfcore.model.enums import AdjustmentType, Phase, SafetyCheckType
from wfcore.model.status import (
    AdaptiveAdjustment,
    SafetyCheckResult,
    StepStatus,
    ValidationResults,
    WorkflowExecutionStatus,
)
from wfcore.program import (
    CommitStatus,
    Consult,
    Create,
    Did,
    Emit,
    Failed,
    Freshness,
    Happening,
    ListOutbox,
    Observe,
    Outbox,
    OutboxEntry,
    Record,
    Ref,
    Request,
    Response,
    Seen,
    SetMetadata,
    Unknown,
    Waiting,
)
from wfcore.rawobject import RawObject
from wfcore.resources import WORKFLOW_EXECUTIONS
from wfcore.settings import Settings
from wfcore.testing.contracts import sample_record

from .stories import Story, broken, done, failed_chain, rollback_of, scale, workflow
from .test_malformed import WRONG, edited

REF = Ref("default", "w")


def counted(story: Story) -> list[Observation]:
    """What all passes of a story are worth."""
    found: list[Observation] = []
    for each in story.passes:
        known = NOTHING
        for exchange in each.exchanges:
            known, worth = heard(known, exchange.request, exchange.response)
            found += worth
    return found


def totals(story: Story, *measures: Measure) -> dict[tuple[str, ...], float]:
    """The sums of some measures, by their name and labels."""
    sums: Counter[tuple[str, ...]] = Counter()
    for each in counted(story):
        if each.measure in measures:
            sums[(each.measure.value, *each.labels)] += each.value
    return dict(sums)


def of(request: Request, response: Response, known: Any = NOTHING) -> list[tuple[str, ...]]:
    return [(each.measure.value, *each.labels) for each in heard(known, request, response)[1]]


def test_a_success_is_counted_once_in_each_family() -> None:
    story = Story(workflow(scale(1), scale(2, 1))).go().say(step_1=done()).say(step_2=done()).stable()

    assert {
        ("created_total",): 1, ("executions_total", "heal", "success"): 1, ("workflow_steps_total",): 2,
        ("steps_created_total", "heal", "scale-deployment"): 2,
        ("steps_completed_total", "heal", "scale-deployment", "success"): 2, ("effectiveness_score",): 1.0,
        ("audit_records_total", "recorded"): 1,
    } == totals(story, Measure.CREATED, Measure.DELETED, Measure.EXECUTIONS, Measure.WORKFLOW_STEPS,
                Measure.STEPS_CREATED, Measure.STEPS_COMPLETED, Measure.EFFECTIVENESS, Measure.AUDIT, Measure.ROLLBACKS,
                Measure.ERRORS, Measure.CONFLICTS, Measure.VALIDATION_FAILURES)


def test_the_durations_of_the_phases_are_between_the_instants_that_status_states() -> None:
    story = Story(workflow(scale(1))).go().say(step_1=done()).stable()
    status = story.status
    executing = status.monitoring_start_time - status.execution_start_time
    monitoring = status.completion_time - status.monitoring_start_time
    found = totals(story, Measure.PHASE_DURATION, Measure.LIFECYCLE)

    assert timedelta(0) < executing < monitoring
    assert {
        ("phase_duration_seconds", "planning"): 0.0, ("phase_duration_seconds", "validating"): 0.0,
        ("phase_duration_seconds", "executing"): executing.total_seconds(),
        ("phase_duration_seconds", "monitoring"): monitoring.total_seconds(),
        ("lifecycle_duration_seconds",): (status.completion_time - status.planning_start_time).total_seconds(),
    } == found


def test_each_attempt_is_a_step_created_and_its_step_ends_once() -> None:
    story = Story(workflow(scale(1, maxRetries=1))).go().say(step_1=broken("service_unavailable")).wake()
    story.say(step_1_r1=broken())

    assert {("steps_created_total", "heal", "scale-deployment"): 2,
            ("steps_completed_total", "heal", "scale-deployment", "failed"): 1} == totals(
        story, Measure.STEPS_CREATED, Measure.STEPS_COMPLETED)


def test_a_rollback_after_a_failed_step_is_counted_with_that_cause() -> None:
    story = Story(workflow(scale(1, criticalStep=True))).go()
    story.say(step_1=broken(mutated="yes")).say(rollback_1=done())

    assert {("rollbacks_total", "heal", "step_failure"): 1, ("executions_total", "heal", "failed"): 1} == totals(
        story, Measure.ROLLBACKS, Measure.EXECUTIONS, Measure.VALIDATION_FAILURES)


def test_a_rollback_that_a_person_asks_for_is_manual() -> None:
    story = Story(workflow(scale(1), scale(2, 1))).go().ask(stop="Rollback")
    story.say(step_1=done(deployment="web", previousReplicas=1)).say(rollback_1=done())

    assert {("rollbacks_total", "heal", "manual"): 1} == totals(story, Measure.ROLLBACKS)


def test_a_workflow_that_undoes_another_is_a_manual_rollback_of_its_definition() -> None:
    undo = rollback_of(failed_chain()).go().say(rollback_2=done()).say(rollback_1=done())

    assert {("rollbacks_total", "heal", "manual"): 1, ("steps_created_total", "heal", "scale-deployment"): 2} == totals(
        undo, Measure.ROLLBACKS, Measure.STEPS_CREATED)


def test_a_rollback_out_of_monitoring_is_because_the_result_did_not_hold() -> None:
    before = WorkflowExecutionStatus(phase=Phase.MONITORING)
    found = observations(before, attrs.evolve(before, phase=Phase.ROLLING_BACK), "heal", None)

    assert [Observation(Measure.ROLLBACKS, ("heal", "validation_failure"))] == list(found)


@pytest.mark.parametrize(("body", "reason", "name"), [
    (workflow(scale(1, 1)), "PlanningError", "heal"), (WRONG, "InvalidSpec", OTHER),
])
def test_what_fails_before_it_executes_is_a_validation_failure_without_a_score(
        body: dict[str, Any], reason: str, name: str) -> None:
    story = Story(body).go()

    assert {("created_total",): 1, ("executions_total", name, "failed"): 1,
            ("validation_failures_total", reason): 1} == totals(
        story, Measure.CREATED, Measure.EXECUTIONS, Measure.VALIDATION_FAILURES, Measure.EFFECTIVENESS)


def test_a_plan_only_workflow_has_an_outcome_of_its_own_and_its_number_of_steps() -> None:
    story = Story(workflow(scale(1), strategy={"mode": "Plan"})).go()

    assert {("executions_total", "heal", "none"): 1, ("workflow_steps_total",): 1} == totals(
        story, Measure.EXECUTIONS, Measure.EFFECTIVENESS, Measure.WORKFLOW_STEPS, Measure.VALIDATION_FAILURES)


def test_a_deletion_is_counted_by_whoever_lets_go() -> None:
    story = Story(workflow(scale(1))).go().say(step_1=done()).stable()
    story.world.delete(WORKFLOW_EXECUTIONS, "w")
    story.go()

    assert {("deleted_total",): 1, ("events_total", "WorkflowExecutionDeleted"): 1} == {
        key: value for key, value in totals(story, Measure.DELETED, Measure.EVENTS).items() if "eleted" in str(key)}


def test_an_unreadable_ledger_is_not_counted_as_created_again() -> None:
    story = Story(workflow(scale(1))).go()
    edited(story, currentStep="x").go()

    assert {("created_total",): 1, ("executions_total", OTHER, "failed"): 1} == totals(
        story, Measure.CREATED, Measure.EXECUTIONS)


def test_what_a_safety_check_found_is_counted_each_time_it_is_made() -> None:
    checks = tuple(SafetyCheckResult(type=SafetyCheckType.HEALTH, passed=passed, unknown=unknown)
                   for passed, unknown in ((True, False), (False, False), (False, True)))
    none = WorkflowExecutionStatus(phase=Phase.VALIDATING)
    at = Story(workflow(scale(1))).world.now
    once = attrs.evolve(none, validation_results=ValidationResults(safety_checks=checks, checked_at=at))
    again = attrs.evolve(none, validation_results=ValidationResults(safety_checks=checks[:1],
                                                                    checked_at=at + timedelta(minutes=6)))

    assert ["pass", "fail", "unknown"] == [each.labels[1] for each in observations(none, once, "x", None)]
    assert [("health", "pass")] == [each.labels for each in observations(once, again, "x", None)]
    assert () == observations(once, attrs.evolve(once, current_step=1), "x", None)


def test_adaptations_are_counted_as_they_are_added() -> None:
    at = Story(workflow(scale(1))).world.now
    first, second = (AdaptiveAdjustment(timestamp=at, type=kind, adjustment="a", reason="r")
                     for kind in (AdjustmentType.TIMEOUT, AdjustmentType.RETRY))
    old = AdaptiveAdjustment(timestamp=at, adjustment="a", reason="r")
    before = WorkflowExecutionStatus(phase=Phase.EXECUTING, adaptive_adjustments=(first,))
    after = attrs.evolve(before, adaptive_adjustments=(first, old, second))

    assert [Observation(Measure.ADJUSTMENTS, ("retry",))] == list(observations(before, after, "x", None))


def test_a_step_that_was_carried_over_was_attempted_elsewhere() -> None:
    before = WorkflowExecutionStatus(phase=Phase.PLANNING)
    carried = StepStatus(step_number=1, action="drain-node", status="completed")
    made_up = StepStatus(step_number=2, action="make-coffee", status="executing", attempt=1)

    assert () == observations(before, attrs.evolve(before, step_statuses=(carried, made_up)), "x", None)


def test_no_duration_is_negative_however_clocks_differ() -> None:
    now = Story(workflow(scale(1))).world.now
    before = WorkflowExecutionStatus(phase=Phase.EXECUTING, execution_start_time=now)
    after = attrs.evolve(before, phase=Phase.MONITORING, monitoring_start_time=now - timedelta(seconds=5))

    assert [0.0] == [each.value for each in observations(before, after, "x", None)]


def test_what_was_never_started_has_no_duration() -> None:
    before = WorkflowExecutionStatus(phase=Phase.PLANNING)
    after = attrs.evolve(before, phase=Phase.COMPLETED)

    assert ["executions_total"] == [each.measure.value for each in observations(before, after, "x", None)]


@pytest.mark.parametrize(("request_", "response", "error"), [
    (Create(REF, ()), Failed("unavailable"), "k8s_exec_creation_failed"),
    (Create(REF, ()), Unknown(), "k8s_exec_creation_failed"),
    (Observe(REF, Freshness.LIVE), Failed("refused"), "read_failed"),
    (CommitStatus(REF, "u", "1", WorkflowExecutionStatus()), Failed("too_large"), "status_update_failed"),
    (Consult("x", ()), Unknown(), "history_failed"),
    (Outbox(sample_record("u"), 1), Failed("unavailable"), "audit_failed"),
])
def test_what_could_not_be_done_is_an_error_of_the_phase_that_is_known(
        request_: Request, response: Response, error: str) -> None:
    known = attrs.evolve(NOTHING, status=WorkflowExecutionStatus(phase=Phase.ROLLING_BACK))

    assert [("errors_total", error, "rolling_back")] == of(request_, response, known)
    assert [("errors_total", error, OTHER)] == of(request_, response)


def test_a_creation_that_fails_belongs_to_the_phase_that_was_just_committed() -> None:
    story = Story(workflow(scale(1)))
    story.fault = lambda request: Failed("unavailable") if isinstance(request, Create) else None
    story.run()

    assert {("errors_total", "k8s_exec_creation_failed", "executing"): 1} == totals(story, Measure.ERRORS)


@pytest.mark.parametrize(("request_", "response", "expected"), [
    (CommitStatus(REF, "u", "1", WorkflowExecutionStatus()), Failed("conflict"), [("conflicts_total",)]),
    (SetMetadata(REF, "1", (), ()), Failed("conflict"), [("conflicts_total",)]),
    (SetMetadata(REF, "1", (), ()), Failed("missing"), []),
    (Outbox(sample_record("u"), 1), Failed("full"), []),
    (Outbox(sample_record("u"), 1), Did(), [("audit_records_total", "outboxed")]),
    (Record(sample_record("u")), Failed("refused"),
     [("audit_records_total", "refused"), ("errors_total", "audit_failed", OTHER)]),
    (Record(sample_record("u")), Failed("unavailable"),
     [("audit_records_total", "unavailable"), ("errors_total", "audit_failed", OTHER)]),
    (Record(sample_record("u")), Unknown(),
     [("audit_records_total", "unanswered"), ("errors_total", "audit_failed", OTHER)]),
    (CommitStatus(REF, "u", "1", WorkflowExecutionStatus(phase=Phase.PLANNING)), Did(), []),
    (Emit(REF, "u", Story(workflow(scale(1))).world.now, (Happening("Normal", "TargetBusy", "m"),)), Did(),
     [("events_total", "TargetBusy")]),
    (Emit(REF, "u", Story(workflow(scale(1))).world.now, ()), Unknown(), []),
])
def test_what_belongs_to_no_change_of_a_workflow_is_counted_by_its_answer(
        request_: Request, response: Response, expected: list[tuple[str, ...]]) -> None:
    assert expected == of(request_, response)


def test_the_outbox_is_told_as_it_was_last_seen() -> None:
    now = Story(workflow(scale(1))).world.now
    entries = (OutboxEntry("b", "2", None, now), OutboxEntry("a", "1", None), OutboxEntry("c", "3", None,
                                                                                         now + timedelta(hours=1)))

    assert [3.0, now.timestamp()] == [each.value for each in heard(NOTHING, ListOutbox(), Waiting(entries))[1]]
    assert [0.0, 0.0] == [each.value for each in heard(NOTHING, ListOutbox(), Waiting(()))[1]]


@pytest.mark.parametrize(("value", "phase"), [
    ({"metadata": {"name": 7}, "status": {"phase": "executing", "currentStep": "x"}}, Phase.EXECUTING),
    ({"metadata": {"name": 7}, "status": {"phase": ["executing"]}}, Phase.NEW),
    ({"metadata": {"name": 7}, "status": "broken"}, Phase.NEW),
    ({"metadata": {"name": "w"}, "spec": 5, "status": {"phase": "failed"}}, Phase.FAILED),
    ({"metadata": {"name": "w"}, "spec": 5}, Phase.NEW),
])
def test_of_a_workflow_that_cannot_be_read_the_phase_is_known_if_it_says_one(value: Any, phase: Phase) -> None:
    known = known_of(RawObject(value))

    assert (phase, OTHER) == (known.status.phase, known.name)


def test_what_was_known_is_forgotten_when_the_workflow_is_gone() -> None:
    known = attrs.evolve(NOTHING, status=WorkflowExecutionStatus(), name="heal")
    seen = Seen(None, (), Story(workflow(scale(1))).world.now)

    assert (NOTHING, ()) == heard(known, Observe(REF, Freshness.CACHED), seen)


def test_every_label_is_of_its_closed_set() -> None:
    stories = [
        Story(workflow(scale(1), scale(2, 1)), Settings()).go().say(step_1=done()).say(step_2=broken()).stable(),
        Story(workflow(scale(1, criticalStep=True))).go().say(step_1=broken(mutated="yes")).say(rollback_1=broken()),
        Story(WRONG).go(),
    ]
    for each in (observation for story in stories for observation in counted(story)):
        sets = LABELS[each.measure]
        assert len(sets) == len(each.labels)
        assert all(name == WORKFLOW_NAME or value in values
                   for (name, values), value in zip(sets.items(), each.labels, strict=True))
