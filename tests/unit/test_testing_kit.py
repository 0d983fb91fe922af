"""The test kit: what it needs, what its world answers where nothing is as a program thinks, and what it never hides."""

from __future__ import annotations

import sys
from importlib.util import find_spec, module_from_spec
from itertools import count

import attrs
import pytest

from wfcore.codec import decode
from wfcore.model.definition import WorkflowExecutionSpec
from wfcore.program import Create, Did, Failed, Finished, Ref, ReleaseChild, SetMetadata
from wfcore.rawobject import RawObject
from wfcore.resources import CONFIG_MAPS
from wfcore.testing.instances import instances
from wfcore.testing.walking import Behaviour, Walk
from wfcore.testing.world import World

from .stories import Story, scale, workflow


@pytest.mark.parametrize("name", ["strategies", "instances", "damages", "walking"])
def test_without_hypothesis_the_extra_to_install_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    spec = find_spec(f"wfcore.testing.{name}")
    assert spec is not None
    assert spec.loader is not None

    with pytest.raises(ImportError, match=r"Hypothesis: pip install 'wfcore\[testing\]'"):
        spec.loader.exec_module(module_from_spec(spec))


def test_a_child_that_the_store_refuses_is_refused_with_its_reason() -> None:
    nameless = RawObject({"metadata": {"namespace": "default"}, "spec": {}})
    answer = World().answer(Create(Ref("default", "w"), (nameless,)))

    assert isinstance(answer, Failed)
    assert ("refused", True) == (answer.why, "name" in answer.message)


def test_a_child_that_is_gone_or_another_needs_no_release() -> None:
    story = Story(workflow(scale(1))).go()
    before = story.world.state

    assert Did() == story.world.answer(ReleaseChild("default", "nobody", "u"))
    assert Did() == story.world.answer(ReleaseChild("default", "w-step-1", "another"))
    assert before is story.world.state


def test_a_walk_whose_passes_do_not_come_to_rest_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = decode(WorkflowExecutionSpec, workflow(scale(1))["spec"])
    assert isinstance(spec, WorkflowExecutionSpec)
    walk, numbers = Walk(spec, [Behaviour(1, "nothing")]), count()

    def restless() -> Finished:
        walk.world.add(CONFIG_MAPS, {}, name=f"c-{next(numbers)}")
        return Finished()
    monkeypatch.setattr(walk, "_pass", restless)

    with pytest.raises(AssertionError, match="the passes of one instant do not come to rest"):
        walk.to_the_end()


def test_a_field_of_a_type_without_a_strategy_is_named() -> None:
    odd = attrs.make_class("Odd", {"data": attrs.field(type=bytes, metadata={})})

    with pytest.raises(TypeError, match=r"no strategy for <class 'bytes'>; add it to wfcore.testing.strategies"):
        instances(odd)


def test_a_write_of_an_older_version_conflicts_and_one_of_nothing_is_missing() -> None:
    story = Story(workflow(scale(1))).go()
    stale = SetMetadata(story.ref, "1", (), ())
    before = story.world.state

    assert (Failed("conflict"), Failed("missing")) == (
        story.world.answer(stale), story.world.answer(attrs.evolve(stale, ref=Ref("default", "nobody"))))
    assert before is story.world.state
