"""What is said about an approval: why one does not count, what is waited for, who decided and why."""

from __future__ import annotations

import attrs
import pytest

from wfcore.codec.times import format_time
from wfcore.lifecycle.approval import Ignored, judge
from wfcore.lifecycle.approval import sentence as sentence_of
from wfcore.lifecycle.validating_conditions import waiting_reason
from wfcore.model.enums import ApprovalDecision
from wfcore.model.status import ApprovalStatus
from wfcore.model.workflow import ANNOTATION_APPROVAL_BY, ANNOTATION_APPROVAL_DECISION, ANNOTATION_APPROVAL_DIGEST
from wfcore.program import Surroundings
from wfcore.reasons import Reason
from wfcore.settings import Settings
from wfcore.snapshot import Snapshot
from wfcore.testing.world import START

from .test_approval import GUARDED, awaiting

DIGEST = "sha256:0"
BY, DECISION = {ANNOTATION_APPROVAL_BY: "bob"}, {ANNOTATION_APPROVAL_DECISION: "approved"}


@pytest.mark.parametrize(("annotations", "creator", "surroundings", "reason", "why"), [
    ({**BY, **DECISION}, "alice", Surroundings(), Reason.APPROVAL_POLICY_MISSING,
     "no approval counts while the admission policy wf-guard is missing: nothing proves who wrote it"),
    ({**BY, **DECISION}, "", GUARDED, Reason.CREATOR_UNKNOWN,
     "no approval counts because nobody knows who created the workflow; create it again with wfctl submit"),
    ({}, "alice", GUARDED, Reason.AWAITING_APPROVAL, ""),
    (BY, "alice", GUARDED, Reason.APPROVAL_INCOMPLETE,
     "decision '' by 'bob' is neither `approved` nor `denied` by somebody"),
    (DECISION, "alice", GUARDED, Reason.APPROVAL_INCOMPLETE,
     "decision 'approved' by '' is neither `approved` nor `denied` by somebody"),
    ({**BY, **DECISION}, "bob", GUARDED, Reason.APPROVER_IS_CREATOR,
     "bob created the workflow; somebody else has to decide"),
    ({**BY, **DECISION}, "alice", GUARDED, Reason.APPROVAL_FOR_ANOTHER_PLAN,
     f"bob decided on another plan than {DIGEST}"),
])
def test_why_an_approval_does_not_count_is_said_with_what_was_written(
        annotations: dict[str, str], creator: str, surroundings: Surroundings, reason: Reason, why: str) -> None:
    """Whoever wrote the annotations reads it, so it names who, which and what to do."""
    workflow_now = awaiting(creator).world.workflow("w")
    meta = attrs.evolve(workflow_now.metadata, annotations={**workflow_now.metadata.annotations, **annotations})
    snapshot = Snapshot(workflow=attrs.evolve(workflow_now, metadata=meta), settings=Settings(),
                        surroundings=surroundings)

    assert Ignored(reason, why) == judge(snapshot, DIGEST)


def test_once_it_is_decided_nothing_is_waited_for_or_ignored_any_more() -> None:
    story = awaiting()
    story.world.decide("w", "alice")
    story.go()
    assert ("ApproverIsCreator", True) == (story.status.approval.waiting, bool(story.status.approval.ignored))
    story.world.decide("w", "bob")

    record = story.go().status.approval
    assert ("approved", "", "") == (record.decision, record.waiting, record.ignored)


def test_an_approval_needs_no_reason_and_is_given_none() -> None:
    story = awaiting()
    story.world.annotate("w", **BY, **DECISION, **{ANNOTATION_APPROVAL_DIGEST: story.status.plan_digest})

    assert ("approved", "") == (story.go().status.approval.decision, story.status.approval.reason)


OPEN = ApprovalStatus(needed_because="the operator says so", requested_at=START, deadline=START)
SETTLED = attrs.evolve(OPEN, decision=ApprovalDecision.APPROVED, by="bob", digest="sha256:1")


@pytest.mark.parametrize(("approval", "sentence"), [
    (OPEN, f"waits for an approval until {format_time(START)}: the operator says so"),
    (attrs.evolve(OPEN, ignored="bob created it"),
     f"waits for an approval until {format_time(START)}: the operator says so; bob created it"),
    (SETTLED, "bob approved sha256:1"),
    (attrs.evolve(SETTLED, reason="looks right"), "bob approved sha256:1: looks right"),
    (attrs.evolve(OPEN, skipped=True, by="alice"), "alice may go without it"),
])
def test_an_approval_is_said_in_one_sentence_that_leaves_out_what_is_not_there(
        approval: ApprovalStatus, sentence: str) -> None:
    assert sentence == sentence_of(approval)


@pytest.mark.parametrize(("waiting", "reason"), [
    ("CreatorUnknown", Reason.CREATOR_UNKNOWN), ("", Reason.AWAITING_APPROVAL),
    ("WordOfANewerEngine", Reason.AWAITING_APPROVAL)])
def test_what_an_approval_waits_for_is_a_word_that_is_known(waiting: str, reason: Reason) -> None:
    assert reason is waiting_reason(attrs.evolve(OPEN, waiting=waiting))


@pytest.mark.parametrize("length", [1000, 1001])
def test_who_decided_and_why_is_kept_up_to_a_thousand_bytes(length: int) -> None:
    story, text = awaiting(), "x" * length
    story.world.decide("w", text, reason=text)
    record, kept = story.go().status.approval, text if length == 1000 else "x" * 997 + "..."

    assert (kept, kept) == (record.by, record.reason)
