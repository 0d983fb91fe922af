"""How long a server lives: as long as a process uses its folder, or as long as the one that threw it away."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import URL

from wfcore.ports import PermanentError
from wfstorage.embedded.account import Account, server_account
from wfstorage.embedded.cluster import THROW_AWAY_SETTINGS, Cluster, socket_url
from wfstorage.embedded.folders import data_folder, programs_folder

# Waits until whoever holds the other end of its standard input is gone, by whatever end, then cleans up.
GUARD = 'read -r _; kill -QUIT "$1" 2>/dev/null; while kill -0 "$1" 2>/dev/null; do sleep 0.02; done; rm -rf -- "$0"'


@contextmanager
def shared_server() -> Iterator[tuple[Path, URL]]:
    """The server on this account's data folder: (folder, URL).  The first user starts it, the last one stops it."""
    account = server_account()
    cluster = Cluster(_prepared(data_folder(account), account), programs_folder(account), account)
    with (cluster.folder / "users").open("ab") as presence:
        with _exclusive(cluster.folder / "lock"):
            fcntl.flock(presence, fcntl.LOCK_SH)
            if not cluster.running():
                cluster.initialise()
                # Left to run by itself: another process may go on using it when this one is gone.
                server: subprocess.Popen[bytes] | None = cluster.start()
            else:
                server = None
        try:
            with cluster.reachable() as folder:
                yield cluster.folder, socket_url(folder)
        finally:
            with _exclusive(cluster.folder / "lock"):
                if _alone(presence) and cluster.running():
                    cluster.stop()
            _let_go(server)


@contextmanager
def throw_away_server() -> Iterator[tuple[Path, URL]]:
    """A new server on an empty folder, both gone afterwards, even when this process is killed."""
    account = server_account()
    programs = programs_folder(account)
    folder = Path(tempfile.mkdtemp(prefix="kubernaut-"))
    try:
        if barrier := account.barrier(folder):
            raise PermanentError(f"the temporary folder {str(folder)!r} is out of reach for {account.name}, as"
                                 f" which root runs the server: {str(barrier)!r} lets no one in;"
                                 " set TMPDIR to another folder")
        account.own(folder)
        cluster = Cluster(folder, programs, account)
        cluster.initialise()
        server = cluster.start(THROW_AWAY_SETTINGS)
        with _guarded(server, folder, account), cluster.reachable() as door:
            yield folder, socket_url(door)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _guarded(server: subprocess.Popen[bytes], folder: Path, account: Account) -> Iterator[None]:
    guard = subprocess.Popen(["/bin/sh", "-c", GUARD, folder, str(server.pid)], stdin=subprocess.PIPE, cwd="/",
                             stderr=subprocess.DEVNULL, start_new_session=True, **account.spawn_arguments())
    assert guard.stdin
    try:
        yield
    finally:
        # The server first: until it is reaped the guard still sees its process.
        guard.stdin.close()
        server.wait()
        guard.wait()


def _prepared(folder: Path, account: Account) -> Path:
    """The folder, made when missing, open to the account and to nobody else.

    Raises:
        PermanentError: it cannot be made.
    """
    try:
        folder.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        if not folder.exists():
            folder.mkdir(mode=0o700, exist_ok=True)
            account.own(folder)
    except OSError as error:
        raise PermanentError(f"the data folder {str(folder)!r} cannot be made: {error.strerror};"
                             " set XDG_DATA_HOME to a folder you may write, or give a database URL") from error
    return folder


@contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _alone(presence: object) -> bool:
    """Whether no other process or thread uses the folder; call it under the exclusive lock."""
    try:
        fcntl.flock(presence, fcntl.LOCK_EX | fcntl.LOCK_NB)  # type: ignore[arg-type]
    except BlockingIOError:
        return False
    return True


def _let_go(server: subprocess.Popen[bytes] | None) -> None:
    """Reap the server when it ended; else keep the interpreter from warning about a child that is meant to go on."""
    if server is not None and server.poll() is None:
        server.returncode = 0


__all__ = ["shared_server", "throw_away_server"]
