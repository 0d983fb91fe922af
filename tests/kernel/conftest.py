from __future__ import annotations

import pytest

from .kernel_world import World


@pytest.fixture
def world() -> World:
    return World()
