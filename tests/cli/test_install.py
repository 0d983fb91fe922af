"""`wfctl install` and `uninstall`: object by object, in order, and back, without losing what is still needed."""

from __future__ import annotations

import pytest

from wfcontroller.api import ApiError
from wfcontroller.cli import shipping
from wfcontroller.cli.likeness import covers, merged, stands_as
from wfcontroller.kinds import CLUSTER_ROLES
from wfcore.crds import crds
from wfcore.model.workflow import FINALIZER
from wfcore.resources import (
    AUDIT_OUTBOXES,
    CONFIG_MAPS,
    CUSTOM_RESOURCE_DEFINITIONS,
    NAMESPACES,
    WORKFLOW_EXECUTIONS,
)

from .cli_world import scale, wfctl, workflow
from .cluster_world import OWN, later
from .ended import succeeded
from .shipped_world import bare_cluster, installed_cluster

LINES = [f"namespace/{OWN}",
         *(f"customresourcedefinition.apiextensions.k8s.io/{d['metadata']['name']}" for d in crds()),
         "clusterrole.rbac.authorization.k8s.io/wf-viewer",
         "validatingadmissionpolicy.admissionregistration.k8s.io/wf-guard",
         "validatingadmissionpolicybinding.admissionregistration.k8s.io/wf-guard", "configmap/wf-controller"]
WORKLOADS = LINES[-1]


@pytest.fixture
def bare(monkeypatch):
    return bare_cluster(monkeypatch)


@pytest.fixture
def installed(monkeypatch):
    return installed_cluster(monkeypatch)


def test_everything_is_created_in_order_and_unchanged_the_next_time(bare) -> None:
    first, second = wfctl("install"), wfctl("install")

    assert (0, [f"{line} created" for line in LINES]) == (first.code, first.out.splitlines())
    assert (0, [f"{line} unchanged" for line in LINES]) == (second.code, second.out.splitlines())
    assert [] == bare.names(WORKFLOW_EXECUTIONS)


def test_an_upgrade_configures_what_differs_and_keeps_what_others_wrote(installed, tmp_path) -> None:
    current = installed.get(CONFIG_MAPS, "wf-controller", OWN)
    installed.do(lambda api: api.update(CONFIG_MAPS, {**current, "metadata": {
        **current["metadata"], "labels": {"team": "x"}, "annotations": {"note": "y"}}}))
    config = tmp_path / "config.yaml"
    config.write_text("mode: Observe\n", encoding="utf-8")
    answer = wfctl("install", "--image", "image:2", "--controller-config", config)
    found = installed.get(CONFIG_MAPS, "wf-controller", OWN)

    assert [f"{WORKLOADS} configured"] == [line for line in answer.out.splitlines() if "unchanged" not in line]
    assert {"image": "image:2", "wf-controller": "mode: Observe\n"} == found["data"]
    assert ({"team": "x", "app": "wf"}, {"note": "y"}) == (found["metadata"]["labels"],
                                                         found["metadata"]["annotations"])


def test_configurations_that_are_wrong_are_not_installed(bare, tmp_path) -> None:
    wrong = tmp_path / "config.yaml"
    wrong.write_text("mode: Watch\nunheardOf: 1\n", encoding="utf-8")
    answer = wfctl("install", "--controller-config", wrong, "--executor-config", tmp_path / "absent.yaml")

    assert (2, "") == (answer.code, answer.out)
    for said in (f"{wrong}:1:", "mode", f"{wrong}:2:", "unheardOf", f"{tmp_path}/absent.yaml: No such file"):
        assert said in answer.err
    assert [] == bare.names(CUSTOM_RESOURCE_DEFINITIONS)


def test_a_dry_run_stores_nothing_even_where_its_own_namespace_is_not_there_yet(bare) -> None:
    answer = wfctl("install", "--dry-run")

    assert (0, [f"{line} created (server dry run)" for line in LINES]) == (answer.code, answer.out.splitlines())
    assert OWN not in bare.names(NAMESPACES)
    assert [] == bare.names(CUSTOM_RESOURCE_DEFINITIONS)


