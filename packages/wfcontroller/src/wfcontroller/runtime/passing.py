"""One pass of the controller over one workflow, as those see it who watch: loggers and tracers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeAlias

from attrs import define

from wfcontroller.identity import about
from wfcore.program import Finished, Ref


@define
class Passage:
    """A pass: of which workflow, and once it is over how it ended.  Neither `finished` nor `error`: it was cancelled.

    `uid` is empty when the workflow is not in the cache.
    """

    ref: Ref
    uid: str = ""
    finished: Finished | None = None
    error: Exception | None = None

    @property
    def outcome(self) -> str:
        """`raised`, `cancelled`, `backoff` (tried again later), `waits` (until an instant) or `rests`."""
        if self.error is not None:
            return "raised"
        if self.finished is None:
            return "cancelled"
        if self.finished.backoff:
            return "backoff"
        return "rests" if self.finished.wake_at is None else "waits"


# Entered before a pass and left after it, when its end is known.
Around: TypeAlias = Callable[[Passage], AbstractContextManager[None]]


@contextmanager
def logged(passage: Passage) -> Iterator[None]:
    """All that is logged within the pass names its workflow."""
    with about(passage.ref, passage.uid):
        yield
