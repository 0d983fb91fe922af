"""`wfctl doctor`: each thing an installation needs, found in order or not, with what to do about it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from wfcontroller.api import ApiError
from wfcontroller.cli import connection
from wfcontroller.freeze import FREEZE
from wfcontroller.kinds import VALIDATING_ADMISSION_POLICIES, VALIDATING_ADMISSION_POLICY_BINDINGS
from wfcore.resources import CONFIG_MAPS, CUSTOM_RESOURCE_DEFINITIONS, LEASES, WORKFLOW_EXECUTIONS

from .cli_world import wfctl
from .cluster_world import OWN, START
from .shipped_world import bare_cluster, installed_cluster

CHECKS = ["definitions", "wf-guard", "controller", "executor", "clocks", "freeze", "alert-remediations", "rights"]


def lease(name, ago=0.0, **spec):
    renewed = (START + timedelta(hours=1) - timedelta(seconds=ago)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return {"metadata": {"name": name, "namespace": OWN}, "spec": {
        "holderIdentity": f"{name}-1", "leaseDurationSeconds": 15, "renewTime": renewed, **spec}}


@pytest.fixture
def healthy(monkeypatch):
    """Everything is as it should be, one hour after the start."""
    world = installed_cluster(monkeypatch)
    world.add(LEASES, lease("wf-controller"))
    world.add(LEASES, lease("wf-executor"))
    world.jump_to(START + timedelta(hours=1))
    return world


def examined(*options):
    answer = wfctl("doctor", "-o", "json", *options)
    checks = {one["check"]: one for one in answer.document["checks"]}
    assert CHECKS == list(checks)
    return answer.code, checks


def found_of(check, *options):
    """The exit status, and what was found of one check."""
    code, checks = examined(*options)
    return code, checks[check]["state"], checks[check]["found"]


def test_a_healthy_installation_has_nothing_to_do(healthy) -> None:
    answer = wfctl("doctor")
    document = wfctl("doctor", "-o", "json").document

    assert (0, True, ["ok"] * len(CHECKS)) == (answer.code, document["healthy"],
                                              [one["state"] for one in document["checks"]])
    assert CHECKS == [line.split()[1] for line in answer.out.splitlines()]
    assert "->" not in answer.out
    assert [] == healthy.names(WORKFLOW_EXECUTIONS)


def test_on_a_bare_cluster_it_says_how_to_install(monkeypatch) -> None:
    bare_cluster(monkeypatch)
    answer = wfctl("doctor")

    assert 1 == answer.code
    for said in ("workflowexecutions.workflowexecution.kubernaut.io is missing", "-> wfctl install --part crds",
                 "its policy and binding missing: no approval counts", "-> wfctl install --part policy",
                 f"no Lease {OWN}/wf-executor: no executor has ever run", "-> wfctl install --part workloads",
                 f"warning  controller          no Lease {OWN}/wf-controller", "there is no AlertRemediation here"):
        assert said in answer.out


def test_definitions_of_another_version_are_told(healthy) -> None:
    async def change(api):
        name = "workflowexecutions.workflowexecution.kubernaut.io"
        current = await api.get(CUSTOM_RESOURCE_DEFINITIONS, "", name)
        version = {**current["spec"]["versions"][0], "additionalPrinterColumns": []}
        await api.update(CUSTOM_RESOURCE_DEFINITIONS, {**current, "spec": {**current["spec"], "versions": [version]}})
        other = await api.get(CUSTOM_RESOURCE_DEFINITIONS, "", "auditoutboxes.workflowexecution.kubernaut.io")
        await api.update_status(CUSTOM_RESOURCE_DEFINITIONS, {**other, "status": {}})

    healthy.do(change)

    assert (1, "failed", ("workflowexecutions.workflowexecution.kubernaut.io is not the one of this version; "
            "auditoutboxes.workflowexecution.kubernaut.io is not established")) == found_of("definitions")


def test_a_policy_that_means_something_else_is_told(healthy) -> None:
    current = healthy.get(VALIDATING_ADMISSION_POLICIES, "wf-guard")
    healthy.do(lambda api: api.update(VALIDATING_ADMISSION_POLICIES, {**current, "spec": {"of": "mallory"}}))
    code, state, said = found_of("wf-guard")

    assert (1, "failed") == (code, state)
    assert f"not the one of this version for a controller in namespace {OWN}: no approval counts" in said


def test_a_policy_without_its_binding_guards_nothing(healthy) -> None:
    healthy.do(lambda api: api.delete(VALIDATING_ADMISSION_POLICY_BINDINGS, "", "wf-guard"))

    assert (1, "failed", "its binding missing: no approval counts") == found_of("wf-guard")


@pytest.mark.parametrize(("check", "name", "ago", "state"), [
    ("executor", "wf-executor", 59, "ok"), ("executor", "wf-executor", 62, "failed"),
    ("controller", "wf-controller", 29, "ok"), ("controller", "wf-controller", 32, "failed"),
])
def test_whoever_is_silent_for_too_long_is_taken_for_dead(healthy, check, name, ago, state) -> None:
    current = healthy.get(LEASES, name, OWN)
    healthy.do(lambda api: api.update(LEASES, {**current, "spec": lease(name, ago)["spec"]}))
    healthy.jump_to(START + timedelta(hours=1))
    code, found, said = found_of(check)

    assert (state == "failed", state) == (bool(code), found)
    assert f"{name}-1 " in said


@pytest.mark.parametrize("spec", [{"holderIdentity": ""}, {"renewTime": None}])
def test_a_lease_that_nobody_holds_is_no_sign_of_life(healthy, spec) -> None:
    current = healthy.get(LEASES, "wf-controller", OWN)
    kept = {key: value for key, value in {**lease("wf-controller")["spec"], **spec}.items() if value is not None}
    healthy.do(lambda api: api.update(LEASES, {**current, "spec": kept}))

    assert (1, "failed", "nobody holds its Lease: no workflow goes on") == found_of("controller")


@pytest.mark.parametrize(("seconds", "state", "said"), [
    (3, "ok", "agree within 5s"), (-3, "ok", "agree within 5s"), (20, "warning", "is 19s behind this machine"),
    (-20, "warning", "is 20s ahead of this machine"), (300, "failed", "is 4m59s behind this machine"),
])
def test_clocks_that_differ_are_told(healthy, monkeypatch, seconds, state, said) -> None:
    monkeypatch.setattr(connection, "now", lambda: healthy.now() + timedelta(seconds=seconds))
    code, found, words = found_of("clocks")

    assert state == found
    assert state != "failed" or code == 1
    assert said in words


def test_without_the_right_to_create_workflows_clocks_are_not_compared(healthy) -> None:
    healthy.refusals["create", "workflowexecutions"] = ApiError(403, "Forbidden", "alice may not")
    code, state, said = found_of("clocks")

    assert (0, "warning") == (code, state)
    assert "no workflow can be created in namespace default: alice may not" in said


def test_a_freeze_is_a_warning_with_its_reason(healthy) -> None:
    healthy.add(CONFIG_MAPS, {"metadata": {"name": FREEZE, "namespace": OWN}, "data": {"reason": "fire", "by": "bob"}})

    assert (0, "warning", "every workflow is frozen by bob: fire") == found_of("freeze")


def test_a_freeze_without_a_word_is_one_too(healthy) -> None:
    healthy.add(CONFIG_MAPS, {"metadata": {"name": FREEZE, "namespace": OWN}})

    assert (0, "warning", "every workflow is frozen") == found_of("freeze")


def test_what_you_may_not_do_is_named_with_the_commands_that_need_it(healthy) -> None:
    healthy.forbidden = {("approve", "workflowapprovals"), ("create", "configmaps")}
    code, state, said = found_of("rights", "-n", "shop")

    assert (0, "warning") == (code, state)
    assert ("alice may not do everything in namespace shop: approve workflowapprovals (approve, reject), "
            "create configmaps (freeze); the controller reviews creators by name") in said


def test_what_may_not_be_looked_at_is_a_warning_and_what_is_refused_a_failure(healthy) -> None:
    healthy.refusals["get", "customresourcedefinitions"] = ApiError(403, "Forbidden", "alice may not")
    healthy.refusals["get", "leases"] = ApiError(500, "InternalError", "oh")
    code, checks = examined()

    assert 1 == code
    assert ("warning", "you may not look at it: alice may not") == (checks["definitions"]["state"],
                                                                   checks["definitions"]["found"])
    assert ("failed", "the server refused the question: oh") == (checks["executor"]["state"],
                                                                checks["executor"]["found"])


def test_a_probe_that_the_server_refuses_is_a_failure(healthy) -> None:
    healthy.refusals["create", "workflowexecutions"] = ApiError(422, "Invalid", "no")

    assert (1, "failed", "the server refused the question: no") == found_of("clocks")


def test_a_server_that_does_not_answer_is_the_environment_s_failure(healthy) -> None:
    healthy.refusals["get", "leases"] = ApiError(0, "", "connection refused")
    answer = wfctl("doctor", "-o", "json")

    assert (3, "") == (answer.code, answer.out)
