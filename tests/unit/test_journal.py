"""The transition journal: which rows a status makes, with which words."""

from __future__ import annotations

from itertools import pairwise

import attrs
import pytest

from wfcore.codec import decode
from wfcore.journal import journal
from wfcore.model.definition import WorkflowExecutionSpec
from wfcore.model.status import WorkflowExecutionStatus
from wfcore.model.workflow import ObjectMeta, WorkflowExecution
from wfcore.resources import WORKFLOW_EXECUTIONS

from .stories import Story, broken, done, scale, workflow
from .test_malformed import WRONG, edited


def rows(story: Story) -> list[tuple[str, str, str]]:
    return [(row.from_phase.value, row.to_phase.value, row.reason.value) for row in journal(story.world.workflow("w"))]


def test_a_success_has_a_row_for_each_phase() -> None:
    story = Story(workflow(scale(1))).go().say(step_1=done()).stable()

    assert [
        ("", "planning", "Accepted"), ("planning", "validating", "Planned"), ("validating", "executing", "Validated"),
        ("executing", "monitoring", "Stabilising"), ("monitoring", "completed", "Succeeded")] == rows(story)
    found = journal(story.world.workflow("w"))
    assert {story.world.workflow("w").metadata.uid} == {row.workflow_uid for row in found}
    assert story.status.completion_time == found[-1].at


def test_a_rollback_is_a_row_and_the_end_says_what_began_it() -> None:
    story = Story(workflow(scale(1, criticalStep=True))).go()
    story.say(step_1=broken(mutated="yes")).say(rollback_1=done())

    assert [("executing", "rolling_back", "RollingBack"), ("rolling_back", "failed", "StepExecutionFailed")
            ] == rows(story)[-2:]


@pytest.mark.parametrize(("body", "expected"), [
    (workflow(scale(1), strategy={"mode": "Plan"}),
     [("", "planning", "Accepted"), ("planning", "completed", "PlanOnly")]),
    (workflow(scale(1, 1)), [("", "planning", "Accepted"), ("planning", "failed", "PlanningError")]),
])
def test_what_ends_early_has_few_rows(body: dict, expected: list) -> None:
    assert expected == rows(Story(body).go())


def test_a_spec_that_was_never_understood_was_never_planned() -> None:
    story = Story(WRONG).go()
    status = decode(WorkflowExecutionStatus, story.world.get(WORKFLOW_EXECUTIONS, "w")["status"])
    meta = ObjectMeta(name="w", uid="u")
    [row] = journal(WorkflowExecution(metadata=meta, spec=WorkflowExecutionSpec(), status=status))

    assert (1, "", "failed", "InvalidSpec") == (row.seq, row.from_phase, row.to_phase, row.reason)
    assert [None] == [record.started_at for record in story.world.audit.values()]


def test_a_ledger_that_is_given_up_keeps_the_rows_from_before() -> None:
    story = Story(workflow(scale(1))).go()
    before = rows(story)
    edited(story, stepStatuses=[]).go()

    assert [*before, ("executing", "failed", "StatusUnreadable")] == rows(story)


def test_later_journals_only_add_rows() -> None:
    story = Story(workflow(scale(1, criticalStep=True))).go()
    story.say(step_1=broken(mutated="yes")).say(rollback_1=done())
    found = story.world.workflow("w")
    all_of_them = [journal(attrs.evolve(found, status=status)) for status in story.world.commits]

    assert all(old == new[:len(old)] for old, new in pairwise(all_of_them))
