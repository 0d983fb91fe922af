"""Virtual time for the embedded server: timers move the clock, nothing is waited for."""

from __future__ import annotations

import asyncio
import selectors
from datetime import UTC, datetime, timedelta

from tests.conformance.gadgets import DEFINITION

from wfcontroller.embedded import EmbeddedServer

START = datetime(2026, 1, 1, tzinfo=UTC)


class _Jump(selectors.DefaultSelector):
    """Timers move the clock; nothing is waited for."""

    now = 0.0

    def select(self, timeout=None):
        ready = super().select(0)
        if timeout and not ready:
            self.now += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self):
        self.jump = _Jump()
        super().__init__(self.jump)

    def time(self):
        return self.jump.now


def virtually(story):
    """Run `story(server)` on virtual time."""

    async def main():
        loop = asyncio.get_running_loop()
        clock = lambda: START + timedelta(seconds=loop.time())  # noqa: E731
        return await story(EmbeddedServer(clock, seed=7, crds=[DEFINITION]))

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main())


def config_map(name, **content):
    return {"metadata": {"name": name, "namespace": "default"}, **content}
