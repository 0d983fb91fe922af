"""Replay: every decision is made again the same from its record alone, and whatever was changed is found and named."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wfcore import reconciler
from wfcore.codec import Malformed
from wfcore.insight.recorded import RecordedDecision, read_record, record, snapshot_of
from wfcore.insight.replay import Mismatch, Replay, differences, replay
from wfcore.lifecycle import machine, phase_executing
from wfcore.lifecycle.machine import decide
from wfcore.model.definition import WorkflowExecutionSpec
from wfcore.model.enums import Phase
from wfcore.program import Consult, Consulted, Failed, Inspect, Review, Reviewed, Unknown
from wfcore.rollback import advance
from wfcore.testing.simulator.simulation import Mode, simulate
from wfcore.testing.strategies import SETTINGS, json_values, workflow_specs
from wfcore.testing.walking import BEHAVIOURS, Behaviour, Walk

from .test_codec import _put, places
from .test_decide import BAD, CHAIN, GOOD

walks = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
                 max_examples=settings().max_examples // 4)
TRY_AGAIN = {"phase": "failed", "failureClass": "rate_limited"}


@contextmanager
def recording() -> Iterator[list[RecordedDecision]]:
    """Every decision that is made inside, as records."""
    records: list[RecordedDecision] = []

    def spying(snapshot: Any, now: Any) -> Any:
        decision = decide(snapshot, now)
        records.append(record(snapshot, now, decision))
        return decision

    reconciler.decide = spying
    try:
        yield records
    finally:
        reconciler.decide = decide


def walked(spec: WorkflowExecutionSpec, behaviours: list[Behaviour], **options: Any) -> list[RecordedDecision]:
    with recording() as records:
        Walk(spec, behaviours, **options).to_the_end()
    return records


@cache
def story() -> tuple[RecordedDecision, ...]:
    """Two steps succeed, one of them at its second attempt; the third fails critically; compensations."""
    good, again, bad = Behaviour(1, "succeed", GOOD), Behaviour(1, "fail", TRY_AGAIN), Behaviour(1, "fail", BAD)
    return tuple(walked(CHAIN, [good, again, good, bad, good]))


def through_json(records: Any) -> list[RecordedDecision]:
    return [read_record(json.loads(json.dumps(one.as_json()))) for one in records]


@walks
@given(workflow_specs(max_size=4), BEHAVIOURS)
def test_every_decision_of_a_walk_replays_identical_also_from_its_json(
        spec: WorkflowExecutionSpec, behaviours: list[Behaviour]) -> None:
    records = walked(spec, behaviours)

    assert records == through_json(records)
    assert Replay(len(records), ()) == replay(through_json(records))


@pytest.mark.parametrize("seed", range(6))
def test_every_decision_of_a_schedule_through_faults_replays_identical(seed: int) -> None:
    with recording() as records:
        simulate(seed, Mode.SAFETY)

    assert records
    assert Replay(len(records), ()) == replay(through_json(records))


PROGRAM = """
import json
from tests.property.test_replay import story
print(json.dumps([one.as_json() for one in story()], sort_keys=True))
"""


def test_what_another_process_recorded_replays_identical_here() -> None:
    """Hash seed and time zone decide nothing, neither when recording nor when replaying."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
    found = set()
    for seed, zone in (("0", "UTC"), ("7", "America/New_York")):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone,
                       "PYTHONPATH": os.pathsep.join([root, *filter(None, sys.path)])}
        done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True,
                              check=False)
        assert not done.returncode, done.stderr
        found.add(done.stdout)

    records = [read_record(value) for value in json.loads(found.pop())]
    assert set() == found
    assert Replay(len(story()), ()) == replay(records)


def as_raw(first: int) -> list[Any]:
    """Two neighbours of the story as JSON that may be changed."""
    return [json.loads(json.dumps(one.as_json())) for one in story()[first:first + 2]]


