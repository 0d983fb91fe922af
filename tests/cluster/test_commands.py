"""`wfctl` on a real cluster, as people with the shipped roles type it: the real guard, transport and controllers."""

from __future__ import annotations

import asyncio
from asyncio import sslproto
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import cast

import pytest
import yaml
from tests.cli.cli_world import wfctl
from tests.controlplane.plane import control_plane

from wfcontroller.api import WatchEvent
from wfcontroller.transport.connect import connect
from wfcore.resources import NAMESPACES

from .installation import EXAMPLES, HOME, installation, until

pytestmark = pytest.mark.timeout(400)
PARTS = ("namespace", "crds", "rbac", "observer", "policy", "network")
INSTALL = ("install", *(word for part in PARTS for word in ("--part", part)))
WFE = "workflowexecution.workflowexecution.kubernaut.io"


class Place:
    """A cluster of its own, because it is uninstalled too; alice may ask for workflows, bob may approve them."""

    def __init__(self, plane, service):
        self.plane, self.service = plane, service

    def wfctl(self, *words, by=""):
        kubeconfig = self.plane.kubeconfig_of(by, "payments") if by else self.plane.admin
        return wfctl(*words, "--kubeconfig", kubeconfig)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    with control_plane(people={"alice": (), "bob": ()}) as plane:
        plane.add_nodes("node-1", "node-2")
        with installation(plane, tmp_path_factory.mktemp("service")) as service:
            found = Place(plane, service)
            installed = found.wfctl(*INSTALL)
            assert (0, "") == (installed.code, installed.err)
            plane.kubectl("create", "namespace", "payments")
            for person, roles in (("alice", ("requester", "viewer")), ("bob", ("approver",))):
                for role in roles:
                    plane.kubectl("create", "clusterrolebinding", f"{person}-{role}", f"--clusterrole=wf-{role}",
                                  f"--user={person}")
            service.start("wfcontroller").until_it_says("leadership_acquired")
            service.start("wfexecutor")
            yield found


def states(answer):
    return {one["check"]: one["state"] for one in answer.document["checks"]}


def test_what_is_installed_stands_as_shipped_in_the_eyes_of_the_real_server(place):
    again = place.wfctl(*INSTALL)

    assert 0 == again.code
    assert {"unchanged"} == {line.split()[-1] for line in again.out.splitlines()}
    until(lambda: states(place.wfctl("doctor", "-o", "json"))["executor"] == "ok", "the executor's heart beats")
    assert {"definitions": "ok", "wf-guard": "ok", "controller": "ok", "executor": "ok", "clocks": "ok",
            "freeze": "ok", "alert-remediations": "warning", "rights": "ok"} == states(
                place.wfctl("doctor", "-o", "json"))


def test_a_plan_is_submitted_by_one_approved_by_another_and_undone(place):
    *others, _ = yaml.safe_load_all((EXAMPLES / "approval.yaml").read_text("utf-8"))
    place.plane.apply(*others)
    place.plane.kubectl("rollout", "status", "deployment/ledger", "-n", "payments", "--timeout=60s")
    example = EXAMPLES / "approval.yaml"

    assert f"{WFE}/patch-ledger created\n" == place.wfctl("submit", example, by="alice").out
    until(lambda: "waits for an approval" in place.wfctl("explain", "patch-ledger", by="alice").out, "it asks")
    own = place.wfctl("approve", "patch-ledger", "--yes", by="alice")
    assert (2, True) == (own.code, "was created by alice, and somebody else has to decide" in own.err)
    assert 0 == place.wfctl("approve", "patch-ledger", "--yes", "--reason", "CHG-1", by="bob").code
    assert "patch-ledger: completed, success" in place.wfctl("watch", "patch-ledger", by="alice").out
    assert ":3.2" in image(place)

    assert f"{WFE}/patch-ledger-rollback created\n" == place.wfctl("rollback", "patch-ledger", by="alice").out
    until(lambda: place.wfctl("approve", "patch-ledger-rollback", "--yes", by="bob").code == 0, "it asks too")
    assert 0 == place.wfctl("watch", "patch-ledger-rollback", by="alice").code
    assert ":3.1" in image(place)
    assert ["patch-ledger", "patch-ledger-rollback"] == [
        line.split()[0] for line in place.wfctl("get", by="alice").out.splitlines()[1:]]


def image(place):
    return place.plane.kubectl("get", "deployment", "ledger", "-n", "payments", "-o",
                               "jsonpath={.spec.template.spec.containers[0].image}")


def test_a_watch_that_is_broken_off_leaves_its_connection_at_once(place, monkeypatch):
    """A command ends as soon as it has seen what it watched for, and its loop with it: sockets were left open."""
    aborted = []
    abort = sslproto._SSLProtocolTransport.abort

    def spy(transport):
        aborted.append(transport)
        abort(transport)

    async def break_off():
        async with connect(str(place.plane.admin)) as connected:
            async with aclosing(cast("AsyncGenerator[WatchEvent, None]", connected.api.watch(
                    NAMESPACES, resource_version="0"))) as events:
                first = await anext(events)
            return first.type, len(aborted)

    monkeypatch.setattr(sslproto._SSLProtocolTransport, "abort", spy)

    assert ("ADDED", 1) == asyncio.run(break_off())


def test_the_whole_engine_can_be_removed_while_its_controller_lets_go_of_the_workflows(place):
    place.wfctl("submit", EXAMPLES / "approval.yaml", "-n", "payments")
    refused = place.wfctl("uninstall", "--crds")
    removed = place.wfctl("uninstall", "--crds", "--force")

    assert (2, 0) == (refused.code, removed.code)
    assert f"namespace/{HOME} deleted" == removed.out.splitlines()[-1]
    assert "" == place.plane.kubectl("get", "crds", "-o", "name")
    answer = place.wfctl("get", "-A")
    assert (3, True) == (answer.code, "`wfctl install` brings them" in answer.err)
