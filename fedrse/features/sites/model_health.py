"""How another site does, in plain words. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Final

from fedrse.activitypub.peers import RFC9421_IRI
from fedrse.core.clock import DAY, MINUTE
from fedrse.features.instance.model_concerns import Concern
from fedrse.features.sites.model import Site
from fedrse.http.rights import Right
from fedrse.web.languages import translatable

MOST_DRIFT: Final = 2 * MINUTE
"""Clocks that differ by more will break signatures sooner or later."""

SILENT_AFTER: Final = 7 * DAY
CERTIFICATE_ENDS_SOON: Final = 14 * DAY

_PLAIN: Final = (
    (r"did not answer in time", translatable("It did not answer in time: overloaded, or down.")),
    (
        r"no address|not found|DNS|name",
        translatable("Its name has no address: look whether it is spelled right and still exists."),
    ),
    (
        r"No connection",
        translatable("Nobody answers at its address: it is down, or a firewall is between."),
    ),
    (
        r"client certificate",
        translatable("It wants another client certificate of this site: look at [transport]."),
    ),
    (
        r"[Cc]ertificate|TLS|SSL",
        translatable("Its certificate is not trusted: it has ended, or is of another name."),
    ),
    (
        r"closed the connection",
        translatable("It closed the connection in the middle: restarting, or a proxy in trouble."),
    ),
    (
        r"\b(401|403)\b",
        translatable("It refuses us: its rules, or our signature does not convince."),
    ),
    (r"\b(404|410)\b", translatable("The address of its inbox is gone.")),
    (r"\b429\b", translatable("It asks us to send less for a while.")),
    (r"\b5\d\d\b", translatable("It answers with an error of its own: look at its log.")),
)


ABILITIES: Final = {RFC9421_IRI: translatable("Signatures as RFC 9421 says")}
"""What other sites say that they can do, as far as this one knows what it means."""


def plain_error(text: str) -> str:
    """A sentence, marked ``translatable``, about an error as it was noted; "" if none fits."""
    if not text:
        return ""
    return next((words for pattern, words in _PLAIN if re.search(pattern, text)), "")


def ends_soon(until: int | None, now: int) -> bool:
    """Whether a certificate ends within two weeks, or has ended."""
    return until is not None and until - now < CERTIFICATE_ENDS_SOON


def concerns_of(sites: Iterable[Site], members: Collection[str], now: int) -> list[Concern]:
    """What should be looked at about the sites of the network."""
    return [concern for site in sites if site.host in members for concern in _of(site, now)]


def _of(site: Site, now: int) -> list[Concern]:
    found = []

    def add(words: str, kind: str = "warning", num: int = 1) -> None:
        found.append(
            Concern(
                right=Right.MANAGE_FEDERATION,
                path=f"/admin/peers/{site.host}",
                words=words,
                num=num,
                name=site.host,
                kind=kind,
            )
        )

    if site.last_error:
        add(_UNREACHABLE, "danger")
    elif site.last_inbound_at is not None and now - site.last_inbound_at > SILENT_AFTER:
        add(_SILENT, "info")
    if abs(site.clock_drift or 0) > MOST_DRIFT:
        add(_DRIFT)
    if ends_soon(site.certificate_until, now):
        add(_CERTIFICATE)
    if ends_soon(site.client_certificate_until, now):
        add(_CLIENT_CERTIFICATE)
    return found


_UNREACHABLE: Final = translatable("%(name)s did not answer when it was asked last")
_SILENT: Final = translatable("%(name)s has sent nothing for a week")
_DRIFT: Final = translatable("The clock of %(name)s is wrong by more than two minutes")
_CERTIFICATE: Final = translatable("The certificate of %(name)s ends within two weeks")
_CLIENT_CERTIFICATE: Final = translatable(
    "The certificate that %(name)s shows here ends within two weeks"
)
