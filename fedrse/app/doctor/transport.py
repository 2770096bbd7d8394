"""Looks at what is said about reaching single peers: authorities, pins, certificates."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from fedrse.app.doctor.findings import Finding, ok, problem, warning
from fedrse.core.clock import DAY, Clock
from fedrse.core.errors import FedrseError
from fedrse.core.settings import FederationMode, Settings
from fedrse.core.settings_mutual_tls import ClientCertificates
from fedrse.core.urls import origin_of
from fedrse.net.client_certificates import bundles_of, read_certificate
from fedrse.net.transport import transports_of

SOON = 30 * DAY
SUBJECT = "transport"


def examine_transport(settings: Settings, clock: Clock) -> Iterator[Finding]:
    """Nothing where nothing is said about single peers."""
    transport = settings.transport
    try:
        named = transports_of(settings)
    except (FedrseError, ValueError) as error:
        yield problem(SUBJECT, str(error), "Mend the file, or take it out of [transport].")
        return
    yield from _known(settings, sorted(named))
    for peer, path in sorted(transport.ca_bundles.items()):
        yield _certificates(Path(path), f"the authorities for {peer}", clock)
    for peer, pins in sorted(transport.key_pins.items()):
        if len(set(pins)) < 2:
            yield warning(
                SUBJECT,
                f"{peer} has one pinned key: when it changes, the sites are cut off",
                "Name the next key as well in transport.key_pins.",
            )
        else:
            yield ok(SUBJECT, f"{peer} is pinned to {len(set(pins))} keys")
    if transport.client_certificate is not None:
        yield _certificates(Path(transport.client_certificate), "the client certificate", clock)
        yield from _own_name(settings, Path(transport.client_certificate))
    yield from _mutual(settings, clock)


def _own_name(settings: Settings, path: Path) -> Iterator[Finding]:
    """Others look for the name of this site in what it shows them, unless they have pinned it."""
    try:
        (shown, *_) = x509.load_pem_x509_certificates(path.read_bytes())
        certificate = read_certificate(shown.public_bytes(Encoding.DER))
    except (OSError, ValueError):
        return  # which was said before
    if not certificate.is_for(settings.host):
        yield warning(
            SUBJECT,
            f"the client certificate in {path} does not have the name {settings.host}",
            "Others take it only if they pin its key in mutual_tls.key_pins.",
        )


def _mutual(settings: Settings, clock: Clock) -> Iterator[Finding]:
    """What this site asks of others."""
    asked = settings.mutual_tls
    if asked.mode is ClientCertificates.OFF:
        if asked.listen or asked.required_from or asked.key_pins or asked.ca_bundles:
            yield warning(
                SUBJECT,
                "nobody is asked for a client certificate: mutual_tls.mode is off",
                "Set mutual_tls.mode, or take the rest of [mutual_tls] out.",
            )
        return
    yield from _known(settings, sorted({*asked.required_from, *asked.key_pins, *asked.ca_bundles}))
    for path in bundles_of(asked):
        yield _certificates(Path(path), "the authorities of client certificates", clock)
    for peer, pins in sorted(asked.key_pins.items()):
        if len(set(pins)) < 2:
            yield warning(
                SUBJECT,
                f"{peer} has one pinned client key: when it changes, nothing of it is taken",
                "Name the next key as well in mutual_tls.key_pins.",
            )
        else:
            yield ok(SUBJECT, f"{peer} is pinned to {len(set(pins))} client keys")


def _known(settings: Settings, peers: list[str]) -> Iterator[Finding]:
    """In closed mode settings about somebody else do nothing."""
    if settings.federation.mode is not FederationMode.CLOSED:
        return
    talked = {origin_of(url).peer for url in settings.network.members}
    talked |= set(settings.federation.allowed_hosts)
    for peer in peers:
        if peer not in talked:
            yield warning(
                SUBJECT,
                f"{peer} is neither a member nor an allowed host",
                "Check how it is spelt in [transport] and [mutual_tls].",
            )


def _certificates(path: Path, what: str, clock: Clock) -> Finding:
    try:
        found = x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        return problem(SUBJECT, f"{what} in {path} cannot be read: {error}", "Mend the file.")
    ends = min(round(one.not_valid_after_utc.timestamp() * 1000) for one in found)
    left = ends - clock.now()
    if left <= 0:
        return problem(SUBJECT, f"{what} in {path}: a certificate has expired", "Replace it.")
    if left < SOON:
        days = left // DAY
        return warning(
            SUBJECT, f"{what} in {path}: a certificate expires in {days} days", "Replace it soon."
        )
    return ok(SUBJECT, f"{what} in {path}: {len(found)}, valid")
