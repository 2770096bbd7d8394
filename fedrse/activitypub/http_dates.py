"""The Date field of HTTP (RFC 9110 section 5.6.7) and milliseconds."""

from __future__ import annotations

from datetime import UTC
from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache
from typing import Final

_MAX_CHARACTERS: Final = 64


@lru_cache(maxsize=64)
def _format(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)


def to_http_date(milliseconds: int) -> str:
    """``Thu, 15 Jan 2026 09:00:00 GMT``."""
    return _format(milliseconds // 1000)


@lru_cache(maxsize=256)
def from_http_date(text: str) -> int:
    """Milliseconds of an HTTP date; ValueError for anything else.

    Reads the forms that real senders use (``GMT``, ``UTC``, ``+0000``), not only the preferred one.
    """
    if len(text) > _MAX_CHARACTERS:
        raise ValueError("not a date")
    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return int(moment.timestamp()) * 1000
    except (ValueError, TypeError, OverflowError, IndexError) as error:
        raise ValueError("not a date") from error
