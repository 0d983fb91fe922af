"""Where people decide, as the simulator meets it: approvals, holds, sources, dry runs, adaptation, secrets."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import attrs

from wfcore.execution import adapting
from wfcore.lifecycle import (
    approval,
    carrying,
    dry_run,
    machine,
    phase_executing,
    phase_planning,
    phase_validating,
    reversing,
    sources,
)
from wfcore.lifecycle import inputs as planning_inputs
from wfcore.lifecycle.approval import Ignored, Said
from wfcore.model.enums import ApprovalDecision, ExecutionKind, Stop
from wfcore.program import Surroundings
from wfcore.programs import finishing
from wfcore.reasons import Reason
from wfcore.rollback import advance
from wfcore.testing.mutants.mutant import Schedules, mutant
from wfcore.testing.mutants.patching import Patch, original
from wfcore.testing.simulator.simulation import Mode


def _judged(patch: Patch, change: Any) -> None:
    honest = original(approval, "judge")
    patch.setattr(approval, "judge",
                  lambda snapshot, digest: change(honest(snapshot, digest), honest, snapshot, digest))


@mutant("S12", hunt=Schedules(within=600))
def creators_approve_themselves(patch: Patch) -> None:
    patch.setattr(approval, "creator_of", lambda meta: "somebody-else")


@mutant("S12", hunt=Schedules(within=600))
def an_approval_counts_for_every_plan(patch: Patch) -> None:
    _judged(patch, lambda found, *_: Said(ApprovalDecision.APPROVED, "bob", "") if isinstance(found, Ignored) and (
        found.reason is Reason.APPROVAL_FOR_ANOTHER_PLAN) else found)


@mutant("S12", hunt=Schedules(within=600))
def any_word_is_a_decision(patch: Patch) -> None:
    _judged(patch, lambda found, *_: Said(ApprovalDecision.APPROVED, "bob", "") if isinstance(found, Ignored) and (
        found.reason is Reason.APPROVAL_INCOMPLETE) else found)


@mutant("S12", hunt=Schedules(within=600))
def a_denial_counts_as_an_approval(patch: Patch) -> None:
    _judged(patch, lambda found, *_: attrs.evolve(found, decision=ApprovalDecision.APPROVED) if isinstance(
        found, Said) else found)


@mutant("S12", hunt=Schedules(within=600))
def approvals_count_without_the_policy(patch: Patch) -> None:
    _judged(patch, lambda found, honest, snapshot, digest: honest(
        attrs.evolve(snapshot, surroundings=Surroundings(approvals_guarded=True)), digest))


@mutant("S12", hunt=Schedules(within=200))
def nobody_waits_for_an_approval(patch: Patch) -> None:
    patch.setattr(phase_validating, "is_awaited", lambda status: False)


@mutant("S12", hunt=Schedules(within=600))
def what_the_operator_wants_is_forgotten(patch: Patch) -> None:
    patch.setattr(approval, "_policy", lambda settings, steps: "")


@mutant("S12", hunt=Schedules(within=600))
def everybody_may_skip(patch: Patch) -> None:
    patch.setattr(approval, "replies", lambda review, answers: {"may": True})


@mutant("S12", hunt=Schedules(within=200))
def approvals_expire_at_once(patch: Patch) -> None:
    honest = original(approval, "with_approval")
    patch.setattr(phase_validating, "with_approval", lambda snapshot, status, plan, now: honest(
        snapshot, status, plan, now + timedelta(hours=1) if status.approval and snapshot.live else now))
    patch.setattr(phase_validating, "expires", lambda status, now: now > status.approval.requested_at)


@mutant("L1", "S20", hunt=Schedules(within=200, mode=Mode.LIVENESS))
def approvals_never_expire(patch: Patch) -> None:
    honest = original(approval, "with_approval")

    def with_approval(snapshot: Any, status: Any, plan: Any, now: datetime) -> Any:
        found = honest(snapshot, status, plan, now)
        return status if getattr(found, "failure_reason", "") == "approval_timeout" else found
    patch.setattr(phase_validating, "with_approval", with_approval)
    patch.setattr(phase_validating, "expires", lambda status, now: False)


@mutant("S6", hunt=Schedules(within=200))
def a_suspension_holds_nothing(patch: Patch) -> None:
    patch.setattr(phase_executing, "is_held", lambda status: False)


@mutant("S6", hunt=Schedules(within=600))
def a_freeze_holds_nothing(patch: Patch) -> None:
    honest = original(machine, "with_hold")
    patch.setattr(machine, "with_hold", lambda snapshot, status, now: honest(
        attrs.evolve(snapshot, surroundings=Surroundings()), status, now))


@mutant("S6", hunt=Schedules(within=200))
def a_stop_is_ignored(patch: Patch) -> None:
    honest = original(phase_executing, "_halt")
    patch.setattr(phase_executing, "_halt", lambda status, plan, ledger, stop, now: honest(
        status, plan, ledger, Stop.NO, now))


@mutant("L1", hunt=Schedules(within=200, mode=Mode.LIVENESS))
def a_hold_never_ends(patch: Patch) -> None:
    honest = original(machine, "with_hold")
    patch.setattr(machine, "with_hold", lambda snapshot, status, now: status if (
        status.suspended_since or status.frozen_since) else honest(snapshot, status, now))


@mutant("S13", hunt=Schedules(within=200))
def attempts_get_more_time_than_anybody_granted(patch: Patch) -> None:
    honest = original(phase_executing, "spec_now")

    def spec_now(plan: Any, entry: Any) -> Any:
        rendered = honest(plan, entry)
        return attrs.evolve(rendered, timeout=rendered.timeout * 5)
    patch.setattr(phase_executing, "spec_now", spec_now)


@mutant("S13", hunt=Schedules(within=200))
def children_do_something_else(patch: Patch) -> None:
    honest = original(phase_executing, "child_object")

    def child_object(meta: Any, rendered: Any, attempt: int, digest: str) -> Any:
        replicas = getattr(rendered.parameters, "replicas", None)
        if replicas is not None:
            rendered = attrs.evolve(rendered, parameters=attrs.evolve(rendered.parameters, replicas=replicas + 1))
        return honest(meta, rendered, attempt, digest)
    patch.setattr(phase_executing, "child_object", child_object)


@mutant("S13", hunt=Schedules(within=200))
def what_planning_took_is_taken_again(patch: Patch) -> None:
    honest = original(phase_executing, "advance_execution")

    def advance_execution(snapshot: Any, status: Any, plan: Any, now: datetime) -> Any:
        inputs = attrs.evolve(status.plan_inputs, note="as of now")
        return honest(snapshot, attrs.evolve(status, plan_inputs=inputs), plan, now)
    patch.setattr(machine, "advance_execution", advance_execution)


@mutant("S14", hunt=Schedules(within=200))
def dry_runs_are_left_out(patch: Patch) -> None:
    patch.setattr(phase_validating, "is_due", lambda snapshot, status: False)


@mutant("S14", hunt=Schedules(within=600))
def whatever_a_dry_run_finds_is_ignored(patch: Patch) -> None:
    honest = original(dry_run, "_concluded")
    patch.setattr(dry_run, "_concluded", lambda status, found, errors, now: honest(status, found, [], now))


@mutant("S3", "S14", hunt=Schedules(within=200))
def dry_runs_are_meant(patch: Patch) -> None:
    honest = original(dry_run, "child_object")
    patch.setattr(dry_run, "child_object", lambda meta, spec, attempt, digest: honest(
        meta, attrs.evolve(spec, kind=ExecutionKind.FORWARD), attempt, digest))


@mutant("S10", hunt=Schedules(within=1000))
def sources_are_undone_in_forward_order(patch: Patch) -> None:
    patch.setattr(reversing, "nearest", lambda order, after, chosen: dict.fromkeys(chosen, ()))


@mutant("S9", hunt=Schedules(within=1000))
def what_is_undone_is_undone_again(patch: Patch) -> None:
    patch.setattr(sources, "is_undone", lambda entry: False)


@mutant("S8", "S15", hunt=Schedules(within=600))
def steps_are_carried_over_whatever_came_of_them(patch: Patch) -> None:
    patch.setattr(carrying, "carried_over", lambda source, plan, forced: plan.order[:1])


@mutant("S4", hunt=Schedules(within=600))
def adaptation_adds_retries_without_end(patch: Patch) -> None:
    patch.setattr(adapting, "EXTRA_RETRIES", 9)
    patch.setattr(adapting, "retries_now", lambda plan, entry: 9)
    patch.setattr(phase_executing, "retries_now", lambda plan, entry: 9 if plan.dynamic else plan.retries[
        entry.step_number])


@mutant("S23", hunt=Schedules(within=1000))
def plans_publish_secrets(patch: Patch) -> None:
    patch.setattr(phase_planning, "without_secrets", lambda spec: spec)


@mutant("S23", hunt=Schedules(within=600))
def compensations_carry_what_their_step_did(patch: Patch) -> None:
    honest = original(advance, "compensation_of")

    def compensation_of(forward: Any, *others: Any) -> Any:
        found = honest(forward, *others)
        return found and attrs.evolve(found, parameters=forward.parameters)
    patch.setattr(advance, "compensation_of", compensation_of)


@mutant("S23", hunt=Schedules(within=200))
def audit_rows_tell_the_spec(patch: Patch) -> None:
    honest = original(finishing, "audit_record")
    patch.setattr(finishing, "audit_record", lambda workflow, end, status: attrs.evolve(
        honest(workflow, end, status), error_message=str(workflow.spec)))


@mutant("S23", hunt=Schedules(within=600))
def retries_copy_secrets_into_the_status(patch: Patch) -> None:
    patch.setattr(carrying, "UpdateSecretParams", type("Nothing", (), {}))
    planning_inputs.taken_from_source.cache_clear()
