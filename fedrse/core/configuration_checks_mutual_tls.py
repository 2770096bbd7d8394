"""What has to hold of the settings about client certificates of other sites."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import msgspec

from fedrse.core.configuration_checks_transport import Check, by_host, check_pins
from fedrse.core.configuration_sources import Place
from fedrse.core.listen import UNIX_PREFIX, parse_listen
from fedrse.core.settings import ServerSettings
from fedrse.core.settings_mutual_tls import ClientCertificates, MutualTlsSettings
from fedrse.core.urls import normalise_peer

SECTION: Final = "mutual_tls"
_HEADER: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")  # token of RFC 9110, 5.6.2


def check_mutual_tls(
    check: Check, settings: MutualTlsSettings, server: ServerSettings
) -> MutualTlsSettings:
    """The same settings with hosts normalised and paths absolute; problems are noted.

    ``server`` has been checked.
    """

    def bundle(place: Place, text: str) -> str:
        return check.file(place, text) or text

    def pins(place: Place, texts: list[str]) -> list[str]:
        return check_pins(check, place, texts)

    place = (SECTION, "required_from")
    named = [check.read(place, normalise_peer, host) for host in settings.required_from]
    _possible(check, settings, server)
    return msgspec.structs.replace(
        settings,
        listen=_listen(check, settings, server),
        ca_bundle=check.file((SECTION, "ca_bundle"), settings.ca_bundle),
        required_from=[host for host in named if host is not None],
        key_pins=by_host(check, SECTION, "key_pins", settings.key_pins, pins),
        ca_bundles=by_host(check, SECTION, "ca_bundles", settings.ca_bundles, bundle),
    )


def _possible(check: Check, settings: MutualTlsSettings, server: ServerSettings) -> None:
    """Where certificates are asked for, there has to be a way to see and to check them."""
    if settings.mode is ClientCertificates.OFF:
        return
    place = (SECTION, "mode")
    if not settings.listen and settings.header is None:
        check.sources.note(place, "needs mutual_tls.listen or mutual_tls.header")
    if settings.ca_bundle is None:
        check.sources.note(place, "needs mutual_tls.ca_bundle")
    if settings.header is None:
        return
    place = (SECTION, "header")
    if _HEADER.fullmatch(settings.header) is None:
        check.sources.note(place, f"{settings.header!r} is not the name of a header")
    behind = server.trusted_proxies or any(one.startswith(UNIX_PREFIX) for one in server.listen)
    if not behind:
        check.sources.note(place, "needs server.trusted_proxies, whose word it is")


def _listen(check: Check, settings: MutualTlsSettings, server: ServerSettings) -> list[str]:
    place = (SECTION, "listen")
    found: list[str] = []
    for text in settings.listen:
        address = check.read(place, parse_listen, text, Path())
        if address is None:
            continue
        if text.startswith(UNIX_PREFIX):
            check.sources.note(place, f"{text!r} is a socket, over which there is no TLS")
        elif str(address) in {*server.listen, *found} and not str(address).endswith(":0"):
            check.sources.note(place, f"has {text!r}, where this site listens already")
        else:
            found.append(str(address))
    if settings.listen and not (server.tls_certificate and server.tls_key):
        check.sources.note(place, "needs server.tls_certificate and server.tls_key")
    return found
