"""Log lines as Prometheus's users know them: logfmt or JSON, a message and named fields.

A component holds a `Logger`; where the lines go and how they look is decided once, by the process
(`configure`), through the standard library's logging.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
}
ROOT = "narthex"


class Logger:
    """The lines of one component: `log.info("block written", ulid=..., samples=...)`."""

    def __init__(self, component: str) -> None:
        self._component = component
        self._logger = logging.getLogger(f"{ROOT}.{component}")

    def debug(self, message: str, **fields: object) -> None:
        """Of use when looking for a fault."""
        self._write(logging.DEBUG, message, fields)

    def info(self, message: str, **fields: object) -> None:
        """Something an operator may want to know happened."""
        self._write(logging.INFO, message, fields)

    def warning(self, message: str, **fields: object) -> None:
        """Something went wrong and was dealt with."""
        self._write(logging.WARNING, message, fields)

    def error(self, message: str, **fields: object) -> None:
        """Something went wrong and someone must act."""
        self._write(logging.ERROR, message, fields)

    def _write(self, level: int, message: str, fields: dict[str, object]) -> None:
        if self._logger.isEnabledFor(level):
            extra = {"component": self._component, "fields": fields}
            self._logger.log(level, message, extra=extra)


class LogfmtFormatter(logging.Formatter):
    """`time=... level=INFO source=... msg="..." component=... key=value`."""

    def format(self, record: logging.LogRecord) -> str:
        return " ".join(f"{key}={quote(value)}" for key, value in record_fields(record).items())


class JsonFormatter(logging.Formatter):
    """One JSON object a line with the same fields as logfmt."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(record_fields(record), default=str, ensure_ascii=False)


def record_fields(record: logging.LogRecord) -> dict[str, object]:
    """The fields of a line in the order in which they are written."""
    time = datetime.fromtimestamp(record.created, tz=UTC)
    level = "WARN" if record.levelno == logging.WARNING else record.levelname
    fields: dict[str, object] = {
        "time": time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": level,
        "msg": record.getMessage(),
    }
    if hasattr(record, "component"):
        fields["component"] = record.component
    fields.update(getattr(record, "fields", {}))
    if record.exc_info and record.exc_info[0] is not None:
        fields["stack"] = logging.Formatter().formatException(record.exc_info)
    return fields


def quote(value: object) -> str:
    """A logfmt value: bare when it is one plain word, else a quoted string on one line."""
    text = str(value)
    if text and all(c.isprintable() and c not in ' ="\\' for c in text):
        return text
    return json.dumps(text, ensure_ascii=False)


def configure(level: str, style: str, stream: TextIO | None = None) -> None:
    """Send the lines of all components to `stream` (stderr) at `level`, as `logfmt` or `json`."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter() if style == "json" else LogfmtFormatter())
    root = logging.getLogger(ROOT)
    root.handlers[:] = [handler]
    root.setLevel(LEVELS[level])
    root.propagate = False