def test_parts_are_chosen_and_listed(bare) -> None:
    chosen, listed, unknown = wfctl("install", "--part", "rbac"), wfctl("install", "--part", "help"), wfctl(
        "install", "--part", "nothing")

    assert ["clusterrole.rbac.authorization.k8s.io/wf-viewer created"] == chosen.out.splitlines()
    assert ["namespace (by default)", "monitoring"] == [listed.out.splitlines()[n] for n in (0, -1)]
    assert (0, 2, "") == (listed.code, unknown.code, unknown.out)
    assert "Error: unknown part 'nothing'; the parts are namespace, crds" in unknown.err


def test_the_engine_may_live_in_another_namespace(bare) -> None:
    answer = wfctl("install", "--controller-namespace", "engine")

    assert "namespace/engine created" == answer.out.splitlines()[0]
    assert "engine" == bare.get(CONFIG_MAPS, "wf-controller", "engine")["metadata"]["namespace"]


def test_what_somebody_else_created_meanwhile_is_merged_with(bare) -> None:
    bare.refuse_after("create", 0, ApiError(409, "AlreadyExists", "somebody was faster"), times=4)
    patient = wfctl("install", "--part", "rbac")
    bare.script.clear()
    wfctl("uninstall", "--part", "rbac")
    bare.refuse_after("create", 0, ApiError(409, "AlreadyExists", "somebody was faster"), times=5)
    in_vain = wfctl("install", "--part", "rbac")

    assert (0, 2) == (patient.code, in_vain.code)
    assert "clusterrole.rbac.authorization.k8s.io/wf-viewer could not be applied: somebody was faster" in in_vain.err


def test_a_kind_that_is_not_served_is_said_with_what_to_do(bare) -> None:
    answer = wfctl("install", "--part", "namespace", "--part", "monitoring")

    assert (3, f"namespace/{OWN} created\n") == (answer.code, answer.out)
    assert "install what defines it first, or leave out its part" in answer.err


def test_what_is_made_of_a_definition_waits_until_it_is_established(bare) -> None:
    wfctl("install", "--part", "crds")
    served = {item["metadata"]["name"]: item["status"] for item in
              bare.do(lambda api: api.list(CUSTOM_RESOURCE_DEFINITIONS)).items}

    async def say(api, conditions_of):
        for item in (await api.list(CUSTOM_RESOURCE_DEFINITIONS)).items:
            status = conditions_of(item["metadata"]["name"])
            await api.update_status(CUSTOM_RESOURCE_DEFINITIONS, {**item, "status": status})

    async def nothing(api):
        await say(api, lambda name: {"conditions": []})

    bare.do(nothing)
    in_vain = wfctl("install", "--part", "crds", "--part", "rbac")
    bare.beside = later(20, lambda api: say(api, served.__getitem__))
    before = bare.now()
    answer = wfctl("install", "--part", "crds", "--part", "rbac")

    assert (3, 3) == (in_vain.code, len(in_vain.out.splitlines()))
    assert "not established after 60 s; `kubectl describe crd` says why" in in_vain.err
    assert (0, "created") == (answer.code, answer.out.split()[-1])
    assert 20 <= (bare.now() - before).total_seconds() < 25


def test_an_uninstallation_keeps_workflows_their_definitions_and_the_namespace(installed) -> None:
    installed.add_workflow(succeeded())
    answer = wfctl("uninstall")

    assert (0, [f"{line} deleted" for line in reversed(LINES[4:])]) == (answer.code, answer.out.splitlines())
    assert ["fix"] == installed.names(WORKFLOW_EXECUTIONS)
    assert OWN in installed.names(NAMESPACES)
    assert (0, "") == (wfctl("uninstall").code, wfctl("uninstall").out)


def test_with_crds_the_workflows_go_first_and_the_namespace_last(installed) -> None:
    installed.add_workflow(succeeded())
    lines = [line.split()[0] for line in wfctl("uninstall", "--crds").out.splitlines()]

    assert [*LINES[1:4], *reversed(LINES[4:]), LINES[0]] == lines
    assert [] == [name for name in installed.names(CUSTOM_RESOURCE_DEFINITIONS) if "workflow" in name]


def test_a_dry_run_of_an_uninstallation_removes_nothing(installed) -> None:
    answer = wfctl("uninstall", "--crds", "--dry-run")

    assert all(line.endswith("deleted (server dry run)") for line in answer.out.splitlines())
    assert "wf-viewer" in installed.names(CLUSTER_ROLES)
    assert 4 == len(installed.names(CUSTOM_RESOURCE_DEFINITIONS))


