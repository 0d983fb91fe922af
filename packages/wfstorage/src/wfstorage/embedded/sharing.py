"""How long a server lives: as long as a process uses its folder, or as long as the one that threw it away."""

from __future__ import annotations

import fcntl
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from sqlalchemy.engine import URL

from wfcore.ports import PermanentError
from wfstorage.embedded.account import Account, server_account
from wfstorage.embedded.cluster import THROW_AWAY_SETTINGS, Cluster, socket_url
from wfstorage.embedded.folders import data_folder, exclusive, programs_folder, temporary_folder

# Waits until whoever holds the other end of its standard input is gone, by whatever end, then cleans up.  The file
# goes with the server, but its process may stay for ever as a zombie, where nobody reaps orphans.  A server that has
# not written the file yet ends by itself when its folder is gone; `initdb` may still be adding to the folder.
GUARD = """
read -r _
file=$0/data/postmaster.pid
[ -e "$file" ] && pid=$(head -n 1 "$file") && kill -QUIT "$pid"
while [ -e "$file" ] && kill -0 "$pid"; do sleep 0.02; done
for _ in 1 2 3 4 5 6 7 8 9; do rm -rf -- "$0" && break; sleep 0.3; done
"""


@contextmanager
def shared_server() -> Iterator[tuple[Path, URL]]:
    """The server on this account's data folder: (folder, URL).  The first user starts it, the last one stops it.

    A user that was killed leaves it running for the next one, who stops it.

    Raises:
        PermanentError: the wheel is missing, or the folder or the server cannot be made.
        TransientError: the server did not start.
    """
    with _preparing():
        account = server_account()
        folder = data_folder(account)
        account.make(folder)
        cluster = Cluster(folder, programs_folder(account), account)
        # Beside the folder: what root opens is not to lie where the account could put a link.
        lock, users = folder.with_suffix(".lock"), folder.with_suffix(".users").open("ab")
    with users:
        with _preparing(), exclusive(lock):
            fcntl.flock(users, fcntl.LOCK_SH)
            server = _joined(cluster)
        try:
            with cluster.reachable() as door:
                yield folder, socket_url(door)
        finally:
            with exclusive(lock):
                last = _alone(users)
                if last and cluster.running():
                    cluster.stop()
            if server is not None:
                _let_go(server, ended=last)


@contextmanager
def throw_away_server() -> Iterator[tuple[Path, URL]]:
    """A new server on an empty folder, both gone afterwards, even when this process is killed.

    Raises: as `shared_server`.
    """
    with _preparing():
        account = server_account()
        programs = programs_folder(account)
        folder = temporary_folder(account)
    with _guarded(folder, account):
        with _preparing():
            cluster = Cluster(folder, programs, account)
            cluster.initialise()
            server = cluster.start(THROW_AWAY_SETTINGS)
        try:
            with cluster.reachable() as door:
                yield folder, socket_url(door)
        finally:
            server.send_signal(signal.SIGQUIT)
            server.wait()


@contextmanager
def _preparing() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PermanentError(f"the embedded database cannot be prepared: {error}; give it space and rights, set"
                             " XDG_DATA_HOME or TMPDIR to a folder you may write, or give a database URL") from error


@contextmanager
def _guarded(folder: Path, account: Account) -> Iterator[None]:
    with subprocess.Popen(["/bin/sh", "-c", GUARD, folder], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, cwd="/",
                          stderr=subprocess.DEVNULL, start_new_session=True, **account.spawn_arguments()):
        yield  # Leaving the block closes the guard's standard input and waits for it.


def _joined(cluster: Cluster) -> subprocess.Popen[bytes] | None:
    """Start the server unless it runs; the new process, if any.  Call it under the exclusive lock."""
    if cluster.running():
        return None
    cluster.initialise()
    return cluster.start()


def _alone(users: BinaryIO) -> bool:
    """Whether no other process or thread uses the folder; call it under the exclusive lock."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _let_go(server: subprocess.Popen[bytes], *, ended: bool) -> None:
    """Reap the server when it ended; else keep the interpreter from warning about a child that is meant to go on."""
    if ended:
        server.wait()
    else:
        server.returncode = 0
