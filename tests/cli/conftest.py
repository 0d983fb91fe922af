"""A cluster for the commands that need one."""

from __future__ import annotations

import pytest

from .cluster_world import World, plug_in


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """A cluster that `wfctl` reaches in this test."""
    found = World()
    plug_in(found, monkeypatch)
    return found
