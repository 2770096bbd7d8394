"""Publishes posts of people of this site: everything in one transaction, nothing per follower."""

from __future__ import annotations

import json
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import asdict, replace

from fedrse.activitypub.local_ids import LocalIds
from fedrse.core.clock import DAY, Clock
from fedrse.core.errors import Invalid, NotFound
from fedrse.core.ids import IdMaker
from fedrse.core.language import normalise_language
from fedrse.core.text import clean_text, count_characters, count_graphemes
from fedrse.features.accounts.model import Account
from fedrse.features.media.model import Media
from fedrse.features.media.service import MediaLibrary
from fedrse.features.posts import queries
from fedrse.features.posts.model import (
    CONTENT_TYPES,
    NOTE,
    OPEN,
    QUESTION,
    Audience,
    Draft,
    MentionedPerson,
    Post,
    QuotePolicy,
    QuoteState,
    Visibility,
    links_out,
    visibility_of,
)
from fedrse.features.posts.model_events import PostPublished, PostQuoted
from fedrse.features.posts.model_rules import Asked, Reach, asked_audience, decide
from fedrse.features.posts.service_access import Access
from fedrse.features.posts.service_border import Border
from fedrse.features.posts.service_compose import Composed, Composer
from fedrse.features.posts.service_counters import Counters
from fedrse.features.posts.service_delivery import Delivery
from fedrse.features.posts.service_documents import NoteParts
from fedrse.features.posts.service_naming import Naming
from fedrse.features.posts.service_ports import People, Preferences
from fedrse.features.posts.service_quotes import Quotes
from fedrse.features.posts.service_replies import WAITING, check_reply
from fedrse.features.posts.service_rows import Rows
from fedrse.store.database import Transaction
from fedrse.store.events import Events

REQUEST_KEPT = DAY  # how long an Idempotency-Key is remembered
LONGEST_KEY = 255


class _Plan(Struct, frozen=True, kw_only=True):
    """A draft, and all that was decided about it."""

    author: Account
    draft: Draft
    parent: Post | None
    quoted: Post | None
    asked: Asked
    reach: Reach
    quote_state: QuoteState | None
    composed: Composed
    people: Sequence[MentionedPerson] = ()
    asks: Account | None = None


class Checked(Struct, frozen=True):
    """What would become of a draft: ``people`` are those it names, reached or not."""

    draft: Draft
    visibility: Visibility
    audience: Audience
    people: Sequence[MentionedPerson]


