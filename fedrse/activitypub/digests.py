"""Digests of bodies: ``Digest`` (RFC 3230, with draft-cavage) and ``Content-Digest`` (RFC 9530)."""

from __future__ import annotations

import binascii
import hashlib
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from fedrse.activitypub.refusals import Refusal, refused
from fedrse.activitypub.structured_fields import Item, decode_base64, parse_dictionary

_MAX_CHARACTERS: Final = 2048
_MAX_ALGORITHMS: Final = 8
_HASHES: Final = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}


class PreparedBody(Struct, frozen=True):
    """A body with its digest headers, made once per activity and signed for many hosts."""

    body: bytes
    sha256: bytes
    digest: str
    content_digest: str


def prepare_body(body: bytes) -> PreparedBody:
    """Computes the digest of a body that will be sent."""
    sha256 = hashlib.sha256(body).digest()
    encoded = _encoded(sha256)
    return PreparedBody(
        body=body,
        sha256=sha256,
        digest=f"SHA-256={encoded}",
        content_digest=f"sha-256=:{encoded}:",
    )


def _encoded(digest: bytes) -> str:
    return binascii.b2a_base64(digest, newline=False).decode("ascii")


def check_digest(header: str | None, body: bytes, sha256: bytes) -> None:
    """Compares the ``Digest`` header with the body, whose SHA-256 is already known.

    The header may list several algorithms: SHA-256 must be among them, SHA-512 is compared too,
    others are passed over. Raises Unauthenticated ``digest_missing``, ``digest_malformed``,
    ``digest_unsupported`` or ``digest_mismatch``.
    """
    if not header:
        raise refused(Refusal.DIGEST_MISSING)
    if header == f"SHA-256={_encoded(sha256)}":  # as nearly everybody writes it
        return
    if len(header) > _MAX_CHARACTERS:
        raise refused(Refusal.DIGEST_MALFORMED, characters=len(header))
    entries = [entry.strip().partition("=") for entry in header.split(",", _MAX_ALGORITHMS)]
    if len(entries) > _MAX_ALGORITHMS or not all(equals for _, equals, _ in entries):
        raise refused(Refusal.DIGEST_MALFORMED, header=header)
    known = [(name.lower(), value) for name, _, value in entries if name.lower() in _HASHES]
    if "sha-256" not in (name for name, _ in known):
        raise refused(Refusal.DIGEST_UNSUPPORTED, header=header)
    try:
        values = [(name, decode_base64(value)) for name, value in known]
    except (binascii.Error, ValueError) as error:
        raise refused(Refusal.DIGEST_MALFORMED, header=header) from error
    _compare(values, body, sha256)


def check_content_digest(header: str | None, body: bytes, sha256: bytes) -> None:
    """Compares the ``Content-Digest`` header with the body, whose SHA-256 is already known.

    At least one of sha-256 and sha-512 must be there and each that is must match. Raises
    Unauthenticated as ``check_digest`` does.
    """
    if not header:
        raise refused(Refusal.DIGEST_MISSING)
    try:
        members = parse_dictionary(header)
    except ValueError as error:
        raise refused(Refusal.DIGEST_MALFORMED, header=header[:_MAX_CHARACTERS]) from error
    values: list[tuple[str, bytes]] = []
    for name, member in members.items():
        if name in _HASHES:
            if not isinstance(member, Item) or not isinstance(member.value, bytes):
                raise refused(Refusal.DIGEST_MALFORMED, header=header)
            values.append((name, member.value))
    if not values:
        raise refused(Refusal.DIGEST_UNSUPPORTED, header=header)
    _compare(values, body, sha256)


def _compare(values: Iterable[tuple[str, bytes]], body: bytes, sha256: bytes) -> None:
    for name, value in values:
        actual = sha256 if name == "sha-256" else _HASHES[name](body).digest()
        if value != actual:
            raise refused(Refusal.DIGEST_MISMATCH, algorithm=name)
