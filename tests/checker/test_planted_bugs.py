"""The checker finds what it is for: each planted bug, by the law it breaks, within a small scope."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from wfcore.testing.checker.explore import Exploration
from wfcore.testing.checker.scope import SETTINGS, STABLE, Scope, dags
from wfcore.testing.checker.trace import trace

from . import bugs

ONE, TWO, THREE = dags(1)[0], dags(2)[0], dags(3)[0]
CHAIN = dags(2)[1]
QUICK: dict[str, Any] = {"impatient": False, "unreliable": False, "endings": False}
APPROVED: dict[str, Any] = {
    "needs": ONE, "strategy": {"approvalRequired": True}, "person": ("approve",), "moves": 1, **QUICK}

FOUND: list[tuple[Callable[[Any], None], str, Scope]] = [
    (bugs.perform_before_commit, "S3", Scope(needs=ONE, **QUICK)),
    (bugs.believe_any_owner, "S15", Scope(needs=ONE, intruder="stranger")),
    (bugs.one_retry_too_many, "S4", Scope(needs=ONE, **QUICK)),
    (bugs.skip_the_digest, "S16", Scope(needs=ONE, intruder="impostor")),
    (bugs.undo_without_order, "S10", Scope(needs=CHAIN, **QUICK)),
    (bugs.undo_while_siblings_run, "S11", Scope(needs=TWO, **QUICK)),
    (bugs.believe_absence_in_the_cache, "S9", Scope(needs=ONE, lag=2, endings=False)),
    (bugs.forget_what_failed_attempts_changed, "S9", Scope(needs=ONE, **QUICK)),
    (bugs.go_on_after_the_end, "S7", Scope(needs=ONE, **QUICK)),
    (bugs.launch_after_a_critical_failure, "S6", Scope(needs=THREE, critical=frozenset({1}), retries=(0, 0, 0),
                                                       **QUICK)),
    (bugs.ignore_prerequisites, "S1", Scope(needs=CHAIN, **QUICK)),
    (bugs.ignore_the_parallel_limit, "S6", Scope(needs=THREE, **QUICK)),
    (bugs.one_name_for_all_attempts, "S9", Scope(needs=ONE, **QUICK)),
    (bugs.never_ask_to_be_woken, "L1", Scope(needs=ONE)),
    (bugs.give_no_grace, "S9", Scope(needs=ONE)),
    (bugs.undo_with_the_latest_capture, "S9", Scope(needs=ONE, **QUICK)),
    (bugs.give_up_without_withdrawing, "S11", Scope(needs=ONE, faults=1, endings=False)),
    (bugs.never_trust_the_audit_condition, "S20", Scope(needs=ONE)),
    (bugs.leave_children_behind, "L1", Scope(needs=ONE, person=("delete",))),
    (bugs.skip_validation, "S8", Scope(needs=ONE)),
    (bugs.wait_until_after_the_deadline, "S20", Scope(needs=ONE)),
    (bugs.never_notice_a_suspension, "S6", Scope(needs=ONE, person=("suspend",), moves=1, **QUICK)),
    (bugs.go_on_after_a_stop, "S6", Scope(needs=CHAIN, person=("stop",), **QUICK)),
    (bugs.roll_back_a_graceful_stop, "S9", Scope(needs=ONE, person=("stop",), **QUICK)),
    (bugs.execute_without_the_dry_run, "S14", Scope(needs=ONE, strategy={"dryRunFirst": True}, **QUICK)),
    (bugs.ignore_the_workflow_timeout, "S6", Scope(needs=CHAIN, strategy={"workflowTimeout": "50s"},
                                                   **{**QUICK, "unreliable": True})),
    (bugs.execute_what_only_asks_for_a_plan, "S6", Scope(needs=ONE, strategy={"mode": "Plan"}, **QUICK)),
    (bugs.never_notice_a_freeze, "S6", Scope(needs=ONE, person=("freeze",), moves=1, **{**QUICK, "endings": True})),
    (bugs.let_the_creator_approve, "S12", Scope(**APPROVED)),
    (bugs.approve_whatever_plan, "S12", Scope(**APPROVED)),
    (bugs.execute_without_an_approval, "S12", Scope(**APPROVED)),
    (bugs.wait_for_an_approval_for_ever, "S20", Scope(**{**APPROVED, "endings": True})),
    (bugs.wait_for_sick_targets_for_ever, "L1", Scope(
        needs=ONE, targets="sick", settings=evolve(SETTINGS, stability_window=STABLE), impatient=False)),
]


@pytest.mark.parametrize(("plant", "law", "scope"), FOUND, ids=[plant.__name__ for plant, _, _ in FOUND])
def test_a_planted_bug_is_found(plant: Callable[[Any], None], law: str, scope: Scope,
                                monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    found = Exploration(scope).run(most=120_000)

    assert found.broken is not None, f"{len(found.keys)} states, nothing found"
    assert law == found.broken.violation.law
    assert trace(found)[-1].strip().startswith(f"breaks {law}: ")
