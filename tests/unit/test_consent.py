"""Whoever wants to decide on a plan is told beforehand when there is nothing to decide, or not by them."""

from __future__ import annotations

import attrs
import pytest

from wfcore.lifecycle.approval import Said, judge
from wfcore.lifecycle.consent import decision_annotations, why_not_decide
from wfcore.model.enums import ApprovalDecision, Phase, Stop
from wfcore.model.evolving import evolve
from wfcore.model.status import ApprovalStatus, WorkflowExecutionStatus
from wfcore.model.workflow import (
    ANNOTATION_APPROVAL_BY,
    ANNOTATION_APPROVAL_DECISION,
    ANNOTATION_CREATED_BY,
    WorkflowExecution,
)
from wfcore.program import Surroundings
from wfcore.settings import Settings
from wfcore.snapshot import Snapshot
from wfcore.testing.world import START

from .stories import Story, scale, workflow

DIGEST = "sha256:1"
ASKING = ApprovalStatus(needed_because="it says so", requested_at=START, deadline=START)


def asked(annotations: dict[str, str] | None = None, *, required: bool = True, stop: Stop = Stop.NO,
          deleted: bool = False, creator: str = "alice", **status: object) -> WorkflowExecution:
    """A workflow that waits for an approval, unless `status` says otherwise."""
    raw = workflow(scale(1), executionStrategy={"approvalRequired": required}, stop=stop.value)
    made = Story(raw).world.workflow("w")
    named = {ANNOTATION_CREATED_BY: creator} if creator else {}
    meta = attrs.evolve(made.metadata, annotations={**named, **(annotations or {})},
                        deletion_timestamp=START if deleted else None)
    state = WorkflowExecutionStatus(phase=Phase.VALIDATING, plan_digest=DIGEST, approval=ASKING)
    return attrs.evolve(made, metadata=meta, status=evolve(state, **status))


def test_nothing_speaks_against_a_decision_that_is_asked_for_by_another_than_the_creator() -> None:
    assert "" == why_not_decide(asked(), "bob", DIGEST)


def test_a_decision_is_one_that_counts() -> None:
    made = asked(dict(decision_annotations("bob", ApprovalDecision.DENIED, DIGEST, "too late")))
    snapshot = Snapshot(workflow=made, settings=Settings(), surroundings=Surroundings(approvals_guarded=True))

    assert Said(ApprovalDecision.DENIED, "bob", "too late") == judge(snapshot, DIGEST)


@pytest.mark.parametrize(("made", "why"), [
    (asked(deleted=True), "is being deleted; there is nothing to decide any more"),
    (asked(approval=evolve(ASKING, skipped=True, by="alice")), "goes without an approval: alice may"),
    (asked(phase=Phase.FAILED, approval=evolve(ASKING, decision=ApprovalDecision.DENIED, by="bob")),
     "was denied by bob; a decision is final"),
    (asked(phase=Phase.FAILED), "has ended (failed); there is nothing to decide any more"),
    (asked(stop=Stop.GRACEFUL), "is being stopped; there is nothing to decide any more"),
    (asked(approval=None, phase=Phase.EXECUTING, execution_start_time=START),
     "needs no approval and is being executed"),
    (asked(approval=None, phase=Phase.NEW),
     "does not ask for an approval (new): it asks once its plan is validated"),
    (asked(approval=None, required=False),
     ("does not ask for an approval (validating): if it ever does, its phase is validating and its condition Approved "
     "says so")),
])
def test_where_nothing_is_asked_nothing_is_decided(made: WorkflowExecution, why: str) -> None:
    assert why == why_not_decide(made, "bob", DIGEST)


def test_where_no_approval_counts_nobody_is_led_to_believe_that_theirs_does() -> None:
    unguarded = asked(approval=evolve(ASKING, waiting="ApprovalPolicyMissing", ignored="wf-guard is missing"))

    assert why_not_decide(unguarded, "bob", DIGEST).startswith("asks in vain: wf-guard is missing; `wfctl install`")
    assert why_not_decide(asked(creator=""), "bob", DIGEST).startswith(
        "asks in vain: no approval counts because nobody knows who created it; end it with `wfctl stop`")


@pytest.mark.parametrize(("annotation", "given"), [(ANNOTATION_APPROVAL_BY, "carol"),
                                                   (ANNOTATION_APPROVAL_DECISION, "approved")])
def test_an_answer_is_given_once(annotation: str, given: str) -> None:
    made = asked({annotation: given})
    ignored = asked({annotation: given}, approval=evolve(ASKING, ignored="it is incomplete"))

    assert why_not_decide(made, "bob", DIGEST).startswith(f"has an answer of {given} already; it cannot be replaced")
    assert f"has an answer of {given} already, which does not count: it is incomplete; " in why_not_decide(
        ignored, "bob", DIGEST)


@pytest.mark.parametrize(("by", "digest", "why"), [
    ("", DIGEST, "cannot be decided on by nobody: the API server does not say who you are"),
    ("alice", DIGEST, "was created by alice, and somebody else has to decide; `wfctl stop w -n default` ends it"),
    ("bob", "sha256:2", "has the plan sha256:1, not sha256:2; look at it again"),
])
def test_not_everybody_may_decide_nor_on_every_plan(by: str, digest: str, why: str) -> None:
    assert why == why_not_decide(asked(), by, digest)
