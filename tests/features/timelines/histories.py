"""A small world of people and posts for tests of timelines: rows, the events that belong to them,
and an oracle that says in plain words what a home timeline holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BigInteger, bindparam, delete, insert, update

from fedrse.core.clock import MINUTE, ManualClock
from fedrse.core.ids import IdMaker
from fedrse.core.paging import Page
from fedrse.features.accounts.tables import account
from fedrse.features.posts.model_events import PostBoosted, PostPublished
from fedrse.features.posts.tables import post, post_tag, tag
from fedrse.features.relationships.model_events import Followed, Silenced, Unfollowed, Unsilenced
from fedrse.features.relationships.tables import block, follow, mute
from fedrse.features.timelines.queries_home import HOME_AUDIENCES, NEAR
from fedrse.features.timelines.service import BACKFILLED, Timelines
from fedrse.store.database import Transaction
from fedrse.store.events import Events
from fedrse.store.statement import Statement
from tests.features.fakes import ORIGIN

HOST = "lyon.corp.example"


def _insert(table: Any, *names: str) -> Statement:
    return Statement(insert(table).values({name: bindparam(name) for name in names}))


ADD_ACCOUNT = _insert(
    account,
    *("id", "uri", "local", "host", "username", "username_key", "domain", "kind", "inbox"),
    *("created_at", "updated_at"),
)
ADD_POST = _insert(
    post,
    *("id", "uri", "account_id", "local", "kind", "audience", "listed", "content", "created_at"),
    *("received_at", "reply_to_id", "reply_to_account_id", "reply_to_uri", "thread_id"),
    *("boost_of_id", "language"),
)
ADD_FOLLOW = _insert(
    follow,
    *("id", "account_id", "target_id", "uri", "accepted", "local", "show_boosts", "notify"),
    *("created_at",),
)
ADD_MUTE = _insert(mute, "account_id", "target_id", "id", "created_at")
ADD_BLOCK = _insert(block, "account_id", "target_id", "id", "uri", "created_at")
ADD_TAG = _insert(tag, "id", "name", "display")
ADD_POST_TAG = _insert(post_tag, "tag_id", "post_id")


def _remove(table: Any) -> Statement:
    return Statement(
        delete(table).where(
            table.c.account_id == bindparam("who"), table.c.target_id == bindparam("whom")
        )
    )


REMOVE = {table.name: _remove(table) for table in (follow, mute, block)}
REMOVE_POST = Statement(delete(post).where(post.c.id == bindparam("key")))
FOLLOWERS = Statement(
    update(account)
    .where(account.c.id == bindparam("key"))
    .values(
        local_followers_count=account.c.local_followers_count
        + bindparam("change", type_=BigInteger)
    )
)


@dataclass
class Told:
    """A post of the world as the oracle sees it."""

    id: int
    author: int
    audience: str
    parent: Told | None = None
    original: Told | None = None


@dataclass
class World:
    """Writes rows and publishes events as the features below would; remembers what it did."""

    clock: ManualClock
    ids: IdMaker
    events: Events
    people: list[int] = field(default_factory=list)
    posts: list[Told] = field(default_factory=list)
    follows: dict[tuple[int, int], bool] = field(default_factory=dict)  # -> shows boosts
    mutes: set[tuple[int, int]] = field(default_factory=set)
    blocks: set[tuple[int, int]] = field(default_factory=set)
    given: dict[int, set[int]] = field(default_factory=dict)  # reader -> posts

    async def add_person(self, tx: Transaction, *, local: bool = True) -> int:
        identifier = self.ids.new()
        host = HOST if local else "nantes.corp.example"
        uri = f"https://{host}/ap/u/{identifier}"
        await tx.run(
            ADD_ACCOUNT,
            id=identifier,
            uri=uri,
            local=local,
            host=host,
            username=f"p{identifier}",
            username_key=f"p{identifier}",
            domain=host,
            kind="Person",
            inbox=f"{uri}/inbox",
            created_at=self.clock.now(),
            updated_at=self.clock.now(),
        )
        self.people.append(identifier)
        self.given[identifier] = set()
        return identifier

    async def add_post(
        self,
        tx: Transaction,
        author: int,
        *,
        audience: str = "network",
        listed: bool = True,
        local: bool = True,
        parent: Told | None = None,
        unknown_parent: bool = False,
        original: Told | None = None,
        content: str = "",
        fresh: bool = True,
        mentioned: tuple[int, ...] = (),
        language: str | None = None,
    ) -> Told:
        self.clock.advance(MINUTE)
        identifier = self.ids.new()
        uri = f"{ORIGIN}/ap/n/{identifier}"
        parent_uri = "https://oslo.corp.example/ap/n/1" if unknown_parent else None
        await tx.run(
            ADD_POST,
            id=identifier,
            uri=uri,
            account_id=author,
            local=local,
            kind="boost" if original else "note",
            audience=audience,
            listed=listed,
            content=content,
            created_at=self.clock.now(),
            received_at=self.clock.now(),
            reply_to_id=parent.id if parent else None,
            reply_to_account_id=parent.author if parent else None,
            reply_to_uri=parent_uri,
            thread_id=parent.id if parent else identifier,
            boost_of_id=original.id if original else None,
            language=language,
        )
        told = Told(identifier, author, audience, parent, original)
        self.posts.append(told)
        if fresh and not unknown_parent:
            self._give(told, local=local)
        if original is not None:
            event: object = PostBoosted(
                identifier, author, local, original.id, original.author, fresh
            )
        else:
            event = PostPublished(
                identifier,
                author,
                local,
                audience,
                parent.id if parent else None,
                parent.author if parent else None,
                parent_uri,
                mentioned,
                fresh,
            )
        await self.events.publish(tx, event)
        await tx.settle()  # as each post has a unit of its own
        return told

    async def remove_post(self, tx: Transaction, told: Told) -> None:
        await tx.run(REMOVE_POST, key=told.id)
        gone = {one.id for one in self.posts if told in (one, one.original)}
        self.posts = [one for one in self.posts if one.id not in gone]
        for posts in self.given.values():
            posts.difference_update(gone)

    async def follow(
        self, tx: Transaction, who: int, whom: int, *, boosts: bool = True, notify: bool = False
    ) -> None:
        if who == whom or (who, whom) in self.follows or self._blocked(who, whom):
            return
        identifier = self.ids.new()
        await tx.run(
            ADD_FOLLOW,
            id=identifier,
            account_id=who,
            target_id=whom,
            uri=f"{ORIGIN}/ap/f/{identifier}",
            accepted=True,
            local=True,
            show_boosts=boosts,
            notify=notify,
            created_at=self.clock.now(),
        )
        await tx.run(FOLLOWERS, key=whom, change=1)
        self.follows[who, whom] = boosts
        self._backfill(who, whom)
        await self.events.publish(tx, Followed(who, whom, follower_local=True, target_local=True))

    async def unfollow(self, tx: Transaction, who: int, whom: int) -> None:
        if (who, whom) not in self.follows:
            return
        await tx.run(REMOVE["follow"], who=who, whom=whom)
        await tx.run(FOLLOWERS, key=whom, change=-1)
        del self.follows[who, whom]
        self._take(who, whom)
        await self.events.publish(tx, Unfollowed(who, whom))

    async def mute(self, tx: Transaction, who: int, whom: int) -> None:
        if who == whom or (who, whom) in self.mutes:
            return
        await tx.run(
            ADD_MUTE,
            account_id=who,
            target_id=whom,
            id=self.ids.new(),
            created_at=self.clock.now(),
        )
        self.mutes.add((who, whom))
        self._take(who, whom)
        await self.events.publish(tx, Silenced(who, whom, blocked=False))

    async def unmute(self, tx: Transaction, who: int, whom: int) -> None:
        if (who, whom) not in self.mutes:
            return
        await tx.run(REMOVE["mute"], who=who, whom=whom)
        self.mutes.discard((who, whom))
        self._backfill(who, whom)
        await self.events.publish(tx, Unsilenced(who, whom))

    async def block(self, tx: Transaction, who: int, whom: int) -> None:
        if who == whom or (who, whom) in self.blocks:
            return
        identifier = self.ids.new()
        await tx.run(
            ADD_BLOCK,
            account_id=who,
            target_id=whom,
            id=identifier,
            uri=f"{ORIGIN}/ap/x/{identifier}",
            created_at=self.clock.now(),
        )
        self.blocks.add((who, whom))
        self._take(who, whom)
        await self.events.publish(tx, Silenced(who, whom, blocked=True))
        await self.unfollow(tx, who, whom)
        await self.unfollow(tx, whom, who)

    async def unblock(self, tx: Transaction, who: int, whom: int) -> None:
        if (who, whom) not in self.blocks:
            return
        await tx.run(REMOVE["block"], who=who, whom=whom)
        self.blocks.discard((who, whom))
        await self.events.publish(tx, Unsilenced(who, whom))

    async def homes(
        self, tx: Transaction, timelines: Timelines, limit: int = 1000
    ) -> dict[int, list[int]]:
        """The home timeline of everybody."""
        page = Page(limit=limit)
        return {person: await timelines.home(tx, person, page) for person in self.people}

    # The oracle

    def expected(self, reader: int) -> list[int]:
        """What the home timeline of a person holds, newest first."""
        given = self.given[reader]
        mine = [one for one in self.posts if one.id in given]
        return sorted((one.id for one in mine if self._shown(reader, one, mine)), reverse=True)

    def _shown(self, reader: int, told: Told, others: list[Told]) -> bool:
        original = told.original
        if original is None:
            return True
        if self._silenced(reader, original.author):
            return False
        return not any(
            told.id - NEAR < other.id < told.id and original in (other, other.original)
            for other in others
        )

    def _give(self, told: Told, *, local: bool) -> None:
        if told.original is None and told.audience not in HOME_AUDIENCES:
            return
        for reader in self.people:
            own = reader == told.author and local
            if own or (self._follows(reader, told.author) and self._welcome(reader, told)):
                self.given[reader].add(told.id)

    def _welcome(self, reader: int, told: Told) -> bool:
        if told.original is not None:
            return self.follows[reader, told.author] and told.original.author != reader
        if told.parent is None or told.parent.author == told.author:
            return True
        other = told.parent.author
        known = reader == other or (reader, other) in self.follows
        return known and not self._silenced(reader, other)

    def _backfill(self, reader: int, author: int) -> None:
        if not self._follows(reader, author):
            return
        latest = [
            one.id
            for one in self.posts
            if one.author == author
            and one.original is None
            and one.audience in HOME_AUDIENCES
            and (one.parent is None or one.parent.author == author)
        ]
        self.given[reader].update(sorted(latest)[-BACKFILLED:])

    def _take(self, reader: int, author: int) -> None:
        self.given[reader] -= {one.id for one in self.posts if one.author == author}

    def _follows(self, reader: int, author: int) -> bool:
        return (reader, author) in self.follows and not self._silenced(reader, author)

    def _blocked(self, one: int, other: int) -> bool:
        return (one, other) in self.blocks or (other, one) in self.blocks

    def _silenced(self, reader: int, other: int) -> bool:
        return (reader, other) in self.mutes or self._blocked(reader, other)
