"""Make `.venv` and install the three packages into it, every wheel checked against its hash.

    python3 packages/install.py         what `wfctl` needs to run (constraints.txt)
    python3 packages/install.py gate    that and the tools of the gate, tox among them (tests/constraints.txt)

Run again, it does nothing until a lock file or a package's pyproject.toml has changed.  The packages are installed
in place (editable), so a change of their source needs no second installation.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PACKAGES = ("wfcore", "wfstorage", "wfcontroller")
LOCKS = {"run": ("constraints.txt",), "gate": ("tests/constraints.txt", "constraints.txt")}


def digest(what: str) -> str:
    """What an installation was made from: the place (scripts name it), the locks, the packages' metadata."""
    files = (*LOCKS[what], *(f"packages/{name}/pyproject.toml" for name in PACKAGES))
    return hashlib.sha256(b"\0".join([str(ROOT).encode(), *((ROOT / name).read_bytes() for name in files)])).hexdigest()


def make_environment() -> None:
    """Create `.venv`, or create it anew when it was made elsewhere (the clone was moved) or its Python is gone."""
    place = VENV / "made-at"
    if (VENV / "bin" / "python").exists() and place.exists() and place.read_text() == str(ROOT):
        return
    venv.create(VENV, with_pip=True, clear=True)
    place.write_text(str(ROOT))


def pip(*arguments: str) -> None:
    options = ("--disable-pip-version-check", "install", "--quiet")
    command = [str(VENV / "bin" / "python"), "-m", "pip", *options, *arguments]
    if (status := subprocess.call(command, stdin=subprocess.DEVNULL, cwd=ROOT)) != 0:
        sys.exit(f"pip ended with status {status}: {' '.join(command)}")


def install(what: str) -> None:
    stamp, wanted = VENV / f"installed-{what}", digest(what)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"installing into {VENV} from {LOCKS[what][0]}; this happens once", file=sys.stderr, flush=True)
    make_environment()
    # Modules are compiled when they are first imported: most never are, and compiling all takes longer than the rest.
    pip("--no-compile", "--require-hashes", "--requirement", LOCKS[what][0])
    editable = [argument for name in PACKAGES for argument in ("--editable", f"packages/{name}")]
    pip("--no-deps", "--no-build-isolation", *editable)
    stamp.write_text(wanted)


def main() -> None:
    if sys.version_info < (3, 11):
        sys.exit(f"Python 3.11 or newer is needed; {sys.executable} is {sys.version.split()[0]}")
    if importlib.util.find_spec("ensurepip") is None:
        sys.exit(f"{sys.executable} cannot make virtual environments; install its venv package (Debian: python3-venv)")
    what = sys.argv[1] if len(sys.argv) > 1 else "run"
    if what not in LOCKS:
        sys.exit(f"unknown argument {what!r}; give nothing, or one of: {', '.join(LOCKS)}")
    with open(__file__, "rb") as lock:  # parallel tox environments wait for the first one's installation
        fcntl.flock(lock, fcntl.LOCK_EX)
        install(what)


if __name__ == "__main__":
    main()
