"""What tests of this package share: keys, requests, and somebody who processes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from multidict import CIMultiDict

from fedrse.activitypub.keys import SigningKey, VerifyKey, generate_rsa
from fedrse.activitypub.signed_request import SignedRequest
from fedrse.core.urls import origin_of
from fedrse.store.database import Database
from tests.activitypub.processing_office import Office

ACTOR = "https://lyon.corp.example/ap/u/1"
NOW = 1_768_467_600_000  # 2026-01-15T09:00:00Z


@pytest.fixture(scope="session")
def ed25519_key() -> SigningKey:
    """The key of the reference's vectors: seed 00 01 .. 1f."""
    return SigningKey(f"{ACTOR}#ed25519-1", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


@pytest.fixture(scope="session")
def rsa_key() -> SigningKey:
    return SigningKey(f"{ACTOR}#main-key", generate_rsa())


@pytest.fixture(scope="session")
def public_half() -> Callable[[SigningKey], VerifyKey]:
    return lambda key: VerifyKey(key.key_id, ACTOR, key.public())


@pytest.fixture(scope="session")
def receive() -> Callable[..., SignedRequest]:
    """Builds a request as the site oslo.corp.example gets it."""

    def build(
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes = b"",
        origins: tuple[str, ...] = ("https://oslo.corp.example",),
    ) -> SignedRequest:
        fields = CIMultiDict({"Host": "oslo.corp.example"})
        fields.update(headers)
        return SignedRequest.received(
            method, target, fields, body, origins=tuple(origin_of(origin) for origin in origins)
        )

    return build


@pytest.fixture
def office(site_database: Database) -> Office:
    return Office(site_database)
