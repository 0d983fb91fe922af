"""The server under test, by what the test session was asked for."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from tests.controlplane.fixtures import connected
from tests.controlplane.plane import ControlPlane

from wfcontroller.api import Api
from wfcontroller.embedded import EmbeddedServer

from .gadgets import served


@contextlib.contextmanager
def serving(run: Callable[[Any], Any], cluster: ControlPlane | None, definitions: Sequence[dict[str, Any]]
            ) -> Iterator[Api]:
    """A server in memory with these definitions, or the real cluster once it serves them."""
    if cluster is None:
        yield EmbeddedServer(lambda: datetime.now(UTC), seed=1, crds=definitions)
        return
    with connected(run, cluster.admin) as real:
        for each in definitions:
            run(served(real, each))
        yield real
