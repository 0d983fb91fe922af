"""The API server takes every overlay, and kubectl shows workflows as the page says."""

from __future__ import annotations

import re
import shlex
from contextlib import closing
from pathlib import Path

import pytest
from tests.manifests.shipped import DEPLOY

from . import people
from .client import Client
from .installation import until

pytestmark = pytest.mark.timeout(300)
PAGE = Path(__file__).parents[2] / "docs" / "kubectl.md"
BLOCK = re.compile(r"<!-- begin (.*?) -->\n(.*?)<!-- end -->", re.DOTALL)
COMMANDS = [command for command, _ in BLOCK.findall(PAGE.read_text("utf-8"))]
DURATION = re.compile(r"(?<![\w-])(\d+h)?(\d+m)?(\d+(\.\d+)?s)?(?![\w-])")
OVERLAYS = sorted(path.name for path in (DEPLOY / "overlays").iterdir())
COLUMNS = ["NAME", "PHASE", "STEP", "STEPS", "OUTCOME", "AGE"]
WIDE = ["STRATEGY", "DURATION", "PLAN DIGEST", "REASON"]


@pytest.fixture(scope="module")
def monitored(service):
    """The kind of the Prometheus Operator, which one overlay needs: any content will do."""
    name = "servicemonitors.monitoring.coreos.com"
    service.plane.define({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": name},
        "spec": {"group": "monitoring.coreos.com", "scope": "Namespaced",
                 "names": {"plural": "servicemonitors", "singular": "servicemonitor", "kind": "ServiceMonitor"},
                 "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {
                     "type": "object", "x-kubernetes-preserve-unknown-fields": True}}}]}})
    yield
    service.plane.kubectl("delete", "crd", name)


@pytest.fixture(scope="module")
def shop(running):
    """Three workflows: one that ended well, one that waits, one that failed."""
    plane = running.plane
    people.namespace(plane, "shop", {"wf-requester": ("alice",)})
    plane.apply(*people.deployment("shop", "web-app"), *people.deployment("shop", "ledger"))
    for name in ("web-app", "ledger"):
        plane.kubectl("rollout", "status", f"deployment/{name}", "-n", "shop", "--timeout=60s")
    scale = {"stepNumber": 1, "action": "scale-deployment", "criticalStep": True, "parameters": {
        "scaleDeployment": {"deployment": "web-app", "replicas": 2}}, "rollbackSpec": {"action": "scale-to-previous"}}
    check = {"stepNumber": 2, "action": "check-pod-health", "dependsOn": [1],
             "parameters": {"checkPodHealth": {"deployment": "web-app"}}}
    patch = {"stepNumber": 1, "action": "update-image", "criticalStep": True, "parameters": {
        "updateImage": {"deployment": "ledger", "container": "main", "newImage": "registry.example/ledger:3.2"}}}
    forbidden = {"stepNumber": 1, "action": "restart-deployment", "parameters": {
        "restartDeployment": {"namespace": "kube-system", "deployment": "dns"}}}
    waits = {"approvalRequired": True, "dryRunFirst": True}
    with closing(Client(plane.kubeconfig_of("alice"))) as alice:
        for each in (people.workflow("relieve-web-app", scale, check), people.workflow("restart-dns", forbidden),
                     people.workflow("patch-ledger", patch, executionStrategy=waits)):
            people.create(alice, people.created_by("alice", each, "shop"))
    for name in ("relieve-web-app", "restart-dns"):
        running.ended(name, "shop")
    until(lambda: "AwaitingApproval" in str(running.get("wfe", "patch-ledger", "shop").get("status")), "it waits")
    return plane


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_api_server_takes_every_object_of_an_overlay(service, monitored, overlay):
    built = service.plane.kubectl("kustomize", str(DEPLOY / "overlays" / overlay))
    taken = service.plane.kubectl("apply", "--server-side", "--force-conflicts", "--dry-run=server", "-f", "-",
                                  stdin=built)

    lines = taken.splitlines()
    assert built.count("\napiVersion: ") + 1 >= len(lines) > 20
    assert [] == [line for line in lines if not line.endswith("serverside-applied (server dry run)")]


@pytest.mark.parametrize(("more", "columns"), [((), COLUMNS), (("-o", "wide"), COLUMNS + WIDE)])
def test_workflows_are_listed_by_what_one_asks_first(shop, more, columns):
    head, *rows = shop.kubectl("get", "wfe", "-n", "shop", *more).splitlines()

    assert columns == re.split(r"\s{2,}", head.strip())
    assert ["patch-ledger", "relieve-web-app", "restart-dns"] == [row.split()[0] for row in rows]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_page_says_what_kubectl_prints(shop, command):
    printed = shop.kubectl(*shlex.split(command, posix=True) if "jsonpath" not in command else jsonpath(command))
    on_page = dict(BLOCK.findall(PAGE.read_text("utf-8")))[command]

    assert plain(block(command, printed)) == plain(on_page), block(command, printed)


def jsonpath(command):
    before, _, path = command.partition("-o jsonpath=")
    return [*before.split(), "-o", f"jsonpath={path}"]


def block(command, printed):
    """A block of the page."""
    quoted = command.replace("jsonpath=", "jsonpath='") + "'" if "jsonpath=" in command else command
    lines = "\n".join(line.rstrip() for line in printed.rstrip().splitlines())
    return f"```console\n$ kubectl {quoted}\n{lines}\n```\n"


def plain(text):
    """The words of each line, durations alike."""
    return [[DURATION.sub("", word) for word in line.split()] for line in text.splitlines()]
