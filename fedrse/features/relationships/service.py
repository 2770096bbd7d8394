"""Follows: asking, answering, ending; the same rules for people here and on other sites.

The only writer of ``follow``. Counters of both accounts change in the same transaction, and
whatever the other site must know is enqueued in it.
"""

from __future__ import annotations

import json
from typing import Protocol

from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.outbox import Outbox, Recipients
from fedrse.activitypub.vocabulary import Json
from fedrse.core.clock import Clock
from fedrse.core.errors import Forbidden, NotFound
from fedrse.core.ids import IdMaker
from fedrse.features.accounts.model import Account
from fedrse.features.relationships import queries
from fedrse.features.relationships.model import Follow, FollowOptions
from fedrse.features.relationships.model_events import Followed, FollowRequested, Unfollowed
from fedrse.store.database import Transaction
from fedrse.store.events import Events


class FollowCounters(Protocol):
    """Keeps the counters of accounts; implemented by the feature ``accounts``."""

    async def count_follows(
        self,
        tx: Transaction,
        account_id: int,
        *,
        followers: int = 0,
        local_followers: int = 0,
        following: int = 0,
    ) -> None:
        """Adds to the counters of one account."""


class Separations(Protocol):
    """Knows who blocks whom; implemented by ``Silences``."""

    async def blocks_between(self, tx: Transaction, one: int, other: int) -> bool: ...


