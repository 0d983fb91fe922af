"""The ports: what the engine needs from storage, in its own words.

An adapter package registers an opener under the entry-point group
`wfcore.storage`, named after its database; the controller finds it there.
Errors say whether trying again can help.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from wfcore.audit import AuditRecord
from wfcore.model.enums import Action
from wfcore.model.plan import ActionHistory


class TransientError(Exception):
    """The store could not answer now; the same request may succeed later.

    Attributes:
        retry_after: Seconds to wait before the next try.
    """

    def __init__(self, message: str, *, retry_after: float = 5.0) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class PermanentError(Exception):
    """The store will never accept this request; somebody has to act (schema, rights, conflicting record)."""


class AuditLog(Protocol):
    """Where finished workflows are recorded, exactly once each."""

    def record(self, record: AuditRecord, /) -> str:
        """Store the record unless one with its `workflow_uid` exists; return the stored record's id.

        Idempotent: an equal record again is silently accepted, also after an
        answer was lost.

        Raises:
            TransientError: nothing is known to be stored; try again.
            PermanentError: a different record has the same key, or the store refuses it.
        """
        ...

    def find(self, workflow_uid: str, /) -> AuditRecord | None:
        """The stored record of a workflow, or None.  Raises TransientError."""
        ...


class History(Protocol):
    """What the audit log says about actions, to plan with."""

    def about(self, workflow_name: str, actions: Sequence[Action], /) -> tuple[ActionHistory, ...]:
        """What was recorded about each of these actions in the last 30 days, in the order of their names.

        An action's steps in executions of the definition `workflow_name` are
        judged where there are enough of them
        (`wfcore.planning.experience.OWN_IS_ENOUGH`), else those of every
        definition; the newest thousand in either case.  An action that never ran
        is left out.  `wfcore.planning.experience.experience` computes the figures.

        Raises:
            TransientError: the store could not answer now.
            PermanentError: it never will.
        """
        ...


class Storage(Protocol):
    """What an entry point of group `wfcore.storage` opens."""

    @property
    def audit_log(self) -> AuditLog:
        """The audit log."""
        ...

    @property
    def history(self) -> History:
        """What is recorded about actions."""
        ...

    @property
    def url(self) -> str:
        """Where the data is, without password, for messages to people."""
        ...


class StorageOpener(Protocol):
    """The object that an entry point of group `wfcore.storage` names."""

    def __call__(self, url: str | None, *, throw_away: bool = False) -> AbstractContextManager[Storage]:
        """Open the store, bringing its schema up to date.

        Args:
            url: Database URL; None means the embedded server.
            throw_away: With the embedded server: use a new, empty data folder and remove it at exit.
        """
        ...
