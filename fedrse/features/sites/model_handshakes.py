"""Connections that ended because of the certificate that was shown, before anybody was known. Pure.

An authority that is in no bundle is noticed during the handshake: nobody has said yet who they are.
So all of these are counted together, and told where a site is looked at that has to show one.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from fedrse.core.clock import DAY
from fedrse.core.settings_mutual_tls import ClientCertificates, MutualTlsSettings
from fedrse.web.languages import translatable

FACT: Final = "client_certificates_refused"
"""Name of the fact that has them as JSON."""

TOLD_FOR: Final = 30 * DAY
_PLAIN: Final = (
    ("has expired", translatable("it has expired")),
    ("not yet valid", translatable("it is not valid yet")),
    ("purpose", translatable("it is not made for this purpose (clientAuth)")),
    ("issuer", translatable("it is of an authority that is in no bundle of [mutual_tls]")),
    ("self-signed", translatable("it is of an authority that is in no bundle of [mutual_tls]")),
    ("self signed", translatable("it is of an authority that is in no bundle of [mutual_tls]")),
    (
        "first certificate",
        translatable("it is of an authority that is in no bundle of [mutual_tls]"),
    ),
)
_OTHER: Final = translatable("it does not fit together")


class Handshakes(Struct, frozen=True):
    """How many there were, when the last one was (milliseconds), and what TLS said of it."""

    count: int
    at: int
    reason: str

    @property
    def plain(self) -> str:
        """Why, as the end of a sentence, marked ``translatable``."""
        return next((words for part, words in _PLAIN if part in self.reason), _OTHER)

    @property
    def sentence(self) -> str:
        """For the command line."""
        return (
            f"{self.count} connections ended because of the client certificate that was shown, the"
            f" last because {self.plain}. Nobody had said who they are: if this site does not get"
            " through, look at its certificate."
        )


def may_be(settings: MutualTlsSettings, peer: str) -> bool:
    """Whether a peer may be one of those: it has to show a certificate."""
    if settings.mode is ClientCertificates.OFF:
        return False
    named = {*settings.required_from, *settings.key_pins, *settings.ca_bundles}
    return settings.mode is ClientCertificates.REQUIRED or peer in named


def recent(found: Handshakes | None, now: int) -> Handshakes | None:
    """What is worth telling."""
    return found if found is not None and found.at > now - TOLD_FOR else None
