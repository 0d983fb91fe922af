"""Each law says no to what it forbids: hand-made violations, each beside a commit that is fine."""

from __future__ import annotations

import attrs
import pytest

from wfcore.audit import audit_id
from wfcore.testing.contracts import sample_record
from wfcore.testing.simulator.agenda import SECOND, instant, wire
from wfcore.testing.simulator.history import History
from wfcore.testing.simulator.laws.broken import ChildChange, Clocks, LawBroken, StatusCommit
from wfcore.testing.simulator.laws.of_audit import (
    finalizers_wait_for_the_children,
    finalizers_wait_for_the_row,
    rows_are_derived_from_what_is_persisted,
)
from wfcore.testing.simulator.laws.of_children import CHILD_LAWS
from wfcore.testing.simulator.laws.of_status import STATUS_LAWS
from wfcore.testing.simulator.laws.of_the_end import END_LAWS
from wfcore.testing.simulator.laws.watching import hold
from wfcore.testing.simulator.meaning import capture_of, meaning_of, outcome_of, seconds
from wfcore.testing.simulator.runs import Run

from .histories import (
    COMPENSATED,
    DONE,
    NOW,
    SETTINGS,
    SPEC,
    THREE,
    change,
    child,
    commit,
    entry,
    executing,
    problems,
    run,
    status,
)

