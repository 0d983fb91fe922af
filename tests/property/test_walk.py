"""Every walk ends, and at each committed status the safety laws hold, judged by oracles that share no code with it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import attrs
import pytest
from hypothesis import HealthCheck, given, settings

from wfcore.codec import encode
from wfcore.journal import journal
from wfcore.lifecycle.transitions import TERMINAL, TRANSITIONS
from wfcore.model.definition import WorkflowExecutionSpec, WorkflowStep
from wfcore.model.enums import Mutated, Outcome, Phase, RollbackPhase, RollbackStrategy, StepPhase
from wfcore.model.status import StepStatus, WorkflowExecutionStatus
from wfcore.model.workflow import ObjectMeta, WorkflowExecution
from wfcore.testing.strategies import workflow_specs
from wfcore.testing.walking import APPROVERS, BEHAVIOURS, Behaviour, Walk

from .test_planning import before, edges

P, E, C, F, S, R = StepPhase
STEP_TRANSITIONS = {P: {P, E, S}, E: {E, C, F}, C: {C, R}, F: {F}, S: {S}, R: {R}}
OVER = {RollbackPhase.COMPLETED, RollbackPhase.FAILED}
SPECS = workflow_specs(max_size=5)

walks = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
                 max_examples=settings().max_examples // 2)


def ledger(status: WorkflowExecutionStatus) -> dict[int, StepStatus]:
    return {entry.step_number: entry for entry in status.step_statuses}


def steps_of(spec: WorkflowExecutionSpec) -> dict[int, WorkflowStep]:
    return {step.step_number: step for step in spec.workflow_definition.steps}


def attempts_allowed(spec: WorkflowExecutionSpec, step: WorkflowStep) -> int:
    wanted = [step.max_retries, spec.execution_strategy.max_retries, 2]
    return 1 + next(count for count in wanted if count is not None)


def commits(walk: Walk) -> Iterator[tuple[WorkflowExecutionStatus, WorkflowExecutionStatus]]:
    return pairwise((WorkflowExecutionStatus(), *walk.world.commits))


@walks
@given(SPECS, BEHAVIOURS, APPROVERS)
def test_every_walk_ends_and_keeps_the_laws_at_each_commit(
        spec: WorkflowExecutionSpec, behaviours: list[Behaviour], approver: Behaviour) -> None:
    walk = Walk(spec, behaviours, approver=approver).to_the_end()

    for old, new in commits(walk):
        transitions_follow_the_tables(old, new)
        prerequisites_come_first(spec, old, new)
        attempts_are_bounded(spec, old, new)
        forward_and_backward_never_overlap(spec, new)
        only_what_may_be_undone_is_undone(spec, new)
        dependants_are_undone_first(spec, old, new)
        terminal_is_final(old, new)
        nothing_is_executed_without_its_approval(spec, old, new)
        no_ready_step_waits_while_there_is_room(spec, new)
    the_journal_has_a_row_for_each_transition(walk)
    children_are_intended_before_they_are_created(walk)
    success_was_seen(walk)
    the_verdict_follows_from_the_ledger(spec, walk.world.commits[-1])


def transitions_follow_the_tables(old: WorkflowExecutionStatus, new: WorkflowExecutionStatus) -> None:
    """S8."""
    assert new.phase is old.phase or new.phase in TRANSITIONS[old.phase]
    was = ledger(old)
    for number, entry in ledger(new).items():
        assert entry.status in STEP_TRANSITIONS[was[number].status if number in was else P]
    assert old.current_step <= new.current_step
    assert new.phase in (Phase.NEW, Phase.PLANNING, Phase.FAILED) or new.total_steps == len(new.step_statuses)


def prerequisites_come_first(spec: WorkflowExecutionSpec, old: WorkflowExecutionStatus,
                             new: WorkflowExecutionStatus) -> None:
    """S1, S6."""
    was, now, needs = ledger(old), ledger(new), edges(spec)
    for number, entry in now.items():
        if entry.attempt > (was[number].attempt if number in was else 0):
            assert new.phase is Phase.EXECUTING
            assert all(now[needed].status is C for needed in needs[number])


def attempts_are_bounded(spec: WorkflowExecutionSpec, old: WorkflowExecutionStatus,
                         new: WorkflowExecutionStatus) -> None:
    """S4, S6."""
    was = ledger(old)
    for number, entry in ledger(new).items():
        step = steps_of(spec)[number]
        gone = was[number].attempt if number in was else 0
        assert entry.attempt in (gone, gone + 1)
        assert entry.attempt <= attempts_allowed(spec, step)
        assert entry.retries_attempted == max(0, entry.attempt - 1)
        assert entry.rollback is None or entry.rollback.attempt <= attempts_allowed(spec, step)
    assert sum(e.status is E for e in new.step_statuses) <= (spec.execution_strategy.max_parallel_steps or 5)


def no_ready_step_waits_while_there_is_room(spec: WorkflowExecutionSpec, new: WorkflowExecutionStatus) -> None:
    """L3: what makes a step ready and its intent are one write."""
    now, needs, steps = ledger(new), edges(spec), steps_of(spec)
    if new.phase is not Phase.EXECUTING or spec.execution_strategy.workflow_timeout is not None or any(
            e.status is F and steps[n].critical_step for n, e in now.items()):
        return
    ready = [n for n, e in now.items() if e.status is P and all(now[needed].status is C for needed in needs[n])]
    room = (new.max_parallel_steps or spec.execution_strategy.max_parallel_steps or 5) - sum(
        e.status is E for e in now.values())
    assert not ready or room <= 0


def forward_and_backward_never_overlap(spec: WorkflowExecutionSpec, new: WorkflowExecutionStatus) -> None:
    """S11, and nothing is forgotten in a terminal workflow."""
    if new.phase is Phase.ROLLING_BACK or new.phase in TERMINAL:
        assert not [e for e in new.step_statuses if e.status in (E, P)] or not new.execution_start_time
        assert all(e.rollback is None or e.rollback.status in OVER for e in new.step_statuses) or \
            new.phase is Phase.ROLLING_BACK


def only_what_may_be_undone_is_undone(spec: WorkflowExecutionSpec, new: WorkflowExecutionStatus) -> None:
    """S9."""
    for entry in new.step_statuses:
        if entry.rollback is not None:
            assert steps_of(spec)[entry.step_number].rollback_spec is not None
            assert entry.mutated is not Mutated.NO
            assert 1 <= entry.rollback.source_attempt == entry.mutating_attempt <= entry.attempt
            assert spec.execution_strategy.rollback_strategy is RollbackStrategy.AUTOMATIC
        assert (entry.mutated is Mutated.NO) == (entry.mutating_attempt == 0)


def dependants_are_undone_first(spec: WorkflowExecutionSpec, old: WorkflowExecutionStatus,
                                new: WorkflowExecutionStatus) -> None:
    """S10: whoever stands on a step is undone, given up or was never to be undone."""
    was, now, needs = ledger(old), ledger(new), edges(spec)
    for number, entry in now.items():
        earlier = was[number].rollback if number in was else None
        if entry.rollback is not None and entry.rollback.attempt > (earlier.attempt if earlier else 0):
            standing = [n for n in now if number in before(needs, n)]
            assert all(now[n].rollback is None or now[n].rollback.status in OVER for n in standing)


def terminal_is_final(old: WorkflowExecutionStatus, new: WorkflowExecutionStatus) -> None:
    """S7."""
    if old.phase in TERMINAL:
        ours, theirs = encode(old), encode(new)
        for status in (ours, theirs):
            status["conditions"] = [c for c in status["conditions"] if c["type"] != "AuditRecorded"]
        assert ours == theirs


def nothing_is_executed_without_its_approval(spec: WorkflowExecutionSpec, old: WorkflowExecutionStatus,
                                             new: WorkflowExecutionStatus) -> None:
    """S12, S13: one write leaves the wait, and says who decided on which plan."""
    assert old.plan_digest in ("", new.plan_digest)
    if new.execution_start_time is None:
        assert all(entry.attempt == 0 for entry in new.step_statuses)
        return
    if spec.execution_strategy.approval_required:
        record = new.approval
        assert ("approved", "bob", new.plan_digest) == (record.decision, record.by, record.digest)
        assert record.at <= record.deadline
    assert old.approval is None or old.execution_start_time is None or old.approval == new.approval


def the_journal_has_a_row_for_each_transition(walk: Walk) -> None:
    """S27: numbered without gaps, each status's journal a prefix of its successor's."""
    meta = ObjectMeta(name="w", uid="u")
    for old, new in commits(walk):
        rows, more = (journal(WorkflowExecution(metadata=meta, spec=walk.spec, status=status)) for status in (old, new))
        assert rows == more[:len(rows)]
        assert len(more) - len(rows) == (old.phase is not new.phase)
        assert not more or more[-1].to_phase is new.phase
        assert list(range(1, len(more) + 1)) == [row.seq for row in more]
        assert sorted(row.at for row in more) == [row.at for row in more]
        assert all(row.to_phase in TRANSITIONS[row.from_phase] for row in more)
        assert [Phase.NEW, *(row.to_phase for row in more)][:-1] == [row.from_phase for row in more]


def children_are_intended_before_they_are_created(walk: Walk) -> None:
    """S3, S14."""
    for commits_before, name in walk.created:
        now = walk.world.commits[commits_before - 1]
        if name.startswith("w-dryrun-"):
            assert now.dry_run_start_time is not None
            continue
        assert now.execution_start_time is not None
        intended = {
            ref.name for status in walk.world.commits[:commits_before] for e in status.step_statuses
            for ref in (e.k8s_execution_ref, e.rollback.k8s_execution_ref if e.rollback else None) if ref}
        assert name in intended


def success_was_seen(walk: Walk) -> None:
    """S16."""
    for entry in walk.world.commits[-1].step_statuses:
        if entry.status in (C, R):
            assert entry.k8s_execution_ref.name in walk.succeeded
        if entry.rollback is not None and entry.rollback.status is RollbackPhase.COMPLETED:
            assert entry.rollback.k8s_execution_ref.name in walk.succeeded


def the_verdict_follows_from_the_ledger(spec: WorkflowExecutionSpec, end: WorkflowExecutionStatus) -> None:
    phases = [entry.status for entry in end.step_statuses]
    failed_critically = any(e.status is F and steps_of(spec)[e.step_number].critical_step for e in end.step_statuses)
    if end.phase is Phase.COMPLETED:
        assert not failed_critically
        assert C in phases
        assert (end.workflow_result.outcome is Outcome.SUCCESS) == all(p is C for p in phases)
    else:
        changed = {e.step_number for e in end.step_statuses if e.mutated is not Mutated.NO}
        undone = {e.step_number for e in end.step_statuses
                  if e.rollback and e.rollback.status is RollbackPhase.COMPLETED}
        assert changed - undone == {d.step_number for d in (end.rollback.dirty if end.rollback else ())}
    done = sum(p in (C, R) for p in phases) / len(phases)
    rolled_back = end.rollback is not None and end.rollback.performed
    cost = 0.05 * sum(e.retries_attempted for e in end.step_statuses) + 0.1 * rolled_back
    assert pytest.approx(min(1, max(0, done - cost)), abs=1e-6) == end.workflow_result.effectiveness_score


@settings(walks, max_examples=walks.max_examples // 2)
@given(SPECS, BEHAVIOURS)
def test_the_order_in_which_children_are_listed_decides_nothing(
        spec: WorkflowExecutionSpec, behaviours: list[Behaviour]) -> None:
    one, other = Walk(spec, behaviours).to_the_end(), Walk(spec, behaviours, shuffled=True).to_the_end()

    assert one.world.commits == other.world.commits
    assert [p.words for p in one.passes] == [p.words for p in other.passes]


@settings(walks, max_examples=walks.max_examples // 2)
@given(SPECS)
def test_when_everything_succeeds_in_time_so_does_the_workflow_in_few_writes(spec: WorkflowExecutionSpec) -> None:
    status = {"phase": "completed", "executionResult": {"success": True}}
    strategy = attrs.evolve(spec.execution_strategy, workflow_timeout=None, approval_timeout=None)
    unlimited = Walk(attrs.evolve(spec, execution_strategy=strategy), [Behaviour(0, "succeed", status)]).to_the_end()
    end = unlimited.world.commits[-1]

    assert (Phase.COMPLETED, Outcome.SUCCESS) == (end.phase, end.workflow_result.outcome)
    extra = bool(strategy.dry_run_first) * 2 + bool(strategy.approval_required) * 2
    assert len(unlimited.world.commits) <= 2 * len(end.step_statuses) + 6 + extra


@settings(walks, max_examples=walks.max_examples // 2)
@given(SPECS)
def test_with_an_executor_that_never_answers_every_workflow_ends(spec: WorkflowExecutionSpec) -> None:
    end = Walk(spec, [Behaviour(0, "nothing")]).to_the_end().world.commits[-1]

    assert Phase.FAILED is end.phase
    assert {F, S} >= {e.status for e in end.step_statuses} or end.execution_start_time is None
