"""Planted protocol bugs: each is a small wrong edit of the engine, made while the checker runs."""

from __future__ import annotations

import inspect
from typing import Any

import attrs
from attrs import frozen

from wfcore import reconciler
from wfcore.decision import CreateChild, Decision, Progress
from wfcore.execution import attempts, children, ledger
from wfcore.lifecycle import approval, machine, phase_executing, phase_planning, phase_validating
from wfcore.model.enums import ApprovalDecision, Mutated, StepPhase, Stop
from wfcore.model.workflow import ANNOTATION_APPROVAL_BY, ANNOTATION_APPROVAL_DIGEST, ObjectMeta
from wfcore.program import CALM, Create, Steps
from wfcore.programs import cleanup, finishing
from wfcore.reasons import Reason
from wfcore.rollback import advance, start
from wfcore.rollback.start import begin_rollback
from wfcore.snapshot import Unreadable


@frozen
class PerformThenCommit:
    """The effects before the intent."""

    commit: reconciler.Commit

    def run(self) -> Steps:
        yield Create(self.commit.ref, tuple(e.body for e in self.commit.decision.effects if isinstance(e, CreateChild)))
        return attrs.evolve(self.commit, decision=attrs.evolve(self.commit.decision, effects=()))


def perform_before_commit(monkeypatch: Any) -> None:
    real = reconciler.Judge._act

    def act(self: Any, decision: Decision) -> Any:
        following = real(self, decision)
        if isinstance(following, reconciler.Commit) and any(isinstance(e, CreateChild) for e in decision.effects):
            return PerformThenCommit(following)
        return following
    monkeypatch.setattr(reconciler.Judge, "_act", act)


def believe_any_owner(monkeypatch: Any) -> None:
    def sort(workflow: ObjectMeta, raws: Any) -> Any:
        pairs = [(raw.metadata(), raw.execution()) for raw in raws]
        return {meta.name: child if hasattr(child, "spec") else Unreadable(meta, child) for meta, child in pairs}, {}
    monkeypatch.setattr(reconciler, "sort_children", sort)


def one_retry_too_many(monkeypatch: Any) -> None:
    real = phase_executing.should_retry
    monkeypatch.setattr(phase_executing, "should_retry", lambda failure, attempt, most, *, idempotent: real(
        failure, attempt, most + 1, idempotent=idempotent))


def skip_the_digest(monkeypatch: Any) -> None:
    monkeypatch.setattr(attempts, "_mismatch", lambda attempt, child: "")


def undo_without_order(monkeypatch: Any) -> None:
    monkeypatch.setattr(advance, "_blocked", lambda plan, entries: frozenset())


def undo_while_siblings_run(monkeypatch: Any) -> None:
    real = machine.advance_execution

    def hasty(snapshot: Any, status: Any, plan: Any, now: Any) -> Decision:
        decision = real(snapshot, status, plan, now)
        lost = [e for e in decision.status.step_statuses
                if e.status is StepPhase.FAILED and e.step_number in plan.critical]
        if lost and decision.status.phase is status.phase and not decision.need_live:
            return begin_rollback(snapshot, decision.status, plan, Reason.STEP_EXECUTION_FAILED, "at once", now)
        return decision
    monkeypatch.setattr(machine, "advance_execution", hasty)


def believe_absence_in_the_cache(monkeypatch: Any) -> None:
    real = attempts._absent
    monkeypatch.setattr(attempts, "_absent", lambda attempt, foreign, live, now, settings: real(
        attempt, foreign, True, now, settings))


def forget_what_failed_attempts_changed(monkeypatch: Any) -> None:
    monkeypatch.setattr(attempts, "_reported", lambda status: Mutated.NO)


def go_on_after_the_end(monkeypatch: Any) -> None:
    monkeypatch.setattr(machine, "TERMINAL", frozenset())
    monkeypatch.setattr(reconciler, "TERMINAL", frozenset())


def launch_after_a_critical_failure(monkeypatch: Any) -> None:
    monkeypatch.setattr(phase_executing, "_halt", lambda *arguments: None)


def ignore_prerequisites(monkeypatch: Any) -> None:
    real = phase_executing._launch
    monkeypatch.setattr(phase_executing, "_launch", lambda snapshot, plan, entries, progress, limit, now: real(
        snapshot, attrs.evolve(plan, needs=dict.fromkeys(plan.needs, frozenset())), entries, progress, limit, now))


def ignore_the_parallel_limit(monkeypatch: Any) -> None:
    real = phase_executing._launch
    monkeypatch.setattr(phase_executing, "_launch", lambda snapshot, plan, entries, progress, limit, now: real(
        snapshot, plan, entries, progress, 99, now))


def one_name_for_all_attempts(monkeypatch: Any) -> None:
    real = ledger.child_name
    for module in (ledger, children):
        monkeypatch.setattr(module, "child_name", lambda workflow, kind, step, attempt: real(workflow, kind, step, 1))


def never_ask_to_be_woken(monkeypatch: Any) -> None:
    monkeypatch.setattr(Progress, "wake_at", lambda self: None)


