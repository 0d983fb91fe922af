"""The checker's own parts: classes of graphs, canonical objects, traces, programs that raise, the command."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import islice

import pytest

from wfcore import reconciler
from wfcore.codec import decode_workflow
from wfcore.model.workflow import WorkflowExecution
from wfcore.program import CommitStatus, Failed
from wfcore.resources import WORKFLOW_EXECUTIONS
from wfcore.simulation import operations as op
from wfcore.simulation.store import apply
from wfcore.testing.checker import campaign
from wfcore.testing.checker import trace as traces
from wfcore.testing.checker.__main__ import main
from wfcore.testing.checker.explore import Exploration
from wfcore.testing.checker.families import CHAIN2, Task, full, of_graph, unbounded
from wfcore.testing.checker.locals import ANEW
from wfcore.testing.checker.objects import earlier, forgetful
from wfcore.testing.checker.scope import Scope, dags, parse_dag
from wfcore.testing.checker.trace import trace, way
from wfcore.testing.checker.unbounded import Unbounded
from wfcore.testing.mutants import MUTANTS
from wfcore.testing.world import START

ONE = dags(1)[0]


def test_there_is_one_graph_per_isomorphism_class() -> None:
    """OEIS A003087."""
    assert [1, 2, 6, 31] == [len(dags(size)) for size in (1, 2, 3, 4)]


def test_a_graph_is_read_as_it_is_written() -> None:
    for size in (1, 2, 3, 4):
        for needs in dags(size):
            assert needs == parse_dag(Scope(needs=needs).name.split(" controllers")[0])


@pytest.mark.parametrize(("text", "wrong"), [
    ("", "at least one step"), ("2", "expected step 1"), ("1 2<-2", "'2<-2'"), ("1 2<-x", "'2<-x'"),
    ("1 2<-1,7", "'2<-1,7'")])
def test_a_graph_that_cannot_be_read_is_refused(text: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        parse_dag(text)


def test_the_full_run_has_every_graph_with_the_faults_it_promises() -> None:
    def graphs(faults: int) -> set[tuple[frozenset[int], ...]]:
        return {task.scope.needs for task in full() if task.scope.faults == faults and task.scope.controllers == 2}

    assert {graph for size in (1, 2, 3, 4) for graph in dags(size)} <= graphs(1)
    assert {graph for size in (1, 2, 3) for graph in dags(size)} < graphs(2)
    assert 11 == len(graphs(2))
    assert {graph for size in (1, 2, 3) for graph in dags(size)} <= {task.scope.needs for task in unbounded(3)}


def test_what_only_informs_is_forgotten_and_what_is_waited_for_is_kept() -> None:
    value = {"resourceVersion": "7", "startTime": "2026-02-03T00:00:00Z", "deadline": "2026-02-03T00:00:00Z",
             "totalDuration": "5m", "steps": [{"endTime": "2026-02-03T00:00:00Z", "name": "a"}]}

    assert {"startTime": "2026-01-02T03:04:05Z", "deadline": "2026-02-03T00:00:00Z", "totalDuration": "0s",
            "steps": [{"endTime": "2026-01-02T03:04:05Z", "name": "a"}]} == forgetful(value)


def test_a_retry_waits_for_full_ten_seconds_and_never_less() -> None:
    assert [{"retryAt": f"2026-01-02T03:04:{second}Z"} for second in ("05", "15", "15")] == [
        forgetful({"retryAt": f"2026-01-02T03:04:{second}Z"}) for second in ("05", "05.000001", "15")]


def test_instants_are_set_back_as_far_as_it_matters() -> None:
    later = {"deadline": "2026-01-02T03:05:05Z", "cancelledAt": "2026-01-02T03:04:05Z", "name": "a"}

    assert {"deadline": "2026-01-02T03:04:45Z", "cancelledAt": "2026-01-02T03:03:55Z", "name": "a"} == earlier(
        later, timedelta(seconds=20))


def test_a_phase_that_is_held_keeps_the_time_it_has_left() -> None:
    held = {"suspendedSince": "2026-01-02T03:04:15Z", "phaseDeadline": "2026-01-02T03:05:15Z", "name": "a"}

    assert {"suspendedSince": "2026-01-02T03:04:05Z", "phaseDeadline": "2026-01-02T03:05:05Z",
            "name": "a"} == earlier(held, timedelta(seconds=30))


def test_a_workflow_decoded_part_by_part_is_the_workflow_decoded() -> None:
    found = Exploration(Scope(needs=ONE, retries=(0,), lag=0, strategy={"dryRunFirst": True})).run()
    raws = [raw for raw in found.turns.world._raws.values() if raw.value["kind"] == "WorkflowExecution"]

    assert 100 < len(raws)
    assert all(isinstance(raw.workflow(), WorkflowExecution) for raw in raws)
    assert [decode_workflow(raw.value) for raw in raws] == [raw.workflow() for raw in raws]


def test_a_workflow_that_cannot_be_decoded_is_told_by_the_whole_decoder() -> None:
    found = Exploration(Scope(needs=ONE, lag=0, strategy={"maxParallelSteps": 0})).run()
    raw = found.turns.world._raws[found.turns.world.cores[0][1]]

    assert decode_workflow(raw.value) == raw.workflow()
    assert not isinstance(raw.workflow(), WorkflowExecution)


def test_the_store_refuses_what_the_tables_refuse_without_asking_it() -> None:
    """Any version but the stored one is a conflict: the tables say so for all contents but one."""
    world = Exploration(of_graph(ONE, lag=0, endings=False)).run().turns
    stored = world.world.objects.state(world.world.cores[0][1], ())
    answers = set()
    for request in world.locals.requests:
        if isinstance(request, CommitStatus) and request.version != str(world.world.cores[0][1]):
            body = {"metadata": {"namespace": "default", "name": "w", "uid": request.uid,
                                 "resourceVersion": request.version}, "status": {}}
            answers.add(apply(stored, op.UpdateStatus(WORKFLOW_EXECUTIONS, body, START))[1].reason)
            assert Failed("conflict") == world.world.kernel.commit(world.world.cores[0][1], request)[1]

    assert {"Conflict"} == answers


def test_a_second_look_that_shows_another_version_begins_the_pass_anew() -> None:
    """As the tables say without running the program."""
    turns = Exploration(of_graph(CHAIN2, lag=0, endings=False, strategy={"dryRunFirst": True})).run().turns
    looks = [local for local, same in enumerate(turns.locals.looked_at) if same]

    assert looks
    for local in looks:
        others = [seen for (_, workflow, _), seen in turns._seen.items() if workflow != turns.locals.looked_at[local]]
        assert {ANEW} == {turns.locals.hear(local, seen) for seen in others}


def test_a_program_that_raises_is_a_violation(monkeypatch: pytest.MonkeyPatch) -> None:
    def fall(*_: object) -> None:
        raise ValueError("on its nose")
    monkeypatch.setattr(reconciler, "decide", fall)
    found = Exploration(Scope(needs=ONE)).run()

    assert ("S26", "Judge raised ValueError: on its nose") == (
        found.broken.violation.law, found.broken.violation.text)


def test_a_trace_tells_who_did_what_and_what_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    MUTANTS["what_failed_attempts_changed_is_forgotten"].plant(monkeypatch)
    found = Exploration(Scope(needs=ONE, retries=(0,), controllers=1, lag=0, endings=False)).run()
    lines = trace(found)

    assert "       phase planning -> validating" in lines
    assert "       step 1: executing attempt 1, mutated no" in lines
    assert "       child w-step-1 is created" in lines
    assert any(line.endswith("executor of w-step-1: fails after acting") for line in lines)
    assert "       breaks S9: steps [1] have to be undone, [] are" == lines[-1]


def test_the_way_for_any_number_tells_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    MUTANTS["effects_are_performed_before_the_commit"].plant(monkeypatch)
    lines = way(Unbounded(of_graph(ONE, endings=False)).run())

    assert "       phase planning -> validating" in lines
    assert lines[-2].startswith("  then a controller that read in state ")
    assert "       breaks S3: w-step-1 is created, but the committed ledger does not intend it" == lines[-1]


def test_a_trace_that_cannot_be_told_again_says_so() -> None:
    found = Exploration(Scope(needs=ONE, controllers=1)).run(most=50)

    with pytest.raises(LookupError, match="does not follow from its parent"):
        traces._step(found, found.keys[40], found.keys[1])


def test_a_lag_that_cannot_be_packed_is_refused() -> None:
    with pytest.raises(ValueError, match="lag must be from 0 to 7, found 8"):
        Exploration(Scope(needs=ONE, lag=8))


def test_an_exploration_can_be_stopped() -> None:
    asked: list[int] = []

    def stop(states: int) -> bool:
        asked.append(states)
        return True
    found = Exploration(Scope(needs=ONE)).run(tick=stop)

    assert [len(found.keys)] == asked
    assert not found.complete


def test_an_exploration_for_any_number_can_be_stopped() -> None:
    found = Unbounded(of_graph(CHAIN2)).run(tick=lambda states: True)

    assert not found.complete
    assert [] == way(found)


@pytest.mark.parametrize(("budget", "cut"), [
    (campaign.Budget(states=5_000), "states"), (campaign.Budget(memory=1), "memory"),
    (campaign.Budget(seconds=1e-6), "time")], ids=lambda value: str(value)[:6])
def test_a_scope_that_is_cut_says_by_what(budget: campaign.Budget, cut: str) -> None:
    said: list[str] = []
    task = next(iter(full()))
    row = campaign.explore(task, budget, said.append).row

    assert (False, cut) == (row["complete"], row["cut"])
    assert f"(cut by {cut})" in said[-1]


def test_a_scope_says_now_and_then_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign, "_SAID_EVERY", 0.0)
    said: list[str] = []
    campaign.explore(next(iter(full())), campaign.Budget(states=9_000), said.append)

    assert said[0].startswith("... 1 controllers=2 faults=1 lag=1: ")


def test_a_scope_has_its_share_of_the_time_by_weight(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds: list[float] = []

    def note(task: Task, budget: campaign.Budget, say: object) -> None:
        seconds.append(round(budget.seconds))
    monkeypatch.setattr(campaign, "explore", note)
    tasks = [Task(of_graph(ONE), weight=weight) for weight in (1, 3, 2)]
    list(campaign.explore_all(tasks, campaign.Budget(seconds=500.0), 1, 600.0, str))

    assert [100, 360, 500] == seconds


def test_scopes_share_the_time_there_is() -> None:
    tasks = list(islice(unbounded(2), 3))
    rows = [outcome.row for outcome in campaign.explore_all(tasks, campaign.Budget(states=300), 1, 600.0, str)]

    assert ["states"] * 3 == [row["cut"] for row in rows]


def test_two_processes_find_what_one_finds() -> None:
    """Each scope once, in whatever order they end."""
    tasks, budget = list(islice(unbounded(2), 4)), campaign.Budget(states=300)
    one, two = ([outcome.row for outcome in campaign.explore_all(tasks, budget, jobs, 0.0, str)] for jobs in (1, 2))

    assert [4, 4] == [len(one), len(two)]
    assert {row["scope"]: row["states"] for row in one} == {row["scope"]: row["states"] for row in two}


def test_one_graph_can_be_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == main(["--workload", "chain6", "--states", "2000", "-o", "json"])
    chain = json.loads(capsys.readouterr().out)
    assert 0 == main(["--dag", "1 2<-1 3<-2 4<-3 5<-4 6<-5", "--states", "2000", "-o", "json"])
    same = json.loads(capsys.readouterr().out)

    assert [row["states"] for row in chain["scopes"]] == [row["states"] for row in same["scopes"]]
    assert ["1 2<-1 3<-2 4<-3 5<-4 6<-5 controllers=2 faults=1 lag=1 patient reliable (by states)"] == chain["cut"]


def test_a_graph_that_is_no_graph_ends_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--dag", "1 3<-1"])

    assert "expected step 2" in capsys.readouterr().err


def test_the_command_prints_figures_and_what_is_not_covered(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == main(["--dag", "1", "--controllers", "1", "--faults", "0", "--lag", "0", "--states", "50"])
    output, progress = capsys.readouterr()

    assert "states (cut by states)" in progress
    assert "cut: 1 " in output
    assert "not covered: " in output
    assert "no law is broken" in output


def test_the_command_ends_with_1_and_the_trace_of_a_violation(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--steps", "1", "--controllers", "1", "--faults", "0", "--lag", "0", "--broken", "E2", "-o", "json"]

    assert 1 == main(asked)
    document = json.loads(capsys.readouterr().out)
    assert document["violation"][-1].strip().startswith("breaks S9")
    assert document["states"] == sum(row["states"] for row in document["scopes"])


def test_the_command_prints_the_trace_for_people_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--steps", "1", "--controllers", "1", "--faults", "0", "--lag", "0", "--broken", "E3"]

    assert 1 == main(asked)
    assert "breaks S11" in capsys.readouterr().err
