"""Approvals: who may decide on which plan, until when, and that nothing happens without one that is needed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
import pytest

from wfcore.insight.explain import explain
from wfcore.lifecycle.approval import needed_because
from wfcore.lifecycle.planned import plan_of
from wfcore.model.enums import ApprovalPolicy
from wfcore.model.plan import PlanInputs
from wfcore.model.workflow import ANNOTATION_APPROVAL_BY, ANNOTATION_APPROVAL_DECISION, ANNOTATION_APPROVAL_DIGEST
from wfcore.program import AccessQuestion, CommitStatus, Create, Freshness, Observe, Review, Surroundings
from wfcore.resources import WORKFLOW_EXECUTIONS
from wfcore.settings import Settings
from wfcore.simulation import operations as op
from wfcore.snapshot import Snapshot
from wfcore.testing.world import World

from .stories import Story, broken, done, scale, workflow
from .test_control import ask
from .test_dry_run import rehearsed

GUARDED = Surroundings(approvals_guarded=True)
SKIP = AccessQuestion("alice", "skip", "workflowexecution.kubernaut.io", "workflowapprovals", "default", "w")
ALWAYS = Settings(approval_policy=ApprovalPolicy.ALWAYS)


def guarded() -> World:
    world = World()
    world.surroundings = GUARDED
    return world


def awaiting(creator: str = "alice", settings: Settings | None = None, steps: int = 1, required: bool = True,
             **strategy: Any) -> Story:
    body = workflow(*(scale(n) for n in range(1, steps + 1)), creator=creator,
                    strategy={"approvalRequired": required, **strategy})
    return Story(body, settings, guarded()).go()


def waits(story: Story) -> bool:
    return ("validating", []) == (story.status.phase, story.names()) and story.condition("Approved")[0] == "False"


def test_nothing_is_executed_before_the_approval_and_everything_after_it() -> None:
    story = awaiting()
    assert waits(story)
    assert ("False", "AwaitingApproval") == story.condition("Approved")
    assert ("True", "AwaitingApproval") == story.condition("Progressing")

    story.world.decide("w", "bob", reason="looks right")
    story.go()

    assert ("executing", ["step-1"], ("True", "Approved")) == (
        story.status.phase, story.names(), story.condition("Approved"))


def test_the_record_is_written_together_with_leaving_the_wait() -> None:
    story = awaiting()
    commits = len(story.world.commits)
    story.world.decide("w", "bob", reason="looks right")
    story.go()

    left = story.world.commits[commits]
    assert ("executing", "approved", "bob", "looks right", story.status.plan_digest, story.now) == (
        left.phase, left.approval.decision, left.approval.by, left.approval.reason, left.approval.digest,
        left.approval.at)
    assert (True, story.now) == (left.validation_results.approval_received, left.validation_results.approval_timestamp)


def test_nobody_asked_means_that_it_is_not_needed() -> None:
    story = awaiting(required=False)

    assert (None, ("True", "ApprovalNotNeeded")) == (story.status.approval, story.condition("Approved"))


def test_a_rejection_is_final_and_says_who_and_why() -> None:
    story = awaiting()
    story.world.decide("w", "bob", "denied", "too risky")
    story.go()
    story.world.decide("w", "bob", "approved")
    story.go()

    assert ("failed", "approval_rejected", "bob rejected the plan: too risky", []) == (
        story.status.phase, story.status.failure_reason, story.status.failure_message, story.names())
    assert ("False", "ApprovalRejected") == story.condition("Approved")
    assert "denied" == story.status.approval.decision


def test_a_rejection_without_a_reason_needs_none() -> None:
    story = awaiting()
    story.world.decide("w", "bob", "denied")

    assert "bob rejected the plan" == story.go().status.failure_message


def test_the_wait_has_a_time_of_its_own_from_the_spec_or_else_the_settings() -> None:
    story = awaiting()
    assert (story.now + timedelta(hours=1), None) == (story.status.approval.deadline, story.status.phase_deadline)
    assert story.now + timedelta(minutes=30) == awaiting(approvalTimeout="30m").status.approval.deadline

    story.after(minutes=59)
    assert "validating" == story.status.phase
    story.after(minutes=1)

    assert ("failed", "approval_timeout") == (story.status.phase, story.status.failure_reason)
    assert "nobody approved the plan within 1h" == story.status.failure_message
    assert ("False", "ApprovalTimeout") == story.condition("Approved")


def test_a_decision_that_is_there_at_the_deadline_counts() -> None:
    story = awaiting()
    story.world.now = story.status.approval.deadline
    story.world.decide("w", "bob")

    assert "executing" == story.go().status.phase


def test_only_a_live_read_tells_that_nobody_has_decided() -> None:
    story = awaiting()
    story.world.now = story.status.approval.deadline
    undecided = story.world.answer(Observe(story.ref, Freshness.LIVE))
    story.world.decide("w", "bob")
    story.fault = lambda request: undecided if request == Observe(story.ref, Freshness.CACHED) else None

    assert ("Observe.cached", "Observe.live") == story.run().words[:2]
    assert "executing" == story.status.phase


def test_a_wait_sleeps_until_its_deadline_and_asks_and_writes_nothing() -> None:
    story = awaiting()
    for _ in range(3):
        last = story.after(minutes=10).passes[-1]

        assert (("Observe.cached",), story.status.approval.deadline) == (last.words, last.finished.wake_at)


@pytest.mark.parametrize(("given", "reason"), [
    ({"by": "alice"}, "ApproverIsCreator"), ({"by": "bob", "digest": "sha256:other"}, "ApprovalForAnotherPlan"),
    ({"by": "bob", "decision": "perhaps"}, "ApprovalIncomplete"), ({"by": ""}, "ApprovalIncomplete"),
    ({"by": "bob", "decision": ""}, "ApprovalIncomplete")])
def test_what_does_not_count_is_ignored_and_said(given: dict[str, str], reason: str) -> None:
    story = awaiting()
    story.world.decide("w", **given)
    story.go()

    assert waits(story)
    assert ("False", reason) == story.condition("Approved")
    assert story.status.approval.ignored
    assert story.status.approval.ignored in story.after(hours=1).status.failure_message


def test_no_approval_counts_while_the_admission_policy_is_missing() -> None:
    story = awaiting()
    story.world.surroundings = Surroundings()
    story.world.decide("w", "bob")
    story.go()
    assert waits(story)
    assert ("False", "ApprovalPolicyMissing") == story.condition("Approved")

    story.world.surroundings = GUARDED

    assert "executing" == story.go().status.phase


def test_no_approval_counts_when_nobody_knows_the_creator() -> None:
    story = awaiting(creator="")
    story.world.decide("w", "bob")
    story.go()

    assert waits(story)
    assert ("False", "CreatorUnknown") == story.condition("Approved")


def test_an_approval_of_half_the_annotations_does_not_count() -> None:
    story = awaiting()
    story.world.annotate("w", **{ANNOTATION_APPROVAL_BY: "bob", ANNOTATION_APPROVAL_DECISION: "approved"})

    assert waits(story.go())
    story.world.annotate("w", **{ANNOTATION_APPROVAL_DIGEST: story.status.plan_digest})
    assert "executing" == story.go().status.phase


def test_an_approval_that_was_faster_than_the_request_counts_at_once() -> None:
    story = Story(workflow(scale(1), creator="alice", strategy={"approvalRequired": True}), world=guarded())
    digest = awaiting().status.plan_digest
    story.world.decide("w", "bob", digest=digest)
    story.go()

    assert ("executing", ["ApprovalDecided"]) == (
        story.status.phase, [e.reason for e in story.world.events if e.reason.startswith("Approval")])


def test_events_tell_of_the_request_and_of_the_decision() -> None:
    story = awaiting()
    story.world.decide("w", "bob")
    story.go().say(step_1=done())
    told = [(e.type, e.reason) for e in story.world.events if e.reason.startswith("Approval")]

    assert [("Normal", "ApprovalRequested"), ("Normal", "ApprovalDecided")] == told
    assert story.status.plan_digest in next(e.message for e in story.world.events if e.reason == "ApprovalRequested")


def test_a_rejection_is_a_warning() -> None:
    story = awaiting()
    story.world.decide("w", "bob", "denied")
    story.go()

    assert "Warning" in [e.type for e in story.world.events if e.reason == "ApprovalDecided"]


# --- when one is needed, and who may go without ------------------------------------------------------------


def test_the_operator_may_want_every_workflow_approved() -> None:
    story = Story(workflow(scale(1)), ALWAYS, guarded()).go()

    assert waits(story)
    assert "operator" in story.status.approval.needed_because


@pytest.mark.parametrize(("steps", "needed"), [(2, False), (3, True)])
def test_the_operator_may_want_large_workflows_approved(steps: int, needed: bool) -> None:
    settings = Settings(approval_policy=ApprovalPolicy.OVER_STEPS, approval_over_steps=2)
    story = Story(workflow(*(scale(n) for n in range(1, steps + 1))), settings, guarded()).go()

    assert needed is waits(story)


def test_a_creator_who_may_skip_goes_without_and_it_is_recorded() -> None:
    story = awaiting(required=False, settings=ALWAYS)

    assert ("executing", ("True", "ApprovalSkipped"), "alice", True) == (
        story.status.phase, story.condition("Approved"), story.status.approval.by, story.status.approval.skipped)
    assert [Review((SKIP,))] == [r for p in story.passes for r in p.asked(Review) if SKIP in r.questions]
    assert ["ApprovalDecided"] == [e.reason for e in story.world.events if e.reason.startswith("Approval")]


@pytest.mark.parametrize("answer", [False, None])
def test_who_may_not_skip_or_of_whom_nobody_knows_waits(answer: bool | None) -> None:
    world = guarded()
    world.access[SKIP] = answer
    story = Story(workflow(scale(1), creator="alice"), ALWAYS, world).go()

    assert waits(story)
    assert 1 == sum(SKIP in r.questions for p in story.passes for r in p.asked(Review))


@pytest.mark.parametrize(("creator", "surroundings"), [("", GUARDED), ("alice", Surroundings())])
def test_nobody_is_asked_about_a_creator_that_nothing_vouches_for(creator: str, surroundings: Surroundings) -> None:
    world = World()
    world.surroundings = surroundings
    story = Story(workflow(scale(1), creator=creator), ALWAYS, world).go()

    assert waits(story)
    assert not [q for p in story.passes for r in p.asked(Review) for q in r.questions if q.verb == "skip"]


def test_a_service_account_is_asked_about_with_its_groups() -> None:
    story = awaiting("system:serviceaccount:tools:bot", required=False, settings=ALWAYS)
    asked = [q for p in story.passes for r in p.asked(Review) for q in r.questions if q.verb == "skip"]

    assert [("system:serviceaccounts", "system:serviceaccounts:tools", "system:authenticated")] == [
        q.groups for q in asked]


def test_what_the_workflow_itself_asks_for_cannot_be_skipped() -> None:
    assert waits(awaiting(settings=ALWAYS))


def test_what_the_loop_breaker_asks_for_cannot_be_skipped() -> None:
    story = awaiting(required=False, settings=ALWAYS)
    status = story.status
    broken_loop = PlanInputs(approval_needed_because="3 runs on deployment/default/web have failed")
    snapshot = Snapshot(workflow=story.world.workflow("w"), settings=ALWAYS)

    assert ("3 runs on deployment/default/web have failed", False) == needed_because(
        snapshot, attrs.evolve(status, plan_inputs=broken_loop), plan_of(snapshot))


# --- holds, stop, what an approval is bound to -------------------------------------------------------------


def test_a_hold_gives_its_time_back_to_the_approval() -> None:
    story = awaiting()
    deadline = story.status.approval.deadline
    ask(story, suspend=True)
    story.after(hours=3)
    assert "validating" == story.status.phase
    ask(story, suspend=False)

    assert deadline + timedelta(hours=3) == story.status.approval.deadline
    assert waits(story)
    story.world.decide("w", "bob")
    assert "executing" == story.go().status.phase


def test_a_hold_after_the_decision_leaves_the_record_as_it_is() -> None:
    story = awaiting()
    story.world.decide("w", "bob")
    record = story.go().status.approval
    ask(story, suspend=True)
    story.after(hours=3)
    ask(story, suspend=False)

    assert record == story.status.approval


def test_stop_outranks_an_approval() -> None:
    story = awaiting()
    story.world.decide("w", "bob")
    ask(story, stop="Graceful")

    assert ("failed", "stopped", []) == (story.status.phase, story.status.failure_reason, story.names())
    assert ("False", "AwaitingApproval") == story.condition("Approved")


def test_a_plan_that_changed_after_it_was_published_is_not_executed_whoever_approved_it() -> None:
    """S12, S13: the admission rules keep a spec as it is; whoever gets around them gets nothing done."""
    story = awaiting()
    story.world.decide("w", "bob")
    stored = story.world.get(WORKFLOW_EXECUTIONS, "w")
    more = workflow(scale(1), scale(2), strategy={"approvalRequired": True})["spec"]
    story.world.perform(op.Update(WORKFLOW_EXECUTIONS, {**stored, "spec": more}, story.now))
    story.go()

    assert ("failed", "planning_error", []) == (story.status.phase, story.status.failure_reason, story.names())
    assert "create a new workflow" in story.status.failure_message


def test_a_plan_that_changes_while_it_is_executed_is_not_continued() -> None:
    story = Story(workflow(scale(1), scale(2, 1))).go()
    stored = story.world.get(WORKFLOW_EXECUTIONS, "w")
    more = workflow(scale(1), scale(2, 1, deployment="other"))["spec"]
    story.world.perform(op.Update(WORKFLOW_EXECUTIONS, {**stored, "spec": more}, story.now))
    story.say(step_1=done())

    assert ("failed", ["step-1"]) == (story.status.phase, story.names())


def test_the_digest_that_was_approved_is_the_one_that_is_executed() -> None:
    story = awaiting(steps=2)
    approved = story.status.plan_digest
    story.world.decide("w", "bob")
    story.go().say(step_1=broken("rate_limited"), step_2=done()).after(minutes=1)

    assert {approved} == {c["spec"]["planDigest"] for c in story.world.children().values()}
    assert approved == story.status.plan_digest == story.status.approval.digest


def test_the_approver_sees_the_results_of_the_dry_run() -> None:
    """In order: the dry run comes before the approval."""
    story = awaiting(dryRunFirst=True)
    assert (["dryrun-1"], None) == (story.names(), story.status.approval)
    story.say(dryrun_1=rehearsed())

    assert ("AwaitingApproval", True) == (story.condition("Approved")[1],
                                          story.status.validation_results.dry_run_results.overall_success)
    story.world.decide("w", "bob")
    assert ["dryrun-1", "step-1"] == story.go().names()


def test_an_approval_costs_one_write_for_the_request_and_none_for_the_decision() -> None:
    with_it, without = awaiting(), awaiting(required=False)
    with_it.world.decide("w", "bob")
    with_it.go()
    counts = [sum(len(p.asked(CommitStatus)) for p in story.passes) for story in (without, with_it)]

    assert counts[0] + 1 == counts[1]
    assert 1 == sum(len(p.asked(Create)) for p in with_it.passes)


def test_an_explanation_says_what_is_waited_for_and_how_to_approve_it() -> None:
    story = awaiting()
    said = explain(Snapshot(workflow=story.world.workflow("w"), settings=story.settings, surroundings=GUARDED),
                   story.now)

    assert said.headline.startswith("validating: waits for an approval until 2026-")
    assert (f"wfctl approve -n default w --digest {story.status.plan_digest}",) == said.commands
    assert ["the plan has not been approved"] == [step.why for step in said.steps]
    story.world.decide("w", "bob")
    assert () == explain(Snapshot(workflow=story.go().world.workflow("w"), settings=story.settings), story.now).commands
