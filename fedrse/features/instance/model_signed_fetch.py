"""Authorised fetch: ActivityPub documents are shown to those who say who they are.

The check itself (signature, key, peer rules) belongs to the protocol; routes of all features take
it as a ``SignedFetch`` and answer with ``signed_reply``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from fedrse.core.ports import Protocol
from fedrse.http.reply import ACTIVITY_JSON, Reply, encode_json
from fedrse.http.request import Request

SIGNED_HEADERS = {"Vary": "Accept, Signature, Signature-Input", "Cache-Control": "private"}
OPEN_HEADERS = {"Vary": "Accept", "Cache-Control": "public, max-age=180"}


class Signer(Struct, frozen=True):
    """Who signed a request: the URI of the key's owner, and its peer name (host[:port])."""

    actor: str
    host: str


class SignedFetch(Protocol):
    """Finds out who asks for a document."""

    async def __call__(self, request: Request) -> Signer:
        """The proved signer of a GET, of a peer that this site talks to.

        Raises Unauthenticated for a missing or wrong signature, Forbidden for a peer that the
        rules refuse.
        """


def signed_reply(document: Mapping[str, Any]) -> Reply:
    """A document that depends on who asks: no shared cache may keep it."""
    return Reply(encode_json(document), media_type=ACTIVITY_JSON, headers=SIGNED_HEADERS)


def open_reply(document: Mapping[str, Any]) -> Reply:
    """A document that everybody may read, so that signed fetches cannot wait for each other."""
    return Reply(encode_json(document), media_type=ACTIVITY_JSON, headers=OPEN_HEADERS)
