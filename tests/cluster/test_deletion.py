"""What is deleted goes, whoever deletes it, in whatever phase it is; and the same file can be applied again at once."""

from __future__ import annotations

import pytest
from tests.controlplane.processes import Died

from .installation import until
from .restarts import chain, deployment, namespace, restart, workflow

pytestmark = pytest.mark.timeout(300)
PARENTS = {
    "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
    "metadata": {"name": "alertremediations.kubernaut.io"},
    "spec": {"group": "kubernaut.io", "scope": "Namespaced",
             "names": {"kind": "AlertRemediation", "plural": "alertremediations", "singular": "alertremediation"},
             "versions": [{"name": "v1", "served": True, "storage": True, "subresources": {"status": {}}, "schema": {
                 "openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}}]}}
FINALIZER = "workflowexecution.kubernaut.io/workflowexecution-cleanup"


@pytest.fixture
def place(running, request):
    """A namespace with a Deployment that never becomes ready, so that a step on it goes on."""
    name = f"going-{abs(hash(request.node.name)) % 100_000}"
    running.plane.apply(namespace(name), deployment("stuck", name, image="app:bad"))
    yield name
    running.plane.kubectl("delete", "namespace", name, "--ignore-not-found", "--wait=false")


def absent(service, kind: str, name: str, place: str) -> bool:
    try:
        service.plane.kubectl("get", kind, name, "-n", place)
    except Died as error:
        return "NotFound" in str(error)
    return False


def phase(service, name: str, place: str) -> str:
    return service.get("wfe", name, place).get("status", {}).get("phase", "")


def executing(service, name: str, place: str) -> dict:
    """A workflow with a step under way that does not end by itself."""
    body = workflow(name, place, restart(1, "stuck", timeout="20m"))
    service.plane.apply(body)
    until(lambda: "ke" and service.plane.kubectl("get", "ke", "-n", place, "-o", "name"), "its child is there",
          *service.processes)
    return body


@pytest.mark.parametrize("propagation", ["background", "foreground", "orphan"])
def test_a_workflow_that_executes_goes_with_its_children(running, place, propagation):
    executing(running, "w", place)
    running.plane.kubectl("delete", "wfe", "w", "-n", place, "--wait=false", f"--cascade={propagation}")

    until(lambda: absent(running, "wfe", "w", place), "the workflow is gone", *running.processes)
    until(lambda: "" == running.plane.kubectl("get", "ke", "-n", place, "-o", "name").strip(), "its children are gone",
          *running.processes)
    assert "" == running.plane.kubectl("get", "wfe,ke", "-n", place, "-o", "name").strip()


def test_the_same_file_can_be_applied_again_at_once(running, place, audit_log):
    body = executing(running, "w", place)
    first = running.get("wfe", "w", place)["metadata"]["uid"]
    running.plane.kubectl("delete", "wfe", "w", "-n", place, "--timeout=60s")
    running.plane.apply(body)
    until(lambda: "executing" == phase(running, "w", place), "it executes again", *running.processes)

    again = running.get("wfe", "w", place)["metadata"]["uid"]
    assert first != again
    until(lambda: audit_log.find(first) is not None, "the first one is recorded")
    assert "deleted" == audit_log.find(first).status


def test_a_namespace_goes_with_everything_in_it_and_the_audit_stays(running, place, audit_log):
    executing(running, "w", place)
    uid = running.get("wfe", "w", place)["metadata"]["uid"]
    running.plane.kubectl("delete", "namespace", place, "--wait=false")

    until(lambda: absent(running, "namespace", place, "default"), "the namespace is gone", *running.processes)
    until(lambda: audit_log.find(uid) is not None, "it is recorded", *running.processes)
    # Its child may be taken from it before it goes itself: then its step has failed first.
    assert audit_log.find(uid).status in ("deleted", "failed")


def test_the_parent_takes_its_workflow_along(running, place):
    running.plane.define(PARENTS)
    running.plane.apply({"apiVersion": "kubernaut.io/v1", "kind": "AlertRemediation",
                         "metadata": {"name": "alert", "namespace": place}, "spec": {}})
    running.plane.apply(workflow("w", place, restart(1, "stuck", timeout="20m"),
                                 alertRemediationRef={"name": "alert"}))
    until(lambda: "executing" == phase(running, "w", place), "it executes", *running.processes)
    owners = running.get("wfe", "w", place)["metadata"]["ownerReferences"]
    running.plane.kubectl("delete", "alertremediations", "alert", "-n", place)

    assert [("AlertRemediation", "alert")] == [(owner["kind"], owner["name"]) for owner in owners]
    until(lambda: absent(running, "wfe", "w", place), "the workflow is gone", *running.processes)


def test_a_workflow_that_waits_for_an_approval_goes_at_once_and_nothing_was_done(running, place, audit_log):
    running.plane.apply(workflow("w", place, restart(1, "stuck"), strategy={"approvalRequired": True}))
    until(lambda: "validating" == phase(running, "w", place), "it waits", *running.processes)
    uid = running.get("wfe", "w", place)["metadata"]["uid"]
    running.plane.kubectl("delete", "wfe", "w", "-n", place, "--wait=false")

    until(lambda: absent(running, "wfe", "w", place), "the workflow is gone", *running.processes)
    assert "" == running.plane.kubectl("get", "ke", "-n", place, "-o", "name").strip()
    assert "deleted" == audit_log.find(uid).status


def test_a_finished_workflow_goes_when_its_time_to_live_is_over_recorded_as_it_ended(running, place, audit_log):
    running.plane.apply(deployment("web", place))
    body = chain("web", place, steps=1)
    body["spec"]["ttlSecondsAfterFinished"] = 1
    running.plane.apply(body)
    uid = running.get("wfe", "web", place)["metadata"]["uid"]

    until(lambda: absent(running, "wfe", "web", place), "the workflow is gone", *running.processes)
    assert ("completed", "success") == (audit_log.find(uid).status, audit_log.find(uid).outcome)


def test_a_workflow_that_waits_for_a_target_goes_and_leaves_the_holder_alone(running, place):
    executing(running, "holder", place)
    running.plane.apply(workflow("w", place, restart(1, "stuck")))
    until(lambda: running.get("wfe", "w", place).get("status", {}).get("waitingFor"), "it waits", *running.processes)
    running.plane.kubectl("delete", "wfe", "w", "-n", place, "--timeout=60s")

    assert "executing" == phase(running, "holder", place)


def test_a_workflow_that_rolls_back_goes_with_what_undoes_it(running, place):
    undo = {"rollbackSpec": {"action": "restore-previous-deployment"}}
    step = restart(1, "stuck", timeout="5s", criticalStep=True, maxRetries=0, **undo)
    running.plane.apply(workflow("w", place, step))
    until(lambda: "rolling_back" == phase(running, "w", place), "it rolls back", *running.processes)
    running.plane.kubectl("delete", "wfe", "w", "-n", place, "--wait=false")

    until(lambda: absent(running, "wfe", "w", place), "the workflow is gone", *running.processes)
    until(lambda: "" == running.plane.kubectl("get", "ke", "-n", place, "-o", "name").strip(), "its children are gone",
          *running.processes)
    assert "" == running.plane.kubectl("get", "wfe,ke", "-n", place, "-o", "name").strip()


def test_a_workflow_that_has_failed_goes_at_once(running, place, audit_log):
    running.plane.apply(workflow("w", place, restart(1, "nowhere", criticalStep=True, maxRetries=0)))
    running.ended("w", place)
    uid = running.get("wfe", "w", place)["metadata"]["uid"]
    running.plane.kubectl("delete", "wfe", "w", "-n", place, "--timeout=60s")

    assert "failed" == audit_log.find(uid).status
