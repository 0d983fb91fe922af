"""Elsewhere and on nodes a step acts only with the power of a creator whom the admission policy vouches for."""

from __future__ import annotations

import asyncio

import pytest

from wfcontroller.api import ApiError
from wfcontroller.deployment.parts import objects
from wfcontroller.executor import ExecutorSettings
from wfcontroller.executor.failures import ExecutionFailed
from wfcontroller.executor.power import check_power
from wfcore.codec import decode_execution
from wfcore.model.workflow import ANNOTATION_CREATED_BY

POLICY, BINDING = objects(("policy",))
SCALE = {"scaleDeployment": {"namespace": "other", "deployment": "web", "replicas": 2}}


class Cluster:
    """What the executor reads, by kind, and who may what: (user, verb, namespace)."""

    def __init__(self, **changes):
        self.held = {
            "WorkflowExecution": {"metadata": {"uid": "u", "annotations": {ANNOTATION_CREATED_BY: "alice"}}},
            "ValidatingAdmissionPolicy": POLICY, "ValidatingAdmissionPolicyBinding": BINDING, **changes}
        self.powers, self.asked, self.silent = {("alice", "scale-deployment", "other")}, [], False

    async def get(self, resource, namespace, name):
        self.asked.append(resource.kind)
        found = self.held[resource.kind]
        if isinstance(found, int):
            raise ApiError(found, "Refused", "no")
        return found

    async def create(self, resource, body, *, dry_run=False):
        self.asked.append(resource.kind)
        if self.silent:
            raise ApiError(503, "ServiceUnavailable", "later")
        asked = body["spec"]["resourceAttributes"]
        assert "remediations" == asked["resource"]
        held = (body["spec"]["user"], asked["verb"], asked.get("namespace", "")) in self.powers
        return {"status": {"allowed": held}}


def execution(action="scale-deployment", parameters=None, **more):
    return decode_execution({
        "apiVersion": "kubernetesexecution.kubernaut.io/v1", "kind": "KubernetesExecution",
        "metadata": {"name": "e", "namespace": "home"},
        "spec": {"workflowExecutionRef": {"name": "w", "namespace": "home", "uid": "u"}, "stepNumber": 1, "attempt": 1,
                 "kind": "forward", "action": action, "timeout": "1m", "parameters": parameters or SCALE, **more}})


def judged(cluster, step=None, **settings):
    """Nothing when the step may act, else the class and the words of the refusal."""
    try:
        asyncio.run(check_power(cluster, step or execution(), ExecutorSettings(**settings)))
    except ExecutionFailed as failure:
        return failure.failure_class.value, str(failure)
    return None


def test_a_creator_who_holds_the_action_elsewhere_has_it_done_there():
    assert judged(Cluster()) is None


def test_at_home_and_from_a_trusted_namespace_nobody_is_asked():
    cluster = Cluster()
    at_home = execution(parameters={"scaleDeployment": {"deployment": "web", "replicas": 2}})

    assert [None] * 3 == [judged(cluster, at_home), judged(cluster, trusted_namespaces=frozenset({"home"})),
                          judged(cluster, trusted_namespaces=None)]
    assert [] == cluster.asked


@pytest.mark.parametrize(("changes", "words"), [
    ({"WorkflowExecution": 404}, "nobody vouches for it"),
    ({"WorkflowExecution": {"metadata": {"uid": "another"}}}, "nobody vouches for it"),
    ({"WorkflowExecution": {"metadata": {"uid": "u"}}}, "may not act on namespace 'other'"),
    ({"WorkflowExecution": {"metadata": {"uid": "u", "annotations": {ANNOTATION_CREATED_BY: "bob"}}}},
     "bob may not have workflows scale-deployment in namespace 'other'"),
    ({"ValidatingAdmissionPolicy": 404}, "it is missing"),
    ({"ValidatingAdmissionPolicyBinding": {**BINDING, "spec": {**BINDING["spec"], "validationActions": ["Warn"]}}},
     "not the one that was shipped"),
])
def test_a_creator_without_the_power_or_without_proof_has_nothing_done_elsewhere(changes, words):
    failure_class, said = judged(Cluster(**changes))

    assert "permission_denied" == failure_class
    assert words in said


def test_power_in_a_namespace_is_none_on_nodes_and_none_for_another_action():
    cordon = execution("cordon-node", {"cordonNode": {"nodeName": "n"}})
    restart = execution("restart-deployment", {"restartDeployment": {"namespace": "other", "deployment": "web"}})

    assert "alice may not have workflows cordon-node on nodes" in judged(Cluster(), cordon)[1]
    assert "alice may not have workflows restart-deployment in" in judged(Cluster(), restart)[1]


def test_a_compensation_takes_the_power_of_its_step():
    undone = execution(kind="rollback", rollbackAction="scale-to-previous", rollbackParameters={
        "scaleToPrevious": {"namespace": "other", "deployment": "web", "previousReplicas": 1}})
    cluster = Cluster()
    before = judged(cluster, undone)
    cluster.powers.clear()

    assert before is None
    assert "permission_denied" == judged(cluster, undone)[0]


def test_where_nobody_can_say_it_may_be_tried_again():
    cluster = Cluster()
    cluster.silent = True

    assert "service_unavailable" == judged(cluster)[0]


@pytest.mark.parametrize("kind", ["WorkflowExecution", "ValidatingAdmissionPolicy"])
def test_an_answer_that_is_no_answer_is_no_refusal(kind):
    with pytest.raises(ApiError):
        asyncio.run(check_power(Cluster(**{kind: 403}), execution(), ExecutorSettings()))
