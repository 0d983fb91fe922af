"""The examples on a real cluster: real Deployments roll out, and a rollback brings back what was."""

from __future__ import annotations


def test_a_deployment_is_scaled_restarted_and_checked(running):
    namespace, names = running.example("scale-and-restart")
    status = running.ended(names[0], namespace)

    assert ("completed", "success") == (status["phase"], status["workflowResult"]["outcome"])
    deployment = running.get("deployment", "web-app", namespace)
    assert 5 == deployment["status"]["readyReplicas"]
    assert "kubectl.kubernetes.io/restartedAt" in deployment["spec"]["template"]["metadata"]["annotations"]
