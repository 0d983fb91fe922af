"""Which pods a Service sends to, as an EndpointSlice says it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wfcontroller.api import Object
from wfcontroller.embedded.workloads.hashing import generated_name
from wfcontroller.embedded.workloads.pod_status import is_finished, is_ready
from wfcontroller.objects import controlled_by, is_terminating, key_of, metadata, spec, status, uid_of
from wfcore.resources import ENDPOINT_SLICES, SERVICES

SERVICE_NAME = "kubernetes.io/service-name"


def selects(service: Object, labels: Mapping[str, str]) -> bool:
    """Whether the Service sends to pods with these labels; one without a selector has its endpoints from elsewhere."""
    wanted: Mapping[str, str] = spec(service).get("selector") or {}
    return bool(wanted) and all(labels.get(key) == value for key, value in wanted.items())


def slice_name(service: Object) -> str:
    """The name of the Service's one slice."""
    return generated_name(key_of(service)[1], uid_of(service))


def endpoint_slice(service: Object, pods: Sequence[Object]) -> Object:
    """The slice over the selected pods that have an address, by name; all in one, as many as there are."""
    namespace = key_of(service)[0]
    placed = [pod for pod in sorted(pods, key=key_of) if status(pod).get("podIP") and not is_finished(pod)]
    anyway = bool(spec(service).get("publishNotReadyAddresses"))
    return {
        "apiVersion": ENDPOINT_SLICES.api_version, "kind": ENDPOINT_SLICES.kind,
        "metadata": {"name": slice_name(service), "namespace": namespace, "labels": {
            SERVICE_NAME: key_of(service)[1],
            "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io"},
            "ownerReferences": [controlled_by(service, SERVICES)]},
        "addressType": "IPv4",
        "endpoints": [_endpoint(pod, anyway) for pod in placed],
        "ports": [_port(port) for port in spec(service).get("ports") or ()],
    }


def _endpoint(pod: Object, anyway: bool) -> dict[str, Any]:
    serving, terminating = is_ready(pod), is_terminating(pod)
    return {
        "addresses": [status(pod)["podIP"]],
        "conditions": {"ready": anyway or (serving and not terminating), "serving": serving,
                       "terminating": terminating},
        "nodeName": spec(pod).get("nodeName"),
        "targetRef": {"kind": "Pod", "namespace": key_of(pod)[0], "name": metadata(pod)["name"], "uid": uid_of(pod)},
    }


def _port(port: Mapping[str, Any]) -> dict[str, Any]:
    # A port of the container by name is not looked up: nothing listens in this cluster.
    target = port.get("targetPort")
    number = target if isinstance(target, int) else port["port"]
    return {"name": port.get("name", ""), "protocol": port.get("protocol", "TCP"), "port": number}
