"""The examples on a real cluster: real Deployments roll out, nodes drain, and a rollback brings back what was."""

from __future__ import annotations

from base64 import b64decode

import pytest

EXAMPLES = ("bad-image-rollback", "config-rollback", "scale-and-restart", "diamond", "node-drain", "partial-success",
            "safety-checks")
pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def examples(running):
    """All of them at once: most of their time is waiting."""
    return {name: running.example(name) for name in EXAMPLES}


def outcome(status):
    return status["phase"], status["workflowResult"]["outcome"]


def test_a_deployment_is_scaled_restarted_and_checked_and_recorded(examples, audit_log):
    example = examples["scale-and-restart"]
    status = example.ended()

    assert ("completed", "success") == outcome(status)
    deployment = example.get("deployment", "web-app")
    assert 5 == deployment["status"]["readyReplicas"]
    assert "kubectl.kubernetes.io/restartedAt" in deployment["spec"]["template"]["metadata"]["annotations"]
    row = audit_log.find(example.get("wfe", example.name)["metadata"]["uid"])
    assert ("completed", "success", status["planDigest"]) == (row.status, row.outcome, row.plan_digest)


def test_steps_side_by_side_run_at_the_same_time(examples):
    status = examples["diamond"].ended()

    assert ("completed", "success") == outcome(status)
    entries = {entry["stepNumber"]: entry for entry in status["stepStatuses"]}
    assert max(entries[n]["startTime"] for n in (2, 3)) <= min(entries[n]["endTime"] for n in (2, 3))


def test_a_node_is_drained_within_its_disruption_budget(examples):
    status = examples["node-drain"].ended()

    assert ("completed", "success") == outcome(status)
    kubectl = examples["node-drain"].service.plane.kubectl
    pods = kubectl("get", "pods", "-A", "--field-selector", "spec.nodeName=worker-1", "-o", "name")
    assert ("true", "") == (kubectl("get", "node", "worker-1", "-o", "jsonpath={.spec.unschedulable}"), pods.strip())


def test_what_does_not_matter_may_fail(examples):
    assert ("completed", "partial_success") == outcome(examples["partial-success"].ended())


def test_a_full_quota_is_seen_before_anything_is_changed(examples):
    example = examples["safety-checks"]
    status = example.ended()

    assert ("failed", "safety_validation_failed") == (status["phase"], status["failureReason"])
    assert "" == example.service.plane.kubectl("get", "ke", "-n", example.namespace, "-o", "name").strip()


def test_a_config_map_and_a_secret_are_put_back_as_they_were(examples):
    example = examples["config-rollback"]
    status = example.ended()

    assert ("failed", True, False) == (
        status["phase"], status["rollback"]["performed"], bool(status["rollback"].get("dirty")))
    assert "db-1.example" == example.get("configmap", "invoices")["data"]["DATABASE_HOST"]
    assert b"the-old-one" == b64decode(example.get("secret", "invoices")["data"]["DATABASE_PASSWORD"])


def test_what_a_failed_release_changed_is_put_back(examples):
    example = examples["bad-image-rollback"]
    status = example.ended()

    assert ("failed", True, False) == (
        status["phase"], status["rollback"]["performed"], bool(status["rollback"].get("dirty")))
    spec = example.get("deployment", "checkout")["spec"]
    assert (2, "1.4") == (spec["replicas"], spec["template"]["spec"]["containers"][0]["image"].rpartition(":")[2])
