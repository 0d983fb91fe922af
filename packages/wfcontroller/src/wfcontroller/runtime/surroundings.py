"""What holds in the whole cluster as far as this process knows: a freeze, and whether approvals can be trusted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from wfcontroller.freeze import freeze_reason
from wfcontroller.runtime.cache import Cache
from wfcore.program import Surroundings

# Whether the admission policy that keeps approvals honest stands as shipped.
ApprovalGuard: TypeAlias = Callable[[], bool]


class Watched:
    """The surroundings, from what the cache follows."""

    def __init__(self, cache: Cache, guarded: ApprovalGuard) -> None:
        self._cache, self._guarded = cache, guarded

    def __call__(self) -> Surroundings:
        """As they are at this moment; no request is made."""
        reason = freeze_reason(self._cache.freeze())
        return Surroundings(frozen=reason is not None, frozen_because=reason or "", approvals_guarded=self._guarded())
