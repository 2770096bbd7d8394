"""Lists, who is in them, and what they show; the only writer of their tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from msgspec.structs import replace

from fedrse.core.clock import Clock
from fedrse.core.errors import Invalid, NotFound
from fedrse.core.ids import IdMaker
from fedrse.core.paging import Page
from fedrse.features.accounts.model_events import AccountDeleted
from fedrse.features.lists import queries
from fedrse.features.lists.model import MOST_LISTS, MOST_MEMBERS, RepliesPolicy, UserList
from fedrse.features.lists.model_events import GivenToHome, TakenFromHome
from fedrse.features.relationships.model_events import Unfollowed
from fedrse.store.database import Row, Transaction
from fedrse.store.events import Events
from fedrse.store.statement import Statement

NEWEST = 1 << 62
MOST_REMEMBERED = 5_000  # first pages of lists


class Lists:
    """Everything about lists; each belongs to one person of this site, who alone sees it."""

    def __init__(self, *, clock: Clock, ids: IdMaker, events: Events) -> None:
        self._clock = clock
        self._ids = ids
        self._events = events
        self._reached: dict[tuple[int, int], int] = {}
        events.subscribe(Unfollowed, self._unfollowed)
        events.subscribe(AccountDeleted, self._account_deleted)

    async def all_of(self, tx: Transaction, me: int) -> list[UserList]:
        """All lists of a person."""
        return [_list(row) for row in await tx.all(queries.OF_ACCOUNT, me=me)]

    async def access_list(self, tx: Transaction, me: int, list_id: int) -> UserList:
        """One list of a person. Raises NotFound."""
        row = await tx.one(queries.BY_ID, key=list_id, me=me)
        if row is None:
            raise NotFound
        return _list(row)

    async def owns(self, tx: Transaction, me: int, list_id: int) -> bool:
        """Whether there is such a list of this person."""
        return await tx.one(queries.BY_ID, key=list_id, me=me) is not None

    async def with_member(self, tx: Transaction, me: int, member: int) -> list[UserList]:
        """The lists of a person that somebody is in."""
        return [_list(row) for row in await tx.all(queries.WITH_MEMBER, me=me, member=member)]

    # Changing

    async def create(
        self, tx: Transaction, me: int, *, title: str, policy: RepliesPolicy, exclusive: bool
    ) -> UserList:
        """Makes an empty list. Raises Invalid."""
        if await tx.value(queries.COUNT, me=me) >= MOST_LISTS:
            raise Invalid("too_many_lists", f"Validation failed: More than {MOST_LISTS} lists")
        made = UserList(self._ids.new(), me, title, policy, exclusive, self._clock.now())
        row = {name: getattr(made, name) for name in made.__struct_fields__}
        await tx.run(queries.ADD, **row | {"replies_policy": policy.value})
        return made

    async def change(
        self,
        tx: Transaction,
        me: int,
        list_id: int,
        *,
        title: str | None,
        policy: RepliesPolicy | None,
        exclusive: bool | None,
    ) -> UserList:
        """Changes what is given. Raises NotFound."""
        known = await self.access_list(tx, me, list_id)
        made = replace(
            known,
            title=known.title if title is None else title,
            replies_policy=known.replies_policy if policy is None else policy,
            exclusive=known.exclusive if exclusive is None else exclusive,
        )
        await tx.run(
            queries.SET,
            key=list_id,
            new_title=made.title,
            new_policy=made.replies_policy.value,
            new_exclusive=made.exclusive,
        )
        if made.exclusive != known.exclusive:
            for row in await tx.all(queries.ALL_MEMBERS, key=list_id):
                await self._moved(tx, me, row[0], hidden=made.exclusive)
        return made

    async def remove(self, tx: Transaction, me: int, list_id: int) -> None:
        """Removes a list. Raises NotFound."""
        known = await self.access_list(tx, me, list_id)
        members = [row[0] for row in await tx.all(queries.ALL_MEMBERS, key=list_id)]
        await tx.run(queries.REMOVE, key=list_id)
        if known.exclusive:
            for member in members:
                await self._moved(tx, me, member, hidden=False)

    async def add(self, tx: Transaction, me: int, list_id: int, people: Sequence[int]) -> None:
        """Adds people whom one follows (or oneself). Raises NotFound, Invalid."""
        known = await self.access_list(tx, me, list_id)
        wanted = list(dict.fromkeys(people))
        followed = await tx.all(queries.FOLLOWED_AMONG, me=me, ids=wanted)
        if not {row[0] for row in followed} | {me} >= set(wanted):
            raise NotFound
        if await tx.value(queries.COUNT_MEMBERS, key=list_id) + len(wanted) > MOST_MEMBERS:
            raise Invalid("list_full", f"Validation failed: More than {MOST_MEMBERS} people")
        for member in wanted:
            if not await tx.run(queries.ADD_MEMBER, list_id=list_id, account_id=member):
                raise Invalid("list_member", "Validation failed: Account has already been taken")
            if known.exclusive:
                await self._moved(tx, me, member, hidden=True)

    async def drop(self, tx: Transaction, me: int, list_id: int, people: Sequence[int]) -> None:
        """Takes people out of a list. Raises NotFound for a list that is not there."""
        known = await self.access_list(tx, me, list_id)
        for member in people:
            removed = await tx.run(queries.REMOVE_MEMBER, key=list_id, member=member)
            if removed and known.exclusive:
                await self._moved(tx, me, member, hidden=False)

    async def _moved(self, tx: Transaction, me: int, author: int, *, hidden: bool) -> None:
        if hidden:
            await self._events.publish(tx, TakenFromHome(me, author))
        elif await tx.value(queries.IS_HIDDEN, me=me, member=author) is None:
            await self._events.publish(tx, GivenToHome(me, author))

    async def _unfollowed(self, tx: Transaction, event: Unfollowed) -> None:
        await tx.run(queries.REMOVE_FROM_ALL, me=event.account_id, member=event.target_id)

    async def _account_deleted(self, tx: Transaction, event: AccountDeleted) -> None:
        if event.local:
            await tx.run(queries.REMOVE_ALL, me=event.account_id)

    # Reading

    async def members(self, tx: Transaction, list_id: int, page: Page) -> list[int]:
        """Ids of people in a list, a page of them."""
        return await self._page(tx, queries.MEMBERS[page.ascending], page, key=list_id)

    async def all_members(self, tx: Transaction, list_id: int) -> list[int]:
        """Ids of all people in a list."""
        return sorted(
            (row[0] for row in await tx.all(queries.ALL_MEMBERS, key=list_id)), reverse=True
        )

    async def timeline(self, tx: Transaction, found: UserList, page: Page) -> list[int]:
        """Ids of posts that a list shows, newest first."""
        wanted = {
            "key": found.id,
            "me": found.account_id,
            "policy": found.replies_policy.value,
        }
        ids = await self._page(tx, queries.NEWEST[page.ascending], page, **wanted)
        if len(ids) < page.limit:
            ids = await self._page(tx, queries.TIMELINE[page.ascending], page, **wanted)
        return ids

    async def own_timeline(self, tx: Transaction, me: int, list_id: int, page: Page) -> list[int]:
        """The same of a list of this person, found together with it. Raises NotFound."""
        if page.max_id is None and not page.after and not page.ascending:
            return await self._first_page(tx, me, list_id, page)
        return await self._any_page(tx, me, list_id, page)

    async def _first_page(self, tx: Transaction, me: int, list_id: int, page: Page) -> list[int]:
        """As far back as the page reached that was read last, which is nearly always enough.

        Where posts are gone or the list has changed since, too few are found, and all is looked at.
        """
        key = (list_id, page.limit)
        reached = self._reached.get(key)
        if reached is not None:
            statement = queries.SINCE_OF_OWN
            ids = await self._page(tx, statement, page, key=list_id, me=me, enough=reached)
            if len(ids) == page.limit:
                self._reached[key] = ids[-1]
                return ids
        ids = await self._any_page(tx, me, list_id, page)
        if len(ids) == page.limit:
            if len(self._reached) >= MOST_REMEMBERED:
                self._reached.clear()
            self._reached[key] = ids[-1]
        return ids

    async def _any_page(self, tx: Transaction, me: int, list_id: int, page: Page) -> list[int]:
        statement = queries.NEWEST_OF_OWN[page.ascending]
        ids = await self._page(tx, statement, page, key=list_id, me=me)
        if len(ids) < page.limit:
            found = await self.access_list(tx, me, list_id)
            policy = found.replies_policy.value
            statement = queries.TIMELINE[page.ascending]
            ids = await self._page(tx, statement, page, key=list_id, me=me, policy=policy)
        return ids

    async def showing(
        self, tx: Transaction, posts: Sequence[int], lists: Sequence[int]
    ) -> dict[int, list[int]]:
        """Which of these lists show which of these posts: ids of lists by post."""
        found: defaultdict[int, list[int]] = defaultdict(list)
        for row in await tx.all(queries.SHOWING, posts=posts, lists=lists):
            found[row.id].append(row.list_id)
        return found

    async def among_with(self, tx: Transaction, member: int, lists: Sequence[int]) -> list[int]:
        """Which of these lists have this member."""
        return await tx.ids(queries.AMONG_WITH_MEMBER, member=member, lists=list(lists))

    async def _page(
        self, tx: Transaction, statement: Statement, page: Page, **parameters: int | str
    ) -> list[int]:
        ids = await tx.ids(
            statement,
            max_id=NEWEST if page.max_id is None else page.max_id,
            since_id=page.after or 0,
            limit=page.limit,
            **parameters,
        )
        ids.sort(reverse=True)
        return ids


def _list(row: Row) -> UserList:
    return UserList(
        row.id,
        row.account_id,
        row.title,
        RepliesPolicy(row.replies_policy),
        row.exclusive,
        row.created_at,
    )
