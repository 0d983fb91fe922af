"""`wfctl freeze` and `unfreeze`: one ConfigMap where the controller runs, with the reason that everybody sees."""

from __future__ import annotations

from wfcontroller.freeze import FREEZE
from wfcore.resources import CONFIG_MAPS, DEPLOYMENTS

from .cli_world import scale, wfctl, workflow, written
from .cluster_world import OWN
from .test_submit import deployment


def test_a_freeze_holds_every_workflow_until_it_ends(world, tmp_path) -> None:
    world.add(DEPLOYMENTS, deployment("web-1"))
    frozen = wfctl("freeze", "--reason", "incident 4711")
    wfctl("submit", written(tmp_path, workflow(scale(1))))
    world.pass_time(120)

    assert (0, "configmap/wf-freeze created: every workflow is frozen\n") == (frozen.code, frozen.out)
    assert {"reason": "incident 4711", "by": "alice"} == world.get(CONFIG_MAPS, FREEZE, OWN)["data"]
    assert 1 == world.get(DEPLOYMENTS, "web-1")["spec"]["replicas"]
    assert "held: an emergency freeze is on: incident 4711" in wfctl("explain", "fix").out

    assert "configmap/wf-freeze deleted: workflows go on\n" == wfctl("unfreeze").out
    world.pass_time(120)
    assert 2 == world.get(DEPLOYMENTS, "web-1")["spec"]["replicas"]


def test_the_reason_of_a_freeze_can_be_replaced(world) -> None:
    wfctl("freeze", "--reason", "one")

    assert "configmap/wf-freeze stands already\n" == wfctl("freeze", "--reason", "one").out
    assert {"reason": "other", "by": "alice"} == wfctl("freeze", "--reason", "other", "-o", "json").document["data"]


def test_nothing_frozen_is_no_error(world) -> None:
    answer = wfctl("unfreeze")

    assert (0, f"nothing is frozen: there is no ConfigMap {OWN}/wf-freeze\n") == (answer.code, answer.out)


def test_the_controller_may_run_elsewhere(world) -> None:
    answer = wfctl("freeze", "--reason", "x", "--controller-namespace", "nowhere")

    assert (2, "") == (answer.code, answer.out)
    assert "namespace 'nowhere' does not exist; say where the controller runs with --controller-namespace" in answer.err
    assert 0 == wfctl("freeze", "--reason", "x", "--controller-namespace", "default").code
    assert FREEZE == world.get(CONFIG_MAPS, FREEZE)["metadata"]["name"]


def test_a_freeze_that_is_just_ending_is_not_taken_for_one(world) -> None:
    world.add(CONFIG_MAPS, {"metadata": {"name": FREEZE, "namespace": OWN, "finalizers": ["example.com/held"]}})
    world.do(lambda api: api.delete(CONFIG_MAPS, OWN, FREEZE))
    answer = wfctl("freeze", "--reason", "x")

    assert 3 == answer.code
    assert f"ConfigMap {OWN}/wf-freeze is being deleted; repeat the command once it is gone" in answer.err


def test_whoever_may_not_freeze_is_told(world) -> None:
    from wfcontroller.api import ApiError

    world.refusals["create", "configmaps"] = ApiError(403, "Forbidden", "alice may not")

    assert 3 == wfctl("freeze", "--reason", "x").code
    assert 2 == wfctl("freeze").code
