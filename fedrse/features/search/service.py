"""Finds posts by their words and tags by their beginning.

New posts are only noted (``search_pending``); a job indexes them in batches a moment later, so
that writing a post and taking one in stay cheap. With its words a post gets marks for what can be
asked about it (``model_query``): so a rare property of a frequent word is found as fast as a word.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from msgspec.structs import replace
from sqlalchemy import BigInteger, ColumnElement, and_, bindparam

from fedrse.core.clock import SECOND, Clock
from fedrse.core.html import html_to_text
from fedrse.core.ports import Protocol
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.service_conditions import limited
from fedrse.features.cards.model_events import CardShown
from fedrse.features.posts.model import OPEN as OPEN_AUDIENCES
from fedrse.features.posts.model import links_out
from fedrse.features.posts.model_events import PostEdited, PostPublished
from fedrse.features.relationships.service_conditions import silenced
from fedrse.features.search import queries
from fedrse.features.search.model import postgres_document, sqlite_document, words_of
from fedrse.features.search.model_query import (
    ANY,
    NEWEST,
    OPEN,
    PROPERTIES,
    SOME,
    Author,
    Query,
    by_author,
    having,
    in_language,
    is_dated,
    naming,
    postgres_match,
    read_query,
    sqlite_match,
    tag_prefix,
)
from fedrse.jobs.model import Job
from fedrse.jobs.queue import Queue
from fedrse.store.database import Row, Transaction
from fedrse.store.events import Events

INDEX = "search.index"
BATCH = 100
DELAY = SECOND
Zone = Callable[[Transaction, int], Awaitable[str]]
"""The time zone in which somebody's days begin."""


class People(Protocol):
    """Finds authors; implemented by ``accounts.service.Accounts``."""

    async def by_handle(
        self, tx: Transaction, username: str, domain: str | None
    ) -> Account | None: ...


