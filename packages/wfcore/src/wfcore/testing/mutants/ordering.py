"""Which steps run, and when: prerequisites, how many at once, critical and other failures."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from wfcore.decision import Decision
from wfcore.execution.ledger import is_finished
from wfcore.lifecycle import machine, phase_executing
from wfcore.model.enums import StepPhase
from wfcore.planning import outline
from wfcore.testing.checker.scope import Scope
from wfcore.testing.mutants.mutant import Examination, Schedules, mutant
from wfcore.testing.mutants.patching import Patch, original
from wfcore.testing.mutants.rehearsal import Rehearsal, require, step
from wfcore.testing.mutants.scopes import CHAIN, THREE, TWO, quick


def _launching(patch: Patch, **changes: Any) -> None:
    """Launch by a plan with changed fields, each a function of the plan."""
    honest = original(phase_executing, "_launch")

    def launch(snapshot: Any, plan: Any, entries: Any, progress: Any, limit: int, now: Any) -> None:
        changed = evolve(plan, **{name: change(plan) for name, change in changes.items()})
        honest(snapshot, changed, entries, progress, limit, now)
    patch.setattr(phase_executing, "_launch", launch)


@mutant("S1", hunt=quick(100, needs=CHAIN))
def dependencies_are_ignored(patch: Patch) -> None:
    _launching(patch, needs=lambda plan: dict.fromkeys(plan.needs, frozenset()))


@mutant("S1", hunt=Schedules(within=100), defect="D15")
def dependencies_by_name_are_ignored(patch: Patch) -> None:
    """Only `dependsOn` counts, as if `dependencies` were not there."""
    patch.setattr(outline, "_by_name", lambda found, needs, path: iter(()))


@mutant("S1", hunt=quick(100, needs=CHAIN, critical=frozenset({2}), retries=(0, 0)))
def steps_run_after_a_failed_prerequisite(patch: Patch) -> None:
    patch.setattr(phase_executing, "_skip_dependants", lambda plan, ledger, now: None)
    patch.setattr(phase_executing, "_allows", lambda plan, prerequisite: is_finished(prerequisite))


@mutant("S6", hunt=quick(100, needs=THREE))
def too_many_steps_run_at_once(patch: Patch) -> None:
    honest = original(phase_executing, "parallel_now")
    patch.setattr(phase_executing, "parallel_now", lambda plan, status: honest(plan, status) + 1)


def _ready_steps_run_together() -> None:
    run = Rehearsal(step(1), step(2), step(3, 1, 2), strategy={"maxParallelSteps": 2}).go()
    require("L3", {"step-1", "step-2"} == run.children.keys(),
            f"steps 1 and 2 are ready and two may run at once, but only {', '.join(run.children)} is created")


@mutant("L3", hunt=Examination(examine=_ready_steps_run_together), defect="D5")
def one_step_runs_at_a_time(patch: Patch) -> None:
    patch.setattr(phase_executing, "parallel_now", lambda plan, status: 1)


@mutant("S6", hunt=quick(1_000, Scope(
    needs=THREE, critical=frozenset({1}), retries=(0, 0, 0), impatient=False, unreliable=False, endings=False)))
def a_critical_failure_stops_nothing(patch: Patch) -> None:
    honest = original(machine, "plan_of")

    def plan_of(snapshot: Any) -> Any:
        plan = honest(snapshot)
        return evolve(plan, critical=frozenset()) if hasattr(plan, "critical") else plan
    patch.setattr(machine, "plan_of", plan_of)


@mutant("L1", hunt=quick(200, needs=TWO, endings=True), defect="D6")
def a_failure_that_is_not_critical_keeps_the_workflow_open(patch: Patch) -> None:
    honest = original(phase_executing, "_ledger_finished")

    def finished(snapshot: Any, status: Any, plan: Any, halt: Any, now: Any) -> Decision:
        everything = all(entry.status is StepPhase.COMPLETED for entry in status.step_statuses)
        return honest(snapshot, status, plan, halt, now) if everything or halt else Decision(status=status)
    patch.setattr(phase_executing, "_ledger_finished", finished)
