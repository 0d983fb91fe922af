"""What is told while a workflow runs: lines for pipes, rows for terminals."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from rich.console import Console

from wfcontroller.cli.observers import LineObserver, LiveObserver, QuietObserver, progress_view, verdict_panel
from wfcontroller.cli.progress import needs_of, rows
from wfcore.model.definition import ObjectReference
from wfcore.model.enums import Phase, RollbackPhase, StepPhase
from wfcore.model.status import StepStatus

from .ended import START, at, entry, rolled_back, shown, succeeded, undone

RUNNING = entry(1, StepPhase.EXECUTING, attempt=1, start_time=at(0),
                k8s_execution_ref=ObjectReference(name="fix-step-1"))
RETRYING = entry(1, StepPhase.EXECUTING, attempt=2, start_time=at(0), retry_at=at(12), error_message="away")


def notes(*entries: StepStatus, seconds: float = 5) -> list[str]:
    workflow = shown(*entries)
    return [row.note for row in rows(workflow, needs_of(workflow), at(seconds))]


def lines(*seen: tuple[dict[str, Any], float], several: bool = False) -> list[str]:
    told: list[str] = []
    observer = LineObserver(several, told.append)
    for workflow, seconds in seen:
        observer.changed(workflow, at(seconds))
    return told


def test_each_change_is_one_line_with_the_time_since_the_start() -> None:
    assert [
        "+0.0s planning",
        "+1.5s executing",
        "+1.5s step 1 scale-1 executing",
        "+7.0s step 1 scale-1 retrying (attempt 2): away",
        "+12.3s step 1 scale-1 completed (attempt 3)",
        "+12.3s completed",
    ] == lines(
        (shown(entry(1), phase=Phase.PLANNING), 0), (shown(entry(1), phase=Phase.PLANNING), 1), (shown(RUNNING), 1.5),
        (shown(RUNNING), 2), (shown(RETRYING), 7),
        (shown(entry(1, StepPhase.COMPLETED, attempt=3), phase=Phase.COMPLETED), 12.3))


def test_a_failure_says_why_and_what_is_undone() -> None:
    told = lines((rolled_back(), 13))

    assert "+0.0s failed: critical step 3 failed: too slow" in told
    assert "+0.0s step 3 scale-3 rolled_back" in told
    assert "+0.0s step 1 scale-1 rollback_failed: no such thing" in told
    assert "+0.0s step 4 scale-4 skipped: step 3 did not succeed" in told


def test_several_workflows_are_named_in_their_lines() -> None:
    assert ["+0.0s one executing", "+0.0s one step 1 scale-1 executing", "+1.0s two executing",
            "+1.0s two step 1 scale-1 executing"] == lines(
        (shown(RUNNING, name="one"), 0), (shown(RUNNING, name="two"), 1), several=True)


@pytest.mark.parametrize(("entries", "told"), [
    ([RUNNING, entry(2)], ["runs as fix-step-1", "waits for step 1"]),
    ([entry(1, StepPhase.COMPLETED), entry(2)], ["", ""]),
    ([RETRYING], ["next attempt in 7s; away"]),
    ([entry(1, StepPhase.EXECUTING, attempt=1)], [""]),
    ([entry(1, StepPhase.FAILED, error_message="no pod")], ["no pod"]),
    ([entry(1, StepPhase.COMPLETED, rollback=undone(1, 2, RollbackPhase.FAILED, error_message="gone"))], ["gone"]),
])
def test_a_row_says_what_its_step_waits_for(entries: list[StepStatus], told: list[str]) -> None:
    assert told == notes(*entries)


@pytest.mark.parametrize(("one", "status", "seconds"), [
    (entry(1), "pending", None), (RUNNING, "executing", 5.0), (RETRYING, "retrying", 5.0),
    (entry(1, StepPhase.COMPLETED, start_time=at(1), end_time=at(3.5)), "completed", 2.5),
    (entry(1, StepPhase.COMPLETED, rollback=undone(None, None, RollbackPhase.PENDING)), "completed", None),
    (entry(1, StepPhase.COMPLETED, rollback=undone(3, None, RollbackPhase.EXECUTING)), "rolling_back", None),
    (entry(1, StepPhase.ROLLED_BACK, rollback=undone(3, 4)), "rolled_back", None),
    (entry(1, StepPhase.COMPLETED, rollback=undone(3, 4, RollbackPhase.FAILED)), "rollback_failed", None),
])
def test_a_row_shows_state_and_virtual_time(one: StepStatus, status: str, seconds: float | None) -> None:
    (row,) = rows(shown(one), {}, at(5))

    assert (status, seconds) == (row.status, row.seconds)


def test_needs_of_a_workflow_that_cannot_be_read_are_none() -> None:
    assert {} == needs_of({"metadata": {"name": "x"}, "spec": {"workflowDefinition": 5}})
    assert {} == needs_of({"metadata": {"name": "x"}, "spec": {}})


def drawn(thing: Any, width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width, no_color=True)
    console.print(thing)
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_the_live_view_has_a_line_per_step_below_the_phase() -> None:
    workflow = shown(RUNNING, entry(2))
    text = drawn(progress_view(workflow, needs_of(workflow), at(5), START)).splitlines()

    assert re.match(r"fix  executing  \+5\.0s", text[0])
    assert re.match(r"  ▶ 1 scale-1 scale-deployment executing 5\.0s runs as fix-step-1", text[1])
    assert re.match(r"  · 2 scale-2 scale-deployment pending + waits for step 1", text[2])


def test_a_long_message_never_hides_the_step() -> None:
    failed = entry(1, StepPhase.FAILED, attempt=3, error_message="very long " * 50, start_time=at(0), end_time=at(5))
    text = drawn(progress_view(shown(failed), {}, at(5), START), width=80).splitlines()

    assert 2 == len(text)
    assert "✘ 1 scale-1 scale-deployment failed attempt 3 5.0s very long" in text[1]


def test_the_live_observer_shows_each_workflow_and_its_messages() -> None:
    stream = io.StringIO()
    console = Console(file=stream, width=100, force_terminal=True, no_color=True)
    with LiveObserver(console, 20.0) as live:
        live.message("audit log: here")
        live.changed(shown(RUNNING, name="one"), START)
        live.changed(shown(RUNNING, name="two"), at(1))
        live.changed(succeeded("one"), at(9))
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", stream.getvalue())

    assert "audit log: here" in text
    last = text[text.rindex("one  completed"):]
    assert "two  executing" in last
    assert "✔ 2" in last


def test_a_quiet_observer_writes_messages_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    quiet = QuietObserver()
    quiet.changed(succeeded(), START)
    quiet.message("audit log: here")

    assert ("", "audit log: here\n") == capsys.readouterr()


def test_the_verdict_stands_in_a_frame() -> None:
    assert "fix: completed" in drawn(verdict_panel(["fix: completed"], True)).splitlines()[0]
    assert "why: x" in drawn(verdict_panel(["fix: failed", "why: x"], False))
