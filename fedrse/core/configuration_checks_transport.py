"""What has to hold of the settings about single peers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec

from fedrse.core.configuration_sources import Place, Sources
from fedrse.core.ports import Protocol
from fedrse.core.settings_transport import TransportSettings, read_pin
from fedrse.core.urls import normalise_peer, private_range

MOST_PINS = 8
SECTION = "transport"
T = TypeVar("T")


class Check(Protocol):
    """What is used of the check of all settings."""

    sources: Sources

    def read(self, place: Place, read: Callable[..., Any], *arguments: Any) -> Any: ...

    def file(self, place: Place, text: str | None) -> str | None: ...


def check_transport(check: Check, transport: TransportSettings) -> TransportSettings:
    """The same settings with hosts normalised and paths absolute; problems are noted."""

    def bundle(place: Place, text: str) -> str:
        return check.file(place, text) or text

    def pins(place: Place, texts: list[str]) -> list[str]:
        return check_pins(check, place, texts)

    def ranges(place: Place, texts: list[str]) -> list[str]:
        for text in texts:
            check.read(place, _range, text)
        return texts

    shown = _shown(check, transport)
    return msgspec.structs.replace(
        transport,
        ca_bundles=by_host(check, SECTION, "ca_bundles", transport.ca_bundles, bundle),
        key_pins=by_host(check, SECTION, "key_pins", transport.key_pins, pins),
        private_addresses=by_host(
            check, SECTION, "private_addresses", transport.private_addresses, ranges
        ),
        client_certificate=check.file(
            ("transport", "client_certificate"), transport.client_certificate
        ),
        client_key=check.file(("transport", "client_key"), transport.client_key),
        client_certificate_for=shown,
    )


def by_host(
    check: Check, section: str, key: str, table: Mapping[str, T], value: Callable[[Place, T], T]
) -> dict[str, T]:
    """A table by host with its hosts normalised; ``value`` checks what is said of one."""
    found: dict[str, T] = {}
    for host, content in table.items():
        place = (section, key, host)
        peer = check.read(place, normalise_peer, host)
        read = value(place, content)
        if peer is None:
            continue
        if peer in found:
            check.sources.note(place, f"names {peer} twice")
        found[peer] = read
    return found


def check_pins(check: Check, place: Place, texts: list[str]) -> list[str]:
    """The same pins; what is none, or too many, is noted."""
    if not 0 < len(texts) <= MOST_PINS:
        check.sources.note(place, f"needs one to {MOST_PINS} pins")
    for text in texts:
        check.read(place, read_pin, text)
    return texts


def _shown(check: Check, transport: TransportSettings) -> list[str]:
    """The hosts that get a client certificate, if there is one."""
    given = transport.client_certificate, transport.client_key
    if any(given) != all(given):
        missing = "client_key" if given[0] else "client_certificate"
        key = "client_certificate" if given[0] else "client_key"
        check.sources.note(("transport", key), f"needs transport.{missing} as well")
    place = ("transport", "client_certificate_for")
    shown = [check.read(place, normalise_peer, host) for host in transport.client_certificate_for]
    if shown and not all(given):
        check.sources.note(place, "needs transport.client_certificate and transport.client_key")
    return [host for host in shown if host is not None]


def _range(text: str) -> None:
    if private_range(text) is None:
        raise ValueError(f"{text!r} is not a range of addresses (10.20.0.0/16)")
