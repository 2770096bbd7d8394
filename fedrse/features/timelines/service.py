"""Home, public and tag timelines: who finds which post where.

Subscribes to what posts and relationships tell, and answers with lists of post ids.
"""

from __future__ import annotations

from fedrse.core.paging import Page
from fedrse.features.posts.model_events import PostBoosted, PostPublished
from fedrse.features.relationships.model_events import Followed, Silenced, Unfollowed
from fedrse.features.timelines import queries_home as home
from fedrse.features.timelines import queries_public as public
from fedrse.store.database import Transaction
from fedrse.store.events import Events
from fedrse.store.statement import Statement

PULL_FROM = 500  # local followers; from there on an author is looked up, not copied
BACKFILLED = 20  # posts of somebody newly followed
HOME_AUDIENCES = frozenset({"public", "network", "site", "followers"})


class Timelines:
    """Writes home timelines and reads all of them."""

    def __init__(self, events: Events) -> None:
        events.subscribe(PostPublished, self.add_post)
        events.subscribe(PostBoosted, self.add_boost)
        events.subscribe(Followed, self.add_author)
        events.subscribe(Unfollowed, self._remove_unfollowed)
        events.subscribe(Silenced, self._remove_silenced)

    # Writing

    async def add_post(self, tx: Transaction, event: PostPublished) -> None:
        """Puts a new post into the home timelines where it belongs."""
        if not event.fresh or event.audience not in HOME_AUDIENCES:
            return
        if event.local:
            await tx.run(home.ADD_OWN, account_id=event.account_id, post_id=event.post_id)
        if await self._is_pulled(tx, event.account_id):
            return
        if event.reply_to_id is None and event.reply_to_uri is None:
            await tx.run(home.ADD_POST, author=event.account_id, post_id=event.post_id)
        elif event.reply_to_account_id is not None:
            await tx.run(
                home.ADD_REPLY,
                author=event.account_id,
                post_id=event.post_id,
                parent_author=event.reply_to_account_id,
            )

    async def add_boost(self, tx: Transaction, event: PostBoosted) -> None:
        """Puts a boost into home timelines that do not have the original yet."""
        if not event.fresh:
            return
        if event.local:
            await tx.run(home.ADD_OWN, account_id=event.account_id, post_id=event.post_id)
        if await self._is_pulled(tx, event.account_id):
            return
        await tx.run(
            home.ADD_BOOST,
            author=event.account_id,
            post_id=event.post_id,
            original=event.original_id,
            original_author=event.original_author_id,
        )

    async def _is_pulled(self, tx: Transaction, author: int) -> bool:
        return await tx.value(home.IS_PULLED, author=author) is not None

    async def add_author(self, tx: Transaction, event: Followed) -> None:
        """Shows a new follower the latest posts, and looks after authors with many followers."""
        if not event.follower_local:
            return
        me, author = event.account_id, event.target_id
        if await self._is_pulled(tx, author):
            await tx.run(home.ADD_SOURCE, account_id=me, author_id=author)
        elif (await tx.value(home.LOCAL_FOLLOWERS, author=author) or 0) > PULL_FROM:
            await tx.run(home.ADD_PULLED, account_id=author)
            await tx.run(home.ADD_SOURCES, author=author)
        await tx.run(home.BACKFILL, me=me, author=author, limit=BACKFILLED)

    async def _remove_unfollowed(self, tx: Transaction, event: Unfollowed) -> None:
        await tx.run(home.REMOVE_SOURCE, me=event.account_id, author=event.target_id)
        await tx.run(home.REMOVE_AUTHOR, me=event.account_id, author=event.target_id)

    async def _remove_silenced(self, tx: Transaction, event: Silenced) -> None:
        await tx.run(home.REMOVE_SOURCE, me=event.account_id, author=event.target_id)
        await tx.run(home.REMOVE_AUTHOR, me=event.account_id, author=event.target_id)

    # Reading

    async def home(self, tx: Transaction, viewer: int, page: Page) -> list[int]:
        """Ids of the home timeline, newest first."""
        pulled = await tx.value(home.HAS_SOURCES, me=viewer)
        statements = home.HOME if pulled is None else home.HOME_PULLED
        return await _page_of(tx, statements[page.ascending], page, me=viewer)

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
        return await _page_of(tx, statement, page, me=viewer or 0)

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
        tag = await tx.value(public.TAG_ID, name=name)
        if tag is None:
            return []
        statement = public.TAGGED[(local, only_media, page.ascending)]
        return await _page_of(tx, statement, page, me=viewer or 0, tag_id=tag)


async def _page_of(
    tx: Transaction, statement: Statement, page: Page, **parameters: int
) -> list[int]:
    rows = await tx.all(
        statement,
        max_id=home.NEWEST if page.max_id is None else page.max_id,
        since_id=page.after or 0,
        limit=page.limit,
        **parameters,
    )
    ids = [row[0] for row in rows]
    if page.ascending:
        ids.reverse()
    return ids
