"""The checker's own parts: classes of graphs, canonical objects, traces, programs that raise, the command."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from wfcore import reconciler
from wfcore.testing.checker import trace as traces
from wfcore.testing.checker.__main__ import main
from wfcore.testing.checker.explore import Exploration
from wfcore.testing.checker.objects import earlier, forgetful
from wfcore.testing.checker.scope import Scope, dags, scopes
from wfcore.testing.checker.trace import trace

from . import bugs

ONE = dags(1)[0]


def test_there_is_one_graph_per_isomorphism_class() -> None:
    """OEIS A003087."""
    assert [1, 2, 6, 31] == [len(dags(size)) for size in (1, 2, 3, 4)]
    assert 9 == len(list(scopes(3)))


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


def test_a_program_that_raises_is_a_violation(monkeypatch: pytest.MonkeyPatch) -> None:
    def fall(*_: object) -> None:
        raise ValueError("on its nose")
    monkeypatch.setattr(reconciler, "decide", fall)
    found = Exploration(Scope(needs=ONE)).run()

    assert ("S26", "Judge raised ValueError: on its nose") == (
        found.broken.violation.law, found.broken.violation.text)


def test_a_trace_tells_who_did_what_and_what_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    bugs.forget_what_failed_attempts_changed(monkeypatch)
    found = Exploration(Scope(needs=ONE, retries=(0,), controllers=1, lag=0, endings=False)).run()
    lines = trace(found)

    assert "       phase planning -> validating" in lines
    assert "       step 1: executing attempt 1, mutated no" in lines
    assert "       child w-step-1 is created" in lines
    assert any(line.endswith("executor of w-step-1: fails after acting") for line in lines)
    assert "       breaks S9: steps [1] have to be undone, [] are" == lines[-1]


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


def test_the_command_prints_figures_and_what_is_not_covered(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == main(["--steps", "1", "--controllers", "1", "--faults", "0", "--lag", "0", "--states", "500"])
    output = capsys.readouterr().out

    assert "states (not all)" in output
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
