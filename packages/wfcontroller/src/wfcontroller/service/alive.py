"""Whether an executor is there: its Lease is renewed.  Told to whoever asks about readiness; nothing depends on it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from wfcontroller.api import Api, ApiError
from wfcore.resources import LEASES

LOOK_EVERY = 15.0


class ExecutorWatch:
    """Looks at the Lease and at whether it changes, so that no clock has to agree with another."""

    def __init__(self, api: Api, namespace: str, lease: str, silence: float, elapsed: Callable[[], float],
                 told: Callable[[bool], None]) -> None:
        self._api, self._namespace, self._lease = api, namespace, lease
        self._silence, self._elapsed, self._told = silence, elapsed, told
        self._renewed: tuple[object, float] = (None, 0.0)

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            self._told(await self.is_alive())
            await asyncio.sleep(LOOK_EVERY)

    async def is_alive(self) -> bool:
        """Whether its Lease changed within the time that it may be silent."""
        try:
            lease = await self._api.get(LEASES, self._namespace, self._lease)
        except ApiError:
            return False
        renewed = (lease.get("spec") or {}).get("renewTime")
        if renewed != self._renewed[0]:
            self._renewed = renewed, self._elapsed()
        return renewed is not None and self._elapsed() - self._renewed[1] < self._silence
