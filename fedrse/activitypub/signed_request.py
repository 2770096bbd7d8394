"""What signatures are about: a request as the sender addressed it, and its parsed signature."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from functools import cached_property
from typing import Final, TypeAlias

from msgspec import Struct
from multidict import CIMultiDict, CIMultiDictProxy

from fedrse.activitypub.refusals import Refusal, refused
from fedrse.core.urls import BadUrl, Origin, split_url

Headers: TypeAlias = CIMultiDict[str] | CIMultiDictProxy[str]

MAX_SIGNATURE_BYTES: Final = 1024
MAX_KEY_ID_CHARACTERS: Final = 2048
_WITHOUT_BODY: Final = frozenset({"GET", "HEAD"})
# Two lines of these cannot both be true, and recipients would not agree on which one is.
_SINGLE: Final = frozenset({"host", "date", "content-type", "content-length"})


class SignatureScheme(StrEnum):
    """How a request is signed."""

    CAVAGE = "cavage"
    RFC9421 = "rfc9421"


class ParsedSignature(Struct, frozen=True, kw_only=True):
    """A signature as read from the headers, not yet verified.

    ``components`` are the covered parts in their order; ``created`` and ``expires`` are seconds
    since 1970; ``parameters`` is the signature's parameter string as it was written (RFC 9421).
    """

    scheme: SignatureScheme
    key_id: str
    algorithm: str | None
    components: tuple[str, ...]
    signature: bytes
    created: int | None = None
    expires: int | None = None
    nonce: str | None = None
    tag: str | None = None
    parameters: str = ""


class SignedRequest(Struct, frozen=True, dict=True):
    """A request to be verified; ``received`` makes one.

    ``origin`` is the public one of this site, never what a proxy made of it; ``target`` path and
    query exactly as in the request line; ``headers`` keep repeated lines; ``body`` the raw bytes;
    ``certificate`` (DER) is what the client has shown by TLS.
    """

    method: str
    origin: Origin
    target: str
    headers: Headers
    body: bytes = b""
    certificate: bytes | None = None

    @classmethod
    def received(
        cls,
        method: str,
        raw_target: str,
        headers: Headers,
        body: bytes = b"",
        *,
        origins: tuple[Origin, ...],
        certificate: bytes | None = None,
    ) -> SignedRequest:
        """A request as our server got it.

        ``raw_target`` is the request target of the request line (path and query as sent, or an
        absolute address). ``origins`` are the public ones of this site, the main one first; the
        Host header chooses among them, and the main one stands where it names none. Raises
        Unauthenticated ``signature_malformed`` for a target that no signature can be about.
        """
        hosts = headers.getall("Host", ())
        origin = origins[0]
        if len(origins) > 1 and len(hosts) == 1:
            origin = next((ours for ours in origins if _names(hosts[0], ours)), origin)
        if not raw_target.startswith("/"):
            try:
                raw_target = split_url(raw_target).target
            except BadUrl as error:
                raise refused(Refusal.SIGNATURE_MALFORMED, target=raw_target[:200]) from error
        return cls(method.upper(), origin, raw_target, headers, body, certificate)

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str | None:
        """What follows the question mark; None where there is none."""
        _, mark, query = self.target.partition("?")
        return query if mark else None

    @property
    def needs_digest(self) -> bool:
        """Whether there is, or may be, a body that must be covered."""
        return bool(self.body) or self.method not in _WITHOUT_BODY

    @cached_property
    def body_sha256(self) -> bytes:
        """SHA-256 of the body, computed once."""
        return hashlib.sha256(self.body).digest()

    @property
    def host_is_ours(self) -> bool:
        """Whether the Host header, if any, names this site."""
        hosts = self.headers.getall("Host", ())
        return not hosts or (len(hosts) == 1 and _names(hosts[0], self.origin))

    def field(self, name: str) -> str:
        """The value of a header: its lines, trimmed, joined with a comma and a space.

        ``host`` is special: as received if it names us (with or without the usual port), otherwise
        the public one, since a proxy may have put its own name there. A signature made for another
        host therefore never verifies. Raises Unauthenticated ``component_missing``, or
        ``signature_malformed`` where a header that can have one line has several.
        """
        lines = self.headers.getall(name, ())
        if len(lines) > 1 and name in _SINGLE:
            raise refused(Refusal.SIGNATURE_MALFORMED, repeated=name)
        if name == "host" and not (lines and self.host_is_ours):
            return self.origin.peer
        if not lines:
            raise refused(Refusal.COMPONENT_MISSING, component=name)
        return ", ".join([line.strip(" \t") for line in lines])


def _names(host: str, origin: Origin) -> bool:
    """Whether a Host header names the origin; the usual port may be written or left out."""
    name = host.strip(" \t").lower()
    return name in (origin.peer, f"{origin.host}:{origin.port}")
