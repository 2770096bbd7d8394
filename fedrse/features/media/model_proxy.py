"""Addresses under which this site shows files of other sites.

Browsers and apps here ask only this site, so no other learns who reads. An address is signed:
only what this site itself shows can be fetched through it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

PATH = "/media_proxy"
SMALL = "small"
_SIGNATURE = 32  # hexadecimal digits: 128 bits
LONGEST = 2048


class Proxy:
    """Makes and reads addresses below ``origin``."""

    def __init__(self, origin: str, secret: bytes) -> None:
        self._origin = origin
        self._key = hmac.digest(secret, b"fedrse media proxy", hashlib.sha256)

    def address(self, url: str, *, small: bool = False) -> str:
        """Where this site shows a file of another; what is no https address stays as it is.

        ``small``: a thumbnail, where it is an image.
        """
        if not url.startswith(("https://", "http://")) or len(url) > LONGEST:
            return url
        token = base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")
        found = f"{self._origin}{PATH}/{self._sign(token)}/{token}"
        return f"{found}/{SMALL}" if small else found

    def read(self, signature: str, token: str) -> str | None:
        """The address of the file; None for one that this site never signed."""
        if not hmac.compare_digest(self._sign(token).encode(), signature.encode()):
            return None
        padded = token + "=" * (-len(token) % 4)
        return base64.urlsafe_b64decode(padded).decode()

    def _sign(self, token: str) -> str:
        return hmac.new(self._key, token.encode(), hashlib.sha256).hexdigest()[:_SIGNATURE]
