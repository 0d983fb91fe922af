"""Reconciles that raised: a defect of this engine, counted and told by workflow; it costs no other anything."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from wfcontroller.runtime.cache import Cache
from wfcontroller.runtime.drive import Perform
from wfcore.program import Emit, Happening, Ref
from wfcore.reasons import EventReason

_log = structlog.get_logger("wfcontroller")


class Panics:
    """Counts in a row, by workflow.

    Attributes:
        total: How many there have been in this process's life.
    """

    def __init__(self, cache: Cache, perform: Perform, now: Callable[[], datetime]) -> None:
        self._cache, self._perform, self._now = cache, perform, now
        self._in_a_row: dict[Ref, int] = {}
        self.total = 0

    def in_a_row(self, ref: Ref) -> int:
        """How often the workflow's reconcile raised since it last ended well."""
        return self._in_a_row.get(ref, 0)

    def forget(self, ref: Ref) -> None:
        """Its reconcile ended well."""
        self._in_a_row.pop(ref, None)

    async def report(self, ref: Ref, error: Exception) -> None:
        """Log it, and publish an Event at the 1st, 2nd, 4th, 8th, ... in a row: a defect that stays is no flood."""
        self.total += 1
        count = self._in_a_row[ref] = self.in_a_row(ref) + 1
        name = type(error).__name__
        _log.error("reconcile_failed", workflow=str(ref), error=name, detail=str(error), in_a_row=count)
        workflow = self._cache.workflow(ref)
        if workflow is None or count & (count - 1):
            return
        message = f"reconciling failed with {name}, {count} in a row; it is tried again, other workflows go on"
        told = Happening("Warning", EventReason.RECONCILE_PANIC.value, message)
        try:
            await self._perform(Emit(ref, workflow.value["metadata"]["uid"], self._now(), (told,)))
        except Exception as broken:  # noqa: BLE001
            # What is broken may be the way to tell of it; the log has it.
            _log.error("panic_untold", workflow=str(ref), error=type(broken).__name__)
