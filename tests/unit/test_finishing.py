"""After the end: final status, the record, the verdict's score, the time to live."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from wfcore.audit import audit_id, audit_record
from wfcore.ending import effectiveness
from wfcore.lifecycle.transitions import TERMINAL, TRANSITIONS, as_mermaid
from wfcore.model.enums import Phase, StepPhase
from wfcore.model.status import StepStatus
from wfcore.program import CommitStatus, DeleteWorkflow, Failed, Finished, Record, Unknown
from wfcore.programs.finishing import expires_at
from wfcore.reasons import Reason
from wfcore.resources import ALERT_REMEDIATIONS, WORKFLOW_EXECUTIONS

from .stories import Story, broken, done, scale, workflow


def finished(**spec: object) -> Story:
    return Story(workflow(scale(1), **spec)).go().say(step_1=done()).stable()


def failing() -> Story:
    story = Story(workflow(scale(1), scale(2, 1, criticalStep=True))).go()
    return story.say(step_1=done()).say(step_2=broken(mutated="yes")).say(rollback_2=done()).say(rollback_1=done())


def entries(phases: str, retries: int = 0) -> list[StepStatus]:
    """`ccrf`: completed, completed, rolled back, failed; `s` skipped.  All retries belong to the first."""
    words = {"c": StepPhase.COMPLETED, "f": StepPhase.FAILED, "r": StepPhase.ROLLED_BACK, "s": StepPhase.SKIPPED}
    return [StepStatus(step_number=i + 1, action="custom", status=words[letter],
                       retries_attempted=0 if i else retries) for i, letter in enumerate(phases)]


@pytest.mark.parametrize(("phases", "retries", "rolled_back", "score"), [
    ("cccc", 0, False, 1.0), ("cccc", 1, False, 0.95), ("ccrf", 0, True, 0.65), ("cccs", 0, False, 0.75),
    ("", 0, False, 0.0), ("f", 10, True, 0.0), ("cc", 3, False, 0.85), ("ccc", 0, True, 0.9),
    ("csf", 0, False, 0.333333),
])
def test_the_score_is_what_was_done_less_what_it_cost(
        phases: str, retries: int, rolled_back: bool, score: float) -> None:
    assert score == effectiveness(entries(phases, retries), rolled_back=rolled_back)


def test_a_terminal_status_is_final_but_for_the_audits_own_condition() -> None:
    story = failing()
    first = next(status for status in story.world.commits if status.phase in TERMINAL)
    story.after(hours=1)

    assert "AuditRecorded" in {c.type for c in story.status.conditions} - {c.type for c in first.conditions}
    assert first == attrs.evolve(story.status, conditions=tuple(
        c for c in story.status.conditions if c.type != "AuditRecorded"))


def test_the_audit_is_recorded_once_and_acknowledged() -> None:
    story = finished()
    records = [r for p in story.passes for r in p.asked(Record)]

    assert 1 == len(records)
    assert ("True", "Recorded") == story.condition("AuditRecorded")
    version = story.world.state.version
    story.go()
    assert version == story.world.state.version


def test_a_record_is_a_function_of_the_status() -> None:
    story = failing()
    workflow_now = story.world.workflow("w")
    [record] = story.world.audit.values()

    assert audit_record(workflow_now, workflow_now.status.completion_time, "failed") == record
    assert audit_id(workflow_now.metadata.uid) == record.id != audit_id("another")
    assert ("failed", "failed", "step_execution_failed", 2, 1, 1, 1) == (
        record.status, record.outcome, record.failure_reason, record.total_steps, record.steps_completed,
        record.steps_failed, record.rollbacks_performed)
    assert ["rolled_back", "failed"] == [step.status for step in record.steps]
    assert ["completed", "completed"] == [step.rollback_status for step in record.steps]
    assert all(step.duration > timedelta(0) for step in record.steps)
    assert "heal" == record.workflow_name


def test_a_record_of_a_step_that_never_ran_has_no_duration() -> None:
    story = Story(workflow(scale(1), scale(2, 1))).go().say(step_1=broken())
    [record] = story.world.audit.values()

    assert [None] == [step.duration for step in record.steps if step.status == "skipped"]


def test_a_record_names_the_remediation_it_belongs_to() -> None:
    story = Story(workflow(scale(1, 1), alertRemediationRef={"name": "alert"})).go()
    [record] = story.world.audit.values()

    assert "default/alert" == record.remediation_id


@pytest.mark.parametrize(("why", "reason"), [("unavailable", "StoreUnavailable"), ("refused", "StoreRefused")])
def test_a_store_that_does_not_record_is_said_so_and_asked_again(why: str, reason: str) -> None:
    story = Story(workflow(scale(1))).go().say(step_1=done())
    story.fault = lambda request: Failed(why, "no") if isinstance(request, Record) else None
    story.stable()
    assert ("False", reason) == story.condition("AuditRecorded")
    assert story.passes[-1].finished.backoff

    version = story.world.state.version
    story.go()
    assert version == story.world.state.version
    story.fault = lambda request: None
    assert ("True", "Recorded") == story.go().condition("AuditRecorded")


def test_what_a_store_says_is_kept_short() -> None:
    """A database may answer with a whole statement; the status has to hold it."""
    story = Story(workflow(scale(1))).go().say(step_1=done())
    story.fault = lambda request: Failed("refused", "x" * 100_000) if isinstance(request, Record) else None
    story.stable()

    assert 1000 == len({c.type: c.message for c in story.status.conditions}["AuditRecorded"])


def test_a_store_that_does_not_answer_is_asked_again() -> None:
    story = Story(workflow(scale(1))).go().say(step_1=done())
    story.fault = lambda request: Unknown() if isinstance(request, Record) else None
    story.stable()

    assert story.condition("AuditRecorded") is None
    assert Finished(backoff=True) == story.passes[-1].finished


@pytest.mark.parametrize(("answer", "backoff"), [(Failed("conflict"), True), (Failed("missing"), False)])
def test_an_acknowledgement_that_fails_is_repeated_unless_the_workflow_is_gone(answer: Failed, backoff: bool) -> None:
    story = Story(workflow(scale(1))).go().say(step_1=done())

    def fault(request: object) -> object:
        types = {c.type for c in request.status.conditions} if isinstance(request, CommitStatus) else set()
        return answer if "AuditRecorded" in types else None

    story.fault = fault
    story.stable()
    assert Finished(backoff=backoff) == story.passes[-1].finished


@pytest.mark.parametrize(("spec", "life"), [
    ({}, timedelta(hours=24)), ({"ttlSecondsAfterFinished": 60}, timedelta(seconds=60)),
    ({"ttlSecondsAfterFinished": 0}, timedelta(0)),
])
def test_a_finished_workflow_is_deleted_when_its_time_is_over(spec: dict, life: timedelta) -> None:
    story = finished(**spec)
    if life:
        assert story.status.completion_time + life == story.passes[-1].finished.wake_at
        story.wake()
    story.go()

    assert story.world.get(WORKFLOW_EXECUTIONS, "w") is None


def test_a_parents_workflow_lives_as_long_as_its_parent() -> None:
    story = Story(workflow(scale(1), alertRemediationRef={"name": "alert"}))
    story.world.add(ALERT_REMEDIATIONS, {"metadata": {"name": "alert"}})
    story.go().say(step_1=done()).stable()

    assert Finished() == story.passes[-1].finished


def test_a_deletion_that_fails_is_asked_again() -> None:
    story = finished(ttlSecondsAfterFinished=5)
    story.fault = lambda request: Unknown() if isinstance(request, DeleteWorkflow) else None
    story.world.advance(timedelta(seconds=5))

    assert Finished(backoff=True) == story.run().finished


def test_without_a_record_nothing_is_deleted() -> None:
    story = Story(workflow(scale(1), ttlSecondsAfterFinished=1)).go().say(step_1=done())
    story.world.audit_available = False
    story.stable().after(hours=1)

    assert story.world.get(WORKFLOW_EXECUTIONS, "w") is not None


def test_conditions_say_how_it_went() -> None:
    story = failing()
    said = {c.type: (c.status.value, c.reason) for c in story.status.conditions}

    assert {
        "Planned": ("True", "Planned"), "Validated": ("True", "Validated"),
        "Approved": ("True", "ApprovalNotNeeded"), "Progressing": ("False", "StepExecutionFailed"),
        "RolledBack": ("True", "RolledBack"),
        "Finished": ("True", "StepExecutionFailed"), "Complete": ("False", "StepExecutionFailed"),
        "Failed": ("True", "StepExecutionFailed"), "AuditRecorded": ("True", "Recorded"),
    } == said
    assert "Succeeded" == finished().condition("Complete")[1]


def test_a_condition_keeps_its_transition_time_while_its_status_stays() -> None:
    story = failing()
    times: dict[tuple[str, str], set] = {}
    for status in story.world.commits:
        for c in status.conditions:
            times.setdefault((c.type, c.status), set()).add(c.last_transition_time)

    assert all(1 == len(seen) for seen in times.values())


def test_the_reason_of_a_failure_is_the_conditions_reason_in_snake_case() -> None:
    assert "step_execution_failed" == Reason.STEP_EXECUTION_FAILED.snake
    assert len({reason.snake for reason in Reason}) == len(Reason)
    assert all(reason.snake.replace("_", "") == reason.value.lower() for reason in Reason)


def test_the_diagram_shows_every_transition_of_the_table() -> None:
    lines = as_mermaid().splitlines()

    assert sum(map(len, TRANSITIONS.values())) + len(TERMINAL) == len(lines) - 1
    assert "    executing --> rolling_back" in lines
    assert "    failed --> [*]" in lines
    assert {Phase.COMPLETED, Phase.FAILED} == TERMINAL


def test_without_an_end_nothing_expires() -> None:
    story = Story(workflow(scale(1), ttlSecondsAfterFinished=0)).go()

    assert expires_at(story.world.workflow("w"), story.settings) is None
