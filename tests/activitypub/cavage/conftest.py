"""Senders with a key of each kind."""

from __future__ import annotations

import pytest

from fedrse.activitypub.keys import SigningKey
from tests.activitypub.cavage.sender import PublicHalf, Receive, Sender


@pytest.fixture
def rsa_sender(rsa_key: SigningKey, receive: Receive, public_half: PublicHalf) -> Sender:
    return Sender(rsa_key, receive, public_half)


@pytest.fixture
def ed25519_sender(ed25519_key: SigningKey, receive: Receive, public_half: PublicHalf) -> Sender:
    return Sender(ed25519_key, receive, public_half)
