"""Subscriptions to somebody's public posts by mail: their bounds, and what proves a link. Pure."""

from __future__ import annotations

import hashlib
import hmac
import re
from enum import StrEnum
from typing import Final

from msgspec import Struct

from fedrse.core.clock import DAY, MINUTE
from fedrse.core.errors import Invalid

ENDPOINT: Final = "/api/v1/accounts/{id}/email_subscriptions"
UNCONFIRMED_KEPT: Final = 7 * DAY
BATCH_EVERY: Final = 5 * MINUTE
STILL_UNDONE: Final = MINUTE  # what is younger may be taken back yet
MOST_IN_A_MAIL: Final = 10
MOST_AT_ONCE: Final = 500  # posts of all people in one batch
MOST_UNCONFIRMED: Final = 1000  # addresses for one person
TOKEN_LENGTH: Final = 32
LONGEST_ADDRESS: Final = 254  # RFC 5321, 4.5.3.1.3

# The form of https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address, with a domain
# of at least two labels: nobody outside has a mailbox in another one.
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ADDRESS: Final = re.compile(
    rf"[a-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{_LABEL}(?:\.{_LABEL})+", re.ASCII
)


class Purpose(StrEnum):
    """What a link of a mail is good for."""

    CONFIRM = "confirm"
    UNSUBSCRIBE = "unsubscribe"


class Subscription(Struct, frozen=True):
    """A row of ``mail_subscription``; times in milliseconds, None for what has not happened."""

    id: int
    account_id: int
    email: str
    locale: str
    created_at: int
    confirmed_at: int | None


class Subscribers(Struct, frozen=True):
    """How many get somebody's posts, and how many have not confirmed their address yet."""

    confirmed: int
    waiting: int


def checked_address(text: str) -> str:
    """The one form of an address to which mail can be sent.

    Raises Invalid: ``email_blank``, ``email_invalid``.
    """
    email = text.strip().lower()
    if not email:
        raise Invalid("email_blank", "Validation failed: Email can't be blank")
    if len(email) > LONGEST_ADDRESS or _ADDRESS.fullmatch(email) is None:
        raise Invalid("email_invalid", "Validation failed: Email is invalid")
    return email


def link_token(secret: bytes, purpose: Purpose, subscription: Subscription) -> str:
    """What proves that somebody read a mail to this address.

    Made of the secret of the site, so nothing is stored and each mail has the same link.
    """
    text = f"mail {purpose.value} {subscription.id} {subscription.email}"
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()[:TOKEN_LENGTH]


def is_link_token(secret: bytes, purpose: Purpose, known: Subscription, given: str) -> bool:
    """Whether this is the token of the link, compared in constant time."""
    expected = link_token(secret, purpose, known).encode()
    return hmac.compare_digest(expected, given.encode(errors="surrogatepass"))
