"""A sender that signs with draft-cavage-12 by hand."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable

from fedrse.activitypub.http_signatures import parse_signature, verify
from fedrse.activitypub.keys import SigningKey, VerifyKey
from fedrse.activitypub.signed_request import SignedRequest
from fedrse.core.errors import Unauthenticated

NOW = 1_768_467_600_000
DATE = "Thu, 15 Jan 2026 09:00:00 GMT"
BODY = b'{"type":"Follow"}'
DIGEST = "SHA-256=GYwYnH3BiO6aICFt0ThC5bUIJ4byvqdpWtR8m5fNkww="
ALL = "(request-target) host date digest"

Receive = Callable[..., SignedRequest]
PublicHalf = Callable[[SigningKey], VerifyKey]


class Sender:
    """Signs by hand whatever a test wants, independent of the code under test."""

    def __init__(self, key: SigningKey, receive: Receive, public_half: PublicHalf) -> None:
        self.key = key
        self.receive = receive
        self.public = public_half(key)

    def request(
        self,
        *,
        method: str = "POST",
        target: str = "/inbox",
        lines: list[str] | None = None,
        covered: str = ALL,
        algorithm: str | None = "rsa-sha256",
        extra: str = "",
        headers: dict[str, str] | None = None,
        body: bytes = BODY,
    ) -> SignedRequest:
        """A signed request; ``lines`` is the signing string, by default the plain one."""
        if lines is None:
            lines = [f"(request-target): {method.lower()} {target}", "host: oslo.corp.example"]
            lines += [f"date: {DATE}"]
            lines += [f"digest: {DIGEST}"] if "digest" in covered else []
        signature = b64encode(self.key.sign("\n".join(lines).encode())).decode()
        stated = f'algorithm="{algorithm}",' if algorithm is not None else ""
        header = (
            f'keyId="{self.key.key_id}",{stated}{extra}headers="{covered}",signature="{signature}"'
        )
        sent = {"Date": DATE, "Digest": DIGEST, "Signature": header}
        return self.receive(method, target, {**sent, **(headers or {})}, body)

    def verdict(self, request: SignedRequest, now: int = NOW) -> str:
        try:
            verify(parse_signature(request), request, self.public, now)
        except Unauthenticated as error:
            return error.code
        return "ok"


CREATED = [
    "(request-target): post /inbox",
    "(created): 1768467600",
    "host: oslo.corp.example",
    f"digest: {DIGEST}",
]
