"""One control plane: started with fresh ports and folders, thrown away whole."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .binaries import Binaries, binaries
from .credentials import ADMIN, kubeconfig, write_signing_key, write_tokens
from .processes import Died, Processes

HERE = Path(__file__).parent
READY_WITHIN = 120.0
_ISSUER = "https://kubernetes.default.svc"
_CONTROLLERS = (
    "garbage-collector-controller", "namespace-controller", "deployment-controller", "replicaset-controller",
    "statefulset-controller", "daemonset-controller", "job-controller", "serviceaccount-controller",
    "disruption-controller", "node-lifecycle-controller", "endpointslice-controller", "resourcequota-controller",
    "root-ca-certificate-publisher-controller", "clusterrole-aggregation-controller",
    "horizontal-pod-autoscaler-controller", "taint-eviction-controller", "validatingadmissionpolicy-status-controller",
)
# Not in the oldest version that is served.
_NEWER = {"taint-eviction-controller"}


class ControlPlane:
    """etcd, an API server with RBAC, the real controllers and scheduler, kubelets by kwok.

    Attributes:
        folder: Where everything of it lies; gone afterwards.
        server: The API server's address.
        admin: A kubeconfig of a member of `system:masters`.
    """

    def __init__(self, programs: Binaries, folder: Path, people: Mapping[str, tuple[str, ...]]) -> None:
        self._programs, self.folder = programs, folder
        self._processes = Processes(folder)
        names = ("etcd", "peers", "api", "controllers", "scheduler", "kwok")
        self._ports = dict(zip(names, free_ports(len(names)), strict=True))
        self.server = f"https://127.0.0.1:{self._ports['api']}"
        self._tokens = write_tokens(folder / "tokens.csv", {ADMIN: ("system:masters",), **people})
        self.admin = self.kubeconfig_of(ADMIN)

    def start(self, *, audit: bool = False) -> None:
        """Start everything and wait until it serves.

        Raises:
            Died: a program ended, or is not ready in time.
        """
        write_signing_key(self.folder / "signing.key")
        self._etcd()
        self._api_server(audit)
        self._until("the API server", self._is_ready)
        self._controllers()
        self._until("the namespace `default` and its account", lambda: self._kubectl(
            "get", "serviceaccount", "default", "-n", "default").returncode == 0)

    def stop(self) -> None:
        """Kill everything."""
        self._processes.stop()

    def kubeconfig_of(self, person: str, namespace: str = "default") -> Path:
        """The kubeconfig of somebody in the token file."""
        return self.kubeconfig_with(self._tokens[person], person, namespace)

    def kubeconfig_with(self, token: str, name: str, namespace: str = "default") -> Path:
        """A kubeconfig with this token."""
        path = self.folder / f"kubeconfig-{name}"
        path.write_text(kubeconfig(self.server, self.folder / "certificates" / "apiserver.crt", token, namespace),
                        "utf-8")
        return path

    def account(self, namespace: str, name: str, seconds: int = 36_000) -> Path:
        """A kubeconfig with a token of a service account, from the TokenRequest API."""
        token = self.kubectl("create", "token", name, "-n", namespace, f"--duration={seconds}s").strip()
        return self.kubeconfig_with(token, f"{namespace}-{name}", namespace)

    def kubectl(self, *words: str, stdin: str | None = None, kubeconfig: Path | None = None) -> str:
        """What kubectl prints; raises `Died` with its complaint when it fails."""
        done = self._kubectl(*words, stdin=stdin, kubeconfig=kubeconfig)
        if done.returncode != 0:
            raise Died(f"kubectl {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout

    def apply(self, *documents: Mapping[str, Any]) -> None:
        """Apply objects as the administrator."""
        self.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=json.dumps(
            {"apiVersion": "v1", "kind": "List", "items": list(documents)}))

    def define(self, *definitions: Mapping[str, Any]) -> None:
        """CustomResourceDefinitions, served when this returns."""
        self.apply(*definitions)
        for each in definitions:
            # Asked again: a definition that has no condition yet is an error to kubectl, not a wait.
            words = ("wait", "--for=condition=Established", f"crd/{each['metadata']['name']}", "--timeout=5s")
            self._until(words[-2], lambda words=words: self._kubectl(*words).returncode == 0)

    def add_nodes(self, *names: str) -> None:
        """Nodes that kwok keeps alive."""
        self.apply(*({"apiVersion": "v1", "kind": "Node", "metadata": {
            "name": name, "labels": {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux"}}} for name in names))
        for name in names:
            self.kubectl("wait", "--for=condition=Ready", f"node/{name}", "--timeout=60s")

    def forget(self) -> None:
        """Make the store forget every version up to now, as it does by itself every five minutes."""
        store = f"http://127.0.0.1:{self._ports['etcd']}/v3/kv"
        # The store tells its version with every answer, numbers as texts.
        told = _post(f"{store}/range", {"key": base64.b64encode(b"/registry/").decode(), "count_only": True})
        _post(f"{store}/compaction", {"revision": told["header"]["revision"], "physical": True})

    def logs(self, program: str) -> str:
        """The end of what a program printed."""
        return self._processes.last_words(program)

    @property
    def audit_log(self) -> Path:
        """One line an API request, when auditing was asked for."""
        return self.folder / "audit.log"

    def _etcd(self) -> None:
        client, peer = (f"http://127.0.0.1:{self._ports[name]}" for name in ("etcd", "peers"))
        self._start("etcd", "--name=one", f"--data-dir={self.folder / 'etcd'}", f"--listen-client-urls={client}",
                    f"--advertise-client-urls={client}", f"--listen-peer-urls={peer}",
                    f"--initial-advertise-peer-urls={peer}", f"--initial-cluster=one={peer}", "--unsafe-no-fsync",
                    "--log-level=warn")

    def _api_server(self, audit: bool) -> None:
        key = self.folder / "signing.key"
        options = [
            f"--etcd-servers=http://127.0.0.1:{self._ports['etcd']}", f"--secure-port={self._ports['api']}",
            "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", f"--cert-dir={self.folder / 'certificates'}",
            "--service-cluster-ip-range=10.0.0.0/24", "--authorization-mode=RBAC",
            f"--token-auth-file={self.folder / 'tokens.csv'}", f"--service-account-issuer={_ISSUER}",
            f"--service-account-key-file={key}", f"--service-account-signing-key-file={key}", "--v=1",
            # Off by default, on in some distributions: it asks for more rights than a cluster without it.
            "--enable-admission-plugins=OwnerReferencesPermissionEnforcement",
            "--enable-priority-and-fairness=true", "--max-requests-inflight=800",
        ]
        if audit:
            policy = self.folder / "audit-policy.json"
            policy.write_text(json.dumps({"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": [
                "RequestReceived", "ResponseStarted"], "rules": [{"level": "Metadata"}]}), "utf-8")
            options += [f"--audit-policy-file={policy}", f"--audit-log-path={self.audit_log}"]
        self._start("kube-apiserver", *options)

    def _controllers(self) -> None:
        key = self.folder / "signing.key"
        old = "1.30" in self._kubectl("version", "-o", "json").stdout
        controllers = ",".join(name for name in _CONTROLLERS if not (old and name in _NEWER))
        self._start("kube-controller-manager", f"--kubeconfig={self.admin}", "--leader-elect=false",
                    f"--controllers={controllers}", f"--service-account-private-key-file={key}",
                    "--use-service-account-credentials=false", f"--root-ca-file={self._certificate}",
                    f"--secure-port={self._ports['controllers']}", "--bind-address=127.0.0.1",
                    f"--cert-dir={self.folder / 'certificates-controllers'}", "--concurrent-gc-syncs=20",
                    "--kube-api-qps=500", "--kube-api-burst=1000")
        self._start("kube-scheduler", f"--kubeconfig={self.admin}", "--leader-elect=false",
                    f"--secure-port={self._ports['scheduler']}", "--bind-address=127.0.0.1",
                    f"--cert-dir={self.folder / 'certificates-scheduler'}", "--kube-api-qps=500",
                    "--kube-api-burst=1000")
        self._start("kwok", f"--kubeconfig={self.admin}", f"--config={HERE / 'stages.yaml'}", "--manage-all-nodes",
                    "--node-lease-duration-seconds=40", f"--server-address=127.0.0.1:{self._ports['kwok']}")

    @property
    def _certificate(self) -> Path:
        return self.folder / "certificates" / "apiserver.crt"

    def _start(self, program: str, *options: str) -> None:
        self._processes.start(program, [self._programs.path(program), *options])

    def _is_ready(self) -> bool:
        return self._certificate.exists() and self._kubectl("get", "--raw", "/readyz").returncode == 0

    def _until(self, what: str, holds: Any) -> None:
        end = time.monotonic() + READY_WITHIN
        while not holds():
            self._processes.check()
            if time.monotonic() > end:
                raise Died(f"{what} is not there after {READY_WITHIN:.0f} s:\n{self.logs('kube-apiserver')}")
            time.sleep(0.1)

    def _kubectl(self, *words: str, stdin: str | None = None, kubeconfig: Path | None = None
                 ) -> subprocess.CompletedProcess[str]:
        # Its discovery cache belongs to this cluster alone.
        environment = {**os.environ, "KUBECONFIG": str(kubeconfig or self.admin), "HOME": str(self.folder)}
        return subprocess.run([self._programs.path("kubectl"), *words], input=stdin, capture_output=True, text=True,
                              check=False, env=environment)


@contextlib.contextmanager
def control_plane(people: Mapping[str, tuple[str, ...]] | None = None, *, minor: str | None = None,
                  audit: bool = False) -> Iterator[ControlPlane]:
    """A control plane for the time of the block; `people` may log in, by name, with these groups."""
    programs = binaries(minor)
    folder = Path(tempfile.mkdtemp(prefix="controlplane-"))
    plane = ControlPlane(programs, folder, people or {})
    try:
        plane.start(audit=audit)
        yield plane
    finally:
        plane.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _post(address: str, body: Mapping[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(address, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody listens on, all different."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
