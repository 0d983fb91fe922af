"""The pods satisfy the Pod Security Standard `restricted`, field by field as the standard lists them."""

from __future__ import annotations

import copy

import pytest

from .shipped import NAMESPACE, of, one

# What a volume may be.
VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
DEPLOYMENTS = of("Deployment")


def violations(pod) -> list[str]:
    """What the standard has against a pod's spec."""
    wide = pod.get("securityContext") or {}
    found = [field for field in ("hostNetwork", "hostPID", "hostIPC") if pod.get(field)]
    found += [f"volume {each['name']}" for each in pod.get("volumes", ()) if not (set(each) - {"name"}) <= VOLUMES]
    found += ["sysctls"] if wide.get("sysctls") else []
    for each in (*pod["containers"], *pod.get("initContainers", ())):
        own = each.get("securityContext") or {}
        held = {**wide, **own}
        found += ["privileged"] if own.get("privileged") else []
        found += ["hostPort"] if any(port.get("hostPort") for port in each.get("ports", ())) else []
        found += ["procMount"] if own.get("procMount", "Default") != "Default" else []
        found += ["allowPrivilegeEscalation"] if own.get("allowPrivilegeEscalation") is not False else []
        found += ["runAsNonRoot"] if held.get("runAsNonRoot") is not True else []
        found += ["runAsUser"] if held.get("runAsUser") == 0 else []
        profile = (held.get("seccompProfile") or {}).get("type")
        found += ["seccompProfile"] if profile not in ("RuntimeDefault", "Localhost") else []
        capabilities = own.get("capabilities") or {}
        found += ["capabilities.drop"] if "ALL" not in capabilities.get("drop", ()) else []
        found += ["capabilities.add"] if set(capabilities.get("add", ())) - {"NET_BIND_SERVICE"} else []
    return found


def spec(deployment):
    return deployment["spec"]["template"]["spec"]


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda each: each["metadata"]["name"])
def test_a_pod_is_restricted(deployment):
    assert [] == violations(spec(deployment))


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda each: each["metadata"]["name"])
def test_a_pod_is_held_to_more_than_the_standard_asks(deployment):
    (container,) = spec(deployment)["containers"]

    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert 65532 == spec(deployment)["securityContext"]["runAsUser"] == spec(deployment)["securityContext"][
        "runAsGroup"]
    assert {"cpu", "memory"} == set(container["resources"]["requests"])
    assert "memory" in container["resources"]["limits"]


def test_the_namespace_lets_nothing_weaker_in():
    labels = one("Namespace", NAMESPACE)["metadata"]["labels"]

    assert {"restricted"} == {labels[f"pod-security.kubernetes.io/{mode}"] for mode in ("enforce", "audit", "warn")}


@pytest.mark.parametrize(("expected", "change"), [
    ("runAsNonRoot", lambda pod: pod["securityContext"].update(runAsNonRoot=False)),
    ("runAsUser", lambda pod: pod["securityContext"].update(runAsUser=0)),
    ("seccompProfile", lambda pod: pod["securityContext"].pop("seccompProfile")),
    ("hostNetwork", lambda pod: pod.update(hostNetwork=True)),
    ("volume x", lambda pod: pod["volumes"].append({"name": "x", "hostPath": {"path": "/"}})),
    ("sysctls", lambda pod: pod["securityContext"].update(sysctls=[{"name": "kernel.msgmax", "value": "1"}])),
    ("privileged", lambda pod: pod["containers"][0]["securityContext"].update(privileged=True)),
    ("procMount", lambda pod: pod["containers"][0]["securityContext"].update(procMount="Unmasked")),
    ("hostPort", lambda pod: pod["containers"][0].update(ports=[{"containerPort": 80, "hostPort": 80}])),
    ("allowPrivilegeEscalation", lambda pod: pod["containers"][0]["securityContext"].pop("allowPrivilegeEscalation")),
    ("capabilities.drop", lambda pod: pod["containers"][0]["securityContext"].pop("capabilities")),
    ("capabilities.add", lambda pod: pod["containers"][0]["securityContext"]["capabilities"].update(add=["SYS_TIME"])),
])
def test_what_the_standard_forbids_is_found(expected, change):
    pod = copy.deepcopy(spec(DEPLOYMENTS[0]))
    change(pod)

    assert [expected] == violations(pod)
