"""Protection of forms against requests that another site makes the browser send.

Two independent checks: where the request comes from (Origin, Sec-Fetch-Site), and a token that
only our own pages know. The token belongs to the session; without one (the login form itself) a
random cookie must come back as a form field.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode

from fedrse.core.errors import Forbidden

FIELD = "csrf_token"
HEADER = "X-CSRF-Token"
LONGEST = 512


def new_token() -> str:
    """A fresh token of 192 random bits."""
    return secrets.token_urlsafe(24)


def mask(token: str) -> str:
    """The token as one page carries it: different each time, so that sizes of compressed pages
    tell nothing about it.
    """
    secret = token.encode()
    pad = secrets.token_bytes(len(secret))
    return urlsafe_b64encode(pad + _xor(pad, secret)).decode()


def _unmask(given: str) -> str:
    """What was masked; what was not stays as it is."""
    try:
        both = urlsafe_b64decode(given.encode())
        half = len(both) // 2
        return _xor(both[:half], both[half:]).decode()
    except ValueError:
        return given


def _xor(one: bytes, other: bytes) -> bytes:
    """As far as the shorter one goes."""
    size = min(len(one), len(other))
    number = int.from_bytes(one[:size], "big") ^ int.from_bytes(other[:size], "big")
    return number.to_bytes(size, "big")


def check_origin(own_origin: str, origin: str | None, fetch_site: str | None) -> None:
    """Raises Forbidden (``cross_site``) where the browser says that another site asks."""
    if fetch_site is not None and fetch_site not in ("same-origin", "none"):
        raise _cross_site(own_origin, origin or fetch_site)
    if origin is not None and origin != own_origin:
        raise _cross_site(own_origin, origin)


def check_token(expected: str | None, given: object) -> None:
    """Raises Forbidden (``csrf``) where the tokens differ or one is missing."""
    if not expected or not isinstance(given, str) or len(given) > LONGEST:
        raise _expired()
    if not same(expected, _unmask(given)) and not same(expected, given):
        raise _expired()


def _expired() -> Forbidden:
    return Forbidden("csrf", "This form has expired. Go back, reload the page and try again.")


def same(expected: str, given: str) -> bool:
    """Compares in constant time."""
    return hmac.compare_digest(expected.encode(), given.encode(errors="surrogatepass"))


def _cross_site(own_origin: str, origin: str) -> Forbidden:
    return Forbidden(
        "cross_site",
        f"This form was not sent from {own_origin}, the address of this site.",
        origin=origin,
    )
