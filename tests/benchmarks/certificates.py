"""A certificate authority for one measurement, and a certificate of localhost."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAY = datetime.timedelta(days=1)


class Certificates(NamedTuple):
    """PEM files: the authority to trust, the chain to serve, its key."""

    authority: Path
    chain: Path
    key: Path


@contextlib.contextmanager
def make_certificates(names: Sequence[str] = ("localhost",)) -> Iterator[Certificates]:
    """Files that live as long as the context."""
    with tempfile.TemporaryDirectory(prefix="fedrse-bench-tls-") as folder:
        files = Certificates(*(Path(folder) / name for name in ("ca.pem", "chain.pem", "key.pem")))
        _write(files, names)
        yield files


def _write(files: Certificates, names: Sequence[str]) -> None:
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority_name = _name("fedrse benchmarks")
    authority = (
        _builder(authority_name, authority_name, authority_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    key = ec.generate_private_key(ec.SECP256R1())
    loopback = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    alternatives = x509.SubjectAlternativeName([*map(x509.DNSName, names), loopback])
    certificate = (
        _builder(_name(names[0]), authority_name, key.public_key())
        .add_extension(alternatives, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    files.authority.write_bytes(authority.public_bytes(pem))
    files.chain.write_bytes(certificate.public_bytes(pem) + authority.public_bytes(pem))
    files.key.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + 2 * _DAY)
    )
