"""Laws about approvals: who has to have said what before anything is done, and that it stays said."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from wfcore.model.enums import ApprovalPolicy
from wfcore.settings import Settings
from wfcore.testing.simulator.agenda import SECOND, instant
from wfcore.testing.simulator.laws.broken import ChildChange, Laws, StatusCommit
from wfcore.testing.simulator.ledgers import entries, phase_of
from wfcore.testing.simulator.runs import Run

_HOLDING = 10 * SECOND  # from a look at the freeze to the write that follows from it


def needs_an_approval(run: Run, settings: Settings) -> bool:
    """Whether nothing may be done before somebody else has approved the plan."""
    meaning = run.meaning
    if meaning is None:
        return False
    if meaning.approval_required or (run.status.get("planInputs") or {}).get("approvalNeededBecause"):
        return True
    over = settings.approval_policy is ApprovalPolicy.OVER_STEPS and (
        len(entries(run.status)) > settings.approval_over_steps)
    return (over or settings.approval_policy is ApprovalPolicy.ALWAYS) and not run.may_skip


def nothing_acts_without_an_approval(change: ChildChange) -> Iterator[str]:
    """Somebody else than the creator has approved this very plan, and what was said first counts for ever."""
    run, child = change.run, change.child
    if change.known is not None or run is None or run.spoilt or child.attempt[0] == "dryrun":
        return
    if not needs_an_approval(run, change.settings):
        return
    verdict = run.verdict
    if verdict is None:
        yield f"{child.name} was created before anybody has decided on the plan"
    elif verdict.word != "approved":
        yield f"{child.name} was created although {verdict.by} has rejected the plan"
    elif verdict.digest != child.spec.get("planDigest"):
        yield f"{child.name} belongs to another plan than the one that {verdict.by} has approved"


def execution_waits_for_the_approval(commit: StatusCommit) -> Iterator[str]:
    if commit.phase != "executing" or phase_of(commit.before) == "executing":
        return
    verdict = commit.run.verdict
    if needs_an_approval(commit.run, commit.settings) and (verdict is None or verdict.word != "approved"):
        yield "execution begins, and nobody has approved the plan"


def decisions_are_those_that_somebody_made(commit: StatusCommit) -> Iterator[str]:
    before, after = commit.before.get("approval") or {}, commit.after.get("approval") or {}
    if before is after or before == after:
        return
    run, verdict = commit.run, commit.run.verdict
    if before.get("decision") or before.get("skipped"):
        yield f"the approval was settled and changes: {before!r} -> {after!r}"
    elif after.get("decision"):
        said = (verdict.by, verdict.word, verdict.digest) if verdict is not None else None
        if (after.get("by"), after["decision"], after.get("digest")) != said:
            yield f"{after.get('by')} is said to have {after['decision']} {after.get('digest')}, and said is {said}"
    elif after.get("skipped") and (not run.may_skip or (run.meaning is not None and run.meaning.approval_required)):
        yield "the approval is skipped, and nobody may do that"


def denials_and_expiry_are_final(commit: StatusCommit) -> Iterator[str]:
    approval = commit.after.get("approval") or {}
    if approval.get("decision") == "denied" and commit.phase != "failed":
        yield f"the plan is rejected, and the workflow is {commit.phase}"
    if commit.after.get("failureReason") != "approval_timeout" or phase_of(commit.before) == "failed":
        return
    if commit.run.verdict is not None:
        yield f"nobody is said to have decided in time, and {commit.run.verdict.by} has"
    latest = instant(commit.now + commit.clocks.highest + SECOND)
    if latest < datetime.fromisoformat(approval["deadline"]):
        yield f"the time for an approval is over before {approval['deadline']}"


def a_freeze_holds_everything(commit: StatusCommit) -> Iterator[str]:
    """Whoever looked before the freeze began may still write what it decided then."""
    if commit.frozen_for <= _HOLDING + 2 * commit.clocks.stall:
        return
    if commit.intended or (commit.after.get("dryRunStartTime") and not commit.before.get("dryRunStartTime")):
        yield f"something is intended {commit.frozen_for // SECOND} seconds after a freeze has begun"


STATUS_LAWS_OF_PEOPLE: Laws = {
    "S6": (a_freeze_holds_everything,),
    "S12": (execution_waits_for_the_approval, decisions_are_those_that_somebody_made, denials_and_expiry_are_final),
}
CHILD_LAWS_OF_PEOPLE: Laws = {"S12": (nothing_acts_without_an_approval,)}
