"""Plans are remembered: that saves time and changes nothing."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import pytest

from wfcore.lifecycle import planned
from wfcore.lifecycle.planned import plan_of
from wfcore.planning.planner import Plan
from wfcore.snapshot import Snapshot
from wfcore.testing.world import World

from .stories import Story, scale, workflow


def what_is_done(snapshot: Snapshot) -> Any:
    plan = plan_of(snapshot)
    assert isinstance(plan, Plan)
    return plan.digest, plan.published, plan.rendered


def test_a_plan_that_was_forgotten_is_the_same_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planned, "_plans", OrderedDict())
    world = World()
    stories = [Story(workflow(scale(1), name=name), world=world).go() for name in ("a", "b", "c")]
    snapshots = [Snapshot(workflow=world.workflow(story.name), settings=story.settings) for story in stories]
    first = [what_is_done(snapshot) for snapshot in snapshots]
    monkeypatch.setattr(planned, "_REMEMBERED", 1)
    planned._plans.clear()

    assert first == [what_is_done(snapshot) for snapshot in snapshots]
    assert 1 == len(planned._plans)
