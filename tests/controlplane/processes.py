"""Child processes that die with this one, with what they print in a file each."""

from __future__ import annotations

import contextlib
import ctypes
import signal
import subprocess
from pathlib import Path

_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1
_TAIL = 3000


class Died(Exception):
    """A program ended although it should go on: which, and its last words."""


class Processes:
    """Programs started in this order and killed in the opposite one."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, command: list[str]) -> None:
        """Start a program; what it prints goes to `NAME.log`."""
        with (self._logs / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
                preexec_fn=_die_with_parent)  # noqa: PLW1509

    def check(self) -> None:
        """Raise `Died` if a program has ended."""
        for name, process in self._running.items():
            if process.poll() is not None:
                raise Died(f"{name} ended with status {process.returncode}:\n{self.last_words(name)}")

    def last_words(self, name: str) -> str:
        """The end of what a program printed."""
        return (self._logs / f"{name}.log").read_text("utf-8", "replace")[-_TAIL:]

    def stop(self) -> None:
        """Kill every program at once: what they hold is thrown away."""
        for process in reversed(self._running.values()):
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGKILL)
            process.wait()
        self._running.clear()


def _die_with_parent() -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
