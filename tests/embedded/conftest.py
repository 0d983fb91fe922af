"""The server under test, behind the `Api` protocol alone: whatever implements it can stand here.

`api` is the seam: the tests that take it say what a Kubernetes API server does, so they can run
against a real one under the same names.  Tests of the embedded server's own surface make one themselves.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from wfcontroller.embedded import EmbeddedServer

from .gadgets import DEFINITION, Place


@pytest.fixture
def run():
    """Run one coroutine to its end on a loop of the test's own."""
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture
def api():
    return EmbeddedServer(lambda: datetime.now(UTC), seed=1, crds=[DEFINITION])


@pytest.fixture
def place(api, run):
    """A namespace of the test's own."""
    return run(Place.fresh(api))
