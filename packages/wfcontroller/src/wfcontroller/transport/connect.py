"""A connection to the cluster that a kubeconfig names, or to the one this process runs in."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import yaml
from attrs import frozen
from kubernetes.aio.client.configuration import Configuration
from kubernetes.aio.config import ConfigException, load_incluster_config, load_kube_config

from wfcontroller.api import Api
from wfcontroller.transport.cluster import ClusterApi
from wfcontroller.transport.requests import Patience, Requests

_ADVICE = "give --kubeconfig FILE or set KUBECONFIG"
_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


class NotConnected(Exception):
    """No cluster can be found: what was looked at, and what to do."""


@frozen
class Connected:
    """A cluster: its requests, the namespace meant where none is named, and the server's address."""

    api: Api
    namespace: str
    server: str


@asynccontextmanager
async def connect(kubeconfig: str | None = None, context: str | None = None, *, patience: Patience | None = None,
                  agent: str = "wfctl") -> AsyncIterator[Connected]:
    """Connect as kubectl would: `--kubeconfig`, else KUBECONFIG, else ~/.kube/config; else the cluster around us.

    Nothing is asked of the server here.

    Raises:
        NotConnected: there is no usable configuration.
    """
    configuration, namespace = await configured(kubeconfig, context)
    requests = Requests(configuration, patience, agent)
    try:
        yield Connected(ClusterApi(requests), namespace, str(configuration.host))
    finally:
        await requests.close()


async def configured(kubeconfig: str | None, context: str | None) -> tuple[Configuration, str]:
    """The library's configuration, and the namespace of the context."""
    configuration = Configuration()
    configuration.client_side_validation = False
    if kubeconfig is None and context is None and not _kubeconfig_exists() and _in_cluster():
        load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
        return configuration, (_ACCOUNT / "namespace").read_text("utf-8").strip() or "default"
    # The library looks at KUBECONFIG only once, when it is imported.
    named = kubeconfig or os.environ.get("KUBECONFIG")
    if not any(path.exists() for path in _files(kubeconfig)):
        raise NotConnected(f"no cluster to talk to: {named or '~/.kube/config'} does not exist; {_ADVICE}")
    try:
        await load_kube_config(  # type: ignore[no-untyped-call]
            named, context, client_configuration=configuration, persist_config=False)
    except (ConfigException, OSError, yaml.YAMLError) as error:
        why = " ".join(str(error).split())
        raise NotConnected(f"no cluster to talk to: {named or '~/.kube/config'}: {why}; {_ADVICE}") from error
    return configuration, _namespace_in(kubeconfig, context)


def _files(kubeconfig: str | None) -> list[Path]:
    named = kubeconfig or os.environ.get("KUBECONFIG") or "~/.kube/config"
    return [Path(name).expanduser() for name in named.split(os.pathsep) if name]


def _kubeconfig_exists() -> bool:
    return any(path.exists() for path in _files(None))


def _in_cluster() -> bool:
    return bool(os.environ.get("KUBERNETES_SERVICE_HOST")) and (_ACCOUNT / "token").exists()


def _namespace_in(kubeconfig: str | None, context: str | None) -> str:
    """The namespace of the context, from the first file that has it, as kubectl merges them."""
    documents = [yaml.safe_load(path.read_text("utf-8")) or {} for path in _files(kubeconfig) if path.exists()]
    current = context or next((str(d["current-context"]) for d in documents if d.get("current-context")), "")
    for document in documents:
        for entry in document.get("contexts") or ():
            if entry.get("name") == current:
                return str((entry.get("context") or {}).get("namespace") or "default")
    return "default"
