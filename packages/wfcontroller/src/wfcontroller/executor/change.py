"""An operation that changes one part of one object: convergence by read, compare, conditional update."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from attrs import define

from wfcontroller.api import ApiError, Object
from wfcontroller.executor.contract import Broken, Captured, Done, Verdict, Work
from wfcontroller.executor.failures import ExecutionFailed, is_outcome_unknown
from wfcontroller.executor.following import until_done
from wfcontroller.executor.parts import Part, Place
from wfcore.model.enums import FailureClass

_AGAIN_AFTER = (0.05, 0.2, 0.5, 1.0, 2.0, 4.0)
MISSING = object()  # "it can't be told": any JSON may be a part


def no_warnings(_found: Object) -> tuple[str, ...]:
    """For objects that nobody else is known to own."""
    return ()


@define(kw_only=True)
class ObjectChange:
    """Implements `Operation` from pure pieces.

    Attributes:
        place: The object.
        part: The part of it that changes.
        wanted: From the present part to the wanted one; equal when nothing is to be done.  May refuse by raising.
        capture_of: From the object as it is to what undoes the change.
        part_in: From what was captured back to the part; `MISSING` when it can't be told.
        judge: From the object as first read and as it is now to a verdict; asked only while the part is as wanted.
        notices: Warnings about the object.
    """

    place: Place
    part: Part
    wanted: Callable[[Any], Any]
    capture_of: Callable[[Object], Captured]
    part_in: Callable[[Captured], Any]
    judge: Callable[[Object, Object], Verdict]
    notices: Callable[[Object], tuple[str, ...]] = no_warnings
    _before: Object | None = None

    async def capture(self, work: Work) -> Captured:
        found = await self._read(work)
        for notice in self.notices(found):
            work.warn(notice)
        self.wanted(self.part.read(found))  # refuses here, before anything is promised
        return self.capture_of(found)

    async def rehearse(self, work: Work, captured: Captured) -> None:
        await self._converge(work, dry_run=True)

    async def act(self, work: Work, captured: Captured) -> None:
        await self._converge(work, dry_run=False)

    async def verify(self, work: Work, captured: Captured) -> Done:
        before = self._before if self._before is not None else await self._read(work)
        return await until_done(work, self.place, lambda found: self._verdict(before, found))

    def changed(self, work: Work, captured: Captured) -> bool:
        part = self.part_in(captured)
        return part is MISSING or bool(self.wanted(part) != part)

    async def _converge(self, work: Work, *, dry_run: bool) -> None:
        for delay in (*_AGAIN_AFTER, None):
            body = self._body(await self._read(work))
            if body is None:
                return
            try:
                await work.api.update(self.place.resource, body, dry_run=dry_run)
                return
            except ApiError as error:
                if delay is None or not (error.reason == "Conflict" or is_outcome_unknown(error)):
                    raise
                await asyncio.sleep(error.retry_after or delay)

    def _verdict(self, before: Object, found: Object | None) -> Verdict:
        if found is None:
            return Broken(f"{self.place} was deleted meanwhile")
        part = self.part.read(found)
        if self.wanted(part) != part:
            return Broken(f"{self.place} was changed back by somebody else")
        return self.judge(before, found)

    def _body(self, found: Object) -> Object | None:
        part = self.part.read(found)
        wanted = self.wanted(part)
        return None if wanted == part else self.part.write(found, wanted)

    async def _read(self, work: Work) -> Object:
        try:
            found = await work.api.get(self.place.resource, self.place.namespace, self.place.name)
        except ApiError as error:
            if error.status != 404:
                raise
            raise ExecutionFailed(FailureClass.RESOURCE_NOT_FOUND, f"{self.place} does not exist") from None
        if self._before is None:
            self._before = found
        return found
