"""Logging: structured lines on standard error, for people or for machines."""

from __future__ import annotations

import logging
import sys

import structlog

from fedrse.core.settings import LogFormat, LogSettings
from fedrse.http.access_log import add_request_id


def configure_logs(settings: LogSettings) -> None:
    """Sets structlog up once per process. Tracebacks never show local variables."""
    level = logging.getLevelNamesMapping()[settings.level.value.upper()]
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        add_request_id,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if settings.format is LogFormat.JSON:
        shared += [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    else:
        shared.append(
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(),
                exception_formatter=structlog.dev.plain_traceback,
            )
        )
    structlog.configure(
        processors=shared,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=max(level, logging.WARNING), stream=sys.stderr)
