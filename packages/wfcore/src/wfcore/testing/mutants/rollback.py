"""Compensations: when they may start, in which order, with which values, and what stays changed."""

from __future__ import annotations

from typing import Any

from wfcore.lifecycle import machine
from wfcore.model.enums import RollbackPhase, StepPhase
from wfcore.reasons import Reason
from wfcore.rollback import advance, start
from wfcore.testing.mutants.mutant import Schedules, mutant
from wfcore.testing.mutants.patching import Patch, original
from wfcore.testing.mutants.scopes import CHAIN, TWO, quick

_OPEN = frozenset({RollbackPhase.PENDING, RollbackPhase.EXECUTING})


@mutant("S10", hunt=quick(500, needs=CHAIN), by_hand=True)
def the_rollback_goes_forward(patch: Patch) -> None:
    """A step is undone after its prerequisites, not after what depends on it."""
    def blocked(plan: Any, ledger: Any) -> frozenset[int]:
        waiting: set[int] = set()
        for number in plan.order:
            needed = plan.needs[number]
            if needed & waiting or any(ledger[n].rollback and ledger[n].rollback.status in _OPEN for n in needed):
                waiting.add(number)
        return frozenset(waiting)
    patch.setattr(advance, "_blocked", blocked)


@mutant("S10", hunt=quick(500, needs=CHAIN))
def compensations_are_in_no_order(patch: Patch) -> None:
    patch.setattr(advance, "_blocked", lambda plan, entries: frozenset())


@mutant("S9", hunt=quick(200))
def nothing_is_ever_undone(patch: Patch) -> None:
    patch.setattr(start, "_is_wanted", lambda stop, strategy, reason: False)


@mutant("S11", hunt=quick(900, needs=TWO), defect="D7")
def the_rollback_starts_while_steps_run(patch: Patch) -> None:
    honest = original(machine, "advance_execution")

    def hasty(snapshot: Any, status: Any, plan: Any, now: Any) -> Any:
        decision = honest(snapshot, status, plan, now)
        lost = [e for e in decision.status.step_statuses
                if e.status is StepPhase.FAILED and e.step_number in plan.critical]
        if lost and decision.status.phase is status.phase and not decision.need_live:
            return start.begin_rollback(snapshot, decision.status, plan, Reason.STEP_EXECUTION_FAILED, "at once", now)
        return decision
    patch.setattr(machine, "advance_execution", hasty)


@mutant("S9", hunt=quick(10_000, lag=3, faults=1, person=("freeze",), moves=2, retries=(0,)))
def captured_values_are_read_from_a_stale_child(patch: Patch) -> None:
    """Found where a freeze parts the decision to roll back from the compensation, and a restart brings an old cache."""
    patch.setattr(advance, "_shows_the_capture", lambda snapshot, entry: True)


@mutant("S4", hunt=quick(1_500))
def a_compensation_is_tried_again_for_ever(patch: Patch) -> None:
    patch.setattr(advance, "should_retry", lambda failure, attempt, most, *, idempotent: True)


@mutant("S9", hunt=Schedules(within=100))
def what_stays_changed_is_forgotten(patch: Patch) -> None:
    patch.setattr(start, "dirty_objects", lambda entry, plan: ())
