"""The engine's own definitions, as they are delivered."""

from __future__ import annotations

import pytest

from wfcore.crds import crds


@pytest.fixture(scope="session")
def delivered():
    """The definitions, derived once."""
    return list(crds())


@pytest.fixture
def definitions(delivered):
    return delivered
