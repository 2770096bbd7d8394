"""Changes posts of people of this site. The audience stays what it was (rule 6)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from fedrse.core.clock import Clock
from fedrse.core.errors import Invalid
from fedrse.core.ids import IdMaker, parse_id
from fedrse.core.language import normalise_language
from fedrse.core.text import clean_text
from fedrse.features.accounts.model import Account
from fedrse.features.media.model import MediaUrls
from fedrse.features.media.model import entity as media_entity
from fedrse.features.media.service import MediaLibrary
from fedrse.features.posts import queries
from fedrse.features.posts.model import (
    CONTENT_TYPES,
    NOTE,
    OPEN,
    QUESTION,
    Audience,
    Edit,
    MentionedPerson,
    Post,
    QuotePolicy,
)
from fedrse.features.posts.model_events import PostEdited
from fedrse.features.posts.model_rules import decide
from fedrse.features.posts.service_access import Access
from fedrse.features.posts.service_border import Border
from fedrse.features.posts.service_compose import Composed, Composer
from fedrse.features.posts.service_counters import Counters
from fedrse.features.posts.service_delivery import Delivery
from fedrse.features.posts.service_naming import Naming
from fedrse.features.posts.service_ports import People
from fedrse.features.posts.service_publish import check_text
from fedrse.features.posts.service_rows import Rows
from fedrse.store.database import Transaction
from fedrse.store.events import Events


class Version(Struct, frozen=True):
    """A version of a post for its history; ``media`` are entities, ``poll`` titles of options."""

    content: str
    summary: str
    sensitive: bool
    created_at: int
    media: list[Any]
    poll: list[str]


class Editor:
    """Edits posts and keeps what they were."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: IdMaker,
        events: Events,
        people: People,
        media: MediaLibrary,
        media_urls: MediaUrls,
        border: Border,
        access: Access,
        composer: Composer,
        rows: Rows,
        counters: Counters,
        delivery: Delivery,
        max_characters: int,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._events = events
        self._media = media
        self._urls = media_urls
        self._access = access
        self._composer = composer
        self._naming = Naming(people=people, rows=rows, border=border)
        self._rows = rows
        self._counters = counters
        self._delivery = delivery
        self._max_characters = max_characters

    async def edit(self, tx: Transaction, author: Account, post_id: int, edit: Edit) -> Post:
        """Makes a new version and tells everybody who has the old one.

        Raises NotFound for posts of others, Invalid for what cannot be published.
        """
        post = await self._own(tx, author.id, post_id)
        before = await self.version_of(tx, post)
        changed = self._with_edit(post, edit)
        await self._check(tx, changed, edit)
        composed = await self._composer.compose(
            tx, changed.source, changed.source_type, changed.summary
        )
        changed = replace(
            changed,
            content=composed.html,
            emojis=json.dumps(composed.emojis, ensure_ascii=False),
        )
        touched = await self._edit_media(tx, author.id, post_id, edit)
        if self._rows.polls is not None and await self._rows.polls.edit(tx, post, edit.poll):
            touched = True
            changed = replace(changed, kind=QUESTION if edit.poll is not None else NOTE)
        if changed == post and not touched:
            return post
        changed = replace(changed, edited_at=max(self._clock.now(), post.created_at + 1))
        await self.keep_version(tx, post_id, before)
        await self.write_content(tx, changed)
        await self._rows.replace_tags(tx, post_id, composed.tags)
        await self._edit_people(tx, author, changed, composed)
        self._counters.changed(tx, post_id)
        parts = await self._rows.note_parts(tx, changed, totals=True)
        await self._delivery.send_update(tx, changed, parts, changed.edited_at or 0)
        await self._events.publish(tx, PostEdited(post_id, author.id, local=True))
        return changed

    async def set_quote_policy(
        self, tx: Transaction, author: Account, post_id: int, policy: QuotePolicy
    ) -> Post:
        """Changes who may quote a post. Raises NotFound for posts of others."""
        post = await self._own(tx, author.id, post_id)
        wanted = policy if post.audience in OPEN else QuotePolicy.NOBODY
        await tx.run(queries.SET_QUOTE_POLICY, key=post_id, new_quote_policy=wanted.value)
        self._counters.changed(tx, post_id)
        changed = replace(post, quote_policy=wanted.value)
        parts = await self._rows.note_parts(tx, changed, totals=True)
        await self._delivery.send_update(tx, changed, parts, self._clock.now())
        return changed

    async def history(self, tx: Transaction, post: Post) -> list[Version]:
        """All versions that are known, oldest first, the present one last.

        Files that an author of this site took out of the post are gone, and stand in none.
        """
        versions = []
        left = {str(item.id) for item in await self._media_of(tx, post.id)}
        for row in await tx.all(queries.EDITS, key=post.id):
            extra = json.loads(row.extra)
            media = extra.get("media", [])
            if post.local:
                media = [one for one in media if one.get("id") in left]
            versions.append(
                Version(
                    row.content,
                    row.summary,
                    row.sensitive,
                    row.created_at,
                    media,
                    extra.get("poll", []),
                )
            )
        return [*versions, await self.version_of(tx, post)]

    async def _own(self, tx: Transaction, author_id: int, post_id: int) -> Post:
        post = await self._access.access_own(tx, author_id, post_id)
        if post.boost_of_id is not None:
            raise Invalid("boost_edited", "Validation failed: A boost cannot be edited")
        return post

    # The new version

    def _with_edit(self, post: Post, edit: Edit) -> Post:
        summary = post.summary if edit.summary is None else clean_text(edit.summary)
        sensitive = post.sensitive if edit.sensitive is None else edit.sensitive
        policy = post.quote_policy
        if edit.quote_policy is not None and post.audience in OPEN:
            policy = edit.quote_policy.value
        return replace(
            post,
            source=post.source if edit.text is None else clean_text(edit.text),
            source_type=edit.content_type or post.source_type,
            summary=summary,
            sensitive=sensitive or bool(summary.strip()),
            language=normalise_language(edit.language) or post.language,
            quote_policy=policy,
        )

    async def _check(self, tx: Transaction, post: Post, edit: Edit) -> None:
        if post.source_type not in CONTENT_TYPES:
            raise Invalid("content_type", "Validation failed: Content type is not supported")
        check_text(post.source, post.summary, self._max_characters)
        if not post.source.strip() and post.quote_of_uri is None:
            kept = edit.media_ids
            if kept is None:
                kept = tuple(item.id for item in await self._media_of(tx, post.id))
            if not kept:
                raise Invalid("text_blank", "Validation failed: Text can't be blank")
        if edit.poll is not None:
            if edit.media_ids:
                raise Invalid(
                    "poll_with_attachment",
                    "Validation failed: A poll cannot have attachments or quote a post",
                )
            if self._rows.polls is None:
                raise Invalid("polls_missing", "Validation failed: Polls are not available")
            self._rows.polls.check(edit.poll)

    async def _media_of(self, tx: Transaction, post_id: int) -> list[Any]:
        return list((await self._media.of_posts(tx, [post_id])).get(post_id, []))

    async def _edit_media(self, tx: Transaction, author_id: int, post_id: int, edit: Edit) -> bool:
        before = await self._media_of(tx, post_id)
        if edit.media_ids is not None and (before or edit.media_ids):
            await self._media.attach(tx, author_id, post_id, edit.media_ids)
        for attributes in edit.media_attributes:
            media_id = parse_id(str(attributes.get("id", "")))
            if media_id is not None:
                await self._media.describe(
                    tx,
                    author_id,
                    media_id,
                    description=_text(attributes.get("description")),
                    focus=_focus(attributes.get("focus")),
                )
        return before != await self._media_of(tx, post_id)

    async def _edit_people(
        self, tx: Transaction, author: Account, post: Post, composed: Composed
    ) -> None:
        """New mentions are reached within the audience; of a direct post it is closed."""
        known = (await self._rows.people_of(tx, [post.id])).get(post.id, [])
        parent = None
        if post.reply_to_id is not None:
            parent = await self._access.by_id(tx, post.reply_to_id)
        audience = Audience(post.audience)
        reach = decide(audience, Audience(parent.audience) if parent else None)
        named: Sequence[MentionedPerson] = ()
        if composed.mentioned:
            named = await self._naming.people_named(
                tx, author, composed.mentioned, reach=reach, parent=parent
            )
        before = {one.account_id: one for one in known}
        now = {one.account_id for one in named if not one.silent}
        fresh = [one for one in named if one.account_id not in before]
        if audience is Audience.DIRECT:
            fresh = [replace(one, reached=False) for one in fresh]
        await self._rows.add_people(tx, post.id, fresh)
        for one in known:
            if one.silent is (one.account_id in now):
                await tx.run(
                    queries.SET_MENTION,
                    key=post.id,
                    person=one.account_id,
                    now_silent=one.account_id not in now,
                )

    # Writing, also for remote posts

    async def write_content(self, tx: Transaction, post: Post) -> None:
        """Writes everything that an edit may change."""
        await tx.run(
            queries.SET_CONTENT,
            key=post.id,
            **{f"new_{name}": getattr(post, name) for name in queries.EDITABLE},
        )

    async def keep_version(self, tx: Transaction, post_id: int, version: Version) -> None:
        """Adds to the history of a post."""
        extra = {"media": version.media, "poll": version.poll}
        await tx.run(
            queries.ADD_EDIT,
            id=self._ids.new(),
            post_id=post_id,
            content=version.content,
            summary=version.summary,
            sensitive=version.sensitive,
            extra=json.dumps(extra, ensure_ascii=False),
            created_at=version.created_at,
        )

    async def version_of(self, tx: Transaction, post: Post) -> Version:
        """The present version, to be kept before it is changed."""
        media = [media_entity(item, self._urls) for item in await self._media_of(tx, post.id)]
        poll: list[str] = []
        if post.kind == QUESTION and self._rows.polls is not None:
            poll = await self._rows.polls.snapshot(tx, post.id)
        return Version(
            post.content,
            post.summary,
            post.sensitive,
            post.edited_at or post.created_at,
            media,
            poll,
        )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _focus(value: object) -> tuple[float, float] | None:
    """``"0.1,-0.5"`` as a point in -1..1; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        x, y = (float(part) for part in value.split(","))
    except ValueError:
        return None
    return (x, y) if -1 <= x <= 1 and -1 <= y <= 1 else None
