"""What a decision says: the next status, what to do once it is committed, when to look again."""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

from attrs import field, frozen

from wfcore.model.status import WorkflowExecutionStatus
from wfcore.rawobject import RawObject


@frozen
class CreateChild:
    """POST this child; delivered at least once, recognised by its name and owner."""

    name: str
    body: RawObject


@frozen
class CancelChild:
    """DELETE this child by uid, which tells its executor to stop."""

    name: str
    uid: str


Effect: TypeAlias = CreateChild | CancelChild


@frozen(kw_only=True, slots=False)
class Decision:
    """The result of one pass.

    The status is committed before the effects are performed.  `hold_until`
    allows the commit to wait for company; `need_live` asks for the pass to be
    repeated on a live read before anything is written.
    """

    status: WorkflowExecutionStatus
    effects: tuple[Effect, ...] = ()
    wake_at: datetime | None = None
    hold_until: datetime | None = None
    need_live: bool = False


@frozen(kw_only=True)
class Progress:
    """What advancing several attempts needs: collected while walking the ledger once."""

    effects: list[Effect] = field(factory=list)
    wakes: list[datetime] = field(factory=list)
    need_live: list[bool] = field(factory=list)
    ends: list[datetime] = field(factory=list)

    def wake_at(self) -> datetime | None:
        """The earliest instant at which something is due."""
        return min(self.wakes, default=None)
