"""Whether approvals can be trusted: the admission policy that keeps them honest has to stand as shipped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from wfcontroller.api import Api, ApiError
from wfcontroller.deployment.guard import expected_fingerprint, guard_fingerprint
from wfcontroller.kinds import VALIDATING_ADMISSION_POLICIES, VALIDATING_ADMISSION_POLICY_BINDINGS

GUARD = "wf-guard"
LOOK_EVERY = 300.0
# Somebody may be installing it at this moment.
LOOK_AGAIN_AFTER = 15.0
_log = structlog.get_logger("wfcontroller")


class Guard:
    """Looks every few minutes.  As long as nobody knows, and whenever it differs, approvals count for nothing."""

    def __init__(self, api: Api, namespace: str, told: Callable[[bool], None] = lambda stands: None) -> None:
        self._api, self._expected, self._told = api, expected_fingerprint(namespace), told
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
            policy = await self._api.get(VALIDATING_ADMISSION_POLICIES, "", GUARD)
            binding = await self._api.get(VALIDATING_ADMISSION_POLICY_BINDINGS, "", GUARD)
            stands, why = guard_fingerprint(policy, binding) == self._expected, "it is not the one that was shipped"
        except ApiError as error:
            stands, why = False, f"{error.status} {error.reason}"
        if stands is not self._stands:
            _log.warning("approval_policy", stands=stands, why="" if stands else why)
        self._stands = stands
        self._told(stands)
