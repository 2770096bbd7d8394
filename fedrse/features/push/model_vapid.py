"""Who pushes: signed identification of this site to push services (VAPID, RFC 8292)."""

from __future__ import annotations

import json
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from fedrse.core.clock import HOUR, SECOND
from fedrse.features.push.model_encryption import base64url, point

LIFE: Final = 12 * HOUR  # at most a day is allowed


class VapidKey:
    """The key pair of this site."""

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self._private = private
        self.public = base64url(point(private.public_key()))
        """As apps get it (``vapid_key``, ``server_key``)."""

    @classmethod
    def generate(cls) -> VapidKey:
        """A new pair."""
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def read(cls, data: bytes) -> VapidKey:
        """The inverse of ``private_bytes``. Raises ValueError."""
        private = load_der_private_key(data, None)
        if not isinstance(private, ec.EllipticCurvePrivateKey):
            raise ValueError("not a key on P-256")  # noqa: TRY004  (the data are wrong)
        return cls(private)

    def private_bytes(self) -> bytes:
        """To be sealed and stored."""
        return self._private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())

    def token(self, *, audience: str, subject: str, now: int) -> str:
        """The signed statement (JWT with ES256) for the origin of a push service."""
        claims = {"aud": audience, "exp": (now + LIFE) // SECOND, "sub": subject}
        head = base64url(json.dumps({"typ": "JWT", "alg": "ES256"}).encode())
        signed = f"{head}.{base64url(json.dumps(claims).encode())}"
        first, second = decode_dss_signature(
            self._private.sign(signed.encode(), ec.ECDSA(SHA256()))
        )
        return f"{signed}.{base64url(first.to_bytes(32, 'big') + second.to_bytes(32, 'big'))}"

    def headers(self, token: str, *, standard: bool) -> dict[str, str]:
        """The headers that carry it; those of the draft are joined with its ``Crypto-Key``."""
        if standard:
            return {"Authorization": f"vapid t={token},k={self.public}"}
        return {"Authorization": f"WebPush {token}", "Crypto-Key": f"p256ecdsa={self.public}"}
