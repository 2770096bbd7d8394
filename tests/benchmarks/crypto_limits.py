"""What this machine's cryptography allows at most, in operations per second on one core.

Other benchmarks divide their figures by these, measured in the same run.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from fedrse.activitypub.keys import SigningKey, VerifyKey, generate_ed25519, generate_rsa

KEY_ID = "https://lyon.corp.example/ap/u/1#key"
# As long as a usual signing string of a delivery.
MESSAGE = b"x" * 250
SECONDS = 0.5


class CryptoLimit(NamedTuple):
    """Signatures and verifications per second, each alone in one thread."""

    sign: float
    verify: float


def rsa_limit(seconds: float = SECONDS) -> CryptoLimit:
    """RSA-2048, RSASSA-PKCS1-v1_5 with SHA-256."""
    return _limit(SigningKey(KEY_ID, generate_rsa()), seconds)


def ed25519_limit(seconds: float = SECONDS) -> CryptoLimit:
    """Ed25519."""
    return _limit(SigningKey(KEY_ID, generate_ed25519()), seconds)


def _limit(key: SigningKey, seconds: float) -> CryptoLimit:
    public = VerifyKey(KEY_ID, KEY_ID, key.public())
    signature = key.sign(MESSAGE)
    return CryptoLimit(
        sign=_rate(lambda: key.sign(MESSAGE), seconds),
        verify=_rate(lambda: public.verifies(signature, MESSAGE), seconds),
    )


def _rate(operation: Callable[[], object], seconds: float) -> float:
    for _ in range(20):
        operation()
    count = 0
    start = time.perf_counter()
    while (elapsed := time.perf_counter() - start) < seconds:
        for _ in range(50):
            operation()
        count += 50
    return count / elapsed


if __name__ == "__main__":
    for name, limit in (("rsa-2048", rsa_limit()), ("ed25519", ed25519_limit())):
        print(f"{name}: {limit.sign:.0f} signatures/s, {limit.verify:.0f} verifications/s")  # noqa: T201
