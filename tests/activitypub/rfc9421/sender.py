"""A sender that signs with RFC 9421 by hand, and the vector of the reference."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable

from fedrse.activitypub.http_signatures import parse_signature, verify
from fedrse.activitypub.keys import SigningKey, VerifyKey
from fedrse.activitypub.signed_request import SignedRequest
from fedrse.core.errors import Unauthenticated

NOW = 1_768_467_600_000
ACTOR = "https://lyon.corp.example/ap/u/1"
KEY_ID = f"{ACTOR}#ed25519-1"
BODY = b'{"type":"Follow"}'
DIGEST = "sha-256=:GYwYnH3BiO6aICFt0ThC5bUIJ4byvqdpWtR8m5fNkww=:"
INBOX = "https://oslo.corp.example/inbox"

# The vector of the reference.
PARAMETERS = f'("@method" "@target-uri" "content-digest");created=1768467600;keyid="{KEY_ID}"'
BASE = f""""@method": POST
"@target-uri": https://oslo.corp.example/inbox
"content-digest": {DIGEST}
"@signature-params": {PARAMETERS}"""
SIGNATURE = (
    "gK4N5llscg4GjwtX7HXDStjcZcGz41jE4DbMFcVpTUVlV/wh5KC1baR0CGC+zvBVn443iF82K86fZoqFksGrAg=="
)

Receive = Callable[..., SignedRequest]
PublicHalf = Callable[[SigningKey], VerifyKey]


class Sender:
    """Signs by hand whatever a test wants, independent of the code under test."""

    def __init__(self, key: SigningKey, receive: Receive, public: VerifyKey) -> None:
        self.key = key
        self.receive = receive
        self.public = public

    def sign(self, lines: list[str], parameters: str) -> str:
        base = "\n".join([*lines, f'"@signature-params": {parameters}'])
        return b64encode(self.key.sign(base.encode())).decode()

    def request(
        self,
        *,
        method: str = "POST",
        target: str = "/inbox",
        values: dict[str, str] | None = None,
        parameters: str | None = None,
        headers: dict[str, str] | None = None,
        body: bytes = BODY,
    ) -> SignedRequest:
        """A signed request; ``values`` are the covered components, ``parameters`` what follows."""
        if values is None:
            values = {"@method": method, "@target-uri": f"https://oslo.corp.example{target}"}
            values |= {"content-digest": DIGEST} if body else {}
        if parameters is None:
            parameters = f';created=1768467600;keyid="{self.key.key_id}"'
        quoted = " ".join(f'"{name}"' for name in values)
        written = f"({quoted}){parameters}"
        lines = [f'"{name}": {value}' for name, value in values.items()]
        sent = {
            "Content-Digest": DIGEST,
            "Signature-Input": f"sig1={written}",
            "Signature": f"sig1=:{self.sign(lines, written)}:",
        }
        if not body:
            del sent["Content-Digest"]
        return self.receive(method, target, {**sent, **(headers or {})}, body)

    def verdict(self, request: SignedRequest, now: int = NOW) -> str:
        try:
            verify(parse_signature(request), request, self.public, now)
        except Unauthenticated as error:
            return error.code
        return "ok"


INPUT = f'=("@method" "@target-uri");created=1768467600;keyid="{KEY_ID}"'
