"""What a newer version wrote into a status survives the writes of this one, at the top and in the entries of steps."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from wfcore.codec import Malformed, decode, encode
from wfcore.model.status import StepStatus, WorkflowExecutionStatus
from wfcore.resources import WORKFLOW_EXECUTIONS
from wfcore.testing.instances import instances, json_values

from .stories import Story, broken, done, scale, workflow
from .test_malformed import edited

NEW = {"mood": "calm", "quota": {"left": [1, 2.5, None, "é"]}, "unknown": True}


def upgraded(story: Story) -> Story:
    """A newer version adds fields of its own everywhere it may."""
    entries = [{**entry, **NEW} for entry in raw(story)["stepStatuses"]]
    return edited(story, **NEW, stepStatuses=entries)


def raw(story: Story) -> dict[str, Any]:
    return story.world.get(WORKFLOW_EXECUTIONS, "w")["status"]


def new_fields(part: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in part.items() if key in NEW}


def test_fields_of_a_newer_version_survive_every_write_to_the_end() -> None:
    story = upgraded(Story(workflow(scale(1), scale(2, 1, criticalStep=True))).go())
    story.say(step_1=done()).say(step_2=broken(mutated="yes")).say(rollback_2=done()).say(rollback_1=done())

    assert "failed" == story.status.phase
    assert ("True", "Recorded") == story.condition("AuditRecorded")
    assert NEW == new_fields(raw(story))
    assert [NEW, NEW] == [new_fields(entry) for entry in raw(story)["stepStatuses"]]


def test_what_is_known_wins_over_what_was_kept_under_its_name() -> None:
    """A field that this version has come to know is read, not kept."""
    status = decode(WorkflowExecutionStatus, {"phase": "planning", "mood": 1})

    assert {"phase": "planning", "mood": 1} == {k: encode(status)[k] for k in ("phase", "mood")}
    assert '{"mood":1}' == status.unknown


def test_a_status_without_foreign_fields_keeps_nothing() -> None:
    assert ("", "") == (decode(WorkflowExecutionStatus, {}).unknown,
                        decode(StepStatus, {"stepNumber": 1, "action": "x"}).unknown)


EXTRA = st.dictionaries(st.text("xyz", min_size=4), json_values(leaves=5), max_size=3)


@given(instances(WorkflowExecutionStatus), EXTRA)
def test_reading_and_writing_loses_no_field_at_the_top_or_in_a_step(
        status: WorkflowExecutionStatus, extra: dict[str, Any]) -> None:
    present = {key: value for key, value in extra.items() if value is not None}
    document = {**encode(status), **present}
    document["stepStatuses"] = [{**entry, **present} for entry in document.get("stepStatuses", [])]
    read = decode(WorkflowExecutionStatus, document)
    assert not isinstance(read, Malformed)

    written = encode(read)
    assert document == {"stepStatuses": [], **written}
    assert read == decode(WorkflowExecutionStatus, written)
