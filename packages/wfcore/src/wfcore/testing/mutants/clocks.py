"""Time: it only moves forward, waits are capped, and whoever waits asks to be woken."""

from __future__ import annotations

from datetime import UTC, datetime

from wfcore.decision import Progress
from wfcore.lifecycle import machine, phase_executing
from wfcore.testing.checker.scope import Scope
from wfcore.testing.mutants.mutant import Schedules, mutant
from wfcore.testing.mutants.patching import Patch, original
from wfcore.testing.mutants.scopes import ONE, quick


@mutant("S21", hunt=Schedules(within=100))
def the_back_off_has_no_cap(patch: Patch) -> None:
    honest = original(phase_executing, "retry_delay")
    patch.setattr(phase_executing, "retry_delay", lambda uid, what, attempt, settings: 50 * honest(
        uid, what, attempt, settings))


@mutant("S21", hunt=Schedules(within=200))
def clocks_take_a_workflow_back_in_time(patch: Patch) -> None:
    patch.setattr(machine, "_latest", lambda status: datetime.min.replace(tzinfo=UTC))


@mutant("L1", hunt=quick(100, Scope(needs=ONE)))
def nobody_asks_to_be_woken(patch: Patch) -> None:
    patch.setattr(Progress, "wake_at", lambda self: None)
