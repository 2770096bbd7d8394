"""Home, public and tag timelines: who finds which post where.

Subscribes to what posts and relationships tell, and answers with lists of post ids.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from fedrse.core.ids import IdMaker, first_of
from fedrse.core.paging import Page
from fedrse.features.lists.model_events import GivenToHome, TakenFromHome
from fedrse.features.posts.model import OPEN
from fedrse.features.posts.model_events import PostBoosted, PostPublished
from fedrse.features.relationships.model_events import (
    DomainBlocked,
    Followed,
    Silenced,
    Unfollowed,
    Unsilenced,
)
from fedrse.features.tags.model_events import TagFollowed, TagUnfollowed
from fedrse.features.timelines import queries_home as home
from fedrse.features.timelines import queries_public as public
from fedrse.features.timelines import queries_tags as tags
from fedrse.features.timelines import queries_trim as trim
from fedrse.store.database import Transaction
from fedrse.store.events import Events
from fedrse.store.statement import Statement

PULL_FROM = 500  # local followers; from there on an author is looked up, not copied
BACKFILLED = 20  # posts of somebody newly followed
FORGOTTEN_AT_ONCE = 20  # posts; each is in as many homes as its author is copied to
HOME_AUDIENCES = frozenset(home.HOME_AUDIENCES)


class Timelines:
    """Writes home timelines and reads all of them."""

    def __init__(self, *, ids: IdMaker, events: Events, pull_from: int = PULL_FROM) -> None:
        """An author with more than ``pull_from`` local followers is looked up."""
        self._ids = ids
        self._pull_from = pull_from
        events.subscribe(PostPublished, self._published)
        events.subscribe(PostBoosted, self._boosted)
        events.subscribe(Followed, self._followed)
        events.subscribe(Unfollowed, self._unfollowed)
        events.subscribe(Silenced, self._silenced)
        events.subscribe(Unsilenced, self._unsilenced)
        events.subscribe(TakenFromHome, self._taken)
        events.subscribe(GivenToHome, self._given)
        events.subscribe(DomainBlocked, self._domain_blocked)
        events.subscribe(TagFollowed, self._tag_followed)
        events.subscribe(TagUnfollowed, self._tag_unfollowed)

    # Writing

    async def _published(self, tx: Transaction, event: PostPublished) -> None:
        """Puts a new post into the home timelines where it belongs."""
        if not event.fresh or event.audience not in HOME_AUDIENCES:
            return
        author, post_id = event.account_id, event.post_id
        if event.tagged and event.audience in OPEN:
            await tx.run(tags.ADD_TAGGED, author=author, post_id=post_id)
        answers = event.reply_to_id is not None or event.reply_to_uri is not None
        told_to_all = not answers or event.reply_to_account_id == author
        if told_to_all and not event.local:
            tx.gather(self._tell_all, post_id)  # many come at once
            return
        if told_to_all and not await self._add_if_pulled(tx, author, post_id):
            await tx.run(home.ADD_POST_AND_OWN, author=author, post_id=post_id)
            return
        if event.local:
            await self._add_own(tx, author, post_id)
        if not told_to_all and event.reply_to_account_id is not None:
            # Copied for pulled authors, too: few people follow both sides of a talk.
            await tx.run(
                home.ADD_REPLY,
                author=author,
                post_id=post_id,
                parent_author=event.reply_to_account_id,
            )

    async def _tell_all(self, tx: Transaction, ids: list[int]) -> None:
        """Puts posts of other sites into the homes of all who follow their authors."""
        await tx.run(home.ADD_POSTS, ids=ids)
        await tx.run(home.ADD_PULLED_POSTS, ids=ids, arrived=self._ids.new())

    async def _domain_blocked(self, tx: Transaction, event: DomainBlocked) -> None:
        await tx.run(tags.REMOVE_DOMAIN, me=event.account_id, domain=event.domain)

    async def _tag_followed(self, tx: Transaction, event: TagFollowed) -> None:
        """The latest posts with the tag are shown at once."""
        me, tag_id = event.account_id, event.tag_id
        await tx.run(tags.BACKFILL_TAG, me=me, of_tag=tag_id, limit=BACKFILLED)

    async def _tag_unfollowed(self, tx: Transaction, event: TagUnfollowed) -> None:
        await tx.run(tags.REMOVE_TAG, me=event.account_id, of_tag=event.tag_id)

    async def _boosted(self, tx: Transaction, event: PostBoosted) -> None:
        """Puts a boost into home timelines."""
        if not event.fresh:
            return
        original, original_author = event.original_id, event.original_author_id
        if event.local:
            await self._add_own(tx, event.account_id, event.post_id, original, original_author)
        if await self._add_if_pulled(
            tx, event.account_id, event.post_id, original, original_author
        ):
            return
        await tx.run(
            home.ADD_BOOST,
            author=event.account_id,
            post_id=event.post_id,
            original=original,
            original_author=original_author,
        )

    async def _add_own(
        self,
        tx: Transaction,
        author: int,
        post_id: int,
        original: int | None = None,
        original_author: int | None = None,
    ) -> None:
        await tx.run(
            home.ADD_OWN,
            account_id=author,
            post_id=post_id,
            boost_of_id=original,
            boost_author_id=original_author,
        )

    async def _add_if_pulled(
        self,
        tx: Transaction,
        author: int,
        post_id: int,
        original: int | None = None,
        original_author: int | None = None,
    ) -> bool:
        """Whether the author is looked up; then the post will be found."""
        added = await tx.run(
            home.ADD_PULLED_POST,
            author=author,
            post_id=post_id,
            original=original,
            original_author=original_author,
            arrived=self._ids.new(),
        )
        return added > 0

    async def _is_pulled(self, tx: Transaction, author: int) -> bool:
        return await tx.value(home.IS_PULLED, author=author) is not None

    async def _followed(self, tx: Transaction, event: Followed) -> None:
        if event.follower_local:
            await self._show(tx, event.account_id, event.target_id)

    async def _show(self, tx: Transaction, me: int, author: int) -> None:
        """Shows a follower the latest posts, and looks after authors with many followers."""
        if await tx.value(home.IS_SILENCED, me=me, author=author) is not None:
            return
        since = self._ids.new()
        if await self._is_pulled(tx, author):
            await tx.run(home.ADD_SOURCE, account_id=me, author_id=author, since=since)
        elif (await tx.value(home.LOCAL_FOLLOWERS, author=author) or 0) > self._pull_from:
            await tx.run(home.ADD_PULLED, account_id=author)
            await tx.run(home.ADD_SOURCES, author=author, since=since)
        await tx.run(home.BACKFILL, me=me, author=author, limit=BACKFILLED)

    async def _unfollowed(self, tx: Transaction, event: Unfollowed) -> None:
        await self._hide(tx, event.account_id, event.target_id)

    async def _silenced(self, tx: Transaction, event: Silenced) -> None:
        await self._hide(tx, event.account_id, event.target_id)

    async def _hide(self, tx: Transaction, me: int, author: int) -> None:
        await tx.run(home.REMOVE_SOURCE, me=me, author=author)
        await tx.run(home.REMOVE_AUTHOR, me=me, author=author)

    async def _unsilenced(self, tx: Transaction, event: Unsilenced) -> None:
        me, author = event.account_id, event.target_id
        if await tx.value(home.IS_FOLLOWING, me=me, author=author) is not None:
            await self._show(tx, me, author)

    async def _taken(self, tx: Transaction, event: TakenFromHome) -> None:
        if event.account_id != event.author_id:
            await self._hide(tx, event.account_id, event.author_id)

    async def _given(self, tx: Transaction, event: GivenToHome) -> None:
        me, author = event.account_id, event.author_id
        if await tx.value(home.IS_FOLLOWING, me=me, author=author) is not None:
            await self._show(tx, me, author)

    # Reading

    async def home(self, tx: Transaction, viewer: int, page: Page) -> list[int]:
        """Ids of the home timeline, newest first."""
        ids = await self._page(tx, home.HOME[page.ascending], page, me=viewer)
        if ids == [home.LOOKED_UP]:
            ids = await self._page(tx, home.HOME_PULLED[page.ascending], page, me=viewer)
        return ids

    async def forget_old(self, tx: Transaction, before: int) -> bool:
        """Takes some of what is older (milliseconds) out of all homes; True if there is more."""
        more = False
        for old, forget in (
            (trim.OLD_ENTRIES, trim.FORGET_ENTRIES),
            (trim.OLD_PULLED, trim.FORGET_PULLED),
        ):
            rows = await tx.all(old, before=first_of(before), most=FORGOTTEN_AT_ONCE)
            if rows:
                await tx.run(forget, ids=[row.post_id for row in rows])
            more = more or len(rows) == FORGOTTEN_AT_ONCE
        return more

    async def readers(
        self, tx: Transaction, post_ids: Sequence[int], among: Sequence[int]
    ) -> dict[int, list[int]]:
        """Which of these people find which of these posts in their home timeline, by post."""
        found: defaultdict[int, list[int]] = defaultdict(list)
        for statement in (home.READERS, home.READERS_LOOKED_UP):
            for row in await tx.all(statement, posts=post_ids, among=among):
                found[row[0]].append(row[1])
        return found

    async def public(
        self,
        tx: Transaction,
        viewer: int | None,
        page: Page,
        *,
        local: bool | None = None,
        only_media: bool = False,
    ) -> list[int]:
        """Ids of posts for everybody of this network; ``local``: only (not) from this site."""
        statement = public.PUBLIC[(local, only_media, page.ascending)]
        return await self._page(tx, statement, page, me=viewer or 0)

    async def tagged(
        self,
        tx: Transaction,
        viewer: int | None,
        name: str,
        page: Page,
        *,
        local: bool | None = None,
        only_media: bool = False,
    ) -> list[int]:
        """Ids of posts with the tag, case-folded and without its sign."""
        statement = public.TAGGED[(local, only_media, page.ascending)]
        return await self._page(tx, statement, page, me=viewer or 0, name=name)

    async def for_visitors(
        self, tx: Transaction, page: Page, *, tag: str | None = None, only_media: bool = False
    ) -> list[int]:
        """Ids of what people of this site who agreed to it write for everybody, newest first.

        ``tag`` (case-folded) narrows it. Only for sites with public pages.
        """
        key = (only_media, page.ascending)
        if tag is None:
            return await self._page(tx, public.PUBLIC_FOR_VISITORS[key], page, me=0)
        return await self._page(tx, public.TAGGED_FOR_VISITORS[key], page, me=0, name=tag)

    async def _page(
        self, tx: Transaction, statement: Statement, page: Page, **parameters: int | str
    ) -> list[int]:
        ids = await tx.ids(
            statement,
            max_id=home.NEWEST if page.max_id is None else page.max_id,
            since_id=page.after or 0,
            limit=page.limit,
            **parameters,
        )
        ids.sort(reverse=True)
        return ids