@given(st.data())
def test_one_altered_value_of_a_decision_is_one_mismatch_that_names_it(data: st.DataObject) -> None:
    first = data.draw(st.sampled_from(range(len(story()) - 1)))
    raws, index = as_raw(first), data.draw(st.sampled_from([0, 1]))
    path = data.draw(places(raws[index]["decided"]).filter(bool))
    before = _at(raws[index]["decided"], path)
    value = data.draw((st.integers() | st.text("xyz", min_size=1)).filter(lambda new: new != before))
    _put(raws[index]["decided"], path, value)
    found = replay(map(read_record, raws)).mismatches

    assert [(index, story()[first + index].at, ("decided", *path), value, before, 0)] == [
        (m.index, m.at, m.path, m.expected, m.found, m.others) for m in found]


def _at(raw: Any, path: tuple) -> Any:
    for key in path:
        raw = raw[key]
    return raw


@given(st.data())
def test_whatever_a_record_holds_replay_says_so_about_that_record_alone(data: st.DataObject) -> None:
    raws, index = as_raw(data.draw(st.sampled_from(range(len(story()) - 1)))), data.draw(st.sampled_from([0, 1]))
    part = data.draw(st.sampled_from(["given", "decided"]))
    _put(raws[index], (part, *data.draw(places(raws[index][part]))), data.draw(json_values(leaves=4)))
    records = [read_record(raw) for raw in raws]
    if isinstance(records[index], Malformed):
        assert records[index].problems
        return

    assert {m.index for m in replay(records).mismatches} <= {index}


@pytest.mark.parametrize(("path", "value", "place"), [
    (("workflow",), 7, ("given", "workflow")),
    (("workflow", "spec", "workflowDefinition", "steps"), 7,
     ("given", "spec", "workflowDefinition", "steps")),
    (("children",), [], ("given", "children")),
    (("children", "x"), {"is": "Nobody"}, ("given", "children", "x")),
    (("children", "x"), 7, ("given", "children", "x")),
    (("foreign", "x"), {"is": "Foreign", "leaving": "yes", "metadata": {"name": "x"}}, ("given", "foreign", "x")),
    (("foreign", "x"), {"is": "Foreign", "leaving": True, "metadata": {"name": 3}}, ("given", "foreign", "x")),
    (("answers",), [[1]], ("given", "answers")),
    (("answers",), {}, ("given", "answers")),
    (("answers",), [[{"is": "Inspect", "targets": 3}, {"is": "Did"}]], ("given", "answers")),
    (("answers",), [[{"is": "FindParent", "ref": {"namespace": "a", "name": "b"}}, {"is": "Found", "object": 7}]],
     ("given", "answers")),
    (("facts",), [[{}, []]], ("given", "facts")),
    (("facts",), [[{"kind": "Node", "namespace": "", "name": "n", "selector": ""}, 7]], ("given", "facts")),
    (("facts",), "none", ("given", "facts")),
    (("surroundings",), None, ("given", "surroundings")),
    (("settings", "backoff_cap"), 300, ("given", "settings")),
    (("settings", "history_min_confidence"), "much", ("given", "settings")),
    (("settings", "colour"), "red", ("given", "settings")),
])
def test_a_record_that_cannot_be_read_is_a_mismatch_with_its_place(path: tuple, value: Any, place: tuple) -> None:
    raw = as_raw(1)[0]
    _put(raw["given"], path, value)
    (found,) = replay(map(read_record, [raw])).mismatches

    assert ("a record that can be read", place) == (found.expected, found.path[:len(place)])
    assert found.found


@pytest.mark.parametrize("raw", [
    None, [], {}, {"format": 2}, {"format": 1, "at": "yesterday", "given": {}, "decided": {}},
    {"format": 1, "at": "2026-01-02T03:04:05Z", "given": [], "decided": {}},
    {"format": 1, "at": "2026-01-02T03:04:05Z", "given": {}},
])
def test_what_is_no_record_is_refused(raw: Any) -> None:
    assert isinstance(read_record(raw), Malformed)


