"""What people may do at any moment: suspend, freeze, stop."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from wfcore.lifecycle import machine, phase_executing, phase_validating
from wfcore.model.enums import Stop
from wfcore.program import CALM
from wfcore.rollback import start
from wfcore.testing.mutants.mutant import mutant
from wfcore.testing.mutants.patching import Patch, original
from wfcore.testing.mutants.scopes import CHAIN, quick


def _holding(patch: Patch, with_hold: Any) -> None:
    for module in (machine, phase_validating):
        patch.setattr(module, "with_hold", with_hold)


@mutant("S6", hunt=quick(200, person=("suspend",), moves=1))
def a_suspension_is_not_noticed(patch: Patch) -> None:
    _holding(patch, lambda snapshot, status, now: status)


@mutant("S6", hunt=quick(100, person=("freeze",), moves=1, endings=True))
def a_freeze_is_not_noticed(patch: Patch) -> None:
    honest = original(machine, "with_hold")
    _holding(patch, lambda snapshot, status, now: honest(evolve(snapshot, surroundings=CALM), status, now))


@mutant("S6", hunt=quick(800, needs=CHAIN, person=("stop",)))
def a_stop_is_not_noticed(patch: Patch) -> None:
    honest = original(phase_executing, "_halt")

    def halt(status: Any, plan: Any, entries: Any, stop: Stop, now: Any) -> Any:
        return honest(status, plan, entries, Stop.NO, now)
    patch.setattr(phase_executing, "_halt", halt)


@mutant("S9", hunt=quick(1_000, person=("stop",)))
def a_graceful_stop_is_rolled_back(patch: Patch) -> None:
    patch.setattr(start, "_is_wanted", lambda stop, strategy, reason: True)
