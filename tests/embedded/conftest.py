"""A loop of the test's own.  What any API server does is tested in `tests/conformance`; here is what this one adds."""

from __future__ import annotations

import asyncio

import pytest


@pytest.fixture
def run():
    """Run one coroutine to its end on a loop of the test's own."""
    with asyncio.Runner() as runner:
        yield runner.run
