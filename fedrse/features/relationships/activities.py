"""Follow, Accept, Reject, Block and their Undo."""

from __future__ import annotations

from typing import Any

from fedrse.activitypub.dispatch import Dispatcher, Ignored, Received, Refused
from fedrse.activitypub.vocabulary import id_of, type_of
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.service import Accounts
from fedrse.features.relationships.model import Follow
from fedrse.features.relationships.service import Relationships
from fedrse.store.database import Transaction

FOLLOW = frozenset({"Follow"})
BLOCK = frozenset({"Block"})


class RelationshipActivities:
    """What other sites say about follows and blocks.

    Servers repeat, rebuild and shorten what they answer: a thing is found by its id, else by who
    does it to whom.
    """

    def __init__(self, *, accounts: Accounts, relationships: Relationships) -> None:
        self._accounts = accounts
        self._relationships = relationships
        self._follows = relationships.follows
        self._silences = relationships.silences

    def register(self, dispatcher: Dispatcher) -> None:
        """Takes the activities of this feature."""
        dispatcher.on("Follow", self.follow)
        dispatcher.on("Accept", self.accept, objects=FOLLOW)
        dispatcher.on_reference("Accept", self.accept_by_id)
        dispatcher.on("Reject", self.reject, objects=FOLLOW)
        dispatcher.on_reference("Reject", self.reject_by_id)
        dispatcher.on("Block", self.block)
        dispatcher.on("Undo", self.undo_follow, objects=FOLLOW)
        dispatcher.on("Undo", self.undo_block, objects=BLOCK)
        dispatcher.on("Undo", self.undo_accept, objects=frozenset({"Accept"}))
        dispatcher.on_reference("Undo", self.undo_by_id)

    # Follow and its answers

    async def follow(self, tx: Transaction, received: Received) -> str:
        """Somebody asks to follow a person of this site."""
        whom = await self._local(tx, received.activity.get("object"))
        who = await self._accounts.require(tx, received.actor, received.unavailable)
        return await self._follows.receive_follow(tx, who, whom, received.id)

    async def accept(self, tx: Transaction, received: Received) -> str:
        """A follow that this site asked for is accepted."""
        follow = await self._asked(tx, received, received.activity["object"])
        return await self._follows.receive_accept(tx, follow)

    async def accept_by_id(self, tx: Transaction, received: Received) -> str | None:
        """The same, with nothing but the id of the Follow."""
        follow = await self._asked_by_id(tx, received)
        return None if follow is None else await self._follows.receive_accept(tx, follow)

    async def reject(self, tx: Transaction, received: Received) -> str:
        """A follow is refused, or a follower removed."""
        follow = await self._asked(tx, received, received.activity["object"])
        return await self._follows.receive_reject(tx, follow)

    async def reject_by_id(self, tx: Transaction, received: Received) -> str | None:
        """The same, with nothing but the id of the Follow."""
        follow = await self._asked_by_id(tx, received)
        return None if follow is None else await self._follows.receive_reject(tx, follow)

    async def undo_accept(self, tx: Transaction, received: Received) -> str:
        """Mastodon removes a follower by taking its Accept back."""
        accept = received.activity["object"]
        if id_of(accept.get("actor")) not in (None, received.actor):
            raise Refused("not_own_activity")
        follow = await self._asked(tx, received, accept.get("object"))
        return await self._follows.receive_reject(tx, follow)

    # Block

    async def block(self, tx: Transaction, received: Received) -> str:
        """Somebody blocks a person of this site."""
        whom = await self._local(tx, received.activity.get("object"))
        who = await self._accounts.require(tx, received.actor, received.unavailable)
        return await self._relationships.receive_block(tx, who, whom, received.id)

    # Undo

    async def undo_follow(self, tx: Transaction, received: Received) -> str:
        """Somebody no longer follows, or takes a request back."""
        embedded = received.activity["object"]
        who = await self._undoer(tx, received, embedded)
        known = await self._follows.by_uri(tx, id_of(embedded) or "")
        if known is not None and known.account_id == who.id:
            return await self._end(tx, known)
        whom = await self._local(tx, embedded.get("object"))
        known = await self._follows.pair(tx, who.id, whom.id)
        if known is None:
            raise Ignored("unknown_follow")
        return await self._end(tx, known)

    async def undo_block(self, tx: Transaction, received: Received) -> str:
        """Somebody ends a block."""
        embedded = received.activity["object"]
        who = await self._undoer(tx, received, embedded)
        whom = await self._local(tx, embedded.get("object"))
        if not await self._relationships.unblock(tx, who, whom):
            raise Ignored("unknown_block")
        return "undone"

    async def undo_by_id(self, tx: Transaction, received: Received) -> str | None:
        """A Follow or Block is taken back by its id; others are not for this feature."""
        uri = id_of(received.activity.get("object")) or ""
        follow = await self._follows.by_uri(tx, uri)
        block = None if follow is not None else await self._silences.block_by_uri(tx, uri)
        thing = follow or block
        if thing is None:
            return None
        people = await self._accounts.by_ids(tx, (thing.account_id, thing.target_id))
        if people[thing.account_id].uri != received.actor:
            raise Refused("not_own_activity")
        if follow is not None:
            return await self._end(tx, follow)
        await self._relationships.unblock(tx, people[thing.account_id], people[thing.target_id])
        return "undone"

    # Finding

    async def _local(self, tx: Transaction, value: Any) -> Account:
        """The person of this site that an activity is about. Raises Ignored."""
        account = await self._accounts.by_uri(tx, id_of(value) or "")
        if account is None or not account.local or account.deleted_at is not None:
            raise Ignored("unknown_object")
        return account

    async def _undoer(self, tx: Transaction, received: Received, embedded: Any) -> Account:
        if id_of(embedded.get("actor")) not in (None, received.actor):
            raise Refused("not_own_activity")
        return await self._accounts.require(tx, received.actor, received.unavailable)

    async def _end(self, tx: Transaction, follow: Follow) -> str:
        people = await self._accounts.by_ids(tx, (follow.account_id, follow.target_id))
        await self._follows.end(tx, people[follow.account_id], people[follow.target_id])
        return "undone"

    async def _asked(self, tx: Transaction, received: Received, value: Any) -> Follow:
        """The follow of ours that is answered. Raises Refused, or Ignored where there is none."""
        if type_of(value) not in ("", "Follow"):
            raise Ignored("unknown_object")
        target = await self._accounts.require(tx, received.actor, received.unavailable)
        known = await self._follows.by_uri(tx, id_of(value) or "")
        if known is None and isinstance(value, dict):
            if id_of(value.get("object")) not in (None, received.actor):
                raise Refused("not_own_follower")
            follower = await self._accounts.by_uri(tx, id_of(value.get("actor")) or "")
            if follower is not None:
                known = await self._follows.pair(tx, follower.id, target.id)
        if known is None or not known.local:
            raise Ignored("never_asked")
        if known.target_id != target.id:
            raise Refused("not_own_follower")
        return known

    async def _asked_by_id(self, tx: Transaction, received: Received) -> Follow | None:
        uri = id_of(received.activity.get("object")) or ""
        if await self._follows.by_uri(tx, uri) is None:
            return None
        return await self._asked(tx, received, uri)