def test_while_workflows_are_under_way_only_force_uninstalls(installed) -> None:
    for number in range(7):
        installed.add_workflow(workflow(scale(1), name=f"fix-{number}"))
    refused = wfctl("uninstall")

    assert (2, "") == (refused.code, refused.out)
    assert "7 workflows are under way: default/fix-0, default/fix-1, " in refused.err
    assert "default/fix-4, ...; wait for their end or stop them, or give --force" in refused.err
    assert 0 == wfctl("uninstall", "--force").code


def test_records_that_wait_for_the_database_are_not_lost_by_accident(installed) -> None:
    record = {"metadata": {"name": "r", "namespace": OWN}, "spec": {}}
    installed.answers["list", AUDIT_OUTBOXES.plural] = [record]
    answer = wfctl("uninstall", "--crds")

    assert 2 == answer.code
    assert f"1 audit record waits for the database: {OWN}/r; wait until it is back, or lose them with" in answer.err


def test_workflows_that_nobody_lets_go_of_are_said_before_their_controller_is_removed(installed) -> None:
    held = succeeded()
    installed.do(lambda api: api.create(WORKFLOW_EXECUTIONS, {
        **held, "metadata": {"name": "fix", "namespace": "default", "finalizers": [FINALIZER]}}))
    current = installed.workflow("fix")
    installed.do(lambda api: api.update_status(WORKFLOW_EXECUTIONS, {**current, "status": held["status"]}))
    answer = wfctl("uninstall", "--crds")

    assert 3 == answer.code
    assert "is still there after 120 s: does the controller run? Only it lets go of workflows" in answer.err
    assert "wf-viewer" in installed.names(CLUSTER_ROLES)
    assert 0 == wfctl("uninstall", "--crds", "--force").code
    assert [] == installed.names(CLUSTER_ROLES)


@pytest.mark.parametrize(("status", "code"), [(404, 0), (403, 3)])
def test_what_went_meanwhile_is_no_error_and_what_may_not_be_removed_is(installed, status, code) -> None:
    installed.refusals["delete", "clusterroles"] = ApiError(status, "", "no")
    answer = wfctl("uninstall", "--part", "rbac")

    assert (code, "") == (answer.code, answer.out)


def test_a_cluster_without_the_definitions_has_no_workflows_to_wait_for(bare) -> None:
    assert 0 == wfctl("uninstall").code
    bare.refusals["list", "workflowexecutions"] = ApiError(403, "Forbidden", "no")
    assert 3 == wfctl("uninstall").code


@pytest.mark.parametrize(("current", "wanted", "expected"), [
    ({"a": 1, "b": 2}, {"a": 1}, True), ({"a": 1}, {"a": 1, "b": 2}, False), ({"a": 1}, {"a": 1, "b": {}}, True),
    ([{"a": 1, "x": 2}], [{"a": 1}], True), ([1, 2], [1], False), ({"a": [1]}, {"a": {"b": 1}}, False),
])
def test_what_the_server_adds_is_no_difference(current, wanted, expected) -> None:
    assert expected is covers(current, wanted)


def test_a_field_that_a_definition_no_longer_has_is_a_difference() -> None:
    wanted = crds()[0]
    current = crds()[0]
    current["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["old"] = {"type": "string"}

    assert stands_as(crds()[0], wanted)
    assert not stands_as(current, wanted)


def test_an_update_keeps_status_version_and_finalizers() -> None:
    current = {"metadata": {"name": "a", "resourceVersion": "7", "finalizers": ["f"]}, "status": {"x": 1},
               "spec": {"y": 1}}

    assert {**current, "spec": {"z": 1}} == merged(current, {"metadata": {"name": "a"}, "spec": {"z": 1}})


def test_every_shipped_kind_has_an_address() -> None:
    documents = shipping.shipped(shipping.parts(), OWN)

    assert set(shipping.parts()) > set(shipping.default_parts())
    assert [one["kind"] for one in documents] == [shipping.resource_of(one).kind for one in documents]


def test_the_guard_stands_as_it_is_shipped_and_not_for_another_namespace() -> None:
    policy, binding = shipping.shipped(["policy"], OWN)

    assert shipping.stands_guard(policy, binding, OWN)
    assert not shipping.stands_guard(policy, binding, "elsewhere")
