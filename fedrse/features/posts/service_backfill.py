"""Posts that people of this site wrote somewhere else, stored with the time at which they did.

Nobody is told: nothing is delivered, no home timeline and no notification gets them, nothing is
counted towards trends, and no page to which they link is fetched. They stand on the profile, are
found by the search, and say where they come from, since nobody has proved when they were written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict, replace

from fedrse.activitypub.local_ids import LocalIds
from fedrse.core.clock import Clock
from fedrse.core.errors import Forbidden, Invalid, NotFound
from fedrse.core.html import escape, escape_attribute, html_to_text
from fedrse.core.ids import EARLIEST, IdMaker
from fedrse.core.text import fold_hashtag, hashtag_name
from fedrse.features.accounts.model import Account
from fedrse.features.media.service import MediaLibrary
from fedrse.features.posts import queries
from fedrse.features.posts.model import (
    IMPORTED,
    NOTE,
    OPEN,
    Audience,
    Hashtag,
    Post,
    QuotePolicy,
    tag_address,
)
from fedrse.features.posts.model_events import PostPublished
from fedrse.features.posts.model_rules import covers, decide
from fedrse.features.posts.service_access import Access
from fedrse.features.posts.service_compose import shortcodes_in
from fedrse.features.posts.service_counters import Counters
from fedrse.features.posts.service_ports import EmojiSource, People
from fedrse.features.posts.service_replies import check_reply
from fedrse.features.posts.service_rows import Rows
from fedrse.store.database import Transaction
from fedrse.store.events import Events

_TRIES = 5
_TAG = re.compile(r'<a (?=[^>]{0,4000}class="[^"]{0,200}\bhashtag\b)[^>]{0,4000}>(.{0,400}?)</a>')


class OldPost(Struct, frozen=True, kw_only=True):
    """What somebody wrote elsewhere. ``content`` is clean HTML, ``source`` what it was made of.

    ``host`` is where it was written, ``reply_to`` the address of what it answers. Time in
    milliseconds.
    """

    host: str
    content: str
    source: str
    source_type: str
    summary: str
    sensitive: bool
    language: str | None
    created_at: int
    audience: Audience
    listed: bool
    reply_to: str | None
    tags: Sequence[Hashtag] = ()


class Backfill:
    """Stores such posts."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: IdMaker,
        local_ids: LocalIds,
        events: Events,
        people: People,
        media: MediaLibrary,
        emojis: EmojiSource,
        access: Access,
        rows: Rows,
        counters: Counters,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._local_ids = local_ids
        self._events = events
        self._people = people
        self._media = media
        self._emojis = emojis
        self._access = access
        self._rows = rows
        self._counters = counters

    async def add(
        self,
        tx: Transaction,
        author: Account,
        old: OldPost,
        *,
        answered: int | None,
        media_ids: Sequence[int] = (),
    ) -> Post:
        """Stores a post; ``answered`` is what it answers, where that is known here.

        Never wider than what it answers. Raises Invalid for files that cannot be attached.
        """
        parent = await self._parent(tx, author, answered)
        if parent is None and old.reply_to is not None:
            old = _with_link(old, old.reply_to)
        codes = shortcodes_in(f"{html_to_text(old.content)} {old.summary}")
        emojis = await self._emojis.named(tx, codes) if codes else []
        post = await self._insert(tx, author, old, parent, json.dumps(emojis, ensure_ascii=False))
        await self._rows.add_tags(tx, post.id, old.tags)
        if media_ids:
            await self._media.attach(tx, author.id, post.id, media_ids)
        await self._people.count_posts(tx, author.id, 1, at=post.created_at)
        if parent is not None:
            await self._count(tx, parent, post)
        await self._events.publish(tx, PostPublished.of(post, fresh=False))
        return post

    async def _parent(self, tx: Transaction, author: Account, answered: int | None) -> Post | None:
        """What it answers, where the author may answer it without asking anybody."""
        if answered is None:
            return None
        try:
            parent = await self._access.access_original(tx, author.id, answered)
            asks = await check_reply(tx, self._people, author, parent)
        except (NotFound, Forbidden):
            return None
        return parent if asks is None else None

    async def _count(self, tx: Transaction, parent: Post, post: Post) -> None:
        """As other answers, but no other site is told the new total."""
        same = parent.account_id == post.account_id
        if covers(Audience(post.audience), Audience(parent.audience), same_author=same):
            nothing = dict.fromkeys(("boosts", "likes", "quotes"), 0)
            await tx.run(queries.COUNT, key=parent.id, replies=1, **nothing)
            self._counters.changed(tx, parent.id)

    async def _insert(
        self, tx: Transaction, author: Account, old: OldPost, parent: Post | None, emojis: str
    ) -> Post:
        for _ in range(_TRIES):
            post = self._row(author, old, parent, emojis)
            if await tx.run(queries.ADD_REMOTE, **asdict(post)):
                return post
        raise Invalid("id_exhausted", "Validation failed: Too many posts have this time")

    def _row(self, author: Account, old: OldPost, parent: Post | None, emojis: str) -> Post:
        now = self._clock.now()
        created = min(max(old.created_at, EARLIEST), now)
        identifier = self._ids.at(created)
        above = None if parent is None else Audience(parent.audience)
        audience = decide(old.audience, above).audience
        return Post(
            id=identifier,
            uri=self._local_ids.uri("post", identifier),
            url=f"{self._local_ids.origin}/@{author.username}/{identifier}",
            account_id=author.id,
            local=True,
            kind=NOTE,
            audience=audience.value,
            listed=old.listed,
            title="",
            content=self._own_tags(old.content),
            source=old.source,
            source_type=old.source_type,
            summary=old.summary,
            sensitive=old.sensitive or bool(old.summary),
            language=old.language,
            emojis=emojis,
            created_at=created,
            received_at=now,
            edited_at=None,
            **self._thread(identifier, old, parent),
            boost_of_id=None,
            quote_of_id=None,
            quote_of_uri=None,
            quote_state=None,
            quote_authorization=None,
            quote_policy=(QuotePolicy.PUBLIC if audience in OPEN else QuotePolicy.NOBODY).value,
            application_id=None,
            extra=_mark(old.host),
        )

    def _thread(self, identifier: int, old: OldPost, parent: Post | None) -> dict[str, Any]:
        """Its place in a thread; what is not known here may come."""
        if parent is not None:
            return {
                "reply_to_id": parent.id,
                "reply_to_account_id": parent.account_id,
                "reply_to_uri": None,
                "thread_id": parent.thread_id,
                "conversation": parent.conversation,
            }
        comes = old.reply_to is not None and not self._local_ids.is_local(old.reply_to)
        return {
            "reply_to_id": None,
            "reply_to_account_id": None,
            "reply_to_uri": old.reply_to if comes else None,
            "thread_id": identifier,
            "conversation": self._local_ids.uri("context", identifier),
        }

    def _own_tags(self, content: str) -> str:
        """Hashtags lead to the pages of this site."""

        def link(found: re.Match[str]) -> str:
            tag = hashtag_name(html_to_text(found[1]).strip())
            if tag is None:
                return found[0]
            address = escape_attribute(tag_address(self._local_ids.origin, fold_hashtag(tag)))
            return (
                f'<a href="{address}" class="mention hashtag" target="_blank"'
                f' rel="nofollow noopener noreferrer">#<span>{escape(tag)}</span></a>'
            )

        return _TAG.sub(link, content) if "hashtag" in content else content


def _mark(host: str) -> str:
    """``Post.extra``; other marks are looked for as words, which a host must not look like."""
    value = json.dumps(host).replace("_", r"\u005f")
    return f'{{"{IMPORTED}": {value}}}'


def _with_link(old: OldPost, address: str) -> OldPost:
    """With a link to what it answers, which is not known here."""
    href = escape_attribute(address)
    link = (
        f'<p>↪ <a href="{href}" target="_blank"'
        f' rel="nofollow noopener noreferrer">{escape(address)}</a></p>'
    )
    source = f"{old.source}\n\n↪ {address}".strip()
    return replace(old, content=old.content + link, source=source)
