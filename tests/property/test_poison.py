"""S26: no object, whatever JSON it is, makes a pass raise or go on for ever; it costs only itself."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfcore.codec import encode
from wfcore.program import (
    Consult,
    Consulted,
    Create,
    Created,
    Did,
    Failed,
    FindParent,
    FindSource,
    Found,
    Inspect,
    Inspected,
    ListOutbox,
    Observe,
    Ref,
    Request,
    Response,
    Review,
    Reviewed,
    Seen,
    SourceFound,
    Survey,
    Surveyed,
    Waiting,
)
from wfcore.rawobject import RawObject
from wfcore.reconciler import Reconcile
from wfcore.resources import KUBERNETES_EXECUTIONS, WORKFLOW_EXECUTIONS
from wfcore.settings import Settings
from wfcore.testing.driving import Pass, drive
from wfcore.testing.strategies import json_values
from wfcore.testing.world import START, World

from .test_codec import _put, places
from .test_decide import CHAIN, walked

# Numbers and depths that JSON allows and nobody expects, as a parser hands them over.
EXTREMES: Mapping[str, Any] = {
    "huge": 10**400, "negative": -(10**400), "infinite": float("inf"), "nan": float("nan"), "empty": "",
    "long": "x" * 100_000, "nul": "\x00", "surrogate": "\ud800", "object": {}, "list": [], "null": None,
    "object in list": [{}], "text in list": ["x", 5], "map": {"": None, "a": {"b": 5}},
}


def deep(levels: int = 3_000) -> Any:
    """Nested far beyond what Python recurses into."""
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


ANYTHING = json_values() | st.sampled_from(list(EXTREMES.values())) | st.builds(deep, st.just(3_000))


@cache
def bases() -> tuple[tuple[dict[str, Any], tuple[dict[str, Any], ...]], ...]:
    """Workflows with their children at every instant of a walk, and one that is being deleted."""
    world = walked().world
    children = tuple(dict(child) for child in world.children().values())
    body = world.get(WORKFLOW_EXECUTIONS, "w")
    found = [({**body, "status": encode(status)}, children) for status in world.commits]
    leaving = {**body["metadata"], "deletionTimestamp": "2026-01-02T03:04:05Z"}
    return (({**body, "status": {}}, ()), *found, ({**body, "metadata": leaving}, children))


def answering(workflow: Any, children: tuple[Any, ...]) -> Any:
    """A world in which writes are accepted and change nothing."""
    raws = tuple(RawObject(child) for child in children)
    seen = Seen(None if workflow is None else RawObject(workflow), raws, START + timedelta(hours=1))

    def answer(request: Request) -> Response:
        match request:
            case Observe():
                return seen
            case FindParent():
                return Found(RawObject(workflow))
            case Inspect():
                return Inspected(tuple((*raws, RawObject(workflow)) for _ in request.targets))
            case Consult():
                return Consulted(())
            case FindSource():
                return SourceFound(RawObject(workflow), raws)
            case Survey():
                return Surveyed((RawObject(workflow), *raws))
            case Review():
                return Reviewed((None,) * len(request.questions))
            case ListOutbox():
                return Waiting(())
            case Create():
                return Created(raws)
        return Did()

    return answer


def looked(workflow: Any, children: tuple[Any, ...]) -> Pass:
    """One pass, in which an unchanged world may be looked at again once a write was accepted."""
    return drive(Reconcile(Ref("default", "w"), Settings()), limited(answering(workflow, children)))


def limited(answer: Any) -> Any:
    """After thirty requests nothing answers any more: an unchanging world would be looked at for ever."""
    count = iter(range(10_000))

    def limit(request: Request) -> Response:
        return answer(request) if next(count) < 30 else Failed("unavailable")

    return limit


def objects(value: Any) -> Any:
    return value if isinstance(value, dict) else {"metadata": value, "spec": value, "status": value}


@given(ANYTHING, st.lists(ANYTHING, max_size=3))
def test_no_workflow_and_no_children_whatever_they_are_make_a_pass_raise(workflow: Any, children: list[Any]) -> None:
    assert looked(objects(workflow), tuple(map(objects, children))).finished is not None
    assert looked(None, tuple(map(objects, children))).finished is not None


@given(st.data())
def test_no_junk_anywhere_in_a_workflow_makes_a_pass_raise(data: st.DataObject) -> None:
    workflow, children = data.draw(st.sampled_from(range(len(bases()))).map(lambda i: bases()[i]))
    copied = damaged(workflow, data)

    assert looked(copied, children).finished is not None


@given(st.data())
def test_no_junk_anywhere_in_a_child_makes_a_pass_raise(data: st.DataObject) -> None:
    workflow, children = data.draw(st.sampled_from(range(1, len(bases()))).map(lambda i: bases()[i]))
    which = data.draw(st.integers(0, len(children) - 1))
    copied = damaged(children[which], data)

    assert looked(workflow, (*children[:which], copied, *children[which + 1:])).finished is not None


def damaged(body: dict[str, Any], data: st.DataObject) -> dict[str, Any]:
    """A copy with something else at one place, of the metadata more often than elsewhere."""
    whole = copy.deepcopy(body)
    part = data.draw(st.sampled_from(["metadata", "metadata", "spec", "status"]))
    if not whole.get(part):
        whole[part] = data.draw(ANYTHING)
        return whole
    _put(whole[part], data.draw(places(whole[part])), data.draw(ANYTHING))
    return whole


FIELDS = ("name", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
          "labels", "annotations", "finalizers", "ownerReferences")


@pytest.mark.parametrize("junk", [*EXTREMES.values(), deep()], ids=[*EXTREMES, "deep"])
@pytest.mark.parametrize("field", FIELDS)
def test_no_junk_in_a_field_of_the_metadata_makes_a_pass_raise(field: str, junk: Any) -> None:
    for workflow, children in (bases()[0], bases()[-1]):
        broken = {**workflow, "metadata": {**workflow["metadata"], field: junk}}
        assert looked(broken, children).finished is not None
        damaged_children = tuple({**c, "metadata": {**c["metadata"], field: junk}} for c in children)
        assert looked(workflow, damaged_children).finished is not None


@pytest.mark.parametrize("junk", [*EXTREMES.values(), deep()], ids=[*EXTREMES, "deep"])
def test_no_junk_in_a_field_of_a_newer_version_makes_a_pass_raise(junk: Any) -> None:
    """It is kept, so it is read and written again."""
    for workflow, children in bases():
        status = {**workflow["status"], "mood": junk}
        if status.get("stepStatuses"):
            status["stepStatuses"] = [{**entry, "mood": junk} for entry in status["stepStatuses"]]
        assert looked({**workflow, "status": status}, children).finished is not None


@given(json_values(leaves=8))
def test_a_poisoned_workflow_costs_only_itself(spec: Any) -> None:
    world = World()
    world.add(WORKFLOW_EXECUTIONS, {"spec": spec}, name="poison")
    world.add(WORKFLOW_EXECUTIONS, {"spec": encode(CHAIN)}, name="good")
    for name in ("poison", "good", "poison", "good"):
        drive(Reconcile(Ref("default", name), Settings()), world.answer)

    assert "executing" == world.workflow("good").status.phase
    assert ["good-step-1"] == [name for name in world.children() if name.startswith("good")]
    assert KUBERNETES_EXECUTIONS.kind == world.children()["good-step-1"]["kind"]
