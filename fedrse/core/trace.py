"""Trace ids: what log lines of several sites about one message have in common.

The id of a message decides its trace id, so every site finds it by itself, nothing has to be
stored, and it says nothing about people. It travels as ``traceparent`` (W3C Trace Context,
https://www.w3.org/TR/trace-context/), which also ties requests of proxies and monitors together.
"""

from __future__ import annotations

import re
import secrets
from contextvars import ContextVar
from hashlib import sha256
from typing import Final

HEADER: Final = "traceparent"
current: ContextVar[str] = ContextVar("trace", default="")
"""The trace id, 32 hexadecimal digits, of what is being done now; "" where there is none."""

_LENGTH: Final = 55  # of version 00
_PATTERN: Final = re.compile(r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?")
_NOTHING: Final = ("0" * 32, "0" * 16)


def trace_of(identifier: str) -> str:
    """The trace id of a message, by its id (an IRI)."""
    return sha256(identifier.encode(errors="surrogatepass")).hexdigest()[:32]


def traceparent(trace: str) -> str:
    """The header for a request that belongs to a trace; each request is a span of its own."""
    return f"00-{trace}-{secrets.token_hex(8)}-01"


def read_traceparent(header: str | None) -> str:
    """The trace id in a header that somebody sent, "" where it is missing or wrong."""
    if not header or len(header) < _LENGTH or len(header) > 4 * _LENGTH:
        return ""
    found = _PATTERN.fullmatch(header.strip())
    if found is None or found[1] == _NOTHING[0] or found[2] == _NOTHING[1]:
        return ""
    # Version 00 has nothing behind its flags.
    return "" if header.startswith("00") and len(header.strip()) != _LENGTH else found[1]
