"""Logs as one JSON object per line, on standard error. No position, no query, no name of a person is ever in one."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime

import orjson

OWN_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
"""What every record has; the rest is what an event was given."""


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON: time, level, event, and what belongs to the event."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **{name: value for name, value in vars(record).items() if name not in OWN_FIELDS},
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
        return orjson.dumps(line, default=str).decode()


def log_as_json(level: int = logging.INFO) -> None:
    """Send the product's events and the server's own to standard error as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    for name in ("yiquan", "uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler] if name in ("yiquan", "uvicorn") else []
        logger.setLevel(level)
        logger.propagate = name == "uvicorn.error"
    # The server's own access log prints the query, and with it the rider's position.
    logging.getLogger("uvicorn.access").disabled = True
