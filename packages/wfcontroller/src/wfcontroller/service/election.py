"""Which replica works: whoever holds a Lease and renews it in time.

Nothing is safe because of this: two that believe they lead waste requests and
harm nothing.  What others wrote is judged by when this process first saw it,
never by the times in it, so that no clock has to be right.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from attrs import field, frozen
from attrs.validators import gt

from wfcontroller.api import Api, ApiError, Object
from wfcore.resources import LEASES


@frozen(kw_only=True)
class Terms:
    """Of a leadership, in seconds.

    Attributes:
        namespace: Where the Lease stands.
        name: Its name.
        identity: Who this process is; no other process ever has the same.
        duration: After how long without a renewal others take over.
        renew_deadline: After how long without one the leader gives up; less than `duration`.
        retry_period: How often a leader renews and the others look.
    """

    namespace: str
    name: str
    identity: str
    duration: float = field(default=15.0, validator=gt(0))
    renew_deadline: float = field(default=10.0, validator=gt(0))
    retry_period: float = field(default=2.0, validator=gt(0))

    def __attrs_post_init__(self) -> None:
        if not self.retry_period < self.renew_deadline < self.duration:
            raise ValueError(f"retryPeriod {self.retry_period} must be less than renewDeadline {self.renew_deadline}, "
                             f"and that less than duration {self.duration}: a leader must notice its loss first")


class Election:
    """Acquires a Lease, renews it, gives it back.

    Attributes:
        renewed: When the Lease was last ours beyond doubt, on the clock `elapsed`; None before and after.
    """

    def __init__(self, api: Api, terms: Terms, now: Callable[[], datetime], elapsed: Callable[[], float]) -> None:
        self._api, self._terms, self._now, self._elapsed = api, terms, now, elapsed
        self._seen: tuple[str, float] = ("", 0.0)  # the holder's last record, and when it was first seen
        self.renewed: float | None = None

    def holds(self) -> bool:
        """Whether the Lease is ours and nobody can have taken it over yet."""
        return self.renewed is not None and self._elapsed() - self.renewed < self._terms.renew_deadline

    async def acquire(self) -> None:
        """Return once the Lease is ours."""
        while not await self._attempt():  # noqa: ASYNC110 - another process lets go of it
            await asyncio.sleep(self._pause())

    async def keep(self) -> None:
        """Renew until that has failed for too long, or another holds the Lease; then return."""
        while self.holds():
            await asyncio.sleep(self._terms.retry_period)
            if not await self._attempt() and not self.holds():
                return

    async def release(self) -> None:
        """Give the Lease back, so that another need not wait for its end; if that fails, it waits."""
        if self.renewed is None:
            return
        self.renewed = None
        try:
            lease = await self._api.get(LEASES, self._terms.namespace, self._terms.name)
            if self._holder(lease) == self._terms.identity:
                spec = {**lease["spec"], "holderIdentity": "", "leaseDurationSeconds": 1, "renewTime": self._stamp()}
                await self._api.update(LEASES, {**lease, "spec": spec})
        except ApiError:
            return

    async def _attempt(self) -> bool:
        """Try once to make the Lease ours, or keep it; whether it is."""
        began = self._elapsed()
        try:
            # No answer within the deadline is as good as none.
            async with asyncio.timeout(self._terms.renew_deadline):
                held = await self._take()
        except (ApiError, TimeoutError):
            return False
        # Others count from when they saw it, which is later than this.
        self.renewed = began if held else None
        return held

    async def _take(self) -> bool:
        try:
            lease = await self._api.get(LEASES, self._terms.namespace, self._terms.name)
        except ApiError as error:
            if error.status != 404:
                raise
            await self._api.create(LEASES, self._body())
            return True
        if self._holder(lease) != self._terms.identity and not self._is_over(lease):
            return False
        # The version is a precondition: of two that try at the same time one fails.
        await self._api.update(LEASES, {**lease, "spec": self._spec(lease.get("spec") or {})})
        return True

    def _is_over(self, lease: Object) -> bool:
        spec = lease.get("spec") or {}
        record = f"{spec.get('holderIdentity')}/{spec.get('renewTime')}/{lease['metadata']['uid']}"
        if record != self._seen[0]:
            self._seen = record, self._elapsed()
        if not self._holder(lease):
            return True
        return self._elapsed() - self._seen[1] >= float(spec.get("leaseDurationSeconds") or self._terms.duration)

    def _spec(self, old: Object) -> dict[str, Any]:
        ours = old.get("holderIdentity") == self._terms.identity
        stamp = self._stamp()
        return {
            "holderIdentity": self._terms.identity, "leaseDurationSeconds": max(1, round(self._terms.duration)),
            "acquireTime": (old.get("acquireTime") if ours else None) or stamp, "renewTime": stamp,
            "leaseTransitions": int(old.get("leaseTransitions") or 0) + (bool(old) and not ours)}

    def _body(self) -> Object:
        return {"apiVersion": LEASES.api_version, "kind": LEASES.kind, "spec": self._spec({}),
                "metadata": {"namespace": self._terms.namespace, "name": self._terms.name}}

    def _stamp(self) -> str:
        return self._now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def _pause(self) -> float:
        """The retry period, a little different for each candidate, so that they do not come together."""
        share = hashlib.sha256(self._terms.identity.encode()).digest()[0] / 255
        return self._terms.retry_period * (0.8 + 0.2 * share)

    @staticmethod
    def _holder(lease: Object) -> str:
        return str((lease.get("spec") or {}).get("holderIdentity") or "")
