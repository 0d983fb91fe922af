"""One pass over a running workflow: until when it sleeps, what it creates and cancels, what it says of its end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import attrs
import pytest

from wfcore.decision import CancelChild, CreateChild
from wfcore.lifecycle.machine import decide
from wfcore.model.status import ApprovalStatus, ValidationResults, WorkflowExecutionStatus
from wfcore.planning.targets import Target
from wfcore.program import Create, Failed
from wfcore.testing.world import START

from .stories import Story, broken, done, scale, workflow
from .test_holds import FREEZE, failing, snapshot
from .test_rollback_pass import a_pass

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def executing(**strategy: Any) -> Story:
    return Story(workflow(scale(1, timeout="7m"), scale(2, timeout="3m"), strategy=strategy or None)).go()


def undoing(timeout: str) -> Story:
    back = {"action": "scale-to-previous", "timeout": timeout, "parameters": {
        "scaleToPrevious": {"deployment": "web", "previousReplicas": 1}}}
    story = Story(workflow(scale(1, rollbackSpec=back), scale(2, 1, criticalStep=True))).go()
    return story.say(step_1=done()).say(step_2=broken())


def watching(**strategy: Any) -> Story:
    """Monitoring of a target that is never healthy."""
    story = Story(workflow(scale(1), strategy=strategy or None)).go()
    story.world.facts[Target("Deployment", "default", "web")] = ()
    return story.say(step_1=done())


@pytest.mark.parametrize(("begin", "due"), [
    (executing, lambda s: s.step(2).deadline),
    (lambda: executing(workflowTimeout="2m"), lambda s: s.status.workflow_deadline),
    (lambda: executing().say(step_2=broken("rate_limited")), lambda s: s.step(2).retry_at),
    (lambda: undoing("4m"), lambda s: s.step(1).rollback.deadline),
    (lambda: undoing("2h"), lambda s: s.status.phase_deadline),
    (lambda: undoing("4m").say(rollback_1=broken("rate_limited")), lambda s: s.step(1).rollback.retry_at),
    (watching, lambda s: s.status.monitoring_start_time + 10 * SECOND),
    (lambda: watching().after(seconds=25), lambda s: s.status.monitoring_start_time + 30 * SECOND),
    (lambda: watching().after(minutes=9, seconds=50), lambda s: s.status.phase_deadline),
    (lambda: watching(workflowTimeout="8s"), lambda s: s.status.workflow_deadline),
], ids=["step", "workflow", "retry", "compensation", "rollback", "its retry", "sample", "next", "verdict", "whole"])
def test_a_pass_sleeps_until_the_first_instant_at_which_something_is_due(
        begin: Callable[[], Story], due: Callable[[Story], datetime]) -> None:
    story = begin()

    assert due(story) == story.run().finished.wake_at


def test_a_step_that_was_not_created_is_created_under_its_own_name() -> None:
    story = Story(workflow(scale(1)))
    story.fault = lambda request: Failed("unavailable") if isinstance(request, Create) else None
    [effect] = a_pass(story.go()).effects

    assert isinstance(effect, CreateChild)
    assert ("w-step-1", "w-step-1") == (effect.name, effect.body.value["metadata"]["name"])


@pytest.mark.parametrize("live", [True, False])
def test_only_a_live_read_tells_that_a_step_is_gone(live: bool) -> None:
    story = Story(workflow(scale(1, maxRetries=0))).go().say(step_1={"phase": "executing"})
    decision = a_pass(story, "step-1", live=live)

    assert (not live, live) == (decision.need_live, decision.status.step_statuses[0].status == "failed")


def test_a_step_whose_time_is_over_is_cancelled_in_that_pass_by_its_uid_and_only_once() -> None:
    story = Story(workflow(scale(1, timeout="1m"))).go()
    assert () == a_pass(story, later=59 * SECOND).effects
    decision = a_pass(story, later=MINUTE)

    assert (CancelChild("w-step-1", story.child("step-1")["metadata"]["uid"]),) == decision.effects
    assert story.now + MINUTE == decision.status.step_statuses[0].cancelled_at
    assert () == a_pass(story.after(minutes=1)).effects


LATE = timedelta(hours=1)


def entry(status: WorkflowExecutionStatus, **changes: Any) -> dict[str, Any]:
    first, *others = status.step_statuses
    return {"step_statuses": (attrs.evolve(first, **changes), *others)}


def undone(status: WorkflowExecutionStatus, **changes: Any) -> dict[str, Any]:
    rollback = status.step_statuses[0].rollback
    assert rollback is not None
    return entry(status, rollback=attrs.evolve(rollback, **changes))


@pytest.mark.parametrize("persisted", [
    *(lambda s, at, name=name: {name: at} for name in (
        "planning_start_time", "validation_start_time", "execution_start_time", "monitoring_start_time",
        "rollback_start_time")),
    lambda s, at: {"validation_results": ValidationResults(checked_at=at)},
    lambda s, at: {"approval": ApprovalStatus(needed_because="", requested_at=at, deadline=at, skipped=True, at=at)},
    lambda s, at: entry(s, start_time=at), lambda s, at: entry(s, end_time=at),
    lambda s, at: undone(s, start_time=at), lambda s, at: undone(s, end_time=at),
])
def test_no_pass_decides_before_the_last_instant_that_is_written(
        persisted: Callable[[WorkflowExecutionStatus, datetime], dict[str, Any]]) -> None:
    """Clocks may go backwards, workflows don't: a freeze that is found then begins at that instant."""
    seen = snapshot(failing().say(step_2=broken(mutated="no")))
    at = START + LATE
    status = attrs.evolve(seen.workflow.status, **persisted(seen.workflow.status, at))
    frozen = attrs.evolve(seen, workflow=attrs.evolve(seen.workflow, status=status), surroundings=FREEZE)

    assert at == decide(frozen, START).status.frozen_since


@pytest.mark.parametrize(("begin", "reason", "message"), [
    (lambda: Story(workflow(scale(1), stop="Graceful")).go(), "stopped", "stopped before anything was executed"),
    (lambda: executing().ask(stop="Graceful").go().say(step_1=done("no"), step_2=done("no")), "stopped",
     "stopped (Graceful) while executing"),
    (lambda: executing().ask(stop="Rollback").go().say(step_1=done("no"), step_2=done("no")), "stopped",
     "stopped (Rollback) while executing"),
    (lambda: Story(workflow(scale(1), strategy={"workflowTimeout": "1m"})).go().after(seconds=61).say(
        step_1=done("no")), "workflow_timeout", "the workflow did not end within its workflowTimeout"),
    (lambda: watching(workflowTimeout="8s", rollbackStrategy="none").wake(), "workflow_timeout",
     "the workflow did not end within its workflowTimeout"),
    (lambda: watching(rollbackStrategy="none").ask(stop="Graceful").go(), "stopped", "stopped while monitoring"),
])
def test_an_end_that_no_step_has_caused_says_what_has(
        begin: Callable[[], Story], reason: str, message: str) -> None:
    status = begin().status

    assert ("failed", reason, message) == (status.phase, status.failure_reason, status.failure_message)


def test_a_ledger_that_was_not_written_for_the_plan_ends_the_workflow_with_these_words() -> None:
    story = executing()
    seen = snapshot(story)
    status = attrs.evolve(story.status, step_statuses=story.status.step_statuses[1:])
    decision = decide(attrs.evolve(seen, workflow=attrs.evolve(seen.workflow, status=status)), story.now)

    assert ("status_unreadable",
            "the ledger in status is not one this engine wrote for this plan; nothing more is done") == (
        decision.status.failure_reason, decision.status.failure_message)
