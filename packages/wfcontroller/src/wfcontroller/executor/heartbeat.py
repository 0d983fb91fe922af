"""The Lease by which others see that an executor is alive."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime

from wfcontroller.api import Api, ApiError, Object
from wfcontroller.executor.settings import ExecutorSettings
from wfcore.resources import LEASES

EVERY_SECONDS = 10.0
DURATION_SECONDS = 40
_log = logging.getLogger("wfexecutor")


class Heartbeat:
    """Renews one Lease; says nothing about who may act."""

    def __init__(self, api: Api, settings: ExecutorSettings, now: Callable[[], datetime]) -> None:
        self._api, self._namespace, self._name = api, settings.namespace, settings.heartbeat_lease
        self._now = now

    async def run(self) -> None:
        """Renew until cancelled; a failed renewal is tried again at the next beat."""
        while True:
            try:
                await self.beat()
            except ApiError as error:
                _log.warning("heartbeat: %s", error)
            await asyncio.sleep(EVERY_SECONDS)

    async def beat(self) -> None:
        """Renew once."""
        renewed = {
            "holderIdentity": self._name, "leaseDurationSeconds": DURATION_SECONDS,
            "renewTime": self._now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }
        try:
            lease = await self._api.get(LEASES, self._namespace, self._name)
        except ApiError as error:
            if error.status != 404:
                raise
            await self._api.create(LEASES, self._body(renewed))
        else:
            await self._api.update(LEASES, {**lease, "spec": {**(lease.get("spec") or {}), **renewed}})

    def _body(self, spec: Object) -> Object:
        return {
            "apiVersion": LEASES.api_version, "kind": LEASES.kind,
            "metadata": {"name": self._name, "namespace": self._namespace}, "spec": spec,
        }
