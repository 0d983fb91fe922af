"""`wfctl watch`: progress until the end, whatever breaks the watch off, and an exit status by outcome."""

from __future__ import annotations

import pytest

from wfcontroller.api import ApiError
from wfcore.resources import DEPLOYMENTS, WORKFLOW_EXECUTIONS

from .cli_world import scale, wfctl, workflow, written
from .cluster_world import later
from .ended import rolled_back, succeeded
from .test_submit import deployment


def test_without_a_terminal_each_change_is_a_line(world, tmp_path) -> None:
    world.add(DEPLOYMENTS, deployment("web-1"))
    wfctl("submit", written(tmp_path, workflow(scale(1))))
    world.live = True
    answer = wfctl("watch", "fix")
    said = [line.split(" ", 1)[1] for line in answer.out.splitlines() if line.startswith("+")]

    assert 0 == answer.code
    assert ["executing", "step 1 scale-1 executing", "step 1 scale-1 completed", "monitoring", "completed"] == [
        line for line in said if line not in ("planning", "validating", "")]
    assert "fix: completed, success; 1 of 1 steps" in answer.out


def test_what_has_ended_is_told_at_once_with_its_verdict(world) -> None:
    world.add_workflow(rolled_back())
    world.add_workflow(succeeded("good"))
    answer = wfctl("watch", "wfe/fix", "good")
    documents = wfctl("watch", "fix", "good", "-o", "json").document

    assert 1 == answer.code
    assert "  still changed: deployment default/web-1, should be replicas 1" in answer.out
    assert [("fix", "failed"), ("good", "success")] == [(one["name"], one["outcome"]) for one in documents]


def test_a_workflow_that_does_not_exist_is_bad_input(world) -> None:
    answer = wfctl("watch", "nothing")

    assert (2, "") == (answer.code, answer.out)
    assert "workflow 'nothing' does not exist in namespace 'default'" in answer.err


def test_a_watch_that_is_broken_off_is_taken_up_again(world) -> None:
    world.add_workflow(workflow(scale(1)))
    world.refuse_after("watch", 0, ApiError(410, "Expired", "too old"), times=2)

    async def end(api):
        current = await api.get(WORKFLOW_EXECUTIONS, "default", "fix")
        await api.update_status(WORKFLOW_EXECUTIONS, {**current, "status": succeeded()["status"]})

    world.beside = later(2.5, end)

    assert 0 == wfctl("watch", "fix").code


@pytest.mark.parametrize("verb", ["list", "watch"])
def test_another_workflow_of_its_name_is_not_the_one_that_is_watched(world, verb) -> None:
    """It was deleted while the server was away, and somebody has created one anew."""
    world.add_workflow(workflow(scale(1)))
    world.refuse_after(verb, 0, ApiError(410, "Expired", "too old"), times=1)

    async def replace(api):
        await api.delete(WORKFLOW_EXECUTIONS, "default", "fix")
        created = await api.create(WORKFLOW_EXECUTIONS, {
            **workflow(scale(1)), "metadata": {"name": "fix", "namespace": "default"}})
        await api.update_status(WORKFLOW_EXECUTIONS, {**created, "status": succeeded()["status"]})

    world.beside = later(0.5, replace)
    answer = wfctl("watch", "fix")

    assert 3 == answer.code
    assert "workflow fix was deleted before it ended" in answer.err


def test_what_is_forbidden_is_not_asked_for_again(world) -> None:
    world.add_workflow(workflow(scale(1)))
    world.refuse_after("watch", 0, ApiError(403, "Forbidden", "alice may not watch"), times=100)
    before = world.now()
    answer = wfctl("watch", "fix")

    assert 3 == answer.code
    assert "alice may not watch; ask for the role that allows it" in answer.err
    assert (world.now() - before).total_seconds() < 1


def test_on_a_terminal_the_table_is_redrawn(world, monkeypatch) -> None:
    from wfcontroller.cli import ending

    class Live:
        def __init__(self, console, speed):
            shown.append(speed)

        def __enter__(self):
            return self

        def __exit__(self, *error):
            shown.append("closed")

        def changed(self, workflow, now):
            shown.append(workflow["metadata"]["name"])

    shown = []
    world.add_workflow(succeeded())
    monkeypatch.setattr(ending, "LiveObserver", Live)
    monkeypatch.setattr(ending, "is_terminal", lambda: True)
    answer = wfctl("watch", "fix")

    assert [1.0, "fix", "closed"] == shown
    assert "fix: completed, success" in answer.out