class Publisher:
    """The way from a draft to a post."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: IdMaker,
        local_ids: LocalIds,
        events: Events,
        people: People,
        media: MediaLibrary,
        border: Border,
        access: Access,
        composer: Composer,
        rows: Rows,
        counters: Counters,
        quotes: Quotes,
        delivery: Delivery,
        max_characters: int,
        preferences: Preferences | None = None,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._local_ids = local_ids
        self._events = events
        self._people = people
        self._media = media
        self._border = border
        self._access = access
        self._composer = composer
        self._naming = Naming(people=people, rows=rows, border=border)
        self._rows = rows
        self._counters = counters
        self._quotes = quotes
        self._delivery = delivery
        self._max_characters = max_characters
        self.preferences = preferences

    async def publish(
        self, tx: Transaction, author: Account, draft: Draft
    ) -> tuple[Post, NoteParts | None]:
        """Publishes a draft; the same ``idempotency_key`` gives the same post, without parts.

        Raises Invalid for what cannot be published, NotFound if what it refers to is not there
        for the author.
        """
        known = await self._known_request(tx, author.id, draft.idempotency_key)
        if known is not None:
            return known, None
        draft = await self._with_preferences(tx, author.id, draft)
        self._check(draft)
        plan = await self._plan(tx, author, draft)
        post = self._row(plan)
        await tx.run(queries.ADD, **asdict(post))
        media = await self._add_dependents(tx, post, plan)
        await self._count(tx, post, plan)
        if draft.idempotency_key:
            await self._remember_request(tx, author.id, draft.idempotency_key, post.id)
        return post, await self._tell(tx, post, plan, media)

    async def check(self, tx: Transaction, author: Account, draft: Draft) -> Checked:
        """The draft with the author's preferences, and who would see it if it were published now.

        Raises what ``publish`` raises, but for its attachments.
        """
        draft = await self._with_preferences(tx, author.id, draft)
        self._check(draft)
        plan = await self._plan(tx, author, draft)
        visibility = visibility_of(plan.reach.audience, listed=plan.asked.listed)
        return Checked(draft, visibility, plan.reach.audience, plan.people)

    # Requests that come twice

    async def _known_request(
        self, tx: Transaction, author_id: int, request_key: str | None
    ) -> Post | None:
        if not request_key:
            return None
        since = self._clock.now() - REQUEST_KEPT
        found = await tx.value(
            queries.SEEN_REQUEST, me=author_id, request_key=request_key[:LONGEST_KEY], since=since
        )
        return None if found is None else await self._access.by_id(tx, found)

    async def _remember_request(
        self, tx: Transaction, author_id: int, request_key: str, post_id: int
    ) -> None:
        await tx.run(
            queries.ADD_REQUEST,
            account_id=author_id,
            key=request_key[:LONGEST_KEY],
            post_id=post_id,
            created_at=self._clock.now(),
        )

    # Deciding

    async def _with_preferences(self, tx: Transaction, author_id: int, draft: Draft) -> Draft:
        said = draft.visibility or draft.audience or draft.local_only or draft.reply_to_id
        told = said and draft.language and draft.sensitive is not None and draft.quote_policy
        if self.preferences is None or told:
            return draft
        wish = await self.preferences(tx, author_id)
        return replace(
            draft,
            visibility=draft.visibility if said else wish.visibility,
            sensitive=wish.sensitive if draft.sensitive is None else draft.sensitive,
            language=draft.language or wish.language,
            quote_policy=draft.quote_policy or wish.quote_policy,
        )

    def _check(self, draft: Draft) -> None:
        if draft.content_type not in CONTENT_TYPES:
            raise Invalid("content_type", "Validation failed: Content type is not supported")
        text = clean_text(draft.text)
        check_text(text, draft.summary, self._max_characters)
        if not text.strip() and not draft.media_ids and draft.quote_of_id is None:
            raise Invalid("text_blank", "Validation failed: Text can't be blank")
        if draft.poll is not None:
            if draft.media_ids or draft.quote_of_id is not None:
                raise Invalid(
                    "poll_with_attachment",
                    "Validation failed: A poll cannot have attachments or quote a post",
                )
            if self._rows.polls is None:
                raise Invalid("polls_missing", "Validation failed: Polls are not available")
            self._rows.polls.check(draft.poll)

    async def _plan(self, tx: Transaction, author: Account, draft: Draft) -> _Plan:
        parent = quoted = asks = None
        if draft.reply_to_id is not None:
            parent = await self._referred(tx, author.id, draft.reply_to_id, "reply to")
            asks = await check_reply(tx, self._people, author, parent)
        if draft.quote_of_id is not None:
            quoted = await self._referred(tx, author.id, draft.quote_of_id, "quote")
        of_parent = None if parent is None else Audience(parent.audience)
        asked = asked_audience(
            draft.visibility,
            draft.audience,
            local_only=draft.local_only,
            default=self._border.default_audience,
            parent=of_parent,
        )
        reach = decide(asked.audience, of_parent)
        if asked.stays:
            reach = Reach(reach.audience, Audience.SITE)
        quote_state = None
        if quoted is not None:
            quote_state = await self._quotes.check(tx, author.id, reach.audience, quoted)
        composed = await self._composer.compose(tx, draft.text, draft.content_type, draft.summary)
        people = await self._naming.people_named(
            tx, author, composed.mentioned, reach=reach, parent=parent
        )
        return _Plan(
            author=author,
            draft=draft,
            parent=parent,
            quoted=quoted,
            asked=asked,
            reach=reach,
            quote_state=quote_state,
            composed=composed,
            people=people,
            asks=None if reach.audience is Audience.SITE else asks,
        )

    async def _referred(self, tx: Transaction, author_id: int, post_id: int, what: str) -> Post:
        try:
            return await self._access.access_original(tx, author_id, post_id)
        except NotFound:
            raise NotFound(
                "referred_missing",
                f"The post you are trying to {what} does not appear to exist.",
            ) from None

    # Writing

    def _row(self, plan: _Plan) -> Post:
        identifier, now = self._ids.new(), self._clock.now()
        author, draft, parent, quoted = plan.author, plan.draft, plan.parent, plan.quoted
        return Post(
            id=identifier,
            uri=self._local_ids.uri("post", identifier),
            url=f"{self._local_ids.origin}/@{author.username}/{identifier}",
            account_id=author.id,
            local=True,
            kind=NOTE if draft.poll is None else QUESTION,
            audience=plan.reach.audience.value,
            listed=plan.asked.listed,
            title="",
            content=plan.composed.html,
            source=clean_text(draft.text),
            source_type=draft.content_type,
            summary=clean_text(draft.summary),
            sensitive=bool(draft.sensitive or draft.summary.strip()),
            language=normalise_language(draft.language),
            emojis=json.dumps(plan.composed.emojis, ensure_ascii=False),
            created_at=now,
            received_at=now,
            edited_at=None,
            reply_to_id=parent.id if parent else None,
            reply_to_account_id=parent.account_id if parent else None,
            reply_to_uri=None,
            thread_id=parent.thread_id if parent else identifier,
            conversation=(
                parent.conversation if parent else self._local_ids.uri("context", identifier)
            ),
            boost_of_id=None,
            quote_of_id=quoted.id if quoted else None,
            quote_of_uri=quoted.uri if quoted else None,
            quote_state=plan.quote_state.value if plan.quote_state else None,
            quote_authorization=self._quotes.own_stamp(
                identifier, author.id, quoted, plan.quote_state
            ),
            quote_policy=_quote_policy(plan).value,
            application_id=draft.application_id,
            extra="{}" if plan.asks is None else WAITING,
        )

    async def _add_dependents(self, tx: Transaction, post: Post, plan: _Plan) -> list[Media]:
        draft = plan.draft
        await self._rows.add_people(tx, post.id, plan.people)
        await self._rows.add_tags(tx, post.id, plan.composed.tags)
        if draft.poll is not None and self._rows.polls is not None:
            await self._rows.polls.create(tx, post, draft.poll)
        if not draft.media_ids:
            return []
        return await self._media.attach(tx, plan.author.id, post.id, draft.media_ids)

    async def _count(self, tx: Transaction, post: Post, plan: _Plan) -> None:
        if post.audience != Audience.DIRECT:
            await self._people.count_posts(tx, post.account_id, 1, at=post.created_at)
        if plan.parent is not None:
            await self._counters.count_reply(
                tx,
                plan.parent,
                audience=post.audience,
                author_id=post.account_id,
                by_local=True,
            )
        if plan.quoted is not None:
            await self._counters.count_quote(tx, plan.quoted, post)

    async def _tell(
        self, tx: Transaction, post: Post, plan: _Plan, media: Sequence[Media]
    ) -> NoteParts:
        poll = None
        if post.kind == QUESTION and self._rows.polls is not None:
            poll = await self._rows.polls.document(tx, post.id)
        parts = NoteParts(
            author=plan.author,
            people=plan.people,
            tags=plan.composed.tags,
            media=media,
            parent_uri=plan.parent.uri if plan.parent else None,
            poll=poll,
        )
        if plan.asks is None:
            await self._delivery.send_create(tx, post, parts)
        else:
            await self._delivery.ask_to_reply(tx, post, parts, plan.asks)
        if plan.quoted is not None:
            await self._quotes.ask(tx, post, parts, plan.quoted)
        await self._events.publish(
            tx,
            PostPublished.of(
                post,
                plan.people,
                fresh=True,
                tagged=bool(plan.composed.tags),
                linked=links_out(post.content),
            ),
        )
        if plan.quoted is not None and plan.quote_state is QuoteState.ACCEPTED:
            quoted = plan.quoted
            told = PostQuoted(post.id, post.account_id, quoted.id, quoted.account_id)
            await self._events.publish(tx, told)
        return parts


def check_text(text: str, summary: str, most: int) -> None:
    """Raises Invalid if text and warning together are too long."""
    if 3 * (len(text) + len(summary)) <= most:
        return  # a link counts at most three times its length, everything else at most once
    if count_characters(text) + count_graphemes(summary) > most:
        raise Invalid(
            "text_too_long", f"Validation failed: Text character limit of {most} exceeded"
        )


def _quote_policy(plan: _Plan) -> QuotePolicy:
    """Posts for few cannot be quoted by others, whatever is asked (as Mastodon does)."""
    if plan.reach.audience not in OPEN:
        return QuotePolicy.NOBODY
    return plan.draft.quote_policy or QuotePolicy.PUBLIC
