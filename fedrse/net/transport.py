"""What single peers need to be reached, and what they have to show.

A peer may have authorities of its own, which then are the only ones, public keys that it is pinned
to, private ranges in which it may be, and it may be shown a certificate of this site. All of it
narrows or adds; the check of certificate and host name stays as it is for everybody.
"""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from functools import cache
from typing import TYPE_CHECKING

from msgspec import Struct

from fedrse.core.errors import Misconfigured
from fedrse.core.settings_transport import pin_text, read_pin
from fedrse.net.addresses import AddressPolicy
from fedrse.net.errors import TlsFailed
from fedrse.net.tls import client_context

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fedrse.core.settings import Settings


class PeerTransport(Struct, frozen=True):
    """Of one peer; None: as for all others. ``shows``: it is shown our client certificate."""

    tls: ssl.SSLContext | None = None
    pins: frozenset[bytes] = frozenset()
    addresses: AddressPolicy | None = None
    shows: bool = False


def transports_of(settings: Settings) -> Mapping[str, PeerTransport]:
    """By peer. Raises Misconfigured for files that cannot be used, ValueError for wrong ranges."""
    transport = settings.transport
    shown = set(transport.client_certificate_for)
    named = {*transport.ca_bundles, *transport.key_pins, *transport.private_addresses, *shown}
    found = {}
    for peer in named:
        bundle = transport.ca_bundles.get(peer)
        certificate = (transport.client_certificate, transport.client_key)
        own = certificate if peer in shown else (None, None)
        tls = None
        if bundle is not None or own[0] is not None:
            tls = peer_context(bundle, settings.outgoing.ca_bundle, *own)
        ranges = transport.private_addresses.get(peer)
        found[peer] = PeerTransport(
            tls=tls,
            pins=frozenset(map(read_pin, transport.key_pins.get(peer, ()))),
            addresses=None if ranges is None else AddressPolicy.of_entries(ranges),
            shows=peer in shown,
        )
    return found


@cache
def peer_context(
    bundle: str | None, for_all: str | None, certificate: str | None, key: str | None
) -> ssl.SSLContext:
    """How the certificate of a peer is checked: by its own authorities, else by those for all.

    Raises Misconfigured for a file that cannot be used.
    """
    if bundle is None:
        context = client_context.__wrapped__(for_all)  # its own: a certificate is added
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        try:
            context.load_verify_locations(bundle)
        except (OSError, ssl.SSLError) as error:
            raise Misconfigured(
                "ca_bundle_unusable",
                f"The certificate authorities in {bundle} cannot be read: {error}",
            ) from error
    if certificate is not None:
        try:
            context.load_cert_chain(certificate, key)
        except (OSError, ssl.SSLError) as error:
            raise Misconfigured(
                "client_certificate_unusable",
                f"The client certificate {certificate} cannot be used: {error}",
            ) from error
    return context


def check_pins(transport: asyncio.BaseTransport, peer: str, pins: frozenset[bytes]) -> None:
    """Ends the connection and raises TlsFailed where the peer has shown another key."""
    shown = key_digest(transport)
    if shown in pins:
        return
    if isinstance(transport, asyncio.Transport):
        transport.abort()
    what = "no certificate" if shown is None else f"the key {pin_text(shown)}"
    raise TlsFailed(
        "key_not_pinned",
        f"{peer} shows {what}, which is none of those in transport.key_pins",
        host=peer,
    )


def key_digest(transport: asyncio.BaseTransport) -> bytes | None:
    """SHA-256 of the public key (SubjectPublicKeyInfo) in the certificate of the other side."""
    secured = transport.get_extra_info("ssl_object")
    certificate = None if secured is None else secured.getpeercert(binary_form=True)
    return None if not certificate else digest_of(certificate)


def digest_of(certificate: bytes) -> bytes:
    """The pin of a certificate (DER)."""
    # Megabytes that only sites with pins need.
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415

    key = x509.load_der_x509_certificate(certificate).public_key()
    plain = key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return hashlib.sha256(plain).digest()
