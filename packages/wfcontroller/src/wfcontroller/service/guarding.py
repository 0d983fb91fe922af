"""Whether approvals can be trusted: the admission policy that keeps them honest has to stand as shipped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from wfcontroller.api import Api, ApiError
from wfcontroller.deployment.standing import altered

LOOK_EVERY = 300.0
# Somebody may be installing it at this moment.
LOOK_AGAIN_AFTER = 15.0
_log = structlog.get_logger("wfcontroller")


class Guard:
    """Looks every few minutes.  As long as nobody knows, and whenever it differs, approvals count for nothing.

    `told` hears at each look whether it stands; `changed` is called when that is another answer than before.
    """

    def __init__(self, api: Api, namespace: str, told: Callable[[bool], None] = lambda _: None,
                 changed: Callable[[], None] = lambda: None) -> None:
        self._api, self._namespace, self._told, self._changed = api, namespace, told, changed
        self._stands = False

    def __call__(self) -> bool:
        """Whether it stood as shipped when it was last looked at."""
        return self._stands

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY if self._stands else LOOK_AGAIN_AFTER)

    async def look(self) -> None:
        """Look once."""
        try:
            why = await altered(self._api, self._namespace)
        except ApiError as error:
            why = f"{error.status} {error.reason}"
        before, self._stands = self._stands, not why
        self._told(self._stands)
        if before is not self._stands:
            _log.warning("approval_policy", stands=self._stands, why=why)
            self._changed()