class Relationships:
    """Follows and follow requests.

    ``approves(host)`` says whether followers from there always need approval (outside of the
    network, design section 5, rule 5).
    """

    def __init__(
        self,
        *,
        clock: Clock,
        ids: IdMaker,
        local_ids: LocalIds,
        outbox: Outbox,
        events: Events,
        counters: FollowCounters,
        separations: Separations,
        outsiders: Outsiders,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._local_ids = local_ids
        self._outbox = outbox
        self._events = events
        self._counters = counters
        self._separations = separations
        self._outsiders = outsiders

    # Asking

    async def follow(
        self, tx: Transaction, who: Account, whom: Account, options: FollowOptions
    ) -> None:
        """A person of this site follows somebody, or changes what they see of them.

        Raises Forbidden for oneself, for accounts that are gone and where one blocks the other.
        """
        if who.id == whom.id:
            raise Forbidden("follow_self", "You cannot follow yourself")
        known = await self.pair(tx, who.id, whom.id)
        if known is not None:
            await self._set_options(tx, known, options)
            return
        if whom.is_gone or await self._separations.blocks_between(tx, who.id, whom.id):
            raise Forbidden("follow_not_possible", "This person cannot be followed")
        asks = not whom.local or whom.locked
        follow = await self._add(tx, who, whom, accepted=not asks, options=options)
        if not whom.local:
            await self._send(tx, self.document(follow.uri, who.uri, whom.uri), who, whom)
        elif asks:
            await self._events.publish(tx, FollowRequested(who.id, whom.id))
        else:
            await self._count(tx, who, whom, 1)
            await self._events.publish(tx, _followed(who, whom))

    async def receive_follow(self, tx: Transaction, who: Account, whom: Account, uri: str) -> str:
        """Somebody of another site asks to follow a person of this one; says what was done."""
        if await self._separations.blocks_between(tx, who.id, whom.id) or whom.is_gone:
            await self._answer(tx, "Reject", uri, who, whom)
            return "rejected"
        known = await self.pair(tx, who.id, whom.id)
        if known is not None:
            if known.uri != uri:
                await tx.run(queries.SET_URI, follow_id=known.id, address=uri)
            if known.accepted:
                # The other site asks again because it missed the answer.
                await self._answer(tx, "Accept", uri, who, whom)
                return "accepted_again"
            return "waits"
        asks = whom.locked or self._outsiders.needs_approval(who.host)
        await self._add(tx, who, whom, accepted=not asks, options=FollowOptions(), uri=uri)
        if asks:
            await self._events.publish(tx, FollowRequested(who.id, whom.id))
            return "requested"
        await self._count(tx, who, whom, 1)
        await self._answer(tx, "Accept", uri, who, whom)
        await self._events.publish(tx, _followed(who, whom))
        return "accepted"

    async def _add(
        self,
        tx: Transaction,
        who: Account,
        whom: Account,
        *,
        accepted: bool,
        options: FollowOptions,
        uri: str | None = None,
    ) -> Follow:
        identifier = self._ids.new()
        follow = Follow(
            id=identifier,
            account_id=who.id,
            target_id=whom.id,
            uri=uri or self._local_ids.uri("follow", identifier),
            accepted=accepted,
            local=who.local,
            show_boosts=options.show_boosts is not False,
            notify=bool(options.notify),
            languages=json.dumps(options.languages or ()),
            created_at=self._clock.now(),
        )
        row = {name: getattr(follow, name) for name in follow.__struct_fields__}
        await tx.run(queries.ADD, **row)
        return follow

    async def _set_options(self, tx: Transaction, known: Follow, options: FollowOptions) -> None:
        languages = options.languages
        await tx.run(
            queries.SET_OPTIONS,
            follow_id=known.id,
            boosts=known.show_boosts if options.show_boosts is None else options.show_boosts,
            bell=known.notify if options.notify is None else options.notify,
            tongues=known.languages if languages is None else json.dumps(languages),
        )

    # Answering

    async def accept(self, tx: Transaction, who: Account, whom: Account) -> None:
        """A person of this site (``whom``) lets somebody follow. Raises NotFound."""
        known = await self._waiting(tx, who, whom)
        await self._accepted(tx, who, whom)
        if not who.local:
            await self._answer(tx, "Accept", known.uri, who, whom)

    async def reject(self, tx: Transaction, who: Account, whom: Account) -> None:
        """A person of this site (``whom``) refuses a request. Raises NotFound."""
        known = await self._waiting(tx, who, whom)
        await self._end(tx, who, whom)
        if not who.local:
            await self._answer(tx, "Reject", known.uri, who, whom)

    async def remove_follower(self, tx: Transaction, who: Account, whom: Account) -> None:
        """A person of this site (``whom``) no longer wants to be followed by somebody."""
        known = await self._end(tx, who, whom)
        if known is not None and not who.local:
            await self._answer(tx, "Reject", known.uri, who, whom)

    async def receive_answer(
        self, tx: Transaction, who: Account, whom: Account, *, accepted: bool
    ) -> str:
        """Another site answers a request of ``who``; only what was asked counts."""
        known = await self.pair(tx, who.id, whom.id)
        if known is None:
            return "never_asked"
        if not accepted:
            await self._end(tx, who, whom)
            return "rejected"
        if known.accepted:
            return "known"
        await self._accepted(tx, who, whom)
        return "accepted"

    async def _waiting(self, tx: Transaction, who: Account, whom: Account) -> Follow:
        known = await self.pair(tx, who.id, whom.id)
        if known is None or known.accepted:
            raise NotFound
        return known

    async def _accepted(self, tx: Transaction, who: Account, whom: Account) -> None:
        if await tx.run(queries.ACCEPT, who=who.id, whom=whom.id):
            await self._count(tx, who, whom, 1)
            await self._events.publish(tx, _followed(who, whom))

    # Ending

    async def unfollow(self, tx: Transaction, who: Account, whom: Account) -> None:
        """A person of this site no longer follows, or takes a request back."""
        known = await self._end(tx, who, whom)
        if known is not None and not whom.local:
            follow = self.document(known.uri, who.uri, whom.uri)
            await self._send(tx, self._activity("Undo", who, follow), who, whom)

    async def receive_undo(self, tx: Transaction, who: Account, whom: Account) -> str:
        """Somebody of another site no longer follows."""
        return "undone" if await self._end(tx, who, whom) is not None else "unknown"

    async def separate(self, tx: Transaction, one: Account, other: Account) -> None:
        """Ends follows in both directions and tells the other site (after a block)."""
        for who, whom in ((one, other), (other, one)):
            if who.local:
                await self.unfollow(tx, who, whom)
            else:
                await self.remove_follower(tx, who, whom)

    async def forget(self, tx: Transaction, who: Account, whom: Account) -> None:
        """Ends a follow without telling anybody (the other account or site is gone)."""
        await self._end(tx, who, whom)

    async def _end(self, tx: Transaction, who: Account, whom: Account) -> Follow | None:
        row = await tx.one(queries.REMOVE, who=who.id, whom=whom.id)
        if row is None:
            return None
        if row.accepted:
            await self._count(tx, who, whom, -1)
        await self._events.publish(tx, Unfollowed(who.id, whom.id))
        return Follow(*row)

    # Reading

    async def pair(self, tx: Transaction, who: int, whom: int) -> Follow | None:
        """The follow or request of one by the other."""
        row = await tx.one(queries.OF_PAIR, who=who, whom=whom)
        return None if row is None else Follow(*row)

    async def by_uri(self, tx: Transaction, uri: str) -> Follow | None:
        """The follow whose activity has this id."""
        row = await tx.one(queries.BY_URI, address=uri)
        return None if row is None else Follow(*row)

    async def is_following(self, tx: Transaction, who: int, whom: int) -> bool:
        """The follow counts (it was accepted)."""
        known = await self.pair(tx, who, whom)
        return known is not None and known.accepted

    async def local_follower_ids(self, tx: Transaction, whom: int) -> list[int]:
        """People of this site who follow."""
        return [row[0] for row in await tx.all(queries.LOCAL_FOLLOWERS, whom=whom)]

    # The wire

    def document(self, uri: str, who: str, whom: str) -> Json:
        """A Follow activity."""
        return {"id": uri, "type": "Follow", "actor": who, "object": whom}

    def _activity(self, kind: str, actor: Account, content: Json) -> Json:
        identifier = self._local_ids.uri("activity", self._ids.new())
        return {"id": identifier, "type": kind, "actor": actor.uri, "object": content}

    async def _answer(
        self, tx: Transaction, kind: str, uri: str, who: Account, whom: Account
    ) -> None:
        answer = self._activity(kind, whom, self.document(uri, who.uri, whom.uri))
        await self._send(tx, answer, whom, who)

    async def _send(self, tx: Transaction, activity: Json, by: Account, to: Account) -> None:
        activity["to"] = to.uri
        await self._outbox.enqueue(
            tx, activity, sender=by.id, recipients=Recipients(accounts=(to.id,), personal=True)
        )

    async def _count(self, tx: Transaction, who: Account, whom: Account, number: int) -> None:
        local = number if who.local else 0
        await self._counters.count_follows(tx, who.id, following=number)
        await self._counters.count_follows(tx, whom.id, followers=number, local_followers=local)


class Outsiders(Protocol):
    """Says from where followers always need approval; implemented from ``network``."""

    def needs_approval(self, host: str) -> bool: ...


def _followed(who: Account, whom: Account) -> Followed:
    return Followed(who.id, whom.id, follower_local=who.local, target_local=whom.local)
