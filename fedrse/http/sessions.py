"""Cookies of this site.

Browsers do not tell ports apart in cookies, so the name carries an id of the origin: sites that
share a host (a demo on localhost) keep their own. Over https the ``__Host-`` prefix ties the cookie
to exactly this host (RFC 6265bis, section 4.1.3.2).
"""

from __future__ import annotations

import hashlib
import re

MAX_COOKIE = 4096

_VALUE = re.compile(r"[!#-+\--:<-\[\]-~]*")


class Cookies:
    """Names, makes and reads the cookies of one origin (``scheme://host[:port]``)."""

    def __init__(self, origin: str) -> None:
        self.secure = origin.startswith("https://")
        site = hashlib.sha256(origin.encode()).hexdigest()[:10]
        self._prefix = f"{'__Host-' if self.secure else ''}fedrse-{site}-"
        self.session = self.name("session")
        self.csrf = self.name("csrf")

    def name(self, purpose: str) -> str:
        """The full name of the cookie for a purpose."""
        return self._prefix + purpose

    def make(self, name: str, value: str, *, seconds: int | None = None) -> str:
        """A ``Set-Cookie`` value; without ``seconds`` it ends with the browser session.

        Raises ValueError for a value with characters that cookies cannot have.
        """
        if not _VALUE.fullmatch(value) or len(value) > MAX_COOKIE:
            raise ValueError("not a cookie value")
        parts = [f"{name}={value}", "Path=/", "HttpOnly", "SameSite=Lax"]
        if self.secure:
            parts.append("Secure")
        if seconds is not None:
            parts.append(f"Max-Age={seconds}")
        return "; ".join(parts)

    def clear(self, name: str) -> str:
        """A ``Set-Cookie`` value that removes the cookie."""
        return self.make(name, "", seconds=0)


def read_cookie(header: str | None, name: str) -> str | None:
    """The value of the first cookie of this name in a ``Cookie`` header."""
    if not header or name not in header:
        return None
    for part in header.split(";"):
        found, equals, value = part.strip().partition("=")
        if equals and found == name:
            return value.strip('"') if len(value) <= MAX_COOKIE else None
    return None
