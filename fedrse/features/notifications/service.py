"""Tells people what happened to them, once, and remembers how far they have read.

Subscribes to posts, relationships and reactions; every notification has a key (``once``) made of
what happened, so an event that arrives twice is told once.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence

from fedrse.core.clock import Clock
from fedrse.core.errors import NotFound
from fedrse.core.ids import IdMaker
from fedrse.core.paging import Page
from fedrse.features.access.model_events import SignedUp
from fedrse.features.accounts.model_events import AccountDeleted
from fedrse.features.moderation.model_events import Reported
from fedrse.features.notifications import queries
from fedrse.features.notifications.model import (
    Kind,
    Notification,
    Wanted,
    group_key_of,
    rounded,
    severance,
)
from fedrse.features.notifications.model_events import Notified
from fedrse.features.notifications.model_policy import Ruling, without_policy
from fedrse.features.notifications.service_first_pages import SINGLE, FirstPages, window
from fedrse.features.notifications.service_groups import Groups
from fedrse.features.notifications.service_requests import Requests
from fedrse.features.notifications.service_unread import Unread
from fedrse.features.polls.model_events import PollEnded
from fedrse.features.posts.model_events import (
    PostBoosted,
    PostDeleted,
    PostPublished,
    PostQuoted,
)
from fedrse.features.reactions.model import NAMES, SEEN
from fedrse.features.reactions.model_events import Reacted, Unreacted
from fedrse.features.relationships.model_events import (
    DomainBlocked,
    Followed,
    FollowRequested,
    PeerBlocked,
    Unfollowed,
)
from fedrse.http.rights import Right
from fedrse.store.database import Row, Transaction
from fedrse.store.events import Events

NEWEST = 1 << 62
ROUNDING = 128  # more than rounding changes in ids of this size
EVERYTHING = Wanted()
Staff = Callable[[Transaction, Right], Awaitable[list[int]]]
"""The accounts of those who have a right on this site; implemented by the feature ``access``."""

# Posts that all followers may read: somebody who watches their author is told of these.
WATCHED = frozenset({"public", "network", "site", "followers"})


class Notifications:
    """Writes and lists notifications; ``requests`` are those that wait.

    ``unread`` counts those that are new.
    """

    def __init__(
        self, *, clock: Clock, ids: IdMaker, events: Events, staff: Staff | None = None
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._staff = staff
        self._events = events
        self.first_pages = FirstPages()
        self.requests = Requests(clock=clock, ids=ids, first_pages=self.first_pages)
        self.unread = Unread(Groups(), self.first_pages)
        events.subscribe(PostPublished, self._published)
        events.subscribe(PostBoosted, self._boosted)
        events.subscribe(PostQuoted, self._quoted)
        events.subscribe(Reported, self._reported)
        events.subscribe(SignedUp, self._signed_up)
        events.subscribe(PostDeleted, self._deleted)
        events.subscribe(PollEnded, self._poll_ended)
        events.subscribe(Reacted, self._reacted)
        events.subscribe(Unreacted, self._unreacted)
        events.subscribe(Followed, self._followed)
        events.subscribe(FollowRequested, self._requested)
        events.subscribe(Unfollowed, self._unfollowed)
        events.subscribe(DomainBlocked, self._domain_blocked)
        events.subscribe(PeerBlocked, self._severed)
        events.subscribe(AccountDeleted, self._account_deleted)

    async def tell(
        self,
        tx: Transaction,
        people: Iterable[int],
        kind: Kind,
        *,
        by: int,
        post_id: int | None,
        what: str,
        own: bool = False,
        report_id: int | None = None,
        extra: str | None = None,
    ) -> None:
        """Tells local people; ``what`` names the event, ``by`` is whoever caused it.

        Nobody is told what they did themselves, unless ``own``.
        """
        candidates = list(people)
        if not candidates:
            return
        now = self._clock.now()
        rows = await tx.all(
            queries.MAY_TELL, ids=candidates, other=by, post_id=post_id or 0, now=now, own=int(own)
        )
        limited = {row.id for row in rows if row.limited}
        listening = [row.id for row in rows]
        rulings = await self.requests.rulings(
            tx, listening, by=by, kind=kind, post_id=post_id, limited=limited
        )
        for person in listening:
            ruling = rulings.get(person, without_policy(kind, limited=person in limited))
            if ruling is Ruling.DROP:
                continue
            identifier = self._ids.new()
            new = await tx.value(
                queries.ADD,
                id=identifier,
                account_id=person,
                kind=kind.value,
                from_id=by,
                post_id=post_id,
                once=f"{person}:{kind}:{by}:{what}",
                created_at=now,
                group_key=group_key_of(kind, post_id, now, identifier),
                filtered=ruling is Ruling.FILTER,
                report_id=report_id,
                extra=extra,
            )
            if new is None:
                continue
            self.changed(tx, person)
            if ruling is Ruling.FILTER:
                await self.requests.add(tx, person, by, post_id)
            else:
                told = Notified(new, person, kind.value, by, post_id)
                await self._events.publish(tx, told)

    def changed(self, tx: Transaction, person: int) -> None:
        """What somebody is told changes in this transaction."""
        self.first_pages.changed(tx, person)

    async def forget(self, tx: Transaction, person: int, kind: Kind, by: int, what: str) -> None:
        """Takes back what ``tell`` told."""
        if await tx.run(queries.FORGET, once=f"{person}:{kind}:{by}:{what}"):
            self.changed(tx, person)

    async def _published(self, tx: Transaction, event: PostPublished) -> None:
        if not event.fresh:
            return
        what = str(event.post_id)
        by = event.account_id
        await self.tell(tx, event.mentioned, Kind.MENTION, by=by, post_id=event.post_id, what=what)
        answers = event.reply_to_id is not None or event.reply_to_uri is not None
        if event.audience in WATCHED and not answers:
            tx.gather(self._tell_watchers, event)

    async def _tell_watchers(self, tx: Transaction, events: list[PostPublished]) -> None:
        """Those who want to hear of every post of somebody hear of these."""
        watchers: defaultdict[int, list[int]] = defaultdict(list)
        others = list({event.account_id for event in events})
        for row in await tx.all(queries.WATCHERS, others=others):
            watchers[row[0]].append(row[1])
        for event in events if watchers else ():
            by, what = event.account_id, str(event.post_id)
            rest = [one for one in watchers.get(by, ()) if one not in event.mentioned]
            await self.tell(tx, rest, Kind.STATUS, by=by, post_id=event.post_id, what=what)

    async def _boosted(self, tx: Transaction, event: PostBoosted) -> None:
        if not event.fresh:
            return
        await self.tell(
            tx,
            [event.original_author_id],
            Kind.REBLOG,
            by=event.account_id,
            post_id=event.original_id,
            what=str(event.original_id),
        )

    async def _quoted(self, tx: Transaction, event: PostQuoted) -> None:
        await self.tell(
            tx,
            [event.quoted_author_id],
            Kind.QUOTE,
            by=event.account_id,
            post_id=event.post_id,
            what=str(event.post_id),
        )

    async def _reported(self, tx: Transaction, event: Reported) -> None:
        """Those who moderate this site hear of reports, but for whom it is about."""
        if self._staff is not None:
            staff = await self._staff(tx, Right.MANAGE_REPORTS)
            await self.tell(
                tx,
                [one for one in staff if one != event.target_id],
                Kind.REPORT,
                by=event.account_id,
                post_id=None,
                what=str(event.report_id),
                report_id=event.report_id,
            )

    async def _signed_up(self, tx: Transaction, event: SignedUp) -> None:
        """They hear of newcomers, too."""
        if self._staff is not None:
            await self.tell(
                tx,
                await self._staff(tx, Right.MANAGE_USERS),
                Kind.SIGN_UP,
                by=event.account_id,
                post_id=None,
                what=str(event.account_id),
            )

    async def _deleted(self, tx: Transaction, event: PostDeleted) -> None:
        """A boost that is taken back was none; what belongs to a post goes with its row."""
        if event.boost_of_id is not None:
            original = event.boost_of_id
            for row in await tx.all(queries.FORGET_BOOST, other=event.account_id, post_id=original):
                self.changed(tx, row.account_id)

    async def _poll_ended(self, tx: Transaction, event: PollEnded) -> None:
        await self.tell(
            tx,
            {event.author_id, *event.voters},
            Kind.POLL,
            by=event.author_id,
            post_id=event.post_id,
            what=str(event.post_id),
            own=True,
        )

    async def _reacted(self, tx: Transaction, event: Reacted) -> None:
        """A like, or what counts as one; that a post was seen is told by its numbers only."""
        if event.content == SEEN:
            return
        kind = NAMES.get(event.content)
        await self.tell(
            tx,
            [event.author_id],
            Kind.FAVOURITE,
            by=event.account_id,
            post_id=event.post_id,
            what=f"{event.post_id}:{event.content}",
            extra=None if kind is None else json.dumps({"reaction": kind}),
        )

    async def _unreacted(self, tx: Transaction, event: Unreacted) -> None:
        what = f"{event.post_id}:{event.content}"
        await self.forget(tx, event.author_id, Kind.FAVOURITE, event.account_id, what)

    async def _followed(self, tx: Transaction, event: Followed) -> None:
        by, what = event.account_id, str(event.target_id)
        await self.forget(tx, event.target_id, Kind.FOLLOW_REQUEST, by, what)
        await self.tell(tx, [event.target_id], Kind.FOLLOW, by=by, post_id=None, what=what)

    async def _requested(self, tx: Transaction, event: FollowRequested) -> None:
        await self.tell(
            tx,
            [event.target_id],
            Kind.FOLLOW_REQUEST,
            by=event.account_id,
            post_id=None,
            what=str(event.target_id),
        )

    async def _unfollowed(self, tx: Transaction, event: Unfollowed) -> None:
        for kind in (Kind.FOLLOW, Kind.FOLLOW_REQUEST):
            await self.forget(tx, event.target_id, kind, event.account_id, str(event.target_id))

    async def _domain_blocked(self, tx: Transaction, event: DomainBlocked) -> None:
        await tx.run(queries.FORGET_DOMAIN, me=event.account_id, domain=event.domain)
        self.changed(tx, event.account_id)
        await self._severed(tx, event)

    async def _severed(self, tx: Transaction, event: DomainBlocked | PeerBlocked) -> None:
        if event.followers or event.following:
            identifier = self._ids.new()
            extra = severance(identifier, event, self._clock.now())
            await self.tell_of_site(tx, event.account_id, Kind.SEVERED, identifier, extra)

    async def _account_deleted(self, tx: Transaction, event: AccountDeleted) -> None:
        """What somebody did is told to nobody any more, and what they were told is forgotten."""
        for statement in queries.FORGET_PERSON:
            await tx.run(statement, me=event.account_id)
        self.first_pages.changed(tx, None)

    async def tell_of_site(
        self, tx: Transaction, person: int, kind: Kind, identifier: int, extra: str
    ) -> None:
        """Tells somebody what comes from the site itself."""
        what = str(identifier)
        await self.tell(
            tx, [person], kind, by=person, post_id=None, what=what, own=True, extra=extra
        )

    # Reading

    async def listing(
        self,
        tx: Transaction,
        viewer: int,
        page: Page,
        wanted: Wanted = EVERYTHING,
    ) -> list[Notification]:
        """A page of notifications, newest first; shared with other readers."""

        async def read() -> list[Notification]:
            parameters = window(page) | wanted.parameters()
            rows = await tx.all(queries.LISTING[page.ascending], me=viewer, **parameters)
            found = [value_of(row) for row in rows]
            return found[::-1] if page.ascending else found

        return await self.first_pages.get(tx, SINGLE, viewer, page, variant=wanted, read=read)

    async def access_notification(
        self, tx: Transaction, viewer: int, notification_id: int
    ) -> Notification:
        """One notification of the viewer. Raises NotFound.

        The id may be one that JavaScript has rounded: pushes carry it as a number, as apps expect,
        and a number there has 53 bits.
        """
        row = await tx.one(queries.BY_ID, key=notification_id, me=viewer)
        if row is None:
            low, high = notification_id - ROUNDING, min(notification_id + ROUNDING, NEWEST)
            rows = await tx.all(queries.NEAR, me=viewer, low=low, high=high)
            alike = [one for one in rows if rounded(one.id) == notification_id]
            if len(alike) != 1:
                raise NotFound
            row = alike[0]
        return value_of(row)

    async def by_ids(self, tx: Transaction, ids: Sequence[int]) -> list[Notification]:
        """Notifications whoever they are for: for services that tell their people."""
        return [value_of(row) for row in await tx.all(queries.BY_IDS, ids=ids)]

    async def clear(self, tx: Transaction, viewer: int) -> None:
        """Forgets all notifications of the viewer."""
        await tx.run(queries.CLEAR, me=viewer)
        self.changed(tx, viewer)

    async def dismiss(self, tx: Transaction, viewer: int, notification_id: int) -> None:
        """Forgets one. Raises NotFound."""
        if not await tx.run(queries.DISMISS, key=notification_id, me=viewer):
            raise NotFound
        self.changed(tx, viewer)

    async def unread_count(
        self, tx: Transaction, viewer: int, limit: int, wanted: Wanted = EVERYTHING
    ) -> int:
        """How many are newer than the marker, counted up to ``limit``."""
        return int(await tx.value(queries.UNREAD, me=viewer, limit=limit, **wanted.parameters()))

    # Markers

    async def markers(self, tx: Transaction, viewer: int) -> dict[str, Row]:
        """Timeline name -> row (last_read_id, version, updated_at)."""
        return {row.timeline: row for row in await tx.all(queries.MARKERS, me=viewer)}

    async def set_marker(
        self, tx: Transaction, viewer: int, timeline: str, last_read_id: int
    ) -> None:
        """Remembers how far the viewer has read ``home`` or ``notifications``."""
        await tx.run(
            queries.SET_MARKER,
            account_id=viewer,
            timeline=timeline,
            last_read_id=last_read_id,
            version=1,
            updated_at=self._clock.now(),
        )
        self.unread.read(tx, viewer)


def value_of(row: Row) -> Notification:
    return Notification(*row)
