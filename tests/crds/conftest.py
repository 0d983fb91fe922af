from __future__ import annotations

import pytest

from .judge import Server


@pytest.fixture(scope="session")
def server() -> Server:
    return Server()