def give_no_grace(monkeypatch: Any) -> None:
    monkeypatch.setattr(attempts, "_waiting", lambda attempt, child, now, settings: None)


def undo_with_the_latest_capture(monkeypatch: Any) -> None:
    real = ledger._with_mutation
    monkeypatch.setattr(ledger, "_with_mutation", lambda entry, mutated: real(
        attrs.evolve(entry, mutating_attempt=0), mutated))


def give_up_without_withdrawing(monkeypatch: Any) -> None:
    real = attempts._absent
    monkeypatch.setattr(attempts, "_absent", lambda attempt, foreign, live, now, settings: real(
        attrs.evolve(attempt, cancelled_at=now) if now >= attempt.deadline else attempt, foreign, live, now, settings))


def never_trust_the_audit_condition(monkeypatch: Any) -> None:
    monkeypatch.setattr(finishing, "is_true", lambda status, type_: False)


def leave_children_behind(monkeypatch: Any) -> None:
    monkeypatch.setattr(cleanup, "child_requests", lambda owner, raws, settings, now: ([], None))


def skip_validation(monkeypatch: Any) -> None:
    real = phase_planning.planned

    def straight(snapshot: Any, plan: Any, problems: Any, now: Any) -> Any:
        return attrs.evolve(real(snapshot, plan, problems, now), phase=machine.Phase.EXECUTING)
    monkeypatch.setattr(phase_planning, "planned", straight)
    monkeypatch.setattr(machine, "TRANSITIONS", dict.fromkeys(machine.Phase, frozenset(machine.Phase)))


def wait_until_after_the_deadline(monkeypatch: Any) -> None:
    """`>=` becomes `>` where a deadline is judged."""
    edited = inspect.getsource(attempts.judge).replace("now >= attempt.deadline", "now > attempt.deadline")
    names = dict(vars(attempts))
    exec(compile(edited, attempts.__file__, "exec"), names)
    for module in (phase_executing, advance):
        monkeypatch.setattr(module, "judge", names["judge"])


def never_notice_a_suspension(monkeypatch: Any) -> None:
    for module in (machine, phase_validating):
        monkeypatch.setattr(module, "with_hold", lambda snapshot, status, now: status)


def never_notice_a_freeze(monkeypatch: Any) -> None:
    real = machine.with_hold
    for module in (machine, phase_validating):
        monkeypatch.setattr(module, "with_hold", lambda snapshot, status, now: real(
            attrs.evolve(snapshot, surroundings=CALM), status, now))


def let_the_creator_approve(monkeypatch: Any) -> None:
    monkeypatch.setattr(approval, "judge", lambda snapshot, digest: approval.Said(
        ApprovalDecision.APPROVED, "anybody", "") if ANNOTATION_APPROVAL_BY in snapshot.workflow.metadata.annotations
        else approval.Ignored(Reason.AWAITING_APPROVAL))


def approve_whatever_plan(monkeypatch: Any) -> None:
    real = approval.judge

    def lenient(snapshot: Any, digest: str) -> Any:
        given = snapshot.workflow.metadata.annotations.get(ANNOTATION_APPROVAL_DIGEST, "")
        return real(snapshot, given)
    monkeypatch.setattr(approval, "judge", lenient)


def execute_without_an_approval(monkeypatch: Any) -> None:
    monkeypatch.setattr(phase_validating, "with_approval", lambda snapshot, status, plan, now: status)


def wait_for_an_approval_for_ever(monkeypatch: Any) -> None:
    monkeypatch.setattr(approval, "expires", lambda status, now: False)
    monkeypatch.setattr(phase_validating, "expires", lambda status, now: False)


def go_on_after_a_stop(monkeypatch: Any) -> None:
    real = phase_executing._halt
    monkeypatch.setattr(phase_executing, "_halt", lambda status, plan, entries, stop, now: real(
        status, plan, entries, Stop.NO, now))


def roll_back_a_graceful_stop(monkeypatch: Any) -> None:
    monkeypatch.setattr(start, "_is_wanted", lambda stop, strategy, reason: True)


def execute_without_the_dry_run(monkeypatch: Any) -> None:
    monkeypatch.setattr(phase_validating, "is_due", lambda snapshot, status: False)


def ignore_the_workflow_timeout(monkeypatch: Any) -> None:
    real = phase_executing._halt
    monkeypatch.setattr(phase_executing, "_halt", lambda status, plan, entries, stop, now: real(
        attrs.evolve(status, workflow_deadline=None), plan, entries, stop, now))


def execute_what_only_asks_for_a_plan(monkeypatch: Any) -> None:
    monkeypatch.setattr(phase_planning, "plan_only", lambda snapshot, plan, now: phase_planning.planned(
        snapshot, plan, (), now))


def wait_for_sick_targets_for_ever(monkeypatch: Any) -> None:
    real = machine.advance_monitoring

    def patient(snapshot: Any, status: Any, plan: Any, now: Any) -> Decision:
        decision = real(snapshot, status, plan, now)
        return decision if decision.status.phase is not status.phase else attrs.evolve(decision, wake_at=None)
    monkeypatch.setattr(machine, "advance_monitoring", patient)
