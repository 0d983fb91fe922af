"""Who the server runs as: PostgreSQL refuses root, so root lends it an account without rights."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
from pathlib import Path
from typing import Any

from attrs import frozen

from wfcore.ports import PermanentError

# Accounts that a system has without anybody asking for them, best first.
UNPRIVILEGED = ("postgres", "nobody")


@frozen
class Account:
    """An account of the system.  `borrowed`: not the one this process runs as."""

    uid: int
    gid: int
    name: str
    borrowed: bool

    def spawn_arguments(self) -> dict[str, Any]:
        """Arguments of `subprocess.Popen` that start a program as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.borrowed else {}

    def own(self, folder: Path) -> None:
        """Make an empty folder its own, closed to all others."""
        folder.chmod(0o700)
        if self.borrowed:
            shutil.chown(folder, self.uid, self.gid)

    def barrier(self, path: Path) -> Path | None:
        """The topmost folder above `path` that keeps this account out; None when it can come in."""
        if not self.borrowed:
            return None
        return next((folder for folder in reversed(path.resolve().parents) if not self._may_enter(folder)), None)

    def _may_enter(self, folder: Path) -> bool:
        if not folder.exists():
            return True  # We make it, and open.
        status = folder.stat()
        if status.st_uid == self.uid:
            return bool(status.st_mode & stat.S_IXUSR)
        if status.st_gid == self.gid:
            return bool(status.st_mode & stat.S_IXGRP)
        return bool(status.st_mode & stat.S_IXOTH)


def server_account(effective_uid: int | None = None) -> Account:
    """This process's account, or an unprivileged one for root.

    Raises:
        PermanentError: root, and the system knows none of the unprivileged accounts.
    """
    uid = os.geteuid() if effective_uid is None else effective_uid
    if uid != 0:
        return Account(uid, os.getegid(), str(uid), borrowed=False)
    for name in UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid, name, borrowed=True)
    raise PermanentError("PostgreSQL does not run as root, and this system has neither the account"
                         f" {' nor '.join(UNPRIVILEGED)}; create one, run as an ordinary user, or give a database URL")
