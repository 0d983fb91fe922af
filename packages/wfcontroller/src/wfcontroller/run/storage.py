"""Finds the storage adapter by entry point and answers Record requests with it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from importlib.metadata import entry_points

from wfcontroller.run.request import RunFailed
from wfcore.ports import AuditLog, PermanentError, Storage, StorageOpener, TransientError
from wfcore.program import Did, Failed, Record, Response

GROUP = "wfcore.storage"


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
        except TransientError as error:
            return Failed("unavailable", str(error), error.retry_after)
        except PermanentError as error:
            return Failed("refused", str(error))
        return Did()
