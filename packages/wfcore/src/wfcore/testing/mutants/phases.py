"""The phases: what comes before execution, what follows it, and that an end is one."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from wfcore import reconciler
from wfcore.lifecycle import machine, phase_executing, phase_planning, phase_validating
from wfcore.model.enums import Phase
from wfcore.reasons import Reason
from wfcore.rollback.start import begin_rollback
from wfcore.testing.checker.scope import SETTINGS, STABLE, Scope
from wfcore.testing.mutants.mutant import Schedules, mutant
from wfcore.testing.mutants.patching import Patch, original
from wfcore.testing.mutants.scopes import CHAIN, ONE, around, quick


@mutant("S8", hunt=quick(100, Scope(needs=ONE)))
def execution_begins_without_validating(patch: Patch) -> None:
    honest = original(phase_planning, "planned")

    def straight(snapshot: Any, plan: Any, problems: Any, now: Any) -> Any:
        return evolve(honest(snapshot, plan, problems, now), phase=Phase.EXECUTING)
    patch.setattr(phase_planning, "planned", straight)
    patch.setattr(machine, "TRANSITIONS", dict.fromkeys(Phase, frozenset(Phase)))


@mutant("S14", hunt=quick(100, strategy={"dryRunFirst": True}))
def execution_begins_without_the_dry_run(patch: Patch) -> None:
    patch.setattr(phase_validating, "is_due", lambda snapshot, status: False)


@mutant("S6", hunt=quick(100, strategy={"mode": "Plan"}))
def what_only_asks_for_a_plan_is_executed(patch: Patch) -> None:
    patch.setattr(phase_planning, "plan_only", lambda snapshot, plan, now: phase_planning.planned(
        snapshot, plan, (), now))


@mutant("S6", hunt=quick(100, settings=evolve(SETTINGS, observe_only=True)))
def what_is_only_observed_is_executed(patch: Patch) -> None:
    honest = original(phase_validating, "_advance")

    def advance(snapshot: Any, status: Any, now: Any) -> Any:
        return honest(evolve(snapshot, settings=evolve(snapshot.settings, observe_only=False)), status, now)
    patch.setattr(phase_validating, "_advance", advance)


@mutant("L1", hunt=around(100, "busy"))
def busy_targets_are_waited_for_for_ever(patch: Patch) -> None:
    honest = original(phase_planning, "wait_for_targets")
    patch.setattr(phase_planning, "wait_for_targets", lambda snapshot, status, plan, now: honest(
        snapshot, evolve(status, target_wait_deadline=None), plan, now))


@mutant("L1", hunt=quick(300, Scope(
    needs=ONE, answers=("sick",), settings=evolve(SETTINGS, stability_window=STABLE), impatient=False)))
def sick_targets_are_waited_for_for_ever(patch: Patch) -> None:
    honest = original(machine, "advance_monitoring")

    def patient(snapshot: Any, status: Any, plan: Any, now: Any) -> Any:
        decision = honest(snapshot, status, plan, now)
        return decision if decision.status.phase is not status.phase else evolve(decision, wake_at=None)
    patch.setattr(machine, "advance_monitoring", patient)


@mutant("S9", hunt=around(900, "alarming"))
def what_set_off_an_alert_is_undone(patch: Patch) -> None:
    honest = original(machine, "advance_monitoring")

    def hasty(snapshot: Any, status: Any, plan: Any, now: Any) -> Any:
        decision = honest(snapshot, status, plan, now)
        if decision.status.failure_reason != Reason.NEW_ALERTS.snake:
            return decision
        return begin_rollback(snapshot, status, plan, Reason.NEW_ALERTS, "an alert", now)
    patch.setattr(machine, "advance_monitoring", hasty)


@mutant("S6", hunt=quick(2_000, needs=CHAIN, strategy={"workflowTimeout": "50s"}, unreliable=True))
def the_workflows_time_is_not_over(patch: Patch) -> None:
    honest = original(phase_executing, "_halt")
    patch.setattr(phase_executing, "_halt", lambda status, plan, entries, stop, now: honest(
        evolve(status, workflow_deadline=None), plan, entries, stop, now))


@mutant("S20", hunt=Schedules(within=100))
def every_pass_is_written_down(patch: Patch) -> None:
    """The instants of conditions are those of the last look, not of the last change."""
    honest = original(machine, "with_conditions")

    def seen(status: Any, generation: int, now: Any, **more: Any) -> Any:
        looked = honest(status, generation, now, **more)
        return evolve(looked, conditions=tuple(evolve(c, last_transition_time=now) for c in looked.conditions))
    patch.setattr(machine, "with_conditions", seen)


@mutant("S7", hunt=quick(200))
def a_workflow_goes_on_after_its_end(patch: Patch) -> None:
    patch.setattr(machine, "TERMINAL", frozenset())
    patch.setattr(reconciler, "TERMINAL", frozenset())
