"""Brings remote posts up to date: edits, totals, polls, agreements to quotes."""

from __future__ import annotations

import json

from msgspec.structs import replace

from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.vocabulary import Json, id_of, type_of
from fedrse.core.clock import Clock
from fedrse.core.urls import same_origin
from fedrse.features.media.service import MediaLibrary
from fedrse.features.posts.model import OPEN, QUESTION, MentionedPerson, Post, QuoteState
from fedrse.features.posts.model_events import PostEdited
from fedrse.features.posts.model_incoming import Incoming
from fedrse.features.posts.service_access import Access
from fedrse.features.posts.service_counters import Counters
from fedrse.features.posts.service_edit import Editor
from fedrse.features.posts.service_naming import mentioned_person
from fedrse.features.posts.service_ports import People
from fedrse.features.posts.service_quotes import Quotes
from fedrse.features.posts.service_rows import Rows
from fedrse.jobs.queue import Queue
from fedrse.store.database import Transaction
from fedrse.store.events import Events

CHECK_QUOTE = "posts.check_quote"


class Refresher:
    """Changes what is known of remote posts; never their audience."""

    def __init__(
        self,
        *,
        clock: Clock,
        local_ids: LocalIds,
        events: Events,
        people: People,
        media: MediaLibrary,
        queue: Queue,
        access: Access,
        rows: Rows,
        counters: Counters,
        editor: Editor,
        quotes: Quotes,
    ) -> None:
        self._clock = clock
        self._local_ids = local_ids
        self._events = events
        self._people = people
        self._media = media
        self._queue = queue
        self._access = access
        self._rows = rows
        self._counters = counters
        self._editor = editor
        self._quotes = quotes

    async def refresh(
        self, tx: Transaction, post: Post, incoming: Incoming, document: Json
    ) -> tuple[Post, str]:
        """Takes a newer version of a known post by its author: ``updated``, else ``refreshed``.

        Only a newer ``updated`` changes the text; numbers, polls and agreements always count.
        """
        post, outcome = await self._edit(tx, post, incoming)
        polls = self._rows.polls if post.kind == QUESTION else None
        if polls is not None and await polls.import_remote(tx, post, document):
            self._counters.changed(tx, post.id)
        await self._counters.apply(tx, post, document)
        await self._refresh_quote(tx, post, incoming)
        return post, outcome

    async def _edit(self, tx: Transaction, post: Post, incoming: Incoming) -> tuple[Post, str]:
        now = self._clock.now()
        updated = None if incoming.updated is None else min(incoming.updated, now)
        if updated is None or updated <= max(post.edited_at or 0, post.created_at):
            return post, "refreshed"
        before = await self._editor.version_of(tx, post)
        changed = replace(
            post,
            kind=incoming.kind,
            url=incoming.url,
            title=incoming.title,
            content=incoming.content,
            summary=incoming.summary,
            sensitive=incoming.sensitive,
            language=incoming.language,
            emojis=json.dumps(incoming.emojis, ensure_ascii=False),
            edited_at=updated,
            quote_policy=incoming.quote_policy if post.audience in OPEN else post.quote_policy,
        )
        await self._editor.keep_version(tx, post.id, before)
        await self._editor.write_content(tx, changed)
        await self._rows.replace_tags(tx, post.id, incoming.tags)
        await self._media.import_remote(tx, post.account_id, post.id, list(incoming.attachments))
        await self._add_people(tx, post, incoming)
        self._counters.changed(tx, post.id)
        await self._events.publish(tx, PostEdited(post.id, post.account_id, local=False))
        return changed, "updated"

    async def _add_people(self, tx: Transaction, post: Post, incoming: Incoming) -> None:
        """Those newly named; a post for few does not reach them, an edit widens nothing."""
        if not incoming.mentions:
            return
        known = (await self._rows.people_of(tx, [post.id])).get(post.id, [])
        before = {one.account_id for one in known}
        found = await self._people.by_uris(tx, incoming.mentions)
        fresh: list[MentionedPerson] = [
            mentioned_person(one, silent=False, reached=post.audience in OPEN)
            for one in found.values()
            if one.id not in before and one.id != post.account_id
        ]
        await self._rows.add_people(tx, post.id, fresh)

    # Quotes

    async def _refresh_quote(self, tx: Transaction, post: Post, incoming: Incoming) -> None:
        stamp = incoming.quote_authorization
        if incoming.quote is None or incoming.quote != post.quote_of_uri or stamp is None:
            return
        if stamp == post.quote_authorization and post.quote_state == QuoteState.ACCEPTED:
            return
        if post.quote_state == QuoteState.REVOKED:
            return
        changed = replace(post, quote_authorization=stamp)
        await self._quotes.set_state(tx, changed, QuoteState.PENDING, stamp)
        await self.plan_quote_check(tx, changed)

    async def plan_quote_check(self, tx: Transaction, post: Post) -> None:
        """A stamp of another site is fetched and looked at later; ours is known at once."""
        if post.quote_state != QuoteState.PENDING or post.quote_authorization is None:
            return
        ours = self._local_ids.parse(post.quote_authorization)
        if ours is not None:
            return  # given in answer to a QuoteRequest, which has set the state
        await self._queue.enqueue(
            tx, CHECK_QUOTE, {"post": post.id}, key=f"{CHECK_QUOTE}:{post.id}"
        )

    async def check_stamp(self, tx: Transaction, post_id: int, stamp: Json) -> bool:
        """Accepts a quote whose stamp fits in all three places (FEP-044f)."""
        post = await self._access.by_id(tx, post_id)
        if post is None or post.quote_of_id is None or post.quote_state != QuoteState.PENDING:
            return False
        quoted = await self._access.by_id(tx, post.quote_of_id)
        if quoted is None:
            return False
        author = await self._people.by_id(tx, quoted.account_id)
        fits = (
            author is not None
            and type_of(stamp) == "QuoteAuthorization"
            and id_of(stamp) == post.quote_authorization
            and same_origin(post.quote_authorization or "", author.uri)
            and id_of(stamp.get("attributedTo")) == author.uri
            and id_of(stamp.get("interactingObject")) == post.uri
            and id_of(stamp.get("interactionTarget")) == quoted.uri
        )
        if fits:
            await self._quotes.set_state(tx, post, QuoteState.ACCEPTED, post.quote_authorization)
        return fits
