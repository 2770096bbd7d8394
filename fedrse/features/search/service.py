"""Finds posts by their words and tags by their beginning.

New posts are only noted (``search_pending``); a job indexes them in batches a moment later, so
that writing a post and taking one in stay cheap.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, bindparam

from fedrse.core.clock import SECOND, Clock
from fedrse.core.html import html_to_text
from fedrse.core.text import fold_hashtag
from fedrse.features.posts.model_events import PostEdited, PostPublished
from fedrse.features.relationships.service_conditions import silenced
from fedrse.features.search import queries
from fedrse.features.search.model import postgres_match, sqlite_match, terms_of, words_of
from fedrse.jobs.model import Job
from fedrse.jobs.queue import Queue
from fedrse.store.database import Row, Transaction
from fedrse.store.events import Events
from fedrse.store.statement import Statement

INDEX = "search.index"
BATCH = 100
DELAY = SECOND
NEWEST = 1 << 62


class Search:
    """Keeps the index of words and answers."""

    def __init__(
        self, *, clock: Clock, jobs: Queue, events: Events, visible: ColumnElement[bool]
    ) -> None:
        """``visible``: what the viewer (parameter ``viewer``) may find."""
        self._clock = clock
        self._jobs = jobs
        wanted = and_(visible, ~silenced(bindparam("viewer", type_=BigInteger), queries.author_id))
        self._posts: dict[str, Statement] = queries.matching_posts(wanted)
        self._tags = queries.matching_tags(wanted)
        events.subscribe(PostPublished, self._changed)
        events.subscribe(PostEdited, self._changed)

    async def _changed(self, tx: Transaction, event: PostPublished | PostEdited) -> None:
        await tx.run(queries.ADD_PENDING, post_id=event.post_id)
        await self._jobs.enqueue(tx, INDEX, {}, due_at=self._clock.now() + DELAY, key=INDEX)

    async def index(self, tx: Transaction, _job: Job) -> None:
        """Indexes a batch of pending posts and comes back while there are more."""
        taken = [row[0] for row in await tx.all(queries.TAKE, limit=BATCH)]
        if not taken:
            return
        rows = await tx.all(queries.TEXTS, ids=taken)
        documents = [{"post_id": row.id, "words": " ".join(_words(row))} for row in rows]
        await tx.many(queries.FORGET_WORDS[tx.dialect], documents)
        await tx.many(queries.ADD_WORDS[tx.dialect], documents)
        if len(taken) == BATCH:
            await self._jobs.enqueue(tx, INDEX, {}, key=INDEX)

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
        """Ids of posts with all words of the text that the viewer may read, newest first."""
        terms = terms_of(text)
        if not terms:
            return []
        match = sqlite_match(terms) if tx.dialect == "sqlite" else postgres_match(terms)
        rows = await tx.all(
            self._posts[tx.dialect],
            words=match,
            viewer=viewer,
            limit=limit,
            offset=offset,
            max_id=NEWEST if max_id is None else max_id,
            min_id=min_id or 0,
            author=author or 0,
        )
        return [row[0] for row in rows]

    async def tags(
        self, tx: Transaction, viewer: int, text: str, *, limit: int, offset: int = 0
    ) -> Sequence[Row]:
        """Tags in posts that the viewer may read and that begin with the text, most used first.

        Rows have id, name, display and uses.
        """
        prefix = fold_hashtag(text.strip().lstrip("#＃"))
        if not prefix or any(character.isspace() for character in prefix):
            return []
        escaped = prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return await tx.all(
            self._tags, pattern=f"{escaped}%", viewer=viewer, limit=limit, offset=offset
        )


def _words(row: Any) -> list[str]:
    return words_of(f"{row.title} {row.summary} {html_to_text(row.content)}")
