"""Plain requests to the API server with somebody's token: what is sent is what was given, right or wrong."""

from __future__ import annotations

import http.client
import json
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from attrs import frozen

from wfcontroller.api import Object

GROUPS = {"workflowexecutions": "workflowexecution.kubernaut.io",
          "kubernetesexecutions": "kubernetesexecution.kubernaut.io"}


@frozen
class Answer:
    """What came back; `said` is the server's sentence where it refused."""

    status: int
    body: Any

    @property
    def said(self) -> str:
        return str(self.body.get("message", "")) if isinstance(self.body, dict) else str(self.body)


class Client:
    """One kept-alive connection by a kubeconfig of the control plane."""

    def __init__(self, kubeconfig: Path) -> None:
        config = json.loads(kubeconfig.read_text("utf-8"))
        cluster, self._token = config["clusters"][0]["cluster"], config["users"][0]["user"]["token"]
        where = urlsplit(cluster["server"])
        trusted = ssl.create_default_context(cafile=cluster["certificate-authority"])
        self._connection = http.client.HTTPSConnection(where.hostname or "", where.port, context=trusted, timeout=60)

    def ask(self, method: str, path: str, body: Object | bytes | None = None) -> Answer:
        """One request; bytes are sent as they are."""
        sent = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        self._connection.request(method, path, sent, headers)
        response = self._connection.getresponse()
        read = response.read()
        try:
            return Answer(response.status, json.loads(read))
        except ValueError:
            return Answer(response.status, read.decode("utf-8", "replace"))

    def get(self, resource: str, namespace: str, name: str) -> Object:
        """An object as it is; an error's document when there is none."""
        found: Object = self.ask("GET", path_of(resource, namespace, name)).body
        return found

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def path_of(resource: str, namespace: str, name: str = "", part: str = "") -> str:
    """Where the objects of one of the two kinds are, one of them, or its status."""
    parts = (f"/apis/{GROUPS[resource]}/v1/namespaces/{namespace}/{resource}", name, part)
    return "/".join(each for each in parts if each)
