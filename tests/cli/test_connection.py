"""How a command reaches a cluster: by the transport, with the kubeconfig's namespace unless another is asked for."""

from __future__ import annotations

import contextlib
import sys
from types import ModuleType

import pytest
from attrs import frozen

from wfcontroller.cli import connection
from wfcontroller.cli.output import EnvironmentFailed
from wfcontroller.cli.where import Where

from .cli_world import wfctl


class NotConnected(Exception):
    """As the transport raises it."""


@frozen
class Connected:
    api: object
    namespace: str
    server: str


@pytest.fixture
def transport(monkeypatch):
    """A module in place of the transport, which connects to nothing."""
    module = ModuleType("wfcontroller.transport.connect")
    module.NotConnected = NotConnected  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "wfcontroller.transport", ModuleType("wfcontroller.transport"))
    monkeypatch.setitem(sys.modules, "wfcontroller.transport.connect", module)
    return module


def connecting(transport, namespace):
    @contextlib.asynccontextmanager
    async def connect(kubeconfig, context):
        asked.append((kubeconfig, context))
        yield Connected("the api", namespace, "https://there")

    asked = []
    transport.connect = connect
    return asked


@pytest.mark.parametrize(("asked", "configured", "meant"), [
    (None, "shop", "shop"), ("mine", "shop", "mine"), (None, "", "default")])
def test_the_namespace_is_the_one_asked_for_else_the_context_s(transport, asked, configured, meant) -> None:
    seen = connecting(transport, configured)

    async def work(cluster):
        return cluster.api, cluster.namespace, cluster.server, cluster.now()

    api, namespace, server, now = connection.on_cluster(Where("file", "blue", asked), work)

    assert ("the api", meant, "https://there") == (api, namespace, server)
    assert [("file", "blue")] == seen
    assert now.tzinfo is not None


def test_without_a_cluster_to_talk_to_the_command_says_so(transport) -> None:
    @contextlib.asynccontextmanager
    async def connect(kubeconfig, context):
        raise NotConnected("no cluster to talk to: ~/.kube/config: no such file")
        yield

    transport.connect = connect
    answer = wfctl("get")

    assert (3, "Error: no cluster to talk to: ~/.kube/config: no such file\n") == (answer.code, answer.err)


def test_what_a_command_raises_is_not_taken_for_a_lost_connection(transport) -> None:
    connecting(transport, "shop")

    async def work(cluster):
        raise EnvironmentFailed("something else")

    with pytest.raises(EnvironmentFailed, match="something else"):
        connection.on_cluster(Where(), work)