FORBIDDEN: list[tuple[str, str, StatusCommit]] = [
    ("S1", "before step 1", commit(status("executing", entry(1), entry(2, "executing", 1), entry(3)))),
    ("S1", "before step 2", commit(status("executing", entry(1), entry(2, "failed", 1), entry(3, "executing", 1)))),
    ("S4", "follows none", commit(status("executing", entry(1, "executing", 2), entry(2), entry(3)))),
    ("S4", "more than its retries", commit(
        status("executing", entry(1), entry(2), entry(3, "executing", 2)), of=run(intents={("forward", 3, 1): 0}))),
    ("S5", "still running", commit(
        status("executing", entry(1, "executing", 2), entry(2), entry(3)),
        of=run(intents={("forward", 1, 1): NOW}, children=[child(1)]))),
    ("S6", "in phase validating", commit(status("validating", entry(1, "executing", 1), entry(2), entry(3)))),
    ("S6", "being deleted", commit(
        status("executing", entry(1, "executing", 1), entry(2), entry(3)), of=run(deleted=NOW))),
    ("S6", "3 steps run", commit(status("executing", *(entry(n, "executing", 1) for n in (1, 2, 3))))),
    ("S6", "critical step 3", commit(status("executing", entry(1, "executing", 1), entry(2), entry(3, "failed", 1)))),
    ("S6", "deadline", commit(status("executing", entry(1, "executing", 1), entry(2), entry(3),
                                     workflowDeadline=wire(instant(NOW - 60 * SECOND))))),
    ("S7", "failureReason changed", commit(status("failed", failureReason="b"), status("failed", failureReason="a"))),
    ("S7", "conditions changed", commit(
        status("failed", conditions=[{"type": "Failed"}]), status("failed", conditions=[]))),
    ("S8", "'executing' -> 'planning'", commit(status("planning", *THREE))),
    ("S8", "step 1: 'failed' -> 'executing'", commit(
        status("executing", entry(1, "executing", 2), entry(2), entry(3)), status("executing", entry(1, "failed", 1)))),
    ("S8", "compensation of step 1", commit(
        status("rolling_back", entry(1, "completed", 1, rollback={"status": "completed"})),
        status("rolling_back", entry(1, "completed", 1)))),
    ("S8", "currentStep", commit(status("executing", *THREE, currentStep=1),
                                 status("executing", *THREE, currentStep=2))),
    ("S8", "step 2 unfinished", commit(status("failed", entry(1, "failed", 1), entry(2, "executing", 1)))),
    ("S8", "outcome is success", commit(
        status("completed", entry(1, "failed", 1), workflowResult={"outcome": "success"}), status("monitoring"))),
    ("S9", "without a rollbackSpec", commit(status("rolling_back", entry(3, "failed", 1, **COMPENSATED)))),
    ("S9", "no attempt changed", commit(status("rolling_back", entry(1, "completed", 1, **COMPENSATED)))),
    ("S9", "not listed as dirty", commit(status("failed", entry(1, "completed", 1, mutated="yes")))),
    ("S10", "before step 2", commit(status("rolling_back", entry(1, "completed", 1, **COMPENSATED), entry(
        2, "completed", 1, rollback={"status": "pending"}), entry(3)))),
    ("S11", "while step 2 is executing", commit(status("rolling_back", entry(2, "executing", 1)))),
    ("S11", "w-step-1 is still running", commit(
        status("rolling_back", entry(1, "failed", 1)), of=run(children=[child(1, status={"phase": "executing"})]))),
    ("S11", "w-step-1 is still running", commit(
        status("rolling_back", entry(1, "failed", 1)), of=run(children=[child(1, deleted=NOW - 5 * SECOND)]))),
    ("S15", "no object has its uid", commit(status("executing", entry(1, "completed", 1)))),
    ("S15", "belongs to nobody", commit(status("executing", entry(1, "completed", 1)), of=run(
        children=[attrs.evolve(child(1), owner="")]))),
    ("S15", "was read from", commit(status("executing", entry(1, "completed", 1)), of=run(
        children=[attrs.evolve(child(1, 2), uid="c1")]))),
    ("S15", "its spec is not", commit(status("executing", entry(1, "completed", 1)), of=run(
        children=[child(1, edited=True)]))),
    ("S16", "never reported", commit(status("executing", entry(1, "completed", 1)), of=run(children=[child(1)]))),
    ("S16", "rollback step 1", commit(
        status("rolling_back", entry(1, "completed", 1, rollback={
            "status": "completed", "k8sExecutionRef": {"name": "w-rollback-1", "uid": "c1"}})),
        of=run(children=[child(1, kind="rollback")]))),
    ("S20", "are enough", commit(status("executing", *THREE), of=run(status_writes=500))),
    ("S21", "armed again", commit(status("executing", entry(1, "executing", 1, deadline="b")),
                                  status("executing", entry(1, "executing", 1, deadline="a")))),
    ("S21", "before it started", commit(status("executing", entry(
        1, "failed", 1, startTime=wire(instant(NOW)), endTime=wire(instant(0)))))),
    ("S21", "it ended at", commit(status("failed", planningStartTime=wire(instant(NOW)),
                                         completionTime=wire(instant(0))))),
    ("S21", "too early", commit(status("executing", entry(1, "executing", 1, cancelledAt="x")), of=run(
        intents={("forward", 1, 1): NOW - 80 * SECOND}))),
    ("S21", "back-off's cap", commit(status("executing", entry(
        1, "executing", 1, retryAt=wire(instant(NOW + 3600 * SECOND)))))),
    ("S21", "is retried before", commit(
        status("executing", entry(1, "executing", 2)),
        status("executing", entry(1, "executing", 1, retryAt=wire(instant(NOW + 60 * SECOND)))))),
    ("S27", "0 are", commit(status("failed", conditions=[{"type": "AuditRecorded", "status": "True"}]))),
]


@pytest.mark.parametrize(("law", "words", "seen"), FORBIDDEN, ids=[f"{law} {words}" for law, words, _ in FORBIDDEN])
def test_a_forbidden_status_is_named(law: str, words: str, seen: StatusCommit) -> None:
    assert any(words in problem for problem in problems(STATUS_LAWS, law, seen)), problems(STATUS_LAWS, law, seen)


