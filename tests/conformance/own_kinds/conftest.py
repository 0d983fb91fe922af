"""The engine's own definitions, as they are delivered, on one server for all tests of a file."""

from __future__ import annotations

import asyncio

import pytest
from tests.conformance.servers import serving

from wfcore.crds import crds


@pytest.fixture(scope="module")
def run():
    """Run one coroutine to its end on the loop of the server."""
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture(scope="module")
def api(run, defined):
    """The server."""
    with serving(run, defined, crds()) as server:
        yield server
