"""The control plane of a test session, and connections to it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from wfcontroller.api import Api
from wfcontroller.transport.connect import Connected, connect

from .plane import ControlPlane, control_plane

# Who may log in besides the administrator, with their groups.  Without a binding they may do nothing.
PEOPLE: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("alice", "alice2", "bob", "carol", "dave", "erin", "mallory"), ()), "frank": ("approvers",)}


@pytest.fixture(scope="session")
def cluster() -> Iterator[ControlPlane]:
    """A real cluster with two nodes, for all tests of one process; each request of it is in its audit log."""
    with control_plane(PEOPLE, audit=True) as plane:
        plane.add_nodes("node-1", "node-2")
        yield plane


@contextlib.contextmanager
def connected(run: Callable[[Any], Any], kubeconfig: Path) -> Iterator[Api]:
    """The `Api` that a kubeconfig gives, on the loop that `run` runs coroutines on."""
    connection = connect(str(kubeconfig))
    found: Connected = run(connection.__aenter__())
    try:
        yield found.api
    finally:
        run(connection.__aexit__(None, None, None))