def test_a_smaller_cap_of_the_backoff_is_noticed_and_only_where_it_decides() -> None:
    found = replay(story(), attrs.evolve(SETTINGS, backoff_cap=timedelta(milliseconds=1))).mismatches

    assert {"retryAt"} == {m.path[-1] for m in found if "stepStatuses" in m.path}
    assert 1 <= len(found) < len(story())


def test_the_recorded_settings_are_replayed_unless_others_are_given() -> None:
    assert () == replay(story(), SETTINGS).mismatches


def never_again(*args: Any, **kwargs: Any) -> bool:
    return False


MUTANTS: list[tuple[Any, str, Callable]] = [
    (phase_executing, "should_retry", never_again),
    (phase_executing, "retry_delay", lambda *args: timedelta(seconds=1)),
    (phase_executing, "is_finished", lambda entry: entry.attempt > 0),
    (phase_executing, "_halt", lambda *args: None),
    (advance, "_blocked", lambda *args: frozenset()),
    (machine, "with_conditions", lambda status, *args, **more: status),
]


@pytest.mark.parametrize(("module", "name", "mutant"), MUTANTS, ids=[name for _, name, _ in MUTANTS])
def test_a_changed_engine_is_noticed(module: Any, name: str, mutant: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    before = story()
    monkeypatch.setattr(module, name, mutant)

    assert replay(before).mismatches


def test_an_engine_that_leaves_its_table_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    before = story()
    monkeypatch.setattr(machine, "TRANSITIONS", dict.fromkeys(Phase, frozenset()))
    found = replay(before).mismatches

    assert [("a decision", ("decided",))] * len(found) == [(m.expected, m.path) for m in found]
    assert "no transition from '' to 'planning'" == found[0].found


def test_a_mismatch_is_a_sentence() -> None:
    raws = as_raw(0)
    raws[1]["decided"]["status"]["phase"] = "dancing"
    raws[1]["decided"]["needLive"] = True
    (found,) = replay(map(read_record, raws)).mismatches

    assert ("decision 1 at 2026-01-02T03:04:05+00:00: $.decided.needLive: recorded True, decided now False, and 1 more "
            "places") == str(found)
    assert str(Mismatch(0, found.at, ("decided",), 1, 2)).endswith("$.decided: recorded 1, decided now 2")


def test_each_decision_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cost of a replay is the number of decisions."""
    records, made = story(), []

    def counting(snapshot: Any, now: Any) -> Any:
        made.append(now)
        return decide(snapshot, now)

    monkeypatch.setattr("wfcore.insight.replay.decide", counting)

    assert len(records) == replay(records).decisions == len(made)


def test_answers_of_every_kind_are_recorded() -> None:
    snapshot = snapshot_of(story()[0])
    consult = Consult("heal", ())
    told = snapshot.told(consult, Consulted(())).told(Review(()), Reviewed((True, None, False))).told(
        Inspect(()), Unknown()).told(Consult("other", ()), Failed("unavailable", "away", 2.5))
    (read,) = through_json([record(told, story()[0].at, decide(told, story()[0].at))])

    assert told.answers == snapshot_of(read).answers
    assert told.facts == snapshot_of(read).facts == {}


@given(json_values(), json_values())
def test_differences_are_empty_exactly_for_the_same_json(one: Any, other: Any) -> None:
    assert [] == list(differences(one, one))
    assert bool(list(differences(one, other))) == (_tight(one) != _tight(other))


def _tight(value: Any) -> Any:
    """Without what means the same: null and absent members, trailing nulls; and true apart from 1."""
    if isinstance(value, dict):
        return {key: _tight(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        items = [_tight(item) for item in value]
        while items and items[-1] is None:
            items.pop()
        return items
    return (bool, value) if isinstance(value, bool) else value
