"""Which cluster is meant: as kubectl finds it, or a sentence that says what was looked at."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from wfcontroller.transport import connect as module
from wfcontroller.transport.connect import NotConnected, connect


def kubeconfig(path: Path, server: str = "http://127.0.0.1:1", namespace: str | None = None) -> Path:
    context: dict[str, Any] = {"cluster": "c", "user": "u", **({"namespace": namespace} if namespace else {})}
    path.write_text(json.dumps({
        "apiVersion": "v1", "kind": "Config", "current-context": "one", "users": [{"name": "u", "user": {}}],
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "contexts": [{"name": "one", "context": context},
                     {"name": "two", "context": {**context, "namespace": "second"}}]}))
    return path


def connected(*words: str | None) -> tuple[str, str]:
    async def main() -> tuple[str, str]:
        async with connect(*words) as found:
            return found.server, found.namespace
    return asyncio.run(main())


def test_the_file_that_is_named_wins(tmp_path, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig(tmp_path / "other", "http://other:1")))

    assert ("http://127.0.0.1:1", "default") == connected(str(kubeconfig(tmp_path / "config")))


def test_the_context_says_which_namespace_is_meant(tmp_path, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig(tmp_path / "config", namespace="first")))

    assert ("first", "second") == (connected()[1], connected(None, "two")[1])


def test_a_file_that_is_not_there_is_said_to_be_that(tmp_path, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path / 'one'}:{tmp_path / 'two'}")

    with pytest.raises(NotConnected, match=r"one:.*two does not exist; give --kubeconfig"):
        connected()


@pytest.mark.parametrize("text", ["not: [yaml", "{}", '{"current-context": "gone"}'])
def test_what_cannot_be_used_is_said_with_the_file_and_what_to_do(tmp_path, text):
    path = tmp_path / "config"
    if text is not None:
        path.write_text(text)

    with pytest.raises(NotConnected, match=r"config: .*; give --kubeconfig FILE or set KUBECONFIG"):
        connected(str(path))


def test_a_context_that_is_not_there_is_said(tmp_path):
    with pytest.raises(NotConnected, match="three"):
        connected(str(kubeconfig(tmp_path / "config")), "three")


def test_within_a_pod_its_own_account_is_used(tmp_path, monkeypatch):
    for name, text in (("token", "t"), ("namespace", "home"), ("ca.crt", "")):
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(module, "_ACCOUNT", tmp_path)
    monkeypatch.setattr(module, "load_incluster_config", lambda client_configuration: setattr(
        client_configuration, "host", "http://10.0.0.1:443"))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "absent"))

    assert ("http://10.0.0.1:443", "home") == connected()