@pytest.mark.parametrize("seen", [
    commit(status("executing", entry(1, "executing", 1), entry(2), entry(3))),
    commit(status("executing", entry(1, "completed", 1), entry(2, "executing", 1), entry(3)),
           status("executing", entry(1, "executing", 1), entry(2), entry(3)),
           of=run(intents={("forward", 1, 1): 0}, children=[child(1, succeeded=True, succeeded_unedited=True)])),
    commit(status("rolling_back", entry(1, "completed", 1, **COMPENSATED), entry(2, "failed", 1), entry(3)),
           status("executing", entry(1, "completed", 1), entry(2, "failed", 1), entry(3)),
           of=run(intents={("forward", 1, 1): 0, ("forward", 2, 1): 0},
                  children=[child(1, status=DONE), child(2, deleted=NOW - 20 * SECOND)])),
    commit(status("failed", conditions=[{"type": "AuditRecorded", "status": "False"}]), status("failed")),
], ids=["first intent", "next step", "rollback", "acknowledgement"])
def test_an_honest_status_breaks_no_law(seen: StatusCommit) -> None:
    assert [] == [problem for law in STATUS_LAWS for problem in problems(STATUS_LAWS, law, seen)]


OTHER = {"rollbackInformation": {"mutated": "yes", "parameters": {"scaleToPrevious": {"previousReplicas": 101}}}}
RESTORED = attrs.evolve(child(1, 1, "rollback"), spec={"planDigest": "d", "rollbackParameters": {
    "scaleToPrevious": {"previousReplicas": 7}}})
FORBIDDEN_CHILDREN = [
    ("S2", "while w-step-1 is running", change(child(1, 2), executing(children=[child(1)]))),
    ("S3", "without a persisted intent", change(child(2), executing())),
    ("S3", "should be called", change(attrs.evolve(child(1), name="x"), executing())),
    ("S3", "after the end", change(child(2), run(status=status("failed")))),
    ("S4", "child 3", change(child(1, 3), executing(children=[child(1), child(1, 2)]))),
    ("S5", "a second time", change(child(1), executing(children=[child(1, gone=True)]))),
    ("S5", "while its workflow stays", change(child(1, tracked=False), executing(), child(1))),
    ("S5", "while it was acting", change(child(1, tracked=False), executing(deleted=NOW), child(
        1, status={"phase": "executing"}, deleted=NOW - 5 * SECOND))),
    ("S6", "neither recorded", change(child(1, deleted=NOW), executing(), child(1))),
    ("S9", "the ledger says", change(RESTORED, run(
        status=status("rolling_back", entry(1, "completed", 1, mutatingAttempt=1)),
        children=[child(1, status={**DONE, **OTHER})]))),
    ("S9", "the first to change", change(RESTORED, run(
        status=status("rolling_back", entry(1, "completed", 1)), children=[child(1, status={**DONE, **OTHER})]))),
    ("S15", "was written to", change(child(1), None, attrs.evolve(child(1), owner=""))),
]


@pytest.mark.parametrize(("law", "words", "seen"), FORBIDDEN_CHILDREN,
                         ids=[f"{law} {words}" for law, words, _ in FORBIDDEN_CHILDREN])
def test_a_forbidden_write_of_a_child_is_named(law: str, words: str, seen: ChildChange) -> None:
    assert any(words in problem for problem in problems(CHILD_LAWS, law, seen)), problems(CHILD_LAWS, law, seen)


@pytest.mark.parametrize("seen", [
    change(child(1), executing()),
    change(child(1, deleted=NOW), executing(cancelled={("forward", 1, 1)}), child(1)),
    change(child(1, tracked=False), executing(deleted=NOW), child(1, status=DONE)),
], ids=["intended", "cancelled", "released"])
def test_an_honest_write_of_a_child_breaks_no_law(seen: ChildChange) -> None:
    assert [] == [problem for law in CHILD_LAWS for problem in problems(CHILD_LAWS, law, seen)]


