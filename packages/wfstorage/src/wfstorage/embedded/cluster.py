"""One data folder and the server on it: made, started, watched, stopped."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen
from sqlalchemy.engine import URL

from wfcore.ports import PermanentError, TransientError
from wfstorage.embedded.account import Account
from wfstorage.urls import DRIVER

SUPERUSER = DATABASE = "postgres"
PORT = 5432
SOCKET = f".s.PGSQL.{PORT}"
# The kernel's limit for a socket's path, with the zero byte at its end.
SOCKET_PATH_BYTES = 104
START_SECONDS, STOP_SECONDS, POLL_SECONDS = 60, 30, 0.005
SETTINGS = {
    "port": str(PORT),  # Part of the socket's name; else PGPORT would be.
    "listen_addresses": "",  # No network at all: the socket in a closed folder is the only door.
    "unix_socket_directories": ".",  # The data folder, by a name that no path can break.
    "max_connections": "50",
    "shared_buffers": "32MB",
    "log_min_messages": "warning",
}
# Nothing of it survives, so nothing need reach the disk.
THROW_AWAY_SETTINGS = SETTINGS | {"fsync": "off", "full_page_writes": "off"}


@frozen
class Cluster:
    """A PostgreSQL data folder.  `folder` exists and belongs to `account`."""

    folder: Path
    programs: Path
    account: Account

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def initialise(self) -> None:
        """Make the data folder unless it is there; an interrupted attempt leaves nothing behind.

        Half a second.  Raises PermanentError with what `initdb` said.
        """
        if self.data.exists():
            return
        unfinished = self.folder / "unfinished"
        if unfinished.exists():
            subprocess.run(["rm", "-rf", "--", str(unfinished)], check=True, **self.account.spawn_arguments())
        done = subprocess.run(
            [self.programs / "initdb", "-D", unfinished, "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8",
             "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-sync", "--no-instructions"],
            capture_output=True, text=True, errors="replace", cwd="/", check=False, **self.account.spawn_arguments(),
        )
        if done.returncode:
            raise PermanentError(f"the database folder {str(self.folder)!r} cannot be initialised:"
                                 f" {' '.join(done.stderr.split())[-500:]}; give it space and rights, or"
                                 " give a database URL")
        unfinished.rename(self.data)

    def start(self, settings: dict[str, str] = SETTINGS) -> subprocess.Popen[bytes]:
        """Start the server and wait until it accepts connections.

        It is not ended by the terminal's Ctrl-C.  Raises TransientError with the end of its log.
        """
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        log_file = self.folder / "log"
        log_file.unlink(missing_ok=True)
        with log_file.open("xb") as log:  # Root never writes where a link of the account leads.
            server = subprocess.Popen(
                [self.programs / "postgres", "-D", self.data, *options], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, cwd="/", start_new_session=True, **self.account.spawn_arguments(),
            )
        until = time.monotonic() + START_SECONDS
        while not self._ready(server.pid):
            if server.poll() is not None or time.monotonic() > until:
                server.kill()
                server.wait()
                raise TransientError(f"the embedded database in {str(self.folder)!r} did not start: {self._log_end()}")
            time.sleep(POLL_SECONDS)
        return server

    def running(self) -> bool:
        """Whether a server answers on the socket."""
        with self.reachable() as folder, socket.socket(socket.AF_UNIX) as door:
            return door.connect_ex(str(folder / SOCKET)) == 0

    def stop(self) -> None:
        """End the running server and wait until it has; transactions under way are rolled back.

        Raises TransientError with what `pg_ctl` said.
        """
        done = subprocess.run(
            [self.programs / "pg_ctl", "stop", "-D", self.data, "-m", "fast", "-t", str(STOP_SECONDS)],
            capture_output=True, text=True, errors="replace", cwd="/", check=False, **self.account.spawn_arguments(),
        )
        if done.returncode:
            raise TransientError(f"the embedded database in {str(self.folder)!r} does not stop:"
                                 f" {' '.join(done.stderr.split())[-500:]}")

    @contextmanager
    def reachable(self) -> Iterator[Path]:
        """A path of the data folder that fits into a socket's address and that libpq reads as one path."""
        if len(os.fsencode(self.data / SOCKET)) < SOCKET_PATH_BYTES and "," not in str(self.data):
            yield self.data
            return
        with tempfile.TemporaryDirectory(prefix="kubernaut-", dir="/tmp") as name:  # TMPDIR may be long.
            short = Path(name) / "data"
            short.symlink_to(self.data)
            yield short

    def _ready(self, pid: int) -> bool:
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"

    def _log_end(self) -> str:
        return " ".join((self.folder / "log").read_text(errors="replace").split())[-500:]


def socket_url(folder: Path) -> URL:
    """The URL of a server whose socket is in `folder`."""
    return URL.create(DRIVER, username=SUPERUSER, database=DATABASE, port=PORT, query={"host": str(folder)})
