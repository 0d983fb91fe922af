"""Finds the storage adapter by entry point and answers with it what programs ask of a store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from importlib.metadata import entry_points
from typing import TypeAlias

from wfcontroller.run.request import RunFailed
from wfcore.model.enums import Action
from wfcore.model.plan import ActionHistory
from wfcore.ports import AuditLog, PermanentError, Storage, StorageOpener, TransientError
from wfcore.program import Consult, Consulted, Did, Failed, Record, Response

GROUP = "wfcore.storage"
# What is recorded about these actions, for the workflow of this name.
About: TypeAlias = Callable[[str, Sequence[Action]], "tuple[ActionHistory, ...]"]


def open_storage(name: str, url: str | None, *, throw_away: bool) -> AbstractContextManager[Storage]:
    """Open the adapter registered under `name`; raises RunFailed saying how to install one."""
    found = entry_points(group=GROUP, name=name)
    if not found:
        raise RunFailed(f"no storage adapter named {name!r} is installed; install wfcontroller[embedded] or wfstorage")
    opener: StorageOpener = next(iter(found)).load()
    return opener(url, throw_away=throw_away)


class InlineRecorder:
    """Records on the loop's own thread: in virtual time a database call takes no time at all."""

    def __init__(self, audit_log: AuditLog) -> None:
        self._audit_log = audit_log
        self.ids: dict[str, str] = {}

    async def __call__(self, request: Record) -> Response:
        """Store one record; the port's two errors become the two answers."""
        try:
            self.ids[request.record.workflow_uid] = self._audit_log.record(request.record)
        except (TransientError, PermanentError) as error:
            return refusal_of(error)
        return Did()


class InlineHistory:
    """Answers from the recorded history, in no virtual time either."""

    def __init__(self, about: About) -> None:
        self._about = about

    async def __call__(self, request: Consult) -> Response:
        """What is recorded about the actions asked for."""
        try:
            return Consulted(self._about(request.workflow, request.actions))
        except (TransientError, PermanentError) as error:
            return refusal_of(error)


def refusal_of(error: TransientError | PermanentError) -> Failed:
    """The port's two errors as answers."""
    if isinstance(error, TransientError):
        return Failed("unavailable", str(error), error.retry_after)
    return Failed("refused", str(error))
