"""What a cluster lacks makes nobody crash: it is said, what can be done is done, and the rest once it is there."""

from __future__ import annotations

import pytest
from tests.controlplane.plane import control_plane

from wfcontroller.deployment.parts import objects

from .installation import PARTS, installation, until
from .restarts import chain, deployment, namespace
from .test_ports import fetched

pytestmark = pytest.mark.timeout(400)
PLACE, EXECUTIONS = "lacking", "kubernetesexecutions.kubernetesexecution.kubernaut.io"


@pytest.fixture
def lacking(tmp_path):
    """A cluster with everything of ours but the definition of executions, and no AlertRemediation either."""
    shipped = [each for each in objects(PARTS) if each["metadata"]["name"] != EXECUTIONS]
    definitions = [each for each in shipped if each["kind"] == "CustomResourceDefinition"]
    with control_plane() as plane, installation(plane, tmp_path) as service:
        plane.add_nodes("node-1")
        plane.define(*definitions)
        plane.apply(*(each for each in shipped if each not in definitions))
        plane.apply(namespace(PLACE), deployment("web", PLACE))
        yield service


def ready(process):
    return fetched(process, "health", "/ready")


def test_without_the_kind_that_it_creates_a_controller_plans_says_so_and_goes_on_when_it_is_defined(lacking):
    controller = lacking.start()
    controller.until_it_says("leadership_acquired")
    controller.until_it_says("caches_synced")
    lacking.plane.apply(chain("web", PLACE, steps=1))
    until(lambda: "executing" == lacking.get("wfe", "web", PLACE).get("status", {}).get("phase"), "it executes",
          controller)
    until(lambda: "no executor" in ready(controller)[1], "it is told that nobody executes", controller)

    status, words = ready(controller)
    assert 200 == status
    assert {"no definitions", "no executor", "no audit store"} <= set(words.removeprefix("degraded: ").split(", "))

    lacking.plane.define(*(each for each in objects(("crds",)) if each["metadata"]["name"] == EXECUTIONS))
    lacking.start("wfexecutor")
    assert "success" == lacking.ended("web", PLACE)["workflowResult"]["outcome"]
    until(lambda: "degraded: no audit store" == ready(controller)[1], "only the audit store is lacking", controller)
    assert 0 == controller.end()