class Search:
    """Keeps the index of words and answers."""

    def __init__(
        self,
        *,
        clock: Clock,
        jobs: Queue,
        events: Events,
        visible: ColumnElement[bool],
        people: People,
        zone: Zone,
    ) -> None:
        """``visible``: what the viewer (parameter ``viewer``) may find."""
        self._clock = clock
        self._jobs = jobs
        self._people = people
        self._zone = zone
        wanted = and_(
            visible,
            ~silenced(bindparam("viewer", type_=BigInteger), queries.author_id),
            ~limited(queries.author_id),
        )
        self._posts = queries.matching_posts(wanted)
        self._tags = queries.matching_tags(wanted)
        events.subscribe(PostPublished, self._changed)
        events.subscribe(PostEdited, self._changed)
        events.subscribe(CardShown, self._card_shown)

    # Indexing

    async def _changed(self, tx: Transaction, event: PostPublished | PostEdited) -> None:
        tx.gather(self._note, event.post_id)

    async def _card_shown(self, tx: Transaction, event: CardShown) -> None:
        if event.kind == "video":
            tx.gather(self._note, event.post_id)

    async def _note(self, tx: Transaction, post_ids: list[int]) -> None:
        """Lets the job index posts."""
        rows = [{"post_id": post_id} for post_id in sorted(set(post_ids))]
        await tx.many(queries.ADD_PENDING, rows)
        await self._jobs.enqueue(tx, INDEX, {}, due_at=self._clock.now() + DELAY, key=INDEX)

    async def index(self, tx: Transaction, _job: Job) -> None:
        """Indexes a batch of pending posts and comes back while there are more."""
        taken = [row[0] for row in await tx.all(queries.TAKE, limit=BATCH)]
        if not taken:
            return
        rows = await tx.all(queries.TEXTS, ids=taken)
        named: defaultdict[int, list[int]] = defaultdict(list)
        for row in await tx.all(queries.NAMED, ids=taken):
            named[row.post_id].append(row.account_id)
        written = sqlite_document if tx.dialect == "sqlite" else postgres_document
        documents = [
            {"post_id": row.id, "words": written(_words(row), _marks(row, named[row.id]))}
            for row in rows
        ]
        await tx.many(queries.FORGET_WORDS[tx.dialect], documents)
        await tx.many(queries.ADD_WORDS[tx.dialect], documents)
        if len(taken) == BATCH:
            await self._jobs.enqueue(tx, INDEX, {}, key=INDEX)

    # Finding

    async def posts(
        self,
        tx: Transaction,
        viewer: int,
        text: str,
        *,
        limit: int,
        offset: int = 0,
        max_id: int | None = None,
        min_id: int | None = None,
        author: int | None = None,
    ) -> list[int]:
        """Ids of posts that fit the query and that the viewer may read, newest first.

        With ``min_id`` alone those that come right after it.
        """
        query = read_query(text, await self._zone(tx, viewer) if is_dated(text) else "UTC")
        if not query.asks:
            return []
        query = await self._with_authors(tx, viewer, query, author)
        if query.nothing:
            return []
        readable = (OPEN, SOME, by_author(viewer), naming(viewer))
        match = sqlite_match if tx.dialect == "sqlite" else postgres_match
        if tx.dialect == "postgresql":
            await tx.all(queries.PLAN_FOR_THIS)
        ascending = min_id is not None and max_id is None
        found = await tx.all(
            self._posts[queries.Search(tx.dialect, query.library, ascending)],
            words=match(query, readable),
            viewer=viewer,
            limit=limit,
            offset=offset,
            high=min(query.high, NEWEST if max_id is None else max_id),
            low=max(query.low, 0 if min_id is None else min_id + 1),
            gap_from=query.gap[0],
            gap_to=query.gap[1] - 1,
        )
        return sorted((row.id for row in found), reverse=True)

    async def _with_authors(
        self, tx: Transaction, viewer: int, query: Query, author: int | None
    ) -> Query:
        """The query with people as marks; nobody's posts are none."""
        with_, without, nothing = list(query.with_), list(query.without), query.nothing
        if author is not None:
            with_.insert(0, (by_author(author),))
        for one in query.authors:
            found = await self._author(tx, viewer, one)
            if found is not None and one.excluded:
                without.append((by_author(found),))
            elif found is not None:
                with_.insert(0, (by_author(found),))
            else:
                nothing = nothing or not one.excluded
        return replace(query, with_=tuple(with_), without=tuple(without), nothing=nothing)

    async def _author(self, tx: Transaction, viewer: int, wanted: Author) -> int | None:
        if not wanted.username:
            return viewer
        account = await self._people.by_handle(tx, wanted.username, wanted.domain)
        return None if account is None else account.id

    async def tags(
        self, tx: Transaction, viewer: int, text: str, *, limit: int, offset: int = 0
    ) -> Sequence[Row]:
        """Tags in posts that the viewer may read and that begin with the text, most used first.

        Rows have id, name, display and uses (no more than ``queries.MOST_USES``).
        """
        prefix = tag_prefix(text)
        if not prefix:
            return []
        escaped = prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return await tx.all(
            self._tags, pattern=f"{escaped}%", viewer=viewer, limit=limit, offset=offset
        )


def _words(row: Any) -> list[str]:
    return words_of(f"{row.title} {row.summary} {html_to_text(row.content)}")


def _marks(row: Any, named: Sequence[int]) -> list[str]:
    """What can be asked about a post beside its words."""
    marks = [ANY, by_author(row.account_id), *map(naming, named)]
    if row.audience in OPEN_AUDIENCES:
        marks.append(OPEN)
    elif row.audience in ("followers", "group"):
        marks.append(SOME)
    if row.language:
        marks.append(in_language(row.language))
    facts = row._asdict() | {
        "link": links_out(row.content),
        "reply": row.reply_here or row.reply_elsewhere,
    }
    return marks + [having(name) for name in PROPERTIES if facts[name]]
