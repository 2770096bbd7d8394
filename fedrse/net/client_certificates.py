"""Certificates that other sites show when they connect to this one (mutual TLS), and who has to.

A certificate counts for a peer if an authority that is named for it has signed it, if it is valid
now, and if its key is pinned or it has the name of the peer (RFC 9525, section 6.3: a wildcard
stands for one label). Authorities are compared here once more, because TLS itself knows only one
set of authorities for all, and because a proxy may have checked by another one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from fedrse.core.clock import Clock
from fedrse.core.errors import Misconfigured, Unauthenticated
from fedrse.core.settings_mutual_tls import ClientCertificates, MutualTlsSettings
from fedrse.core.settings_transport import pin_text, read_pin
from fedrse.net.transport import digest_of

if TYPE_CHECKING:
    from cryptography import x509

LARGEST: Final = 16_384  # bytes of a certificate
MOST_NAMES: Final = 200
_REMEMBERED: Final = 512


CODE_PREFIX: Final = "client_certificate_"
"""Of all codes of refusals here."""


class CertificateRefused(Unauthenticated):
    """What a peer has shown, or not shown, does not do."""


class Certificate(Struct, frozen=True):
    """What counts of a certificate. ``pin``: SHA-256 of its key; times in milliseconds.

    ``names`` are DNS names in lower case and IP addresses in their usual form; ``bundles`` the
    files with an authority that has signed it.
    """

    pin: bytes
    names: frozenset[str]
    begins: int
    ends: int
    bundles: frozenset[str]

    def is_for(self, peer: str) -> bool:
        """Whether it has the name of this peer (host[:port])."""
        name = _name_of(peer)
        return name in self.names or f"*.{name.partition('.')[2]}" in self.names


class ClientCertificateRules:
    """Checks what peers show. ``saw`` hears until when a certificate that counts is valid."""

    def __init__(
        self,
        settings: MutualTlsSettings,
        clock: Clock,
        *,
        saw: Callable[[str, int], None] = lambda _peer, _until: None,
    ) -> None:
        """Raises Misconfigured for authorities that cannot be read."""
        self._everybody = settings.mode is ClientCertificates.REQUIRED
        self._pins = {
            peer: frozenset(map(read_pin, pins)) for peer, pins in settings.key_pins.items()
        }
        self._bundles = dict(settings.ca_bundles)
        self._group = settings.ca_bundle or ""
        self._named = {*settings.required_from, *self._pins, *self._bundles}
        self._clock = clock
        self._saw = saw
        self._authorities = {path: read_authorities(path) for path in bundles_of(settings)}
        self._read = lru_cache(_REMEMBERED)(self._parsed)

    def needs(self, peer: str) -> bool:
        """Whether this peer has to show a certificate."""
        return self._everybody or peer in self._named

    def check(self, peer: str, shown: bytes | None) -> None:
        """``shown`` is DER, None for nothing. Raises CertificateRefused with a stable code."""
        if not self.needs(peer):
            return
        if shown is None:
            raise _refusal(
                "missing",
                "This site asks your server for a client certificate (TLS), and it showed none.",
                peer,
            )
        try:
            certificate = self._read(shown)
        except ValueError as error:
            raise _refusal("malformed", "Your client certificate cannot be read.", peer) from error
        self._compare(peer, certificate)
        self._saw(peer, certificate.ends)

    def _compare(self, peer: str, certificate: Certificate) -> None:
        if self._bundles.get(peer, self._group) not in certificate.bundles:
            raise _refusal(
                "untrusted", "Your client certificate is of an authority that does not count.", peer
            )
        now = self._clock.now()
        if now < certificate.begins:
            raise _refusal("early", "Your client certificate is not valid yet.", peer)
        if now >= certificate.ends:
            raise _refusal("expired", "Your client certificate has expired.", peer)
        pins = self._pins.get(peer)
        if pins is None:
            if not certificate.is_for(peer):
                raise _refusal(
                    "foreign", "Your client certificate does not have the name of your site.", peer
                )
        elif certificate.pin not in pins:
            raise _refusal(
                "not_pinned",
                f"Your client certificate has the key {pin_text(certificate.pin)}, which is none of"
                " those that this site expects.",
                peer,
            )

    def _parsed(self, shown: bytes) -> Certificate:
        return read_certificate(shown, self._authorities)


def bundles_of(settings: MutualTlsSettings) -> list[str]:
    """All files with authorities that client certificates may be of."""
    named = [settings.ca_bundle, *settings.ca_bundles.values()]
    return list(dict.fromkeys(path for path in named if path))


def read_authorities(path: str) -> list[x509.Certificate]:
    """The authorities in a PEM file. Raises Misconfigured."""
    from cryptography import x509  # noqa: PLC0415  (megabytes that only sites with rules need)

    try:
        return x509.load_pem_x509_certificates(Path(path).read_bytes())
    except (OSError, ValueError) as error:
        raise Misconfigured(
            "ca_bundle_unusable", f"The certificate authorities in {path} cannot be read: {error}"
        ) from error


def read_certificate(
    shown: bytes, authorities: dict[str, list[x509.Certificate]] | None = None
) -> Certificate:
    """Reads DER; ``authorities`` by file. Raises ValueError for whatever is no certificate."""
    from cryptography import x509  # noqa: PLC0415
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415

    if len(shown) > LARGEST:
        raise ValueError("the certificate is too large")
    try:
        found = x509.load_der_x509_certificate(shown)
        return Certificate(
            pin=digest_of(shown),
            names=frozenset(_names(found)),
            begins=round(found.not_valid_before_utc.timestamp() * 1000),
            ends=round(found.not_valid_after_utc.timestamp() * 1000),
            bundles=frozenset(
                path
                for path, known in (authorities or {}).items()
                if any(_has_signed(authority, found) for authority in known)
            ),
        )
    except (
        *(x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType),
        UnsupportedAlgorithm,
    ) as error:
        raise ValueError(str(error)) from error


def _names(certificate: x509.Certificate) -> Iterable[str]:
    from cryptography import x509  # noqa: PLC0415

    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    names = [name.lower() for name in extension.value.get_values_for_type(x509.DNSName)]
    names += [str(one) for one in extension.value.get_values_for_type(x509.IPAddress)]
    return names[:MOST_NAMES]


def _has_signed(authority: x509.Certificate, certificate: x509.Certificate) -> bool:
    """Whether this authority has; one that is itself in the bundle needs no other."""
    from cryptography import x509  # noqa: PLC0415
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm  # noqa: PLC0415

    if authority == certificate:
        return True
    try:
        constraints = authority.extensions.get_extension_for_class(x509.BasicConstraints)
        if not constraints.value.ca:
            return False
        certificate.verify_directly_issued_by(authority)
    except (x509.ExtensionNotFound, InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True


def _name_of(peer: str) -> str:
    """The host of a peer as certificates write it."""
    name = peer[1:].partition("]")[0] if peer.startswith("[") else peer.partition(":")[0]
    try:
        return str(ip_address(name))
    except ValueError:
        return name.lower()


def _refusal(reason: str, sentence: str, peer: str) -> CertificateRefused:
    return CertificateRefused(f"{CODE_PREFIX}{reason}", sentence, host=peer)
