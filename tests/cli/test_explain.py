"""`wfctl explain`: what the engine says about a workflow as it is on the cluster."""

from __future__ import annotations

from wfcontroller.api import ApiError
from wfcore.model.enums import Phase
from wfcore.resources import DEPLOYMENTS

from .cli_world import scale, wfctl, workflow, written
from .ended import START, entry, rolled_back, shown
from .test_submit import deployment


def test_each_step_says_why_it_runs_or_waits(world, tmp_path) -> None:
    world.add(DEPLOYMENTS, deployment("web-1"))
    wfctl("submit", written(tmp_path, workflow(scale(1), scale(2, 1))))
    world.pass_time(0.3)
    lines = wfctl("explain", "wfe/fix").out.splitlines()

    assert "fix: executing: 0 of 2 steps finished" == lines[0]
    assert lines[1].startswith("  step 1 scale-1: running; attempt 1 runs as fix-step-1, ")
    assert "  step 2 scale-2: waiting; needs step 1 first" == lines[2]
    assert lines[3].startswith("next: look again at 2026-01-01T00:")


def test_json_has_the_same_for_programs(world) -> None:
    world.add_workflow(workflow(scale(1)))
    document = wfctl("explain", "fix", "-o", "json").document

    assert {"name": "fix", "namespace": "default", "phase": "", "headline": "new", "steps": [],
            "next": "enter planning", "wakeAt": document["wakeAt"], "commands": []} == document


def test_objects_that_are_still_changed_have_a_command_each(world) -> None:
    world.add_workflow(rolled_back())
    answer = wfctl("explain", "fix")

    assert "  step 1 scale-1: completed; could not be compensated: no such thing" in answer.out.splitlines()
    assert "  $ kubectl get deployment -n default web-1 -o yaml" == answer.out.splitlines()[-1]
    assert [1, 2, 3, 4] == [step["stepNumber"] for step in wfctl("explain", "fix", "-o", "json").document["steps"]]


def test_where_the_freeze_may_not_be_read_the_workflow_says_whether_it_is_frozen(world) -> None:
    world.add_workflow(shown(entry(1), phase=Phase.VALIDATING, frozen_since=START))
    world.refusals["get", "configmaps"] = ApiError(403, "Forbidden", "alice may not")

    assert "fix: held: an emergency freeze is on" == wfctl("explain", "fix").out.splitlines()[0]


def test_a_server_that_is_away_is_not_taken_for_a_calm_one(world) -> None:
    world.add_workflow(workflow(scale(1)))
    world.refusals["get", "configmaps"] = ApiError(503, "ServiceUnavailable", "away")

    assert 3 == wfctl("explain", "fix").code
    assert 2 == wfctl("explain", "nothing").code
