"""The loop that all controllers share: take a key, bring that object up to date, look again when it asks for it."""

from __future__ import annotations

from typing import Protocol

from wfcontroller.api import ApiError
from wfcontroller.embedded.workloads.timings import Timings
from wfcontroller.embedded.workloads.workqueue import WorkQueue
from wfcontroller.objects import Key

MOST_REFUSALS = 8


class Controller(Protocol):
    """Brings one kind of object up to date, one key at a time."""

    queue: WorkQueue

    async def sync(self, key: Key) -> float | None:
        """Compare what is with what should be and write the difference.

        Returns the seconds after which time alone may change the verdict, or
        None when only an event can.  Raises `ApiError` to be asked again.
        """
        ...


def retry_after(error: ApiError, failures: int, timings: Timings) -> float | None:
    """Seconds until a failed sync runs again; None when only a change of the objects can help.

    `failures` counts the failures in a row before this one.  Conflicts and
    missing objects mean a stale read: the fresh one is on its way, so they
    are retried for a while and then left to the next event.  A refusal
    (invalid, forbidden) would be refused again.
    """
    stale = error.status in (404, 409)
    if stale and failures >= MOST_REFUSALS:
        return None
    if not stale and error.status != 429 and 400 <= error.status < 500:
        return None
    delay = min(timings.retry_first * float(2 ** min(failures, 30)), timings.retry_longest)
    return max(delay, error.retry_after or 0.0)


async def work(controller: Controller, timings: Timings) -> None:
    """Serve the controller's queue until cancelled."""
    failures: dict[Key, int] = {}
    try:
        while True:
            key = await controller.queue.get()
            try:
                delay = await controller.sync(key)
                failures.pop(key, None)
            except ApiError as error:
                failed = failures.get(key, 0)
                delay = retry_after(error, failed, timings)
                failures[key] = 0 if delay is None else failed + 1
            controller.queue.wake(key, delay)
    finally:
        controller.queue.close()
