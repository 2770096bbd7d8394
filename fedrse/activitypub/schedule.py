"""When a host is tried again, how long deliveries are kept, and what an answer means.

One schedule per host, never per message (federation reference, section 5).
"""

from __future__ import annotations

from enum import Enum
from random import Random
from typing import Final

from fedrse.core.clock import DAY, HOUR, MINUTE, SECOND
from fedrse.net.client_certificates import CODE_PREFIX

STEPS: Final = (30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, 2 * HOUR, 6 * HOUR)
JITTER: Final = 0.2
LONGEST_RETRY_AFTER: Final = DAY
SCHEME_LIFETIME: Final = 30 * DAY
FAILURES_OF_ONE_MESSAGE: Final = 5
"""How often one message may fail at a host that takes others, until it is given up."""

KEPT_FOR_MEMBERS: Final = 30 * DAY
KEPT_FOR_OTHERS: Final = 14 * DAY
KEPT_FOR_ENDINGS: Final = 90 * DAY
_ENDINGS: Final = frozenset({"Delete", "Block", "Reject", "Move", "Offer", "Join", "Leave"})


def lifetime(activity_type: str, *, member: bool) -> int:
    """Milliseconds until a delivery is given up.

    What takes something back, and what changes who belongs to the network, is kept longest.
    """
    if activity_type in _ENDINGS:
        return KEPT_FOR_ENDINGS
    return KEPT_FOR_MEMBERS if member else KEPT_FOR_OTHERS


def delay(failures: int, random: Random) -> int:
    """Milliseconds until the next try after so many failures in a row (1, 2, ...)."""
    step = STEPS[min(failures, len(STEPS)) - 1]
    return round(step * random.uniform(1 - JITTER, 1 + JITTER))


CERTIFICATE_CODES: Final = f'"error_code":"{CODE_PREFIX}'
"""In the answer of a site of this software that expects another client certificate."""


class Verdict(Enum):
    """What the answer of an inbox means."""

    DELIVERED = "delivered"
    HOST_LATER = "later"  # the host cannot take anything now
    MAYBE_LATER = "maybe"  # this message cannot be taken now, perhaps only because of a key
    INBOX_GONE = "gone"  # there will never be an inbox again
    REFUSED = "refused"  # this message will never be taken


def judge(status: int, body: str = "") -> Verdict:
    """Reads a status and the beginning of the body, after all ways of signing were tried."""
    if 200 <= status < 300:
        return Verdict.DELIVERED
    if status == 410:
        return Verdict.INBOX_GONE
    if status == 401:
        # A certificate that does not do is the same for all messages, and people replace it.
        return Verdict.HOST_LATER if CERTIFICATE_CODES in body else Verdict.MAYBE_LATER
    # A redirect is what a site under repair answers: nobody moves an inbox that way.
    if 300 <= status < 400 or status in {408, 425, 429} or (status >= 500 and status != 501):
        return Verdict.HOST_LATER
    return Verdict.REFUSED
