"""The proof in one command: what it counts, and that whatever does not hold is a problem with a name."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest
from attrs import evolve

from wfcore.testing.checker.families import ONE, Task
from wfcore.testing.checker.scope import Scope
from wfcore.testing.mutants import MUTANTS, Catch, patching
from wfcore.testing.proof import PROOFS, Order, prove
from wfcore.testing.proof import __main__ as command
from wfcore.testing.proof.result import sentences

QUICK = "effects_are_performed_before_the_commit"


def one() -> Iterable[Task]:
    return [Task(Scope(needs=ONE, impatient=False, unreliable=False, endings=False))]


SMALL = Order(safety=3, liveness=2, scopes=one, states=500, mutants=(QUICK,), seed=7)


def test_a_proof_counts_its_schedules_states_faults_and_mutants() -> None:
    found = prove(SMALL).as_json()

    assert (5, {"safety": 3, "liveness": 2}, 7) == (found["schedules"], found["modes"], found["firstSeed"])
    assert 500 <= found["states"]
    assert (1, 1, "S3") == (found["mutants"], found["mutantsFound"], found["caught"][QUICK]["law"])
    assert {"wfcore", "python", "attrs"} == found["versions"].keys()
    assert {"schedules", "states", "mutants"} == found["seconds"].keys()


def test_a_fault_that_no_schedule_met_is_a_problem() -> None:
    proof = prove(SMALL)
    missed = [fault for fault, count in proof.faults.items() if not count]

    assert missed
    assert tuple(f"no schedule has met: {fault}" for fault in missed) == proof.problems


def test_a_broken_law_is_a_problem_of_every_part_that_meets_it() -> None:
    with patching() as patch:
        MUTANTS[QUICK].plant(patch)
        proof = prove(evolve(SMALL, safety=60, mutants=()))

    assert [line for line in proof.problems if line.startswith("schedule ") and ": S3: " in line]
    assert [line for line in proof.problems if line.startswith("checker: ") and "S3" in line]
    assert not proof.as_json()["holds"]


def test_a_mutant_that_survives_or_is_found_by_another_law_is_a_problem() -> None:
    proof, law = prove(SMALL), min(MUTANTS[QUICK].laws)
    catch = Catch(name=QUICK, law="S99", after=1, within=1, unit="states", message="m")

    assert f"mutant {QUICK} survived" in evolve(proof, caught={QUICK: None}).problems
    assert f"mutant {QUICK} was found by S99, which it does not break: m" in evolve(
        proof, caught={QUICK: catch}).problems
    assert [] == [line for line in evolve(proof, caught={QUICK: evolve(catch, law=law)}).problems if "mutant" in line]


def test_the_report_for_people_says_the_same() -> None:
    proof = prove(SMALL)
    text = "\n".join(sentences(proof))

    assert "schedules  5 (3 safety, 2 liveness; seeds from 7 on)" in text
    assert "mutants    1 of 1 found" in text
    assert f"S3   {QUICK}, after" in text
    assert text.endswith("the proof does not hold")
    assert max(map(len, text.splitlines())) <= 120


@pytest.mark.parametrize("output", ["text", "json"])
def test_the_command_prints_the_report_and_ends_with_1_when_something_does_not_hold(
        output: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(command, "PROOFS", {"quick": SMALL})
    status = command.main(["--seed", "3", "--jobs", "1", "-o", output])
    said = capsys.readouterr()

    assert 1 == status
    assert "seeds from 3 on" in said.out if output == "text" else 3 == json.loads(said.out)["firstSeed"]
    assert "states" in said.err


def test_the_levels_grow() -> None:
    levels: Any = list(PROOFS.values())
    sizes = [level.safety + level.liveness for level in levels]

    assert sizes == sorted(sizes)
    assert sizes[1:] == [10_000, 1_000_000]
    assert 40 <= len(PROOFS["gate"].mutants) == len(MUTANTS)
