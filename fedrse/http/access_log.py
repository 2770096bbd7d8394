"""One structured line per request, and the request id on every line logged meanwhile."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, MutableMapping
from contextvars import ContextVar
from typing import Any

import structlog

from fedrse.core.trace import current
from fedrse.http.request import Request

SLOW_SECONDS = 1.0

request_id: ContextVar[str] = ContextVar("request_id", default="")

log = structlog.stdlib.get_logger("fedrse.http")


def add_request_id(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """A structlog processor: the request during which a line is logged, and its trace."""
    identifier, trace = request_id.get(), current.get()
    if identifier:
        event.setdefault("request", identifier)
    if trace:
        event.setdefault("trace", trace)
    return event


def request_ids() -> Callable[[], str]:
    """Makes ids that are unique over processes and cheap to make."""
    prefix = secrets.token_hex(4)
    counter = itertools.count(1)
    return lambda: f"{prefix}{next(counter):x}"


class AccessLog:
    """Writes finished requests; with ``everything`` off only failures of ours and slow ones.

    Query strings are not logged, they may carry tokens.
    """

    def __init__(self, *, everything: bool) -> None:
        self.everything = everything

    def record(self, request: Request, status: int, seconds: float) -> None:
        """Logs a request that was answered with ``status`` after ``seconds``."""
        route = request.route
        is_slow = seconds > SLOW_SECONDS and not (route is not None and route.stream)
        if status >= 500 or is_slow:
            write = log.warning
        elif self.everything:
            write = log.info
        else:
            return
        write(
            "request",
            method=request.method,
            path=request.path,
            status=status,
            ms=round(seconds * 1000, 2),
            address=request.address,
            account=request.viewer,
        )


class ServerLog:
    """What aiohttp logs about connections, without a traceback for each broken client."""

    def isEnabledFor(self, _level: int) -> bool:  # noqa: N802  (the name in logging.Logger)
        return True

    def debug(self, message: str, *arguments: object, **_options: object) -> None:
        log.debug("connection", detail=_text(message, arguments))

    def exception(
        self, message: str, *arguments: object, exc_info: object = None, **_options: object
    ) -> None:
        log.info("connection", detail=_text(message, arguments), error=str(exc_info)[:200])

    error = warning = info = exception


def _text(message: str, arguments: tuple[object, ...]) -> str:
    return str(message) % arguments if arguments else str(message)
