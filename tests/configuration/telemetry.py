"""What logging leaves behind, put back after each test; and the lines that were logged."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog

from wfcontroller import logs
from wfcontroller.configuration.process import LogConfig


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@contextmanager
def logging_to(stream: io.StringIO, *, secrets: tuple[str, ...] = (), **config: str) -> Iterator[io.StringIO]:
    """This process logs to the stream until the block ends."""
    root = logging.getLogger()
    handlers, levels = root.handlers[:], {name: logging.getLogger(name).level for name in ("", *logs.OURS)}
    structlog.contextvars.clear_contextvars()
    try:
        logs.configure(LogConfig(**config), stream=stream, secrets=secrets)
        yield stream
    finally:
        structlog.reset_defaults()
        root.handlers[:] = handlers
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    """Each line as the object it is."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]
