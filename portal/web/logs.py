"""Logs that cannot hold people: one JSON object a line, ids and codes, never values of a frame."""

from __future__ import annotations

import logging
import sys

import structlog
from structlog.tracebacks import ExceptionDictTransformer


def _logger(*_: object) -> structlog.PrintLogger:
    """Write to whatever standard error is now, and not to what it was at the start."""
    return structlog.PrintLogger(sys.stderr)


def configure() -> None:
    """Write what happens as JSON to standard error.

    A traceback names files, lines and the kind of error. Local variables and messages stay out:
    they hold what people typed and what the database was asked.
    """
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(
                ExceptionDictTransformer(show_locals=False, max_frames=30)
            ),
            _without_messages,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=_logger,
        cache_logger_on_first_use=False,
    )


def _without_messages(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    for error in event.get("exception") or []:
        if isinstance(error, dict):
            error.pop("exc_value", None)
            error.pop("syntax_error", None)
    return event
