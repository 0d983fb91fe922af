"""Where a workflow may act: namespaces of others, protected ones, nodes, and whose word is taken for it."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from wfcore.lifecycle import live_checks
from wfcore.program import CALM, Surroundings
from wfcore.testing.mutants.mutant import Examination, mutant
from wfcore.testing.mutants.patching import Patch, original
from wfcore.testing.mutants.rehearsal import CREATOR, Rehearsal, require, step
from wfcore.validation import authority


def _acting_in(namespace: str) -> Rehearsal:
    """A workflow of namespace `default` whose step acts in another one, where its creator may do nothing."""
    run = Rehearsal(step(1, parameters={"scaleDeployment": {
        "namespace": namespace, "deployment": "web", "replicas": 3}}))
    run.world.allowed_by_default = False
    return run


def _power_elsewhere_is_the_creators() -> None:
    run = _acting_in("elsewhere").go()
    require("S6", not run.children, f"a child acts in namespace `elsewhere`, where {CREATOR} may do nothing")


def _whose_power_it_is_has_to_be_proved() -> None:
    run = _acting_in("elsewhere")
    run.world.allowed_by_default = True
    run.world.surroundings = CALM  # whoever creates a workflow may name anybody as its creator
    run.go()
    require("S6", not run.children, f"a child acts in another namespace with the power of {CREATOR}, and nothing "
            f"proves that {CREATOR} created the workflow")


def _protected_namespaces_are_nobodys() -> None:
    run = _acting_in("kube-system")
    run.world.allowed_by_default = True
    run.go()
    require("S6", not run.children, "a child acts in kube-system")


@mutant("S6", hunt=Examination(examine=_power_elsewhere_is_the_creators), defect="D13")
def a_namespace_elsewhere_needs_no_right(patch: Patch) -> None:
    patch.setattr(live_checks, "needed_powers", lambda specs, namespace, settings: ())


@mutant("S6", hunt=Examination(examine=_power_elsewhere_is_the_creators), defect="D13")
def a_denied_power_is_used(patch: Patch) -> None:
    honest = original(live_checks, "replies")
    patch.setattr(live_checks, "replies", lambda review, answers: {
        question: allowed is not None for question, allowed in honest(review, answers).items()})


@mutant("S6", hunt=Examination(examine=_whose_power_it_is_has_to_be_proved))
def a_creator_that_nothing_vouches_for_is_believed(patch: Patch) -> None:
    honest = original(live_checks, "_power")
    patch.setattr(live_checks, "_power", lambda snapshot, plan: honest(
        evolve(snapshot, surroundings=Surroundings(approvals_guarded=True)), plan))


@mutant("S6", hunt=Examination(examine=_protected_namespaces_are_nobodys))
def no_namespace_is_protected(patch: Patch) -> None:
    def protected(settings: Any) -> frozenset[str]:
        return frozenset()
    patch.setattr(authority, "protected", protected)
