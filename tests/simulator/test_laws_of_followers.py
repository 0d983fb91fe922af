"""The laws about workflows that start from another say no to what they forbid."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from wfcore.testing.simulator.laws.broken import StatusCommit
from wfcore.testing.simulator.laws.of_children import CHILD_LAWS
from wfcore.testing.simulator.laws.of_status import STATUS_LAWS
from wfcore.testing.simulator.meaning import meaning_of, source_uid
from wfcore.testing.simulator.runs import Child, Run

from .histories import (
    DONE,
    SETTINGS,
    THREE,
    change,
    child,
    commit,
    entry,
    problems,
    run,
    status,
)


def back(**more: Any) -> Child:
    """The compensation of the first step, with the values of its spec."""
    return attrs.evolve(child(1, 1, "rollback"), spec={
        "planDigest": "d", "action": "scale-deployment", "rollbackAction": "scale-to-previous",
        "rollbackParameters": {"scaleToPrevious": {"previousReplicas": 7}}, **more})


def source(*ledger: Any, **more: Any) -> Run:
    return attrs.evolve(run(status=status("failed", *ledger), **more), name="s", uid="s")


def follower(word: str, of: Run, *ledger: Any, **reference: Any) -> Run:
    spec = {word: {"name": "s", "uid": "s", **reference}}
    return Run("w", "u", 0, meaning_of(spec, SETTINGS, of.meaning), {"spec": spec}, source=of,
               status=status("executing", *ledger))


def intends(of: Run, *ledger: Any) -> StatusCommit:
    return commit(status("executing", *ledger), status("executing", *(entry(e["stepNumber"]) for e in ledger)), of)


CHANGED = child(1, status={**DONE, "rollbackInformation": {"mutated": "yes"}})


@pytest.mark.parametrize(("law", "words", "seen"), [
    ("S9", "without a rollbackSpec", intends(follower("rollbackOf", source(entry(3))), entry(3, "executing", 1))),
    ("S9", "has done so itself", intends(
        follower("rollbackOf", source(entry(1, rollback={"status": "completed"}), children=[CHANGED])),
        entry(1, "executing", 1))),
    ("S9", "no attempt changed", intends(follower("rollbackOf", source(entry(1))), entry(1, "executing", 1))),
    ("S9", "is not undone", commit(status("failed", entry(1, "failed", 1)), of=follower(
        "rollbackOf", source(entry(1))))),
    ("S10", "before step 2", intends(follower("rollbackOf", source(entry(1))), entry(1, "executing", 1), entry(2))),
    ("S8", "'pending' -> 'completed'", commit(
        status("validating", entry(1, "completed")), status("planning"), follower("retryOf", source(entry(1))))),
    ("S8", "'pending' -> 'completed'", commit(
        status("validating", entry(1, "completed")), status("planning"),
        follower("retryOf", source(entry(1, "completed", 1)), steps=[1]))),
    ("S8", "'pending' -> 'completed'", commit(
        status("validating", entry(1, "completed")), status("planning"),
        follower("retryOf", source(entry(1, "completed", 1, rollback={"attempt": 1}))))),
])
def test_what_a_follower_must_not_do_is_named(law: str, words: str, seen: StatusCommit) -> None:
    assert any(words in problem for problem in problems(STATUS_LAWS, law, seen)), problems(STATUS_LAWS, law, seen)


@pytest.mark.parametrize("seen", [
    intends(follower("rollbackOf", source(entry(1), children=[CHANGED])), entry(1, "executing", 1)),
    commit(status("executing", entry(1, "executing", 1), entry(2, "failed", 1)),
           status("executing", entry(1), entry(2, "failed", 1)),
           follower("rollbackOf", source(entry(1), children=[CHANGED]))),
    commit(status("validating", entry(1, "completed"), *THREE[1:]), status("planning"),
           follower("retryOf", source(entry(1, "completed", 1)))),
])
def test_an_honest_follower_breaks_no_law(seen: StatusCommit) -> None:
    seen.run.intents |= {("rollback", 2, 1): 0}

    assert [] == [problem for law in STATUS_LAWS for problem in problems(STATUS_LAWS, law, seen)]


def test_a_compensation_of_a_source_restores_what_the_source_captured() -> None:
    captured = {"scaleToPrevious": {"previousReplicas": 101}}
    told = {"mutated": "yes", "parameters": captured}
    of = source(entry(1, mutatingAttempt=1), children=[child(1, status={**DONE, "rollbackInformation": told})])
    undoing = follower("rollbackOf", of, entry(1, "executing", 1))

    assert [] == problems(CHILD_LAWS, "S9", change(back(rollbackParameters=captured), undoing))
    assert problems(CHILD_LAWS, "S9", change(back(), undoing))


def test_a_follower_means_what_its_source_says() -> None:
    of = source(entry(1))
    undoing, again = follower("rollbackOf", of).meaning, follower("retryOf", of).meaning

    assert undoing is not None
    assert ({1: 1, 2: 1, 3: 0}, {}, 300.0) == (undoing.retries, {n: w for n, w in undoing.needs.items() if w},
                                               undoing.timeout[1])
    assert again is not None
    assert of.meaning is not None
    assert (of.meaning.steps, of.meaning.needs) == (again.steps, again.needs)
    assert (None, None) == (meaning_of({"rollbackOf": {}}, SETTINGS), meaning_of({"retryOf": {}}, SETTINGS))
    assert ("s", "s", "", "", "") == tuple(map(source_uid, (
        {"rollbackOf": {"uid": "s"}}, {"retryOf": {"uid": "s"}}, {"retryOf": "s"}, {}, [])))
