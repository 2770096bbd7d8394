"""Codes of an authenticator app (RFC 6238), and codes on paper for the day it is lost."""

from __future__ import annotations

import base64
import hmac
import secrets
from urllib.parse import quote, urlencode

from fedrse.core.clock import SECOND
from fedrse.core.errors import Invalid

STEP = 30 * SECOND
DIGITS = 6
SECRET_BYTES = 20  # RFC 4226, section 4: 160 bits, what all apps take
TOLERATED = 1  # steps that a telephone may be early or late
RECOVERY_CODES = 10
# Without letters and digits that look alike: 32 signs, so each code has 80 bits.
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP = 4, 4


class WrongCode(Invalid):
    """No code of this app, or one that was used already, or a used code on paper."""

    def __init__(self) -> None:
        super().__init__("code_wrong", "This code is wrong, or was used already.")


def new_totp_secret() -> bytes:
    """What app and site share."""
    return secrets.token_bytes(SECRET_BYTES)


def code_of(secret: bytes, step: int) -> str:
    """The code of the step ``milliseconds since 1970 // STEP`` (RFC 4226, section 5.3)."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def step_of_code(secret: bytes, code: str, *, now: int, after: int) -> int | None:
    """The step whose code this is, later than the step ``after``; None for a wrong or used code.

    Each step is compared, in constant time.
    """
    found = None
    current = now // STEP
    for step in range(current - TOLERATED, current + TOLERATED + 1):
        if hmac.compare_digest(code_of(secret, step), code) and step > after and found is None:
            found = step
    return found


def digits_of(text: str) -> str:
    """The code as typed, without the blanks that apps show; empty for what cannot be one."""
    plain = "".join(text.split())
    return plain if plain.isascii() and plain.isdigit() and len(plain) == DIGITS else ""


def base32_of(secret: bytes) -> str:
    """The secret as people type it."""
    return base64.b32encode(secret).decode().rstrip("=")


def otpauth_uri(secret: bytes, *, issuer: str, name: str) -> str:
    """What the QR code says ("Key URI Format", as all apps read it)."""
    label = f"{quote(issuer.replace(':', ' '), safe='')}:{quote(name, safe='')}"
    query = urlencode(
        {"secret": base32_of(secret), "issuer": issuer, "digits": DIGITS, "period": STEP // SECOND},
        quote_via=quote,
    )
    return f"otpauth://totp/{label}?{query}"


def new_recovery_codes() -> list[str]:
    """Ten codes, each good once: ``abcd-efgh-jkmn-pqrs``."""
    return [
        "-".join("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))
        for _ in range(RECOVERY_CODES)
    ]


def plain_recovery_code(text: str) -> str:
    """What is hashed of a code on paper, however it was typed; empty for what cannot be one."""
    plain = "".join(one for one in text.lower() if one in _ALPHABET)
    return plain if len(plain) == _GROUP * _GROUPS else ""
