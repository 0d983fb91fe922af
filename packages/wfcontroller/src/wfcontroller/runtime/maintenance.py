"""Programs that belong to no workflow, each run at its interval beside the reconciles."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from attrs import field, frozen

from wfcontroller.runtime.drive import Perform, drive
from wfcore.program import Finished, Program

_log = structlog.get_logger("wfcontroller")


@frozen
class Maintenance:
    """A program and how long after its end it is run again; a program that wants to wake sooner does."""

    interval: timedelta = field()
    program: Program

    @interval.validator
    def _positive(self, _attribute: object, value: timedelta) -> None:
        if value <= timedelta(0):
            raise ValueError(f"interval {value} is not positive; a program that never rests starves the others")


async def maintain(task: Maintenance, perform: Perform, now: Callable[[], datetime]) -> None:
    """Run the program until cancelled; one that raises is logged and run again at its next turn."""
    while True:
        try:
            finished = await drive(task.program, perform)
        except Exception as error:  # noqa: BLE001
            # As for reconciles: a defect in one program ends no other.
            name = type(task.program).__name__
            _log.error("maintenance_failed", program=name, error=type(error).__name__, detail=str(error))
            finished = Finished()
        await asyncio.sleep(_pause(task.interval, finished, now()))


def _pause(interval: timedelta, finished: Finished, now: datetime) -> float:
    """Seconds until the next run: the interval, less when the program is due sooner, more when it was asked to wait."""
    due = interval if finished.wake_at is None else min(interval, max(finished.wake_at - now, timedelta(seconds=1)))
    return max(due.total_seconds(), finished.retry_after)
