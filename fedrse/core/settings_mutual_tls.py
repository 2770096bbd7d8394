"""Settings: certificates that other sites show when they connect to this one (mutual TLS)."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, field

from fedrse.core.settings_section import SettingsSection


class ClientCertificates(StrEnum):
    """Of whom a certificate is asked."""

    OFF = "off"
    OPTIONAL = "optional"
    REQUIRED = "required"


class MutualTlsSettings(SettingsSection, frozen=True, kw_only=True):
    """Client certificates of other sites, beside the signatures of their messages.

    They are asked for at addresses of their own, or by a reverse proxy, so that browsers and apps
    never are. What this site shows to others is [transport] client_certificate.
    """

    mode: Annotated[
        ClientCertificates,
        Meta(
            description="off: nobody is asked. optional: those of required_from, key_pins and"
            " ca_bundles have to show one. required: all other sites have to, whenever they deliver"
            " something or ask for something with a signature."
        ),
    ] = ClientCertificates.OFF
    listen: Annotated[
        list[str],
        Meta(
            description="Addresses (host:port or [v6]:port) at which this site asks for"
            " certificates, for other sites only: they reach it by their outgoing.connect. Needs"
            " server.tls_certificate.",
            examples=[["0.0.0.0:8443"]],
        ),
    ] = field(default_factory=list)
    ca_bundle: Annotated[
        str | None,
        Meta(
            description="PEM file with the certificate authorities of the group: those that sign"
            " certificates of sites themselves, intermediate ones included.",
            examples=["/etc/fedrse/group-ca.pem"],
        ),
    ] = None
    header: Annotated[
        str | None,
        Meta(
            description="Header in which server.trusted_proxies hand over the certificate that they"
            " were shown: PEM (percent-encoded or not), Base64 of DER, or as RFC 9440 says. The"
            " proxy has to set or remove it in every request.",
            examples=["X-Client-Certificate"],
        ),
    ] = None
    required_from: Annotated[
        list[str],
        Meta(
            description="Hosts that have to show a certificate in mode optional.",
            examples=[["oslo.corp.example"]],
        ),
    ] = field(default_factory=list)
    key_pins: Annotated[
        dict[str, list[str]],
        Meta(
            description="Per host the only public keys that its client certificate may have, as"
            " sha256/BASE64 of the key: two, the one in use and the next one. The name in a pinned"
            " certificate does not matter.",
            examples=[
                {"oslo.corp.example": ["sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="]}
            ],
        ),
    ] = field(default_factory=dict)
    ca_bundles: Annotated[
        dict[str, str],
        Meta(
            description="Per host a PEM file with the only authorities that its client certificate"
            " may be of, instead of ca_bundle.",
            examples=[{"oslo.corp.example": "/etc/fedrse/oslo-ca.pem"}],
        ),
    ] = field(default_factory=dict)
