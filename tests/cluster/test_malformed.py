"""What is wrong is refused or ends with a reason, however wrong it is, and costs no other workflow anything."""

from __future__ import annotations

import itertools
from contextlib import closing

import pytest
from attrs import define, field

from . import people
from .client import Client, path_of
from .installation import until
from .malformed import documents

pytestmark = pytest.mark.timeout(1800)
NAMESPACE, SEED = "malformed", 1
REFUSALS = {400, 403, 413, 415, 422}
# When the healthy one comes, and how often somebody looks whether it has ended.
AMONG, LOOK_EVERY = 40, 20
TROUBLE = ("reconcile_failed", "maintenance_failed", "panic_untold", "outbox_failed")


@define
class Submitted:
    """What became of the documents."""

    refused: dict = field(factory=dict)  # number to answer
    accepted: list = field(factory=list)  # names
    ended_among: bool = False


@pytest.fixture(scope="module")
def submitted(service, database, pytestconfig):
    """All of them, and more until the healthy workflow among them has ended."""
    people.namespace(service.plane, NAMESPACE, {})
    people.namespace(service.plane, "healthy", {})
    service.plane.apply(*people.deployment("healthy", "web"))
    service.plane.kubectl("rollout", "status", "deployment/web", "-n", "healthy", "--timeout=60s")
    service.running(WF_DATABASE_URL=database)
    with closing(Client(service.plane.admin)) as admin:
        yield all_submitted(service, admin, pytestconfig.getoption("malformed"))
    service.stop()


def all_submitted(service, admin, wanted):
    """One after the other, and the healthy one among them."""
    found = Submitted()
    for number, body in enumerate(documents(SEED, NAMESPACE), 1):
        answer = admin.ask("POST", path_of("workflowexecutions", NAMESPACE), body)
        if answer.status == 201:
            found.accepted.append(answer.body["metadata"]["name"])
        else:
            found.refused[number] = answer
        if number == AMONG:
            service.plane.apply(healthy_one())
        found.ended_among = found.ended_among or (number > AMONG and number % LOOK_EVERY == 0 and has_ended(admin))
        if number >= wanted and (found.ended_among or number >= 100 * wanted):
            break
    return found


def healthy_one():
    step = {"stepNumber": 1, "action": "scale-deployment", "parameters": {
        "scaleDeployment": {"deployment": "web", "replicas": 2}}}
    made = people.workflow("well", step)
    return {**made, "metadata": {"name": "well", "namespace": "healthy"}}


def has_ended(admin, name="well", namespace="healthy"):
    return admin.get("workflowexecutions", namespace, name).get("status", {}).get("phase") in ("completed", "failed")


def reasons(workflow):
    return [(each["type"], each["reason"], each["message"]) for each in workflow["status"]["conditions"]
            if each["type"] in ("Complete", "Failed") and each["status"] == "True"]


def test_what_the_server_refuses_it_refuses_with_a_sentence(submitted):
    assert {} == {number: answer for number, answer in submitted.refused.items()
                  if answer.status not in REFUSALS or not answer.said}


def test_what_the_server_takes_ends_with_a_reason(submitted, service):
    with closing(Client(service.plane.admin)) as admin:
        for name in submitted.accepted:
            until(lambda name=name: has_ended(admin, name, NAMESPACE), f"{name} has ended", *service.processes,
                  words=lambda name=name: str(admin.get("workflowexecutions", NAMESPACE, name)))
        found = [admin.get("workflowexecutions", NAMESPACE, name) for name in submitted.accepted]

    assert [] == [each["metadata"]["name"] for each in found if not all(map(all, reasons(each))) or not reasons(each)]
    assert len(found) > 10
    assert len({each["status"].get("failureReason") for each in found}) > 2


def test_a_healthy_workflow_ends_while_they_are_being_handled(submitted, service):
    status = service.ended("well", "healthy")

    assert submitted.ended_among
    assert ("completed", "success") == (status["phase"], status["workflowResult"]["outcome"])


def test_no_process_ends_and_no_reconcile_panics(submitted, service):
    for process in service.processes:
        process.check()

    assert [] == [(process.log.name, word) for process, word in itertools.product(service.processes, TROUBLE)
                  if process.says(word)]
    assert all(process.says("port_open") for process in service.processes)
