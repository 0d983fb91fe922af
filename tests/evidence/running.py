"""Runs a program of the repository whose standard output is one JSON document; its progress stays on standard error."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

from .stamp import ROOT


class Refuted(Exception):
    """A program found what must not be: its document, for the record, and the command."""

    def __init__(self, command: str, document: Any) -> None:
        self.command, self.document = command, document
        super().__init__(f"{command} ended with what it must not find")


def module(name: str, *arguments: str) -> tuple[str, Any, float]:
    """`python -m NAME ARGUMENTS`: the command for people, its document, and how many seconds it took.

    Raises:
        Refuted: when its exit status is not 0.
    """
    command = " ".join(("python -m", name, *arguments))
    return command, *_run([sys.executable, "-m", name, *arguments], command)


def program(path: str, *arguments: str) -> tuple[str, Any, float]:
    """The same for `python PATH ARGUMENTS`."""
    command = " ".join(("python", path, *arguments))
    return command, *_run([sys.executable, path, *arguments], command)


def _run(words: list[str], command: str) -> tuple[Any, float]:
    sys.stderr.write(f"+ {command}\n")
    began = time.monotonic()
    done = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    seconds = time.monotonic() - began
    document = json.loads(done.stdout) if done.stdout.strip() else None
    if done.returncode != 0:
        raise Refuted(command, document)
    return document, seconds
