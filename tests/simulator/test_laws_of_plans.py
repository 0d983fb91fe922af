"""The laws about plans and dry runs say no to what they forbid, and leave alone what a plan says."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from wfcore.testing.simulator.laws.broken import ChildChange, StatusCommit
from wfcore.testing.simulator.laws.of_people import CHILD_LAWS_OF_PEOPLE
from wfcore.testing.simulator.laws.of_plans import CHILD_LAWS_OF_PLANS, STATUS_LAWS_OF_PLANS
from wfcore.testing.simulator.laws.of_status import STATUS_LAWS
from wfcore.testing.simulator.meaning import dry_run_of, meaning_of
from wfcore.testing.simulator.runs import Child, Run

from .histories import (
    BACK,
    DONE,
    NO,
    SETTINGS,
    SPEC,
    THREE,
    YES,
    careful,
    change,
    child,
    commit,
    entry,
    executing,
    problems,
    run,
    status,
)


def forward(**more: Any) -> Child:
    """The first child of a step, as its plan has it."""
    return attrs.evolve(child(1), spec={"planDigest": "d", "action": "scale-deployment", "timeout": "1m30s",
                                        "parameters": {"scaleDeployment": {"replicas": 3, "namespace": "default"}},
                                        **more})


def back(**more: Any) -> Child:
    """The compensation of the first step, with the values of its spec."""
    return attrs.evolve(child(1, 1, "rollback"), spec={
        "planDigest": "d", "action": "scale-deployment", "rollbackAction": "scale-to-previous",
        "rollbackParameters": {"scaleToPrevious": {"previousReplicas": 7}}, **more})


def dry(**more: Any) -> Child:
    return attrs.evolve(forward(timeout="30s", **more), attempt=("dryrun", 1, 1), name="w-dryrun-1")


def stepping(adaptive: Any = None, **strategy: Any) -> Run:
    step = {"stepNumber": 1, "action": "scale-deployment", "timeout": "90s",
            "parameters": {"scaleDeployment": {"replicas": 3}},
            "rollbackSpec": {**BACK, "parameters": {"scaleToPrevious": {"previousReplicas": 7}}}}
    spec = {"workflowDefinition": {"steps": [step]}, "executionStrategy": strategy,
            "adaptiveOrchestration": adaptive or {}}
    return Run("w", "u", 0, meaning_of(spec, SETTINGS), {"spec": spec}, status=status("executing", entry(1)))


def preparing(**strategy: Any) -> Run:
    found = stepping(**strategy)
    found.status = status("validating", entry(1))
    return found


ADAPTIVE = {"optimizationEnabled": True, "learningFromHistory": True, "dynamicStepAdjustment": True}


@pytest.mark.parametrize(("law", "words", "seen"), [
    ("S12", "before anybody has decided", change(child(1), careful())),
    ("S12", "bob has rejected", change(child(1), careful(NO, YES))),
    ("S12", "belongs to another plan", change(forward(planDigest="e"), careful(YES))),
    ("S13", "not rendered", change(forward(planDigest="e"), stepping())),
    ("S13", "does drain-node", change(forward(action="drain-node"), stepping())),
    ("S13", "does not have the parameters", change(forward(parameters={"scaleDeployment": {"replicas": 4}}),
                                                   stepping())),
    ("S13", "does not have the parameters", change(
        forward(parameters={"scaleDeployment": {"replicas": 3, "namespace": "other"}}), stepping())),
    ("S13", "has 91.0 seconds", change(forward(timeout="91s"), stepping())),
    ("S13", "has 89.0 seconds", change(forward(timeout="89s"), stepping(ADAPTIVE))),
    ("S13", "4 times that is the most", change(forward(timeout="361s"), stepping(ADAPTIVE))),
    ("S13", "has 90.0 seconds; 30.0", change(attrs.evolve(dry(), spec=forward().spec), preparing(dryRunFirst=True))),
    ("S13", "does uncordon-node, and the compensation", change(back(rollbackAction="uncordon-node"), stepping())),
    ("S13", "nobody captured and nobody wrote", change(
        back(rollbackParameters={"scaleToPrevious": {"previousReplicas": 8}}), stepping())),
    ("S14", "created in phase validating", change(forward(), preparing())),
    ("S14", "created in phase new", change(forward(), attrs.evolve(preparing(), status={}))),
    ("S14", "nobody asked for one", change(dry(), preparing())),
])
def test_a_child_that_nobody_planned_is_named(law: str, words: str, seen: ChildChange) -> None:
    found = [p for laws in (CHILD_LAWS_OF_PEOPLE, CHILD_LAWS_OF_PLANS) if law in laws
             for p in problems(laws, law, seen)]

    assert any(words in problem for problem in found), found


@pytest.mark.parametrize("seen", [
    change(forward(), stepping()), change(forward(timeout="360s"), stepping(ADAPTIVE)), change(back(), stepping()),
    change(back(rollbackParameters={"scaleToPrevious": {"previousReplicas": 101}}), stepping()),
    change(dry(), preparing(dryRunFirst=True)), change(forward(), None), change(forward(), stepping(), forward()),
    change(forward(), attrs.evolve(preparing(), spoilt=True)), change(child(9), executing()),
    change(forward(), attrs.evolve(careful(YES, status=status("executing")), meaning=stepping().meaning)),
])
def test_a_planned_child_breaks_no_law(seen: ChildChange) -> None:
    assert [] == [p for laws in (CHILD_LAWS_OF_PEOPLE, CHILD_LAWS_OF_PLANS) for law in laws
                  for p in problems(laws, law, seen)]


def tried(*found: str, number: int = 1, before: Any = None) -> StatusCommit:
    """The step begins, and its dry run has found this."""
    of = careful(YES)
    of.children = [attrs.evolve(child(number), attempt=("dryrun", number, 1), dry_runs=set(found))] if found else []
    ledger = [entry(n, "executing", 1) if n == number else entry(n) for n in (1, 2, 3)]
    return commit(status("executing", *ledger), before or status("executing", *THREE), of)


@pytest.mark.parametrize(("seen", "words"), [
    (tried(), "has found nothing"), (tried("", "bad"), "has found bad"), (tried("excused"), "has found excused"),
])
def test_a_step_without_a_dry_run_is_named(seen: StatusCommit, words: str) -> None:
    assert any(words in problem for problem in problems(STATUS_LAWS_OF_PLANS, "S14", seen))


@pytest.mark.parametrize("seen", [
    tried("good"), tried("bad", "good"), tried("excused", number=2),
    commit(status("executing", entry(1, "executing", 1), *THREE[1:]), of=careful(spec=SPEC)),
])
def test_a_step_that_was_tried_out_breaks_no_law(seen: StatusCommit) -> None:
    assert [] == [p for law in STATUS_LAWS_OF_PLANS for p in problems(STATUS_LAWS_OF_PLANS, law, seen)]


def test_dry_runs_are_judged_by_what_they_say() -> None:
    failed = {"phase": "failed", "failureClass": "resource_not_found"}

    assert ["good", "bad", "excused", "bad", "", ""] == [dry_run_of(found) for found in (
        DONE, {**DONE, "dryRunResult": {"wouldSucceed": False}}, failed, {"phase": "failed"}, {}, "done")]


@pytest.mark.parametrize("key", ["planDigest", "planInputs"])
def test_a_plan_that_changes_is_named(key: str) -> None:
    seen = commit({**status("executing", *THREE), key: "e"}, {**status("executing", *THREE), key: "d"})

    assert any(f"{key} changed" in problem for problem in problems(STATUS_LAWS_OF_PLANS, "S13", seen))


@pytest.mark.parametrize("word", ["stop", "suspend"])
def test_an_intent_in_spite_of_a_hold_is_named(word: str) -> None:
    of = run()
    of.value = {"spec": {word: "Graceful" if word == "stop" else True}}
    seen = commit(status("executing", entry(1, "executing", 1), *THREE[1:]), of=of)

    assert any(f"spec.{word} is set" in problem for problem in problems(STATUS_LAWS, "S6", seen))
