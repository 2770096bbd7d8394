"""Posts as apps get them, but for the viewer: rendered once per version, kept as bytes."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import msgspec

from fedrse.core.clock import to_iso
from fedrse.features.media.model import Media, MediaUrls
from fedrse.features.media.model import entity as media_entity
from fedrse.features.media.service import MediaLibrary
from fedrse.features.posts import queries
from fedrse.features.posts.model import (
    OPEN,
    QUESTION,
    Audience,
    Hashtag,
    MentionedPerson,
    Post,
    QuotePolicy,
    imported_from,
    tag_address,
    visibility_of,
)
from fedrse.features.posts.service_access import post_of
from fedrse.features.posts.service_cache import Pieces
from fedrse.features.posts.service_ports import ReadyPart
from fedrse.features.posts.service_quotes import MANUAL, policy_of
from fedrse.features.posts.service_rows import Rows
from fedrse.store.database import Transaction

MOST_PIECES = 10_000  # of a generation, about 2 KiB each
Applications = Callable[[Transaction, Sequence[int]], Awaitable[dict[int, dict[str, Any]]]]
"""``{"name": ..., "website": ...}`` of client applications by their id."""

_encode = msgspec.json.Encoder().encode


class Fragment:
    """A rendered post: JSON up to the account, and what is needed to finish it for a viewer."""

    __slots__ = (
        "account_id",
        "audience",
        "boost_of_id",
        "head",
        "id",
        "is_open",
        "is_plain",
        "is_poll",
        "is_whole",
        "local",
        "quotable",
        "quote_of_id",
        "quote_state",
        "refers_to",
        "reply_to_id",
        "thread_id",
    )

    def __init__(self, post: Post, head: bytes) -> None:
        self.id = post.id
        self.account_id = post.account_id
        self.audience = Audience(post.audience)
        self.is_open = self.audience in OPEN
        self.local = post.local
        self.thread_id = post.thread_id
        self.reply_to_id = post.reply_to_id
        self.boost_of_id = post.boost_of_id
        self.quote_of_id = post.quote_of_id
        self.quote_state = post.quote_state
        self.is_poll = post.kind == QUESTION
        manual = "quote_manual" in post.extra and bool(json.loads(post.extra).get(MANUAL))
        policy = policy_of(post) if self.is_open else QuotePolicy.NOBODY
        self.quotable = (policy, manual)
        # Nearly all are plain: who follows the author or is named does not matter.
        self.is_plain = self.is_open and policy is not QuotePolicy.FOLLOWERS
        self.refers_to = [one for one in (post.boost_of_id, post.quote_of_id) if one is not None]
        # Nothing but an account and an ending is missing, which is the same for most viewers.
        self.is_whole = (
            self.is_plain
            and not self.is_poll
            and self.quote_state is None
            and self.boost_of_id is None
        )
        self.head = head


class Fragments:
    """Renders and remembers; ``Entities`` puts the pieces together."""

    def __init__(
        self,
        *,
        origin: str,
        pieces: Pieces[Fragment],
        rows: Rows,
        media: MediaLibrary,
        media_urls: MediaUrls,
    ) -> None:
        self._origin = origin
        self._pieces = pieces
        self._rows = rows
        self._media = media
        self._urls = media_urls
        self._parts: list[ReadyPart] = []
        self._applications: Applications | None = None

    def name_applications_with(self, source: Applications) -> None:
        """Registers who knows the names of client applications."""
        self._applications = source

    def add_part(self, part: ReadyPart) -> None:
        """Registers an attribute of Status that another feature owns."""
        self._parts.append(part)

    @property
    def version(self) -> int:
        """As long as it is the same, all that ``get`` gave is as it was."""
        return self._pieces.version

    async def get(self, tx: Transaction, ids: list[int]) -> dict[int, Fragment]:
        """Fragments by post id; unknown ids are left out."""
        if tx.snapshot is None:
            return await self._render(tx, ids)
        found = self._pieces.get_many(ids)
        if len(found) < len(ids):
            missing = [one for one in ids if one not in found]
            for key, fragment in (await self._render(tx, missing)).items():
                self._pieces.put(tx, key, fragment)
                found[key] = fragment
        return found

    async def _render(self, tx: Transaction, ids: Iterable[int]) -> dict[int, Fragment]:
        rows = await tx.all(queries.TO_RENDER, ids=list(ids))
        posts = [post_of(row) for row in rows]
        covered = {row.id for row in rows if row.covered}
        full = [post.id for post in posts if post.boost_of_id is None]
        people: dict[int, list[MentionedPerson]] = {}
        tags: dict[int, list[Hashtag]] = {}
        media: dict[int, list[Media]] = {}
        parts: list[tuple[str, dict[int, bytes]]] = []
        if full:
            people = await self._rows.people_of(tx, full)
            tags = await self._rows.tags_of(tx, full)
            media = await self._media.of_posts(tx, full)
            parts = [(part.name, await part.render(tx, full)) for part in self._parts]
        written_with = {post.application_id for post in posts if post.application_id is not None}
        applications: dict[int, dict[str, Any]] = {}
        if written_with and self._applications is not None:
            applications = await self._applications(tx, list(written_with))
        rendered = {}
        for post in posts:
            status = status_of(
                post,
                people.get(post.id, ()),
                tags.get(post.id, ()),
                [media_entity(item, self._urls) for item in media.get(post.id, ())],
                self._origin,
            )
            if post.id in covered:
                status["sensitive"] = True
            if post.application_id in applications:
                status["application"] = applications[post.application_id]
            if not post.local and status["emojis"]:
                status["emojis"] = [self._shown_here(one) for one in status["emojis"]]
            for name, values in parts:
                if post.id in values:
                    status[name] = msgspec.Raw(values[post.id])
            rendered[post.id] = _fragment(post, status)
        return rendered

    def _shown_here(self, emoji: dict[str, Any]) -> dict[str, Any]:
        """A custom emoji of another site, as this one shows it."""
        names = [name for name in ("url", "static_url") if isinstance(emoji.get(name), str)]
        return emoji | {name: self._urls.remote(emoji[name]) for name in names}

    async def of_new(
        self, tx: Transaction, post: Post, people: Sequence[MentionedPerson]
    ) -> Fragment:
        """The fragment of a post that this transaction made, without tags and media."""
        status = status_of(post, people, (), [], self._origin)
        if post.application_id is not None and self._applications is not None:
            known = await self._applications(tx, [post.application_id])
            if post.application_id in known:
                status["application"] = known[post.application_id]
        for part in self._parts:
            values = await part.render(tx, [post.id]) if part.from_start else {}
            if post.id in values:
                status[part.name] = msgspec.Raw(values[post.id])
        fragment = _fragment(post, status)
        self._pieces.put_new(tx, post.id, fragment)
        return fragment


def _fragment(post: Post, status: dict[str, Any]) -> Fragment:
    return Fragment(post, _encode(status)[:-1] + b',"account":')


def status_of(
    post: Post,
    people: Sequence[MentionedPerson],
    tags: Sequence[Hashtag],
    media: list[dict[str, Any]],
    origin: str,
) -> dict[str, Any]:
    """The Mastodon ``Status`` without ``account`` and without what depends on the viewer.

    ``reactions`` (of the agreed kinds), ``audience``, ``local_only``, ``not_reached`` (people
    named outside of the audience) and ``imported_from`` (the host from which its author brought a
    post in) are ours. ``reblog``, ``poll`` and ``quote`` are missing where
    they are filled in later.
    """
    edited = post.edited_at
    status: dict[str, Any] = {
        "id": str(post.id),
        "created_at": to_iso(post.created_at),
        "in_reply_to_id": _id(post.reply_to_id),
        "in_reply_to_account_id": _id(post.reply_to_account_id),
        "sensitive": post.sensitive,
        "spoiler_text": post.summary,
        "visibility": visibility_of(post.audience, listed=post.listed).value,
        "language": post.language,
        "uri": post.uri,
        "url": post.url or post.uri,
        "replies_count": post.replies_total,
        "reblogs_count": post.boosts_total,
        "favourites_count": post.likes_total,
        "quotes_count": post.quotes_count,
        "edited_at": None if edited is None else to_iso(edited),
        "content": post.content,
        "media_attachments": media,
        "mentions": [
            mention_of(person) for person in people if person.reached and not person.silent
        ],
        "tags": [{"name": tag.name, "url": tag_address(origin, tag.name)} for tag in tags],
        "emojis": json.loads(post.emojis) if post.emojis != "[]" else [],
        "card": None,
        "tagged_collections": [],
        "reactions": [],
        "audience": post.audience,
        "local_only": post.audience == Audience.SITE,
        "not_reached": [mention_of(person) for person in people if not person.reached],
    }
    if post.local and (host := imported_from(post.extra)):
        status["imported_from"] = host
    if post.boost_of_id is None:
        status["reblog"] = None
    if post.kind != QUESTION:
        status["poll"] = None
    if post.quote_of_uri is None:
        status["quote"] = None
    return status


def mention_of(person: MentionedPerson) -> dict[str, Any]:
    """The Mastodon ``Status::Mention``."""
    return {
        "id": str(person.account_id),
        "username": person.username,
        "url": person.url or person.uri,
        "acct": person.username if person.local else f"{person.username}@{person.domain}",
    }


def _id(value: int | None) -> str | None:
    return None if value is None else str(value)
