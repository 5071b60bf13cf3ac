"""Structured logs on standard error: one JSON object per line, with the request's id where there is one."""

from __future__ import annotations

import logging
import logging.config
from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Id of the current request."""


class RequestIdFilter(logging.Filter):
    """Adds the current request's id to each record and removes uvicorn's coloured copy of the message."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep every record."""
        vars(record).pop("color_message", None)
        if current := request_id.get():
            record.request_id = current
        return True


def configure(level: str) -> None:
    """Send every logger of the process to standard error as JSON.

    Args:
        level: The lowest level that is written.
    """
    logging.captureWarnings(capture=True)
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "filters": {"request_id": {"()": RequestIdFilter}},
            "formatters": {
                "json": {
                    "()": "pythonjsonlogger.json.JsonFormatter",
                    "fmt": "%(levelname)s %(name)s %(message)s",
                    "rename_fields": {"levelname": "level", "name": "logger"},
                    "timestamp": True,
                }
            },
            "handlers": {
                "stderr": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["request_id"]},
            },
            "root": {"level": level, "handlers": ["stderr"]},
        }
    )
