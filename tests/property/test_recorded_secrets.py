"""No secret is in a record, and without it everything is decided as before."""

from __future__ import annotations

import base64
import json
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfcore.codec import encode
from wfcore.insight.recorded import read_record, record, snapshot_of
from wfcore.insight.replay import replay
from wfcore.insight.veil import Veil, without_secrets
from wfcore.lifecycle.machine import decide
from wfcore.model.actions import UpdateSecretParams
from wfcore.model.definition import WorkflowDefinition, WorkflowExecutionSpec, WorkflowStep
from wfcore.model.enums import Action, Mode
from wfcore.model.fields import StrMap
from wfcore.planning.targets import Target
from wfcore.program import FindSource, Ref, SourceFound
from wfcore.rawobject import RawObject
from wfcore.settings import Settings
from wfcore.testing.strategies import SETTINGS, json_values
from wfcore.testing.walking import Behaviour

from .test_replay import GOOD, story, through_json, walked

OPEN = attrs.evolve(SETTINGS, allow_inline_secrets=True)
SECRET = base64.b64encode(b"hunter2, the password").decode()


def telling(value: str, other: str = "") -> WorkflowExecutionSpec:
    """A workflow with inline values of a Secret."""
    step = WorkflowStep(step_number=1, action=Action.UPDATE_SECRET, parameters=UpdateSecretParams(
        name="s", data_updates=StrMap({"one": value, "two": other})))
    return WorkflowExecutionSpec(workflow_definition=WorkflowDefinition(name="w", steps=(step,)))


def recorded(value: str, other: str = "") -> list[Any]:
    return walked(telling(value, other), [Behaviour(1, "succeed", GOOD)], settings=OPEN)


def test_no_record_shows_a_secret_and_every_one_replays_identical() -> None:
    records = recorded(SECRET)
    text = json.dumps([one.as_json() for one in records])

    assert "dataUpdates" in text
    assert SECRET not in text
    assert () == replay(through_json(records)).mismatches


@given(st.text("abcXYZ019+/", min_size=1, max_size=12), st.text("abcXYZ019+/", min_size=1, max_size=12))
def test_records_differ_by_the_length_of_a_secret_alone(one: str, other: str) -> None:
    same = [r.as_json() for r in recorded(one)] == [r.as_json() for r in recorded(other)]

    assert same == (len(one) == len(other))


def test_no_digest_covers_a_secret() -> None:
    def digests(value: str) -> list[str]:
        return [effect["digest"] for one in recorded(value) for effect in one.decided["effects"]]

    assert digests("YQ==") == digests(SECRET)
    assert digests("YQ==")


VALUES = st.text(max_size=4) | st.text("ab=", max_size=4) | st.integers() | st.none()


@given(st.lists(VALUES, min_size=2, max_size=4))
def test_a_veil_keeps_which_values_are_the_same_and_whether_they_are_base64(values: list[Any]) -> None:
    spoken = Veil().over([{"updateSecret": {"dataUpdates": {"k": value}}} for value in values])
    words = [item["updateSecret"]["dataUpdates"]["k"] for item in spoken]
    legal = [isinstance(v, str) and set(v) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/=")
             for v in values]

    assert spoken == Veil().over(spoken)
    for value, word, fits in zip(values, words, legal, strict=True):
        assert (isinstance(value, str), fits) == (isinstance(word, str), isinstance(word, str) and "*" not in word)
        assert not isinstance(value, str) or len(value) == len(word)
    assert all((a == b) == (v == w) for a, v, f in zip(words, values, legal, strict=True) if f
               for b, w, g in zip(words, values, legal, strict=True) if g)


def test_a_thousand_secrets_of_one_length_stay_apart() -> None:
    values = {str(n): f"{n:04}" for n in range(1000)}
    words = Veil().over({"updateSecret": {"dataUpdates": values}})["updateSecret"]["dataUpdates"].values()

    assert 1000 == len(set(words))
    assert {4} == set(map(len, words))


@given(json_values())
def test_what_holds_no_secret_is_left_as_it_is(value: Any) -> None:
    assert value == Veil().over(value) == without_secrets(value)


@pytest.mark.parametrize("secret", [SECRET, 7, ["hunter2"], None])
def test_a_veil_hides_secrets_wherever_they_are_said_again(secret: Any) -> None:
    """In raw objects of the cluster, well-formed or not, and in what tools copied into annotations."""
    step = {"parameters": {"updateSecret": {"dataUpdates": {"k": secret}, "name": "s"}}}
    raw = {"metadata": {"name": "w", "annotations": {
        "kubectl.kubernetes.io/last-applied-configuration": "hunter2", "tool": json.dumps(step), "kept": "yes"}},
        "spec": {"workflowDefinition": {"steps": [step]}, "odd": {"updateSecret": {"dataUpdates": secret}}},
        "containers": [{"env": [{"name": "PASSWORD", "value": "hunter2"}, "hunter"]}, {"env": "none"}]}
    source = SourceFound(RawObject(raw), (RawObject(raw),))
    base = snapshot_of(story()[0])
    told = attrs.evolve(base, facts={Target("Deployment", "default", "web"): (RawObject(raw),)}).told(
        FindSource(Ref("default", "old")), source)
    one = record(told, story()[0].at, decide(told, story()[0].at))
    text = json.dumps(one.as_json())

    assert "hunter2" not in text
    assert SECRET not in text
    assert '"kept": "yes"' in text
    assert one == read_record(json.loads(text))


@pytest.mark.parametrize("mode", Mode)
def test_no_status_shows_a_secret(mode: Mode) -> None:
    """A plan-only run publishes its rendered steps: keys, never values."""
    spec = telling(SECRET)
    planned = attrs.evolve(spec, execution_strategy=attrs.evolve(spec.execution_strategy, mode=mode))
    for one in walked(planned, [Behaviour(1, "succeed", GOOD)], settings=OPEN):
        decision = decide(snapshot_of(one), one.at)
        filler = "A" * len(SECRET)

        assert filler not in json.dumps(encode(decision.status))


def test_the_settings_a_record_was_made_under_are_in_it() -> None:
    assert OPEN == snapshot_of(recorded(SECRET)[0]).settings
    assert Settings() == snapshot_of(recorded(SECRET)[0], Settings()).settings
