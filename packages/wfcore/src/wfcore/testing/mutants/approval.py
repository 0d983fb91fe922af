"""Approvals: of this plan, by somebody else, vouched for, and in time."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from wfcore.lifecycle import approval, phase_validating
from wfcore.model.enums import ApprovalDecision
from wfcore.model.workflow import ANNOTATION_APPROVAL_BY, ANNOTATION_APPROVAL_DIGEST
from wfcore.program import CALM, Surroundings
from wfcore.reasons import Reason
from wfcore.testing.mutants.mutant import Examination, Schedules, mutant
from wfcore.testing.mutants.patching import Patch, original
from wfcore.testing.mutants.rehearsal import Rehearsal, require, step
from wfcore.testing.mutants.scopes import APPROVED, quick


@mutant("S12", hunt=quick(200, APPROVED), defect="D9")
def the_creator_may_approve(patch: Patch) -> None:
    patch.setattr(approval, "judge", lambda snapshot, digest: approval.Said(
        ApprovalDecision.APPROVED, "anybody", "") if ANNOTATION_APPROVAL_BY in snapshot.workflow.metadata.annotations
        else approval.Ignored(Reason.AWAITING_APPROVAL))


def _an_approval_that_nothing_vouches_for_does_not_count() -> None:
    run = Rehearsal(step(1), strategy={"approvalRequired": True})
    run.world.surroundings = CALM  # there is no admission policy
    run.go().world.decide("w", "bob")
    run.go()
    require("S12", not run.children, "execution begins on an annotation that anybody may have written")


@mutant("S12", hunt=Examination(examine=_an_approval_that_nothing_vouches_for_does_not_count), defect="D9")
def an_annotation_without_a_guard_approves(patch: Patch) -> None:
    honest = original(approval, "judge")
    patch.setattr(approval, "judge", lambda snapshot, digest: honest(
        evolve(snapshot, surroundings=Surroundings(approvals_guarded=True)), digest))


@mutant("S12", hunt=quick(300, APPROVED))
def an_approval_of_another_plan_counts(patch: Patch) -> None:
    honest = original(approval, "judge")

    def lenient(snapshot: Any, digest: str) -> Any:
        given = snapshot.workflow.metadata.annotations.get(ANNOTATION_APPROVAL_DIGEST, "")
        return honest(snapshot, given)
    patch.setattr(approval, "judge", lenient)


@mutant("S12", hunt=quick(200, APPROVED))
def execution_begins_without_the_approval(patch: Patch) -> None:
    patch.setattr(phase_validating, "with_approval", lambda snapshot, status, plan, now: status)


@mutant("S12", hunt=Schedules(within=100))
def an_approval_is_not_noticed(patch: Patch) -> None:
    patch.setattr(approval, "judge", lambda snapshot, digest: approval.Ignored(Reason.AWAITING_APPROVAL))


@mutant("S20", hunt=quick(100, APPROVED, endings=True))
def an_approval_is_waited_for_for_ever(patch: Patch) -> None:
    patch.setattr(approval, "expires", lambda status, now: False)
    patch.setattr(phase_validating, "expires", lambda status, now: False)
