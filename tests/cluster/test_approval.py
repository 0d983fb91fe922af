"""Approvals on a real cluster: who may give one, what is recorded, and that none counts while nothing proves it."""

from __future__ import annotations

import itertools

import pytest
import yaml

from . import guard, people
from .client import Client
from .conftest import TRUSTING
from .installation import EXAMPLES, until

pytestmark = pytest.mark.timeout(300)
NAME = "patch-ledger"
COUNT = itertools.count()
DEPLOYMENT, WORKFLOW = yaml.safe_load_all((EXAMPLES / "approval.yaml").read_text("utf-8"))


@pytest.fixture(scope="module")
def person(service):
    """A connection for each of the people."""
    found = {name: Client(service.plane.kubeconfig_of(name)) for name in ("admin", "alice", "bob")}
    yield found
    for each in found.values():
        each.close()


@pytest.fixture
def asked(service, person):
    """A namespace with the example in it, created by alice: bob may approve, and so might she."""
    namespace = f"payments-{next(COUNT)}"
    people.namespace(service.plane, namespace, {"wf-requester": ("alice",), "wf-approver": ("alice", "bob")})
    service.plane.apply({**DEPLOYMENT, "metadata": {"name": "ledger", "namespace": namespace}})
    people.create(person["alice"], people.created_by("alice", WORKFLOW, namespace))
    yield namespace
    service.stop()


def condition(service, namespace, kind="Approved"):
    """Status and reason of a condition; nothing as long as there is none."""
    conditions = service.get("wfe", NAME, namespace).get("status", {}).get("conditions", ())
    return next(((each["status"], each["reason"]) for each in conditions if each["type"] == kind), None)


def awaited(service, namespace, reason):
    until(lambda: condition(service, namespace) == ("False", reason), f"the approval waits: {reason}",
          *service.processes, words=lambda: str(service.get("wfe", NAME, namespace).get("status")))


def test_an_approved_workflow_completes_and_it_is_known_who_approved_what(service, database, asked, person, audit_log):
    service.running(WF_DATABASE_URL=database, **TRUSTING)
    awaited(service, asked, "AwaitingApproval")
    own = people.decide(person["alice"], "alice", asked, NAME)
    answer = people.decide(person["bob"], "bob", asked, NAME)
    status = service.ended(NAME, asked)
    done = service.get("wfe", NAME, asked)

    assert (422, True) == (own.status, "somebody else has to" in own.said)
    assert 200 == answer.status, answer.said
    assert ("completed", "success") == (status["phase"], status["workflowResult"]["outcome"])
    assert ("bob", "approved", status["planDigest"], "read and understood") == tuple(
        status["approval"][key] for key in ("by", "decision", "digest", "reason"))
    assert ("True", "Approved") == condition(service, asked)
    assert "registry.example/payments/ledger:3.2" == service.get("deployment", "ledger", asked)["spec"]["template"][
        "spec"]["containers"][0]["image"]
    row = audit_log.find(done["metadata"]["uid"])
    assert ("completed", status["planDigest"]) == (row.status, row.plan_digest)


def test_a_denied_workflow_fails_and_nothing_was_changed(service, database, asked, person):
    service.running(WF_DATABASE_URL=database, **TRUSTING)
    awaited(service, asked, "AwaitingApproval")
    answer = people.decide(person["bob"], "bob", asked, NAME, "denied")
    status = service.ended(NAME, asked)

    assert 200 == answer.status, answer.said
    assert ("failed", "approval_rejected") == (status["phase"], status["failureReason"])
    assert 1 == service.get("deployment", "ledger", asked)["metadata"]["generation"]


@pytest.mark.parametrize("weaken", [guard.is_away, guard.is_toothless], ids=["deleted", "altered"])
def test_no_approval_counts_while_the_policy_does_not_stand_as_shipped(service, database, asked, person, weaken):
    weaken(service.plane, person["admin"])
    try:
        service.running(WF_DATABASE_URL=database, **TRUSTING)
        awaited(service, asked, "ApprovalPolicyMissing")
        answer = people.decide(person["bob"], "bob", asked, NAME)
        awaited(service, asked, "ApprovalPolicyMissing")
    finally:
        guard.stands(service.plane, person["admin"])
    while_missing = service.get("wfe", NAME, asked)["status"]["phase"]
    status = service.ended(NAME, asked)

    assert 200 == answer.status, answer.said
    assert "validating" == while_missing
    assert ("completed", "bob") == (status["phase"], status["approval"]["by"])
