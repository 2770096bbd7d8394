"""Settings: how single peers are reached and recognised."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Final

from msgspec import Meta, field

from fedrse.core.settings_section import SettingsSection

PIN_PREFIX: Final = "sha256/"


class TransportSettings(SettingsSection, frozen=True, kw_only=True):
    """How single peers are reached and recognised, beside what [outgoing] says for all.

    Certificates are always checked; nothing here switches that off. Where a peer is really reached
    is outgoing.connect.
    """

    ca_bundles: Annotated[
        dict[str, str],
        Meta(
            description="Per host a PEM file with its certificate authorities: certificates of this"
            " host have to be of one of them, and those of the system do not count.",
            examples=[{"oslo.corp.example": "/etc/fedrse/oslo-ca.pem"}],
        ),
    ] = field(default_factory=dict)
    key_pins: Annotated[
        dict[str, list[str]],
        Meta(
            description="Per host the only public keys that its certificate may have, as"
            " sha256/BASE64 of the key. Name two, the key in use and the next one, so that keys can"
            " be changed. A pin is asked for besides a certificate that is valid.",
            examples=[
                {"oslo.corp.example": ["sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="]}
            ],
        ),
    ] = field(default_factory=dict)
    private_addresses: Annotated[
        dict[str, list[str]],
        Meta(
            description="Per host the ranges of addresses (CIDR) in which it may be although they"
            " are not public.",
            examples=[{"oslo.corp.example": ["10.20.0.0/16"]}],
        ),
    ] = field(default_factory=dict)
    client_certificate: Annotated[
        str | None,
        Meta(
            description="PEM file with a certificate that this site shows to client_certificate_for"
            " (mutual TLS).",
            examples=["/etc/fedrse/tls/client.pem"],
        ),
    ] = None
    client_key: Annotated[
        str | None,
        Meta(
            description="PEM file with its private key; only together with client_certificate.",
            examples=["/etc/fedrse/tls/client-key.pem"],
        ),
    ] = None
    client_certificate_for: Annotated[
        list[str],
        Meta(
            description="Hosts that ask for a client certificate.",
            examples=[["oslo.corp.example"]],
        ),
    ] = field(default_factory=list)


def read_pin(text: str) -> bytes:
    """The 32 bytes of a pin. Raises ValueError with a sentence."""
    if text.startswith(PIN_PREFIX):
        try:
            digest = base64.b64decode(text.removeprefix(PIN_PREFIX), validate=True)
        except binascii.Error:
            digest = b""
        if len(digest) == 32:
            return digest
    raise ValueError(f"{text!r} is not sha256/ and 44 characters of Base64")


def pin_text(digest: bytes) -> str:
    """A pin as it is written in the settings."""
    return PIN_PREFIX + base64.b64encode(digest).decode()
