"""Logs of the two processes: one JSON object per line on standard error, with the workflow's identity, no secret.

Whoever logs uses structlog or the standard library alike.  What is logged may
come from anybody, so every value is made plain, scrubbed and clipped, and no
text of a user ever becomes a key.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import IO, Any

import orjson
import structlog

from wfcontroller.configuration.process import LogConfig
from wfcontroller.plainvalues import Plain
from wfcontroller.redaction import Redaction

# Libraries may log headers and bodies at their lower levels: of them only warnings are heard.
OURS = ("wfcontroller", "wfcore", "wfexecutor", "wfstorage")
# What a line begins with, in this order.
_FIRST = ("time", "level", "logger", "event", "workflow_namespace", "workflow_name", "workflow_uid", "step")


def configure(config: LogConfig, *, stream: IO[str] | None = None, secrets: Iterable[str] = ()) -> None:
    """Log this process from now on, to `stream` or standard error; `secrets` are values to hide wherever they appear.

    Text for people is only written when it is asked for and the stream is a terminal.
    """
    target = stream or sys.stderr
    before: list[Any] = [
        structlog.contextvars.merge_contextvars, structlog.stdlib.add_logger_name, structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time")]
    for_people = config.format == "console" and target.isatty()
    formatter = _Formatter(foreign_pre_chain=before, processors=[
        structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.format_exc_info,
        Plain(Redaction(secrets)), structlog.dev.ConsoleRenderer(timestamp_key="time") if for_people else _line])
    handler = logging.StreamHandler(target)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    level: int = getattr(logging, config.level.upper())
    root.setLevel(max(level, logging.WARNING))
    for name in OURS:
        logging.getLogger(name).setLevel(level)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *before,
                    structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(), wrapper_class=structlog.stdlib.BoundLogger)


def _line(_logger: object, _name: str, event: Mapping[str, Any]) -> str:
    ordered = {key: event[key] for key in _FIRST if key in event}
    return orjson.dumps(ordered | {key: event[key] for key in sorted(event.keys() - ordered.keys())}).decode()


class _Formatter(structlog.stdlib.ProcessorFormatter):
    """A record that cannot be formatted becomes a line all the same, without what was to be formatted."""

    def format(self, record: logging.LogRecord) -> str:
        try:
            return super().format(record)
        except Exception as error:  # noqa: BLE001
            # Arguments that do not fit their message, a `__str__` that raises: whoever logs is not to suffer.
            time = datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z")
            return _line(None, "", {
                "time": time, "level": "error", "logger": record.name,
                "event": "log_failed", "error": type(error).__name__, "place": f"{record.filename}:{record.lineno}"})
