"""Data folder, secret file, certificates."""

from __future__ import annotations

import os
import shutil
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from fedrse.app.context import data_folder
from fedrse.app.doctor.findings import Finding, ok, problem, warning
from fedrse.app.secret_file import SecretFileProblem, is_private, read_secret
from fedrse.core.clock import DAY, Clock
from fedrse.core.settings import Settings
from fedrse.core.urls import host_address, origin_of

LEAST_FREE = 1 << 30  # bytes
RENEW_BEFORE = 14 * DAY
GIGABYTE = 1e9


def examine_files(settings: Settings, clock: Clock) -> Iterator[Finding]:
    """What lies in the file system."""
    yield from _folder(data_folder(settings))
    yield _secret(Path(settings.storage.secret_file))
    yield from _tls(settings, clock)


def _folder(folder: Path) -> Iterator[Finding]:
    if not folder.is_dir():
        yield problem("data folder", f"{folder} does not exist", "Run `fedrse init`.")
        return
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield problem(
            "data folder",
            f"{folder} cannot be written",
            "Give it to the user that runs fedrse (chown).",
        )
        return
    free = shutil.disk_usage(folder).free
    message = f"{folder}, {free / GIGABYTE:.1f} GB free"
    if free < LEAST_FREE:
        yield warning("data folder", message, "Make room: without it nothing can be written.")
    else:
        yield ok("data folder", message)


def _secret(path: Path) -> Finding:
    try:
        read_secret(path)
    except SecretFileProblem as error:
        return problem("secret", error.message, "Put the right file in its place.")
    if not is_private(path):
        return problem("secret", f"others can read {path}", f"chmod 600 {path}")
    return ok("secret", str(path))


def _tls(settings: Settings, clock: Clock) -> Iterator[Finding]:
    server, origin = settings.server, origin_of(settings.origin)
    if server.tls_certificate is None or server.tls_key is None:
        if origin.scheme == "https" and not server.trusted_proxies:
            yield warning(
                "TLS",
                "no certificate here and no trusted proxy: nobody sets the client's address",
                "Set server.tls_certificate and tls_key, or server.trusted_proxies to your proxy.",
            )
        return
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(server.tls_certificate, server.tls_key)
        chain = x509.load_pem_x509_certificates(Path(server.tls_certificate).read_bytes())
    except (OSError, ValueError) as error:
        yield problem(
            "TLS",
            f"certificate and key cannot be used: {error}",
            "Check server.tls_certificate (the chain, PEM) and server.tls_key (its key, PEM).",
        )
        return
    yield from _certificate(chain[0], origin.host, clock)


def _certificate(certificate: x509.Certificate, host: str, clock: Clock) -> Iterator[Finding]:
    ends = certificate.not_valid_after_utc
    now = datetime.fromtimestamp(clock.now() / 1000, UTC)
    days = (ends - now).days
    if ends <= now:
        yield problem("TLS", f"the certificate ended on {ends:%Y-%m-%d}", "Renew it.")
    elif days * DAY < RENEW_BEFORE:
        yield warning("TLS", f"the certificate ends in {days} days", "Renew it.")
    else:
        yield ok("TLS", f"the certificate is valid until {ends:%Y-%m-%d}")
    if certificate.not_valid_before_utc > now:
        yield problem("TLS", "the certificate is not valid yet", "Check the clock, or wait.")
    if not _is_for(certificate, host):
        yield problem(
            "TLS", f"the certificate is not for {host}", "Get one for the host of site.base_url."
        )


def _is_for(certificate: x509.Certificate, host: str) -> bool:
    """Whether a client accepts the certificate for this host (RFC 9525)."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    address = host_address(host)
    if address is not None:
        return address in names.get_values_for_type(x509.IPAddress)
    _, _, parent = host.partition(".")
    patterns = {host, f"*.{parent}"}
    return bool(patterns & {name.lower() for name in names.get_values_for_type(x509.DNSName)})
