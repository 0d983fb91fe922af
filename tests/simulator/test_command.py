"""`python -m wfcore.testing.simulator`: what it prints and its exit status."""

from __future__ import annotations

import gc
import io
import json
import pickle
from collections import Counter

import pytest

from wfcore.testing.mutants import MUTANTS
from wfcore.testing.simulator import ALL_FAULTS, Fault, Mode, simulate
from wfcore.testing.simulator.__main__ import main
from wfcore.testing.simulator.deeds import Deed
from wfcore.testing.simulator.jobs import CHUNK, Order, run_jobs
from wfcore.testing.simulator.laws import LawBroken
from wfcore.testing.simulator.progress import Progress
from wfcore.testing.simulator.suite import run_suite, sentences
from wfcore.testing.simulator.workload import Workload


def test_a_sound_run_says_what_it_reached(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == main(["--schedules", "20", "--seed", "7"])

    out = capsys.readouterr().out
    assert out.startswith("20 schedules (")
    for part in ("schedules/s, safety mode", "A1 conflict", "validating -> executing", "StepsRunning"):
        assert part in out


def test_json_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == main(["--schedules", "5", "--mode", "liveness", "-o", "json"])

    document = json.loads(capsys.readouterr().out)
    assert (5, "liveness", 5, []) == tuple(document[k] for k in ("schedules", "mode", "settled", "violations"))
    assert {fault.name for fault in Fault} == document["faults"].keys()


def test_a_trace_is_replayed_byte_for_byte(capsys: pytest.CaptureFixture[str]) -> None:
    texts = []
    for _ in range(2):
        assert 0 == main(["--schedules", "1", "--seed", "11", "--trace"])
        texts.append(capsys.readouterr().err)

    assert texts[0] == texts[1]
    assert texts[0].startswith(f"trace of seed 11, digest {simulate(11).digest}:\n")


def test_a_violation_names_the_law_the_seed_and_the_command_that_replays_it(
        monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    MUTANTS["attempts_are_counted_by_greater_instead_of_greater_or_equal"].plant(monkeypatch)
    assert 1 == main(["--schedules", "200", "--faults", "CONFLICT"])

    printed = capsys.readouterr()
    seed = printed.out.split("(seed ")[-1].split(")")[0]
    assert "VIOLATION S4: " in printed.out
    command = f"--schedules 1 --seed {seed} --mode safety --faults CONFLICT --trace"
    assert f"replay: python -m wfcore.testing.simulator {command}" in printed.out
    assert " LAW       S4: " in printed.err

    assert 1 == main(command.split())
    assert printed.err.splitlines()[0] == capsys.readouterr().err.splitlines()[0]


def test_a_fault_that_never_strikes_fails_a_long_run(monkeypatch: pytest.MonkeyPatch) -> None:
    short = run_suite(range(1), faults=(Fault.FOREGROUND,))
    assert [Fault.FOREGROUND] == short.never

    monkeypatch.setattr("wfcore.testing.simulator.__main__.run_jobs", lambda *_: short)
    assert 0 == main(["--schedules", "1"])
    short.schedules = 1000
    assert 1 == main(["--schedules", "1000"])


def test_a_deed_that_nobody_does_fails_a_long_run(monkeypatch: pytest.MonkeyPatch) -> None:
    report = run_suite(range(1), faults=())
    report.schedules, report.deeds = 1000, Counter(Deed)
    monkeypatch.setattr("wfcore.testing.simulator.__main__.run_jobs", lambda *_: report)
    assert 0 == main(["--schedules", "1000"])

    del report.deeds[Deed.APPROVED]
    assert 1 == main(["--schedules", "1000"])
    assert "NEVER HAPPENED: plans approved by somebody else" in list(sentences(report, 1.0))
    assert (["APPROVED"], 1) == (report.as_json()["missed"], report.as_json()["deeds"]["REJECTED"])
    report.workload = Workload.CHAIN6
    assert [] == report.missed


def test_no_faults_can_be_chosen() -> None:
    report = run_suite(range(3), Mode.SAFETY, faults=())

    assert ({}, ()) == (dict(report.faults), report.claimed)
    assert 0 == main(["--schedules", "1", "--faults", "none"])


def test_going_on_after_a_violation_counts_them_all(monkeypatch: pytest.MonkeyPatch) -> None:
    MUTANTS["dependencies_are_ignored"].plant(monkeypatch)

    assert 1 == len(run_suite(range(30), faults=()).violations)
    assert 1 < len(run_suite(range(30), faults=(), keep_going=True).violations)


@pytest.mark.parametrize("arguments", [["--schedules", "0"], ["--faults", "RAIN"], ["--mode", "hope"]])
def test_a_command_line_that_makes_no_sense_is_refused(
        arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)

    assert 2 == exit_.value.code
    assert arguments[0] in capsys.readouterr().err


@pytest.mark.parametrize("workload", Workload)
def test_the_report_does_not_depend_on_the_number_of_processes(workload: Workload) -> None:
    order = Order(mode=Mode.SAFETY, faults=ALL_FAULTS, keep_going=False, workload=workload)
    heard: list[int] = []
    two = run_jobs(range(CHUNK + 10), order, 2, heard.append)

    assert run_suite(range(CHUNK + 10), workload=workload).as_json() == two.as_json()
    assert [CHUNK, CHUNK + 10] == heard


def test_a_run_in_processes_stops_at_the_first_violation(monkeypatch: pytest.MonkeyPatch) -> None:
    MUTANTS["dependencies_are_ignored"].plant(monkeypatch)
    order = Order(mode=Mode.SAFETY, faults=(), keep_going=False, workload=Workload.MIXED)
    found = run_jobs(range(3 * CHUNK), order, 1, lambda done: None)

    assert 1 == len(found.violations)
    assert found.schedules < CHUNK
    assert gc.isenabled()


def test_a_broken_law_comes_home_from_another_process() -> None:
    broken = pickle.loads(pickle.dumps(LawBroken("S1", "too early")))

    assert ("S1", "S1: too early") == (broken.law, str(broken))


def test_the_standard_workload_is_one_chain_a_schedule_and_is_replayed_as_such(
        monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    MUTANTS["dependencies_are_ignored"].plant(monkeypatch)
    assert 1 == main(["--schedules", "5", "--workload", "chain6", "--faults", "none"])

    printed = capsys.readouterr()
    assert "safety mode, chain6 workload" in printed.out
    command = printed.out.split("replay: python -m wfcore.testing.simulator ")[1].split("\n")[0]
    assert "--faults none --workload chain6" in command
    assert 1 == main(command.split())
    assert printed.err.splitlines()[0] == capsys.readouterr().err.splitlines()[0]


def test_a_long_run_tells_now_and_then_how_far_it_is() -> None:
    told, times = io.StringIO(), iter([0.0, 4.0, 12.0, 15.0, 40.0])
    progress = Progress(1000, told, lambda: next(times))
    for done in (100, 240, 300, 1000):
        progress(done)

    assert "240/1000 schedules, 20.0/s, 0:00:38 left\n" == told.getvalue()
