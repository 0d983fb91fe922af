"""The server under test, behind the `Api` protocol alone: the one in memory, or with `--cluster` a real one.

Every test here runs against both under the same name: what the embedded server
says is what Kubernetes says.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from tests.controlplane.fixtures import cluster, connected

from wfcontroller.embedded import EmbeddedServer

from .gadgets import DEFINITION, Place

__all__ = ["cluster"]


@pytest.fixture
def run():
    """Run one coroutine to its end on a loop of the test's own."""
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture(scope="session")
def defined(request):
    """The real cluster with the custom kind of these tests; None without one."""
    if not request.config.getoption("cluster"):
        return None
    plane = request.getfixturevalue("cluster")
    plane.define(DEFINITION)
    return plane


@pytest.fixture
def api(run, defined):
    """The server."""
    if defined is None:
        yield EmbeddedServer(lambda: datetime.now(UTC), seed=1, crds=[DEFINITION])
        return
    with connected(run, defined.admin) as real:
        yield real


@pytest.fixture
def place(api, run):
    """A namespace of the test's own."""
    return run(Place.fresh(api))
