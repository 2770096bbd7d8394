"""Where this site ends: which other sites belong to the network, and whom it talks to at all."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from fedrse.activitypub.envelopes import Direction, Envelope
from fedrse.activitypub.extraction import FETCH, audience_of, envelope_of
from fedrse.activitypub.vocabulary import Json
from fedrse.core.errors import Forbidden
from fedrse.core.ports import Protocol
from fedrse.features.accounts.model import Account
from fedrse.features.posts.model import Audience
from fedrse.features.posts.model_rules import Viewer
from fedrse.store.database import Transaction


class Membership(Protocol):
    """The members of the network; implemented by ``network.service.Network``."""

    @property
    def exists(self) -> bool: ...

    def is_member(self, host: str) -> bool: ...

    async def members_uri_of(self, tx: Transaction, host: str) -> str | None: ...


Gate = Callable[[str], None]
"""Raises Forbidden for a peer that nothing is sent to or taken from."""

Evasive = Callable[[Envelope, str], bool]
"""See ``activitypub.border.Control.is_evasive``."""


class Border:
    """Answers about hosts, from memory.

    ``closed``: the site talks to members and allowed hosts only. ``public_pages``: visitors
    without a login see public posts. ``outsiders_see_more``: followers from outside of the network
    get posts for followers too (rule 5 lifted).
    """

    def __init__(
        self,
        *,
        own_host: str,
        network: Membership,
        gate: Gate,
        default_audience: Audience,
        closed: bool,
        public_pages: bool,
        outsiders_see_more: bool = False,
        evasive: Evasive | None = None,
    ) -> None:
        self.own_host = own_host
        self.default_audience = default_audience
        self.closed = closed
        self.public_pages = public_pages
        self._network = network
        self._gate = gate
        self._outsiders_see_more = outsiders_see_more
        self._evasive = evasive

    @property
    def keeps_inside(self) -> bool:
        """Posts for followers and groups go to member sites only (rule 5)."""
        return self._network.exists and not self._outsiders_see_more

    def is_member(self, host: str) -> bool:
        """This site, or an active member of the network."""
        return host == self.own_host or self._network.is_member(host)

    def is_outside(self, host: str) -> bool:
        """People there get public posts only."""
        return self.keeps_inside and not self.is_member(host)

    def admits(self, host: str) -> bool:
        """This site talks to that one."""
        if host == self.own_host:
            return True
        try:
            self._gate(host)
        except Forbidden:
            return False
        return True

    def is_evaded(
        self, document: Json, author: Account, audience: Audience, *, fetched: bool
    ) -> bool:
        """Whether rules would stop a post that is for others than its addresses looked like.

        Rules are asked before it is known which collections somebody has: a message to one person
        that names a collection of nobody besides looks like one for followers.
        """
        if self._evasive is None or audience_of(document, author.uri) == audience.value:
            return False
        envelope = envelope_of(
            {"type": "Create", "object": document},
            direction=Direction.IN,
            host=author.host,
            actor=author.uri,
        )
        if fetched:
            envelope = replace(envelope, type=FETCH)
        return self._evasive(envelope, audience.value)

    async def members_uri_of(self, tx: Transaction, host: str) -> str | None:
        """The members collection in posts of that site, None unless it is an active member."""
        return await self._network.members_uri_of(tx, host)

    def person(self, account_id: int | None) -> Viewer:
        """Somebody with an account here, or a visitor."""
        if account_id is None:
            return Viewer(public_pages=self.public_pages)
        return Viewer(account_id=account_id, local=True, member=True, admitted=True)

    def signer(self, host: str, account_id: int | None) -> Viewer:
        """An actor of another site who signed; without account: one that is not known here."""
        return Viewer(
            account_id=account_id,
            signed=True,
            member=self.is_member(host),
            admitted=self.admits(host),
        )
