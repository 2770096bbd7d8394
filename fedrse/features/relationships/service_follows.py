"""Follows: asking, answering, ending; the same rules for people here and on other sites.

The only writer of ``follow``. Counters of both accounts change in the same transaction, and
whatever the other site must know is enqueued in it.
"""

from __future__ import annotations

import json

from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.outbox import Outbox, Recipients
from fedrse.activitypub.vocabulary import Json
from fedrse.core.clock import Clock
from fedrse.core.errors import Forbidden, NotFound
from fedrse.core.ids import IdMaker
from fedrse.features.accounts.model import INSTANCE, Account
from fedrse.features.accounts.service import Accounts
from fedrse.features.network.service import Network
from fedrse.features.relationships import queries
from fedrse.features.relationships.model import Follow, FollowOptions, follow_document
from fedrse.features.relationships.model_events import Followed, FollowRequested, Unfollowed
from fedrse.features.relationships.service_silence import Silences
from fedrse.store.database import Transaction
from fedrse.store.events import Events

NO_OPTIONS = FollowOptions()


class Follows:
    """Follows and follow requests. ``who`` follows ``whom``, everywhere.

    ``outsiders_need_approval``: where there is a network, followers from outside of it are asked
    for, locked or not (design section 5, rule 5).
    """

    def __init__(
        self,
        *,
        clock: Clock,
        ids: IdMaker,
        local_ids: LocalIds,
        outbox: Outbox,
        events: Events,
        accounts: Accounts,
        network: Network,
        silences: Silences,
        outsiders_need_approval: bool,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._local_ids = local_ids
        self._outbox = outbox
        self._events = events
        self._accounts = accounts
        self._network = network
        self._silences = silences
        self._outsiders_need_approval = outsiders_need_approval

    def needs_approval(self, who: Account, whom: Account) -> bool:
        """Whether a person of this site has to be asked before somebody follows."""
        outside = not who.local and self._network.exists and not self._network.is_member(who.host)
        return whom.locked or (outside and self._outsiders_need_approval)

    # Asking

    async def follow(
        self, tx: Transaction, who: Account, whom: Account, options: FollowOptions
    ) -> None:
        """A person of this site follows somebody, or changes what they see of them.

        Raises NotFound for accounts that are gone, Forbidden for oneself, for accounts that moved
        or are no persons, and where one blocks the other.
        """
        await self._check_possible(tx, who, whom)
        known = await self.pair(tx, who.id, whom.id)
        if known is not None:
            await self._set_options(tx, known, options)
            if not known.accepted and not whom.local:
                await self._ask(tx, who, whom, known.uri)  # the first request may have been lost
            return
        asks = not whom.local or self.needs_approval(who, whom)
        follow = await self._add(tx, who, whom, accepted=not asks, options=options)
        if follow is not None and not whom.local:
            await self._ask(tx, who, whom, follow.uri)

    async def _check_possible(self, tx: Transaction, who: Account, whom: Account) -> None:
        if whom.is_gone:
            raise NotFound
        if who.id == whom.id:
            raise Forbidden("follow_self", "You cannot follow yourself")
        if whom.kind == INSTANCE or whom.moved_to is not None:
            raise Forbidden("follow_not_possible", "This account cannot be followed")
        if await self._silences.keeps_away(tx, who.id, whom.id):
            raise Forbidden("follow_blocked", "You cannot follow this person")

    async def receive_follow(self, tx: Transaction, who: Account, whom: Account, uri: str) -> str:
        """Somebody of another site asks to follow a person of this one; says what was done."""
        if whom.is_gone or who.is_gone or whom.kind == INSTANCE:
            await self._answer(tx, "Reject", uri, who, whom)
            return "rejected"
        if await self._silences.keeps_away(tx, who.id, whom.id):
            await self._answer(tx, "Reject", uri, who, whom)
            return "rejected"
        known = await self.pair(tx, who.id, whom.id)
        if known is None:
            asks = self.needs_approval(who, whom)
            await self._add(tx, who, whom, accepted=not asks, options=NO_OPTIONS, uri=uri)
            if not asks:
                await self._answer(tx, "Accept", uri, who, whom)
            return "requested" if asks else "accepted"
        if known.uri != uri and await self.by_uri(tx, uri) is None:
            await tx.run(queries.SET_URI, follow_id=known.id, address=uri)
        if not known.accepted:
            return "waits"
        # The other site asks again because it missed the answer.
        await self._answer(tx, "Accept", uri, who, whom)
        return "accepted_again"

    async def _add(
        self,
        tx: Transaction,
        who: Account,
        whom: Account,
        *,
        accepted: bool,
        options: FollowOptions,
        uri: str | None = None,
    ) -> Follow | None:
        """The new follow; None if another process was faster."""
        identifier = self._ids.new()
        own_uri = self._local_ids.uri("follow", identifier)
        if uri is not None and await self.by_uri(tx, uri) is not None:
            uri = None  # the other site uses one id for several follows
        follow = Follow(
            id=identifier,
            account_id=who.id,
            target_id=whom.id,
            uri=uri or own_uri,
            accepted=accepted,
            local=who.local,
            show_boosts=options.show_boosts is not False,
            notify=bool(options.notify),
            languages=json.dumps(options.languages or ()),
            created_at=self._clock.now(),
        )
        row = {name: getattr(follow, name) for name in follow.__struct_fields__}
        if not await tx.run(queries.ADD, **row):
            return None
        if accepted:
            await self._begins(tx, who, whom)
        elif whom.local:
            await self._events.publish(tx, FollowRequested(who.id, whom.id))
        return follow

    async def _set_options(self, tx: Transaction, known: Follow, options: FollowOptions) -> None:
        if options == NO_OPTIONS:
            return
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
        if await tx.run(queries.ACCEPT, who=who.id, whom=whom.id):
            await self._begins(tx, who, whom)
        if not who.local:
            await self._answer(tx, "Accept", known.uri, who, whom)

    async def reject(self, tx: Transaction, who: Account, whom: Account) -> None:
        """A person of this site (``whom``) refuses a request. Raises NotFound."""
        await self._waiting(tx, who, whom)
        await self.remove_follower(tx, who, whom)

    async def remove_follower(self, tx: Transaction, who: Account, whom: Account) -> bool:
        """A person of this site (``whom``) does not want to be followed any more by somebody."""
        known = await self.end(tx, who, whom)
        if known is not None and not who.local:
            await self._answer(tx, "Reject", known.uri, who, whom)
        return known is not None

    async def receive_accept(self, tx: Transaction, follow: Follow) -> str:
        """Another site lets a person of this one follow; what was not asked for does not count."""
        found = await self._accounts.by_ids(tx, (follow.account_id, follow.target_id))
        if not await tx.run(queries.ACCEPT, who=follow.account_id, whom=follow.target_id):
            return "known"
        await self._begins(tx, found[follow.account_id], found[follow.target_id])
        return "accepted"

    async def receive_reject(self, tx: Transaction, follow: Follow) -> str:
        """Another site refuses a request, or removes a follower."""
        found = await self._accounts.by_ids(tx, (follow.account_id, follow.target_id))
        await self.end(tx, found[follow.account_id], found[follow.target_id])
        return "rejected"

    async def _waiting(self, tx: Transaction, who: Account, whom: Account) -> Follow:
        known = await self.pair(tx, who.id, whom.id)
        if known is None or known.accepted:
            raise NotFound
        return known

    async def _begins(self, tx: Transaction, who: Account, whom: Account) -> None:
        await self._count(tx, who, whom, 1)
        event = Followed(who.id, whom.id, follower_local=who.local, target_local=whom.local)
        await self._events.publish(tx, event)

    # Ending

    async def unfollow(self, tx: Transaction, who: Account, whom: Account) -> bool:
        """A person of this site no longer follows, or takes a request back."""
        known = await self.end(tx, who, whom)
        if known is not None and not whom.local:
            await self.undo(tx, who, whom, known.uri)
        return known is not None

    async def undo(
        self, tx: Transaction, who: Account, whom: Account, uri: str | None = None
    ) -> None:
        """Tells another site that a person of this one does not follow.

        Where the id of the follow is lost, the other site finds it by actor and object.
        """
        follow = follow_document(
            uri or self._local_ids.uri("follow", self._ids.new()), who.uri, whom.uri
        )
        await self._send(tx, self._activity("Undo", who, follow), who, whom)

    async def separate(self, tx: Transaction, one: Account, other: Account) -> None:
        """Ends follows in both directions, for a block by ``one``, a person of this site."""
        await self.unfollow(tx, one, other)
        if other.local:
            await self.unfollow(tx, other, one)
        else:
            await self.remove_follower(tx, other, one)

    async def end(self, tx: Transaction, who: Account, whom: Account) -> Follow | None:
        """Ends a follow or request without telling anybody; None if there was none."""
        row = await tx.one(queries.REMOVE, who=who.id, whom=whom.id)
        if row is None:
            return None
        if row.accepted:
            await self._count(tx, who, whom, -1)
        await self._events.publish(tx, Unfollowed(who.id, whom.id))
        return Follow(*row)

    async def forget(self, tx: Transaction, account_id: int) -> None:
        """Ends all follows of an account that is gone; nobody needs to be told one by one."""
        follows = [Follow(*row) for row in await tx.all(queries.REMOVE_ALL_OF, who=account_id)]
        accepted = [follow for follow in follows if follow.accepted]
        targets = [follow.target_id for follow in accepted if follow.account_id == account_id]
        followers = [follow for follow in accepted if follow.target_id == account_id]
        here = sum(follow.local for follow in followers)
        was_local = -1 if any(f.local for f in accepted if f.account_id == account_id) else 0
        await self._accounts.count_follows(tx, targets, followers=-1, local_followers=was_local)
        ids = [follow.account_id for follow in followers]
        await self._accounts.count_follows(tx, ids, following=-1)
        await self._accounts.count_follows(
            tx,
            [account_id],
            followers=-len(followers),
            local_followers=-here,
            following=-len(targets),
        )
        for follow in follows:
            if follow.local:  # what somebody elsewhere followed shows nowhere here
                await self._events.publish(tx, Unfollowed(follow.account_id, follow.target_id))

    # Reading

    async def pair(self, tx: Transaction, who: int, whom: int) -> Follow | None:
        """The follow or request of one by the other."""
        row = await tx.one(queries.OF_PAIR, who=who, whom=whom)
        return None if row is None else Follow(*row)

    async def by_uri(self, tx: Transaction, uri: str) -> Follow | None:
        """The follow whose activity has this id."""
        row = await tx.one(queries.BY_URI, address=uri)
        return None if row is None else Follow(*row)

    # The wire

    def _activity(self, kind: str, actor: Account, content: Json) -> Json:
        # A fresh id each time: receivers drop what has an id that they have seen.
        identifier = self._local_ids.uri("activity", self._ids.new())
        return {"id": identifier, "type": kind, "actor": actor.uri, "object": content}

    async def _ask(self, tx: Transaction, who: Account, whom: Account, uri: str) -> None:
        await self._send(tx, follow_document(uri, who.uri, whom.uri), who, whom)

    async def _answer(
        self, tx: Transaction, kind: str, uri: str, who: Account, whom: Account
    ) -> None:
        follow = follow_document(uri, who.uri, whom.uri)
        await self._send(tx, self._activity(kind, whom, follow), whom, who)

    async def _send(self, tx: Transaction, activity: Json, by: Account, to: Account) -> None:
        await self._outbox.enqueue(
            tx,
            activity | {"to": [to.uri]},
            sender=by.id,
            recipients=Recipients(accounts=(to.id,), personal=True),
        )

    async def _count(self, tx: Transaction, who: Account, whom: Account, number: int) -> None:
        follower = {"following": number}
        followed = {"followers": number, "local_followers": number if who.local else 0}
        # Always in the order of the ids, so that two transactions do not wait for each other.
        for account_id, changes in sorted([(who.id, follower), (whom.id, followed)]):
            await self._accounts.count_follows(tx, [account_id], **changes)
