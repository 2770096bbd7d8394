"""Looks at what is said about reaching single peers: authorities, pins, certificates."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cryptography import x509

from fedrse.app.doctor.findings import Finding, ok, problem, warning
from fedrse.core.clock import DAY, Clock
from fedrse.core.errors import FedrseError
from fedrse.core.settings import FederationMode, Settings
from fedrse.core.urls import origin_of
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
                "Check how it is spelt in [transport].",
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
