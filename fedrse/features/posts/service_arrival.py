"""A remote post on its way into the database: what is known of it before it is stored."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from msgspec import Struct

from fedrse.activitypub.vocabulary import PUBLIC_NAMES, Json, ids_of
from fedrse.core.urls import same_origin
from fedrse.features.accounts.model import Account
from fedrse.features.posts.model import (
    ADDRESSED,
    MOST_MENTIONS,
    OPEN,
    REPLY_POLICY,
    Audience,
    MentionedPerson,
    Post,
    QuoteState,
)
from fedrse.features.posts.model_incoming import Incoming
from fedrse.features.posts.model_wire import Addressing
from fedrse.features.posts.service_quotes import MANUAL

FETCHED = "fetched"  # in Post.extra: came here only because something referred to it
_MOST_APPROVALS = 20
_MOST_COMPANY = 20  # people of a conversation that are asked for
# With the names that GoToSocial used until 0.20.
_APPROVALS = {"automaticApproval": "always", "manualApproval": "approvalRequired"}


class Source(Struct, frozen=True, kw_only=True):
    """Where a document comes from.

    ``actor``: who sent it in an activity, None for a fetched one. ``fetched``: read at its origin,
    so it is authoritative about its id. ``arrived``: its author sent it to us as new.
    ``unavailable`` are things that cannot be had.
    """

    host: str
    actor: str | None = None
    fetched: bool = False
    arrived: bool = True
    unavailable: Collection[str] = frozenset()


class Arrival(Struct, frozen=True, kw_only=True):
    """A readable document and everything known about its surroundings."""

    source: Source
    document: Json
    incoming: Incoming
    author: Account
    addressing: Addressing
    audience: Audience
    listed: bool
    people: list[MentionedPerson]
    parent: Post | None
    quoted: Post | None

    def edited_at(self, created: int, now: int) -> int | None:
        """When it was edited; many servers write the time of publication at first."""
        updated = self.incoming.updated
        return None if updated is None or updated <= created else min(updated, now)

    @property
    def strangers(self) -> list[str]:
        """Colleagues of the author to whom a direct post is sent, too, and whom nobody here knows.

        A conversation is with all of them. People of third sites are not waited for: theirs may not
        answer, and that must not hold up a message.
        """
        if self.audience is not Audience.DIRECT:
            return []
        known = {self.author.uri, *self.source.unavailable, *(one.uri for one in self.people)}
        named = self.incoming.mentions[:_MOST_COMPANY]
        return [uri for uri in named if uri not in known and same_origin(uri, self.author.uri)]

    @property
    def quote_state(self) -> str | None:
        """Nobody needs leave to quote themselves."""
        if self.incoming.quote is None:
            return None
        own = self.quoted is not None and self.quoted.account_id == self.author.id
        return (QuoteState.ACCEPTED if own else QuoteState.PENDING).value

    def extra(self) -> dict[str, Any]:
        """What is kept beside the columns."""
        found: dict[str, Any] = {}
        if not self.source.arrived:
            found[FETCHED] = True
        if self.incoming.quote_manual:
            found[MANUAL] = True
        others = self._others() if self.audience not in OPEN else []
        if others:
            found[ADDRESSED] = others
        policy = self.document.get("interactionPolicy")
        can_reply = policy.get("canReply") if isinstance(policy, dict) else None
        if isinstance(can_reply, dict):
            found[REPLY_POLICY] = {
                name: ids_of(can_reply.get(name) or can_reply.get(older))[:_MOST_APPROVALS]
                for name, older in _APPROVALS.items()
            }
        return found

    def _others(self) -> list[str]:
        """Whom it is addressed to, apart from collections and people who are recorded anyway."""
        known = {one.uri for one in self.people} | {self.author.uri, self.author.followers_uri}
        return [
            uri for uri in self.addressing.everybody if uri not in known and uri not in PUBLIC_NAMES
        ][:MOST_MENTIONS]