def test_a_row_has_the_key_and_the_end_of_its_workflow() -> None:
    record = sample_record("u")
    ended = run(status=status("completed"))
    assert [] == list(rows_are_derived_from_what_is_persisted(ended, record))
    assert audit_id("u") == record.id

    for of, wrong, words in ((None, record, "never existed"), (ended, attrs.evolve(record, id="x"), "has the id x"),
                             (run(status=status("executing")), record, "it is executing"),
                             (ended, attrs.evolve(record, status="deleted"), "it is not")):
        assert any(words in problem for problem in rows_are_derived_from_what_is_persisted(of, wrong))


def test_the_finalizer_waits_for_the_row_and_for_the_children() -> None:
    deleted = run(deleted=NOW)
    assert any("asked for" in p for p in finalizers_wait_for_the_row(deleted, NOW, Clocks()))
    deleted.audit_failed = True
    assert any("without a row" in p for p in finalizers_wait_for_the_row(deleted, NOW + 9 * SECOND, Clocks()))
    assert [] == list(finalizers_wait_for_the_row(deleted, NOW + 46 * SECOND, Clocks()))

    assert any("still tracked" in p for p in finalizers_wait_for_the_children(run(children=[child(1)]), NOW))
    assert [] == list(finalizers_wait_for_the_children(run(children=[child(1, tracked=False)]), NOW))


def test_an_attempt_whose_second_child_was_tampered_with_may_be_cancelled_before_its_time() -> None:
    twice = run(children=[child(1, gone=True), child(1, tampered=True)], intents={("forward", 1, 1): NOW - 80 * SECOND})
    early = commit(status("executing", entry(1, "executing", 1, cancelledAt="x")), of=twice)

    assert [] == problems(STATUS_LAWS, "S21", early)


def test_a_child_that_another_controller_created_after_the_last_look_cannot_be_waited_for() -> None:
    assert [] == list(finalizers_wait_for_the_children(run(children=[child(1)]), NOW - 1))


@pytest.mark.parametrize(("law", "of", "words"), [
    ("L1", run(status=status("executing"), adopted=True), "still executing"),
    ("L6", run(status=status("failed"), adopted=True), "has 0 audit rows"),
    ("L6", run(status=status("failed"), adopted=True, rows=[sample_record("u")]), "does not say so"),
    ("L7", run(status=status("failed"), deleted=NOW), "deleted and still there"),
    ("L7", run(status=status("failed"), gone=True, children=[child(1)]), "outlives its workflow"),
])
def test_what_has_not_ended_is_named(law: str, of: Run, words: str) -> None:
    history = History(SETTINGS)
    history.runs["u"] = of

    assert any(words in problem for problem in problems(END_LAWS, law, history))


def test_the_first_problem_is_raised() -> None:
    with pytest.raises(LawBroken, match=r"^S99: first$") as raised:
        hold("S99", iter(["first", "second"]))

    assert "S99" == raised.value.law
    hold("S99", iter([]))


def test_a_spec_means_what_it_says() -> None:
    meaning = meaning_of(SPEC, SETTINGS)

    assert {1: frozenset(), 2: {1}, 3: {2}} == meaning.needs
    assert ({1: 1, 2: 1, 3: 0}, 90.0, {3}, {1, 2}, 2) == (
        meaning.retries, meaning.timeout[1], meaning.critical, meaning.compensable, meaning.max_parallel)
    assert ({2, 3}, set()) == (meaning.dependants(1), meaning.dependants(3))
    assert None is meaning_of({"workflowDefinition": {"steps": "all"}}, SETTINGS)
    assert 5400.5 == seconds("1h30m500ms")


def test_only_a_well_formed_outcome_is_one() -> None:
    assert ["success", "success", "failure", "", "", "", ""] == [outcome_of(s) for s in (
        DONE, {"phase": "rollback_ready"}, {"phase": "failed"}, {"phase": "completed", "executionResult": {}},
        {"phase": "completed", "executionResult": "yes"}, {"phase": "done"}, "done")]
    assert (1, 0, 0) == (capture_of(OTHER), capture_of("done"), capture_of({}))
