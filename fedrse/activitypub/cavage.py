"""Signing HTTP Messages, draft-cavage-http-signatures-12: what the fediverse signs with.

RSA signatures are RSASSA-PKCS1-v1_5 with SHA-256 whether the algorithm is called ``rsa-sha256``,
``hs2019`` or nothing at all. The rules of coverage are Mastodon's, with one more: the host must be
signed in every request, so that none can be passed on to another site.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from msgspec.structs import replace

from fedrse.activitypub.digests import PreparedBody, check_digest
from fedrse.activitypub.http_dates import from_http_date, to_http_date
from fedrse.activitypub.keys import KeyAlgorithm, SigningKey
from fedrse.activitypub.refusals import Refusal, refused
from fedrse.activitypub.signed_request import (
    MAX_KEY_ID_CHARACTERS,
    MAX_SIGNATURE_BYTES,
    ParsedSignature,
    SignatureScheme,
    SignedRequest,
)
from fedrse.activitypub.structured_fields import decode_base64
from fedrse.core.urls import Url

_MAX_CHARACTERS: Final = 8192
_MAX_COMPONENTS: Final = 32
_MAX_PARAMETERS: Final = 16
_HS2019: Final = "hs2019"

# name="value" or name=digits, then a comma or the end; names are compared as written.
_PARAMETER: Final = re.compile(
    r'[ \t]*([A-Za-z][A-Za-z0-9_-]*)=(?:"([^"\\]*)"|([0-9.]+))[ \t]*(?:,|$)'
)
_LAST: Final = ',signature="'  # where nearly everybody writes it
_SECONDS: Final = re.compile(r"0|[1-9][0-9]{0,11}")
_COMPONENT: Final = re.compile(r"\((?:request-target|created|expires)\)|[!#$%&'*+.^_`|~0-9a-z-]+")

# Which keys an algorithm may be used with; no algorithm means hs2019 (draft section 2.1.3).
_KEYS_OF: Final = {
    _HS2019: frozenset({KeyAlgorithm.RSA_SHA256, KeyAlgorithm.ED25519}),
    "rsa-sha256": frozenset({KeyAlgorithm.RSA_SHA256}),
    "ed25519": frozenset({KeyAlgorithm.ED25519}),
}


def sign_cavage(
    key: SigningKey,
    method: str,
    url: Url,
    *,
    now_ms: int,
    body: PreparedBody | None = None,
) -> dict[str, str]:
    """The headers ``Date``, ``Signature`` and, with a body, ``Digest``.

    They must be sent as they are, with the ``Host`` of the address. Covers ``(request-target)
    host date`` and ``digest``. The algorithm field says ``rsa-sha256``, or ``hs2019`` for an
    Ed25519 key.
    """
    date = to_http_date(now_ms)
    text = f"(request-target): {method.lower()} {url.target}\nhost: {url.origin.peer}\ndate: {date}"
    names = "(request-target) host date"
    headers = {"Date": date}
    if body is not None:
        text += f"\ndigest: {body.digest}"
        names += " digest"
        headers["Digest"] = body.digest
    algorithm = "rsa-sha256" if key.algorithm is KeyAlgorithm.RSA_SHA256 else _HS2019
    signature = b64encode(key.sign(text.encode("ascii"))).decode("ascii")
    headers["Signature"] = (
        f'keyId="{key.key_id}",algorithm="{algorithm}",headers="{names}",signature="{signature}"'
    )
    return headers


def parse_cavage(header: str) -> ParsedSignature:
    """Reads a ``Signature`` header.

    Raises Unauthenticated ``signature_malformed``, ``component_unsupported`` or
    ``algorithm_unsupported``.
    """
    if len(header) > _MAX_CHARACTERS:
        raise refused(Refusal.SIGNATURE_MALFORMED, characters=len(header))
    head, mark, tail = header.rpartition(_LAST)
    if mark and tail.find('"') == len(tail) - 1:
        return replace(_unsigned(head), signature=_signature(tail[:-1]))
    parameters = _parameters(header)
    return _read(parameters, _signature(parameters.pop("signature", "")))


@lru_cache(maxsize=1024)
def _unsigned(head: str) -> ParsedSignature:
    """What stands before the signature, for a key nearly always the same."""
    parameters = _parameters(head)
    if "signature" in parameters:
        raise refused(Refusal.SIGNATURE_MALFORMED, header=head[:500])
    return _read(parameters, b"")


def _read(parameters: dict[str, str], signature: bytes) -> ParsedSignature:
    key_id = parameters.get("keyId", "")
    if not 0 < len(key_id) <= MAX_KEY_ID_CHARACTERS:
        raise refused(Refusal.SIGNATURE_MALFORMED, why="keyId")
    algorithm = parameters.get("algorithm", _HS2019).lower()
    if algorithm not in _KEYS_OF:
        raise refused(Refusal.ALGORITHM_UNSUPPORTED, algorithm=algorithm)
    default = "(created)" if algorithm == _HS2019 else "date"
    components = _components(parameters.get("headers", default))
    if algorithm != _HS2019 and not {"(created)", "(expires)"}.isdisjoint(components):
        raise refused(Refusal.SIGNATURE_MALFORMED, why="(created) and (expires) need hs2019")
    return ParsedSignature(
        scheme=SignatureScheme.CAVAGE,
        key_id=key_id,
        algorithm=algorithm,
        components=components,
        signature=signature,
        created=_seconds(parameters, "created"),
        expires=_seconds(parameters, "expires"),
    )


def allows_key(parsed: ParsedSignature, algorithm: KeyAlgorithm) -> bool:
    """Whether the signature can be one of a key of this algorithm."""
    return algorithm in _KEYS_OF[parsed.algorithm or _HS2019]


def signed_at(parsed: ParsedSignature, request: SignedRequest) -> int:
    """When the sender signed, in milliseconds: ``(created)`` or ``date``, whichever is covered.

    Raises Unauthenticated ``not_covered`` or ``signature_malformed``.
    """
    if "(created)" in parsed.components:
        if parsed.created is None:
            raise refused(Refusal.SIGNATURE_MALFORMED, why="created missing")
        return parsed.created * 1000
    if "date" not in parsed.components:
        raise refused(Refusal.NOT_COVERED, component="date")
    try:
        return from_http_date(request.field("date"))
    except ValueError as error:
        raise refused(Refusal.SIGNATURE_MALFORMED, why="date") from error


def check_coverage(parsed: ParsedSignature, request: SignedRequest) -> None:
    """Refuses a signature that leaves out what it must cover, or a body with a wrong digest.

    Raises Unauthenticated ``not_covered`` or a digest error.
    """
    covered = parsed.components
    if "host" not in covered:
        raise refused(Refusal.NOT_COVERED, component="host")
    needs_digest = request.needs_digest
    if "(request-target)" not in covered and not needs_digest:
        raise refused(Refusal.NOT_COVERED, component="(request-target)")
    if needs_digest or "digest" in covered:
        header = ", ".join(request.headers.getall("Digest", ()))
        check_digest(header, request.body, request.body_sha256)
        if "digest" not in covered:
            raise refused(Refusal.NOT_COVERED, component="digest")


def signing_strings(parsed: ParsedSignature, request: SignedRequest) -> Iterator[bytes]:
    """What the sender may have signed: with the query string, then without.

    Old senders left the query out of ``(request-target)``. Raises Unauthenticated
    ``component_missing`` or ``signature_malformed``.
    """
    yield _signing_string(parsed, request, request.target)
    if request.query is not None and "(request-target)" in parsed.components:
        yield _signing_string(parsed, request, request.path)


def _signing_string(parsed: ParsedSignature, request: SignedRequest, target: str) -> bytes:
    lines = []
    for name in parsed.components:
        if name == "(request-target)":
            value = f"{request.method.lower()} {target}"
        elif name == "(created)":
            value = str(parsed.created)
        elif name == "(expires)":
            if parsed.expires is None:
                raise refused(Refusal.SIGNATURE_MALFORMED, why="expires missing")
            value = str(parsed.expires)
        else:
            value = request.field(name)
        lines.append(f"{name}: {value}")
    text = "\n".join(lines)
    if text.count("\n") != len(lines) - 1:
        raise refused(Refusal.SIGNATURE_MALFORMED, why="line break in a header")
    try:
        # Bytes beyond ASCII arrive as surrogates and go back to what they were.
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise refused(Refusal.SIGNATURE_MALFORMED, why="characters in a header") from error


def _parameters(header: str) -> dict[str, str]:
    parameters: dict[str, str] = {}
    position = 0
    while position < len(header):
        match = _PARAMETER.match(header, position)
        if match is None or match[1] in parameters or len(parameters) == _MAX_PARAMETERS:
            raise refused(Refusal.SIGNATURE_MALFORMED, header=header[:500])
        parameters[match[1]] = match[3] if match[2] is None else match[2]
        position = match.end()
    return parameters


@lru_cache(maxsize=256)
def _components(text: str) -> tuple[str, ...]:
    components = tuple(text.lower().split(" ", _MAX_COMPONENTS))
    if len(components) > _MAX_COMPONENTS or len(set(components)) != len(components):
        raise refused(Refusal.SIGNATURE_MALFORMED, why="headers")
    for name in components:
        if _COMPONENT.fullmatch(name) is None:
            raise refused(Refusal.COMPONENT_UNSUPPORTED, component=name[:100])
    return components


def _seconds(parameters: dict[str, str], name: str) -> int | None:
    text = parameters.get(name)
    if text is None:
        return None
    if _SECONDS.fullmatch(text) is None:
        raise refused(Refusal.SIGNATURE_MALFORMED, why=name)
    return int(text)


def _signature(text: str) -> bytes:
    try:
        signature = decode_base64(text)
    except ValueError as error:
        raise refused(Refusal.SIGNATURE_MALFORMED, why="base64") from error
    if not 0 < len(signature) <= MAX_SIGNATURE_BYTES:
        raise refused(Refusal.SIGNATURE_MALFORMED, why="length")
    return signature
