"""How mutants are planted, hunted and taken out again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from attrs import evolve

from wfcore.execution import attempts
from wfcore.lifecycle import planned
from wfcore.testing.checker import source
from wfcore.testing.mutants import MUTANTS, Examination, Mutant, Patch, Schedules, States, hunt, hunt_all, patching
from wfcore.testing.mutants import mutant as mutants
from wfcore.testing.mutants.__main__ import main
from wfcore.testing.mutants.commits import answered
from wfcore.testing.mutants.rehearsal import Rehearsal, require, step
from wfcore.testing.mutants.scopes import quick
from wfcore.testing.simulator import LawBroken

QUICKEST = ["the_digest_is_not_compared", "the_end_is_written_again", "one_step_runs_at_a_time"]


def changes_nothing(patch: Patch) -> None:
    patch.setattr(attempts, "judge", attempts.judge)


def planted(**fields: object) -> Mutant:
    return Mutant(**{"name": "m", "plant": changes_nothing, "laws": frozenset({"S1"}), **fields})


@pytest.mark.parametrize("where", [
    Schedules(within=2), quick(50), Examination(examine=lambda: require("S1", True, ""))], ids=lambda where: where.unit)
def test_a_mutant_that_changes_nothing_survives(where: Schedules | States | Examination) -> None:
    assert hunt(planted(hunt=where)) is None


def test_a_patch_is_undone_although_the_hunt_raises() -> None:
    def fall() -> None:
        raise ValueError("on its nose")
    honest, plans = attempts.judge, planned._plans

    with pytest.raises(ValueError, match="on its nose"):
        hunt(planted(plant=lambda patch: patch.setattr(attempts, "judge", None), hunt=Examination(examine=fall)))

    assert (honest, plans) == (attempts.judge, planned._plans)
    assert plans is planned._plans


def test_a_patch_puts_back_what_was_there_last_replacement_first() -> None:
    class Base:
        inherited = 1
    class Derived(Base):
        own = 2

    with patching() as patch:
        for value in (3, 4):
            patch.setattr(Derived, "own", value)
            patch.setattr(Derived, "inherited", value)
        replaced = (Derived.own, Derived.inherited)

    assert (4, 4) == replaced
    assert (2, 1, False) == (Derived.own, Derived.inherited, "inherited" in vars(Derived))


def test_what_is_gone_cannot_be_replaced() -> None:
    with patching() as patch, pytest.raises(AttributeError, match="has no gone: the breakage is about something"):
        patch.setattr(SimpleNamespace(), "gone", 1)


def test_a_name_is_registered_once() -> None:
    name = QUICKEST[0]

    with pytest.raises(ValueError, match=f"{name} is registered twice"):
        mutants.mutant("S1", hunt=quick(1))(MUTANTS[name].plant)


def test_many_are_hunted_in_their_order_whatever_the_number_of_processes() -> None:
    heard: list[str] = []
    alone = hunt_all(QUICKEST, 1, lambda name, catch: heard.append(name))

    assert QUICKEST == heard == list(alone)
    assert alone == hunt_all(QUICKEST, 2)


def test_an_unknown_name_is_no_mutant() -> None:
    with pytest.raises(KeyError, match="nothing"):
        hunt_all([*QUICKEST, "nothing"])


def test_what_the_engine_raises_is_a_broken_law(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Rehearsal(step(1))
    monkeypatch.setattr(run, "settings", None)

    with pytest.raises(LawBroken, match="S26: a pass raised AttributeError"):
        run.go()


def test_a_law_that_is_broken_within_a_pass_is_that_law(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Rehearsal(step(1))
    monkeypatch.setattr(run.world, "answer", lambda request: require("S3", False, "too early"))

    with pytest.raises(LawBroken, match=r"^S3: too early$"):
        run.go()


def test_a_program_whose_answers_are_changed_ends_as_it_would() -> None:
    def program() -> Iterator[int]:
        return [(yield 1), (yield 2)]

    def hear(answer: int) -> Iterator[str]:
        return answer * 10, (yield "a question of its own")
    steps = answered(program(), hear)
    asked = [next(steps), steps.send(5), steps.send("x"), steps.send(6)]

    assert [1, "a question of its own", 2, "a question of its own"] == asked
    with pytest.raises(StopIteration) as end:
        steps.send("y")
    assert [(50, "x"), (60, "y")] == end.value.value


def test_passes_that_do_not_come_to_rest_are_a_broken_law(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Rehearsal(step(1))
    monkeypatch.setattr(run, "_pass", lambda: run.world.now)

    with pytest.raises(LawBroken, match="S20: 30 passes of one instant do not come to rest"):
        run.go()


def test_the_command_tells_each_mutants_law_and_cost(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == main(QUICKEST)

    told, caught = capsys.readouterr(), [hunt(MUTANTS[name]) for name in QUICKEST]
    assert [f"{c.name}  {MUTANTS[c.name].defect or '-'}  {c.law}  after {c.after} of {c.within} {c.unit}"
            for c in caught] + ["3 of 3 mutants found"] == told.out.splitlines()
    assert [f"{n}/3 {c.name}: {c.law}" for n, c in enumerate(caught, 1)] == told.err.splitlines()
    assert f"{QUICKEST[2]}  D5  L3  after 1 of 1 examinations" in told.out


def test_the_command_lists_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == main(["--list"])
    assert len(MUTANTS) == len(capsys.readouterr().out.splitlines())

    assert 0 == main(["--list", "the_end_is_written_again", "-o", "json"])
    assert [{"name": "the_end_is_written_again", "defect": "", "byHand": False, "laws": ["S7"], "within": 100,
             "unit": "schedules"}] == json.loads(capsys.readouterr().out)["mutants"]


def test_the_command_names_what_is_not_found_by_a_law_of_its_own(
        capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    alien = evolve(MUTANTS[QUICKEST[2]], name="alien", laws=frozenset({"S1"}))
    both = {"m": planted(hunt=quick(20)), "alien": alien}
    monkeypatch.setattr("wfcore.testing.mutants.hunting.MUTANTS", both)
    monkeypatch.setattr("wfcore.testing.mutants.__main__.MUTANTS", both)

    assert 1 == main(["-o", "json"])

    told = capsys.readouterr()
    document = json.loads(told.out)
    assert (0, ["m", "alien"]) == (document["found"], document["lost"])
    assert [None, "L3"] == [row["caught"] and row["caught"]["law"] for row in document["mutants"]]
    assert told.err.splitlines()[-1] == "not found by a law of its own: m, alien"
    assert 1 == main(["m"])
    assert "m  -  SURVIVED  20 states" in capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(("arguments", "wrong"), [
    (["nobody"], "no such mutant: nobody; --list names them all"), (["--jobs", "0"], "'0' is no number of processes")])
def test_a_command_line_that_makes_no_sense_is_refused(arguments: list[str], wrong: str,
                                                       capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)

    assert 2 == stopped.value.code
    assert wrong in capsys.readouterr().err


def test_what_one_mutant_leaves_in_memory_finds_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """The workflow that others start from is run once and remembered: by the honest engine, whoever is first."""
    where = MUTANTS["something_else_is_restored"].hunt
    honest = source.found(where.scope.source)
    source.found.cache_clear()
    source.finished.cache_clear()

    hunt(evolve(MUTANTS["what_failed_attempts_changed_is_forgotten"], hunt=where))

    assert honest == source.found(where.scope.source)
