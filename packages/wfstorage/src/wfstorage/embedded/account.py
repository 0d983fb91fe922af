"""Who the server runs as: PostgreSQL refuses root, so root lends it an account without rights."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import frozen

from wfcore.ports import PermanentError

# Accounts that a system has without anybody asking for them, best first.
UNPRIVILEGED = ("postgres", "nobody")


@frozen
class Account:
    """An account of the system.  `borrowed`: not the one this process runs as, which is root."""

    uid: int
    gid: int
    name: str
    borrowed: bool

    def spawn_arguments(self) -> dict[str, Any]:
        """Arguments of `subprocess.Popen` that start a program as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.borrowed else {}

    def make(self, folder: Path) -> None:
        """Make the folder its own, closed to all others; folders missing above it are made open to it."""
        for missing in [parent for parent in reversed(folder.parents) if not parent.exists()]:
            missing.mkdir(exist_ok=True)
            if self.borrowed:
                missing.chmod(0o755)  # Whatever the umask is.
        folder.mkdir(mode=0o700, exist_ok=True)
        if self.borrowed:
            shutil.chown(folder, self.uid, self.gid)

    def barrier(self, path: Path) -> Path | None:
        """The topmost of `path` and the folders above it that this account may not enter or execute."""
        if not self.borrowed:
            return None
        path = path.resolve()
        return next((place for place in (*reversed(path.parents), path) if not self._may_enter(place)), None)

    def _may_enter(self, place: Path) -> bool:
        if not place.exists():
            return True  # We make it, and open.
        status = place.stat()
        if status.st_uid == self.uid:
            return bool(status.st_mode & stat.S_IXUSR)
        if status.st_gid == self.gid:
            return bool(status.st_mode & stat.S_IXGRP)
        return bool(status.st_mode & stat.S_IXOTH)


def server_account(
    effective_uid: Callable[[], int] = os.geteuid, look_up: Callable[[str], pwd.struct_passwd] = pwd.getpwnam,
) -> Account:
    """This process's account, or an unprivileged one for root.

    Raises:
        PermanentError: root, and the system knows none of the unprivileged accounts.
    """
    uid = effective_uid()
    if uid != 0:
        return Account(uid, os.getegid(), str(uid), borrowed=False)
    for name in UNPRIVILEGED:
        try:
            entry = look_up(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid, name, borrowed=True)
    raise PermanentError("PostgreSQL does not run as root, and this system has neither the account"
                         f" {' nor '.join(UNPRIVILEGED)}; create one, run as an ordinary user, or give a database URL")
