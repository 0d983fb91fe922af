"""One attempt: how often it is tried, how long it may take, what it is told before it is given up."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from attrs import evolve

from wfcore.decision import CancelChild
from wfcore.execution import attempts
from wfcore.execution.attempts import Running
from wfcore.lifecycle import phase_executing
from wfcore.model.enums import ExecutionPhase
from wfcore.reconciler import Perform
from wfcore.rollback import advance
from wfcore.settings import CustomAction, Settings
from wfcore.testing.checker.scope import Scope
from wfcore.testing.mutants.mutant import Examination, Schedules, mutant
from wfcore.testing.mutants.patching import Patch, original
from wfcore.testing.mutants.rehearsal import Rehearsal, failed, require, step
from wfcore.testing.mutants.scopes import ONE, quick
from wfcore.testing.simulator.simulation import Mode

_KNOWN = frozenset(phase.value for phase in ExecutionPhase) | {""}


@mutant("S4", hunt=quick(700), by_hand=True)
def attempts_are_counted_by_greater_instead_of_greater_or_equal(patch: Patch) -> None:
    honest = original(phase_executing, "should_retry")
    patch.setattr(phase_executing, "should_retry", lambda failure, attempt, most, *, idempotent: honest(
        failure, attempt, most + 1, idempotent=idempotent))


def _every_retry_is_used() -> None:
    run = Rehearsal(step(1, criticalStep=True), strategy={"maxRetries": 1}).go()
    run.report("step-1", failed("service_unavailable")).wait(600)
    require("S4", "step-1-r1" in run.children, "the one retry that step 1 has is not used")


@mutant("S4", hunt=Examination(examine=_every_retry_is_used))
def the_last_retry_is_not_used(patch: Patch) -> None:
    honest = original(phase_executing, "should_retry")
    patch.setattr(phase_executing, "should_retry", lambda failure, attempt, most, *, idempotent: honest(
        failure, attempt, most - 1, idempotent=idempotent))


def _what_may_do_harm_is_not_repeated() -> None:
    custom = {"action": "custom", "parameters": {"custom": {"actionType": "charge"}}}
    settings = Settings(custom_actions=(CustomAction(action_type="charge"),))
    run = Rehearsal({"stepNumber": 1, "name": "a", "criticalStep": True, **custom}, settings=settings,
                    strategy={"maxRetries": 2}).go()
    run.report("step-1", failed("timeout")).wait(600)
    require("S5", ["step-1"] == list(run.children), "an action that is not idempotent is repeated although what "
            "became of its first attempt is unknown")


@mutant("S5", hunt=Examination(examine=_what_may_do_harm_is_not_repeated))
def what_may_do_harm_is_repeated(patch: Patch) -> None:
    patch.setattr(phase_executing, "may_be_repeated", lambda rendered, settings: True)


@mutant("L1", hunt=Schedules(within=100, mode=Mode.LIVENESS), defect="D8")
def an_unknown_phase_is_looked_at_again_for_ever(patch: Patch) -> None:
    honest = original(phase_executing, "judge")

    def judge(attempt: Any, child: Any, foreign: Any, **seen: Any) -> Any:
        phase = getattr(getattr(child, "status", None), "phase", "")
        if phase in _KNOWN:
            return honest(attempt, child, foreign, **seen)
        return Running(seen["now"] + timedelta(seconds=10), child.metadata.uid)
    patch.setattr(phase_executing, "judge", judge)


@mutant("S20", hunt=quick(100, Scope(needs=ONE)))
def a_deadline_is_over_only_after_it(patch: Patch) -> None:
    """`>=` becomes `>` where a deadline is judged: who is woken at it has nothing to do."""
    honest, moment = original(attempts, "judge"), timedelta(microseconds=1)

    def judge(attempt: Any, child: Any, foreign: Any, **seen: Any) -> Any:
        verdict = honest(evolve(attempt, deadline=attempt.deadline + moment), child, foreign, **seen)
        waits = isinstance(verdict, Running) and verdict.wake_at == attempt.deadline + moment
        return evolve(verdict, wake_at=attempt.deadline) if waits else verdict
    for module in (phase_executing, advance):
        patch.setattr(module, "judge", judge)


@mutant("S9", hunt=quick(6_000, Scope(needs=ONE)))
def a_cancelled_child_gets_no_grace(patch: Patch) -> None:
    patch.setattr(attempts, "_waiting", lambda attempt, child, now, settings: None)


@mutant("S2", "S11", hunt=quick(2_000, retries=(0,), faults=1, lag=0, impatient=True))
def the_grace_begins_before_the_child_is_told(patch: Patch) -> None:
    honest = original(attempts, "_waiting")

    def waiting(attempt: Any, child: Any, now: datetime, settings: Any) -> Any:
        if attempt.cancelled_at is not None and now >= attempt.cancelled_at + settings.cancel_grace:
            return None
        return honest(attempt, child, now, settings)
    patch.setattr(attempts, "_waiting", waiting)


@mutant("S11", hunt=quick(3_000, Scope(
    needs=ONE, retries=(0,), faults=1, lag=0, unreliable=False, endings=False)))
def an_attempt_is_given_up_without_being_withdrawn(patch: Patch) -> None:
    honest = original(attempts, "_absent")
    patch.setattr(attempts, "_absent", lambda attempt, foreign, live, now, settings: honest(
        evolve(attempt, cancelled_at=now) if now >= attempt.deadline else attempt, foreign, live, now, settings))


@mutant("L1", hunt=Schedules(within=100, mode=Mode.LIVENESS))
def cancels_are_never_sent(patch: Patch) -> None:
    honest = original(Perform, "run")

    def run(self: Perform) -> Any:
        kept = tuple(effect for effect in self.effects if not isinstance(effect, CancelChild))
        return (yield from honest(evolve(self, effects=kept)))
    patch.setattr(Perform, "run", run)
