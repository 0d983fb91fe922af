"""The deciding parts alone: rollouts, parts of objects, pods."""

from __future__ import annotations

import copy
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfcontroller.executor.contract import Broken, Done, Pending
from wfcontroller.executor.parts import Data, Part, Replicas, Template, Unschedulable
from wfcontroller.executor.podstate import some
from wfcontroller.executor.rollouts import judge_rollout, judge_scale
from wfcontroller.executor.settings import ExecutorSettings

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=8)
maps = st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3)
PARTS: dict[str, tuple[Part, st.SearchStrategy]] = {
    "replicas": (Replicas(), st.integers(0, 1000)),
    "template": (Template(), st.dictionaries(st.text(max_size=5), json_values, max_size=3)),
    "data": (Data(), st.fixed_dictionaries({}, optional={"data": maps, "binaryData": maps})),
    "unschedulable": (Unschedulable(), st.booleans()),
}
objects = st.fixed_dictionaries({"metadata": maps}, optional={
    "spec": st.fixed_dictionaries({}, optional={
        "replicas": st.integers(0, 9), "template": st.fixed_dictionaries({}, optional={"spec": json_values}),
        "unschedulable": st.booleans(), "selector": json_values}),
    "data": maps, "binaryData": maps, "type": st.just("Opaque")})


@pytest.mark.parametrize("name", PARTS)
@given(data=st.data())
def test_a_part_is_read_as_it_was_written_and_nothing_else_changes(name, data):
    part, values = PARTS[name]
    found, value, other = data.draw(objects), data.draw(values), data.draw(values)
    before = copy.deepcopy(found)
    written = part.write(found, value)

    assert value == part.read(written)
    assert before == found
    assert written == part.write(part.write(found, other), value)
    assert {key: found[key] for key in found if key not in ("spec", "data", "binaryData")} == {
        key: written[key] for key in written if key not in ("spec", "data", "binaryData")}
    assert found.get("spec", {}).get("selector") == written.get("spec", {}).get("selector")


def deployment(*, generation=2, observed=2, wanted=3, condition=None, **counted):
    status = {"observedGeneration": observed, "conditions": [condition] if condition else [], **counted}
    return {"metadata": {"namespace": "default", "name": "web", "generation": generation},
            "spec": {"replicas": wanted}, "status": status}


FINISHED = {"replicas": 3, "updatedReplicas": 3, "availableReplicas": 3, "readyReplicas": 3}
EXCEEDED = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded",
            "lastUpdateTime": "2026-01-01T00:00:00Z", "message": "timed out"}
LATER = {**EXCEEDED, "lastUpdateTime": "2026-01-01T01:00:00Z"}


@pytest.mark.parametrize("judge", [judge_rollout, judge_scale])
def test_an_outcome_counts_only_once_the_controller_has_seen_the_change(judge):
    assert Done() == judge(deployment(), deployment(**FINISHED), Done())
    assert isinstance(judge(deployment(), deployment(observed=1, **FINISHED), Done()), Pending)


@pytest.mark.parametrize("missing", ["replicas", "updatedReplicas", "availableReplicas"])
def test_a_rollout_is_finished_when_all_pods_are_new_and_available_and_no_others_are_left(missing):
    verdict = judge_rollout(deployment(), deployment(**{**FINISHED, missing: 2}), Done())

    assert isinstance(verdict, Pending)
    assert f"{missing} 2" in verdict.why


@pytest.mark.parametrize("missing", ["replicas", "readyReplicas"])
def test_a_scale_is_finished_when_as_many_pods_as_wanted_are_ready_and_no_others_are_left(missing):
    assert isinstance(judge_scale(deployment(), deployment(**{**FINISHED, missing: 4}), Done()), Pending)


@pytest.mark.parametrize("judge", [judge_rollout, judge_scale])
def test_a_deadline_exceeded_before_the_change_says_nothing_about_it(judge):
    """Real controllers keep the condition of a failed rollout while its undoing begins."""
    before = deployment(condition=EXCEEDED)

    assert isinstance(judge(before, deployment(condition=EXCEEDED), Done()), Pending)
    assert isinstance(judge(before, deployment(condition=LATER), Done()), Broken)
    assert isinstance(judge(before, deployment(condition=LATER, observed=1), Done()), Pending)


def test_a_deployment_without_replicas_wants_one():
    found = deployment(**{**FINISHED, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1})
    del found["spec"]["replicas"]

    assert Done() == judge_rollout(found, found, Done())


def test_long_lists_of_names_are_cut():
    assert "a, b, c, d, e and 2 more" == some("gfedcba")
    assert "a, b" == some("ba")


def test_a_tenth_of_a_short_timeout_is_enough_to_report():
    settings = ExecutorSettings()

    assert timedelta(seconds=1) == settings.margin_of(timedelta(seconds=10))
    assert timedelta(seconds=5) == settings.margin_of(timedelta(hours=1))
