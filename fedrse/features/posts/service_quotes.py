"""Quotes with the agreement of whoever is quoted (FEP-044f), in both directions.

The stamp of agreement lives at ``/ap/q/<id of the quote>`` on the site of the quoted author. A
quote of a post of this site is stamped or refused at once, by the policy of the post; a quote of a
remote post asks its author and is shown once the stamp has come. Own posts need no stamp.
"""

from __future__ import annotations

import json
from typing import Any

from msgspec.structs import replace

from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.outbox import Outbox, Recipients
from fedrse.activitypub.vocabulary import Json
from fedrse.core.clock import Clock
from fedrse.core.errors import Invalid, NotFound
from fedrse.core.ids import IdMaker
from fedrse.features.accounts.model import Account
from fedrse.features.posts import queries
from fedrse.features.posts.model import Audience, Post, QuotePolicy, QuoteState
from fedrse.features.posts.model_context import with_context
from fedrse.features.posts.model_events import PostEdited, PostQuoted
from fedrse.features.posts.model_rules import QuoteRight, may_quote, narrow, onward
from fedrse.features.posts.service_access import Access
from fedrse.features.posts.service_border import Border
from fedrse.features.posts.service_counters import Counters
from fedrse.features.posts.service_delivery import Delivery
from fedrse.features.posts.service_documents import Documents, NoteParts
from fedrse.features.posts.service_ports import People
from fedrse.features.posts.service_rows import Rows
from fedrse.store.database import Transaction
from fedrse.store.events import Events

MANUAL = "quote_manual"  # in Post.extra: who quotes may ask the author


class Quotes:
    """Asks for agreement, gives it and takes it back."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: IdMaker,
        local_ids: LocalIds,
        events: Events,
        people: People,
        border: Border,
        access: Access,
        rows: Rows,
        counters: Counters,
        documents: Documents,
        delivery: Delivery,
        outbox: Outbox,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._local_ids = local_ids
        self._events = events
        self._people = people
        self._border = border
        self._access = access
        self._rows = rows
        self._counters = counters
        self._documents = documents
        self._delivery = delivery
        self._outbox = outbox

    # Deciding

    async def right(self, tx: Transaction, quoter: int, quoted: Post) -> str:
        """``automatic``, ``manual`` or ``denied``."""
        follows = await tx.all(queries.FOLLOWING_AUTHOR, ids=[quoter], author=quoted.account_id)
        return may_quote(
            QuoteRight(
                audience=Audience(quoted.audience),
                policy=policy_of(quoted),
                by_author=quoted.account_id == quoter,
                follows=bool(follows),
                manual=bool(json.loads(quoted.extra).get(MANUAL)),
            )
        )

    async def check(
        self, tx: Transaction, author_id: int, audience: Audience, quoted: Post
    ) -> QuoteState:
        """The state of a new quote. Raises Invalid if it is wider than the quoted, or denied."""
        limit = onward(
            Audience(quoted.audience),
            local=quoted.local,
            by_member=await self._is_of_member(tx, quoted),
            closed=self._border.closed,
        )
        if narrow(audience, limit) is not audience:
            raise Invalid(
                "quote_wider",
                "Validation failed: A quote cannot be seen by more people than what it quotes",
            )
        right = await self.right(tx, author_id, quoted)
        if right == "denied":
            raise Invalid("quote_denied", "Validation failed: This post cannot be quoted")
        if quoted.local and right == "automatic":
            return QuoteState.ACCEPTED
        return QuoteState.PENDING

    async def _is_of_member(self, tx: Transaction, post: Post) -> bool:
        author = await self._people.by_id(tx, post.account_id)
        return author is not None and self._border.is_member(author.host)

    def own_stamp(
        self, quote_id: int, author_id: int, quoted: Post | None, state: QuoteState | None
    ) -> str | None:
        """The address of our agreement with a quote of one of our posts."""
        if quoted is None or not quoted.local or state is not QuoteState.ACCEPTED:
            return None
        if quoted.account_id == author_id:
            return None
        return self._local_ids.uri("quote-authorization", quote_id)

    # We quote

    async def ask(self, tx: Transaction, post: Post, parts: NoteParts, quoted: Post) -> None:
        """``QuoteRequest`` to the author of a remote post."""
        if quoted.local or post.audience == Audience.SITE:
            return
        author = await self._people.by_id(tx, quoted.account_id)
        if author is None or not self._border.admits(author.host):
            return
        request = with_context(
            {
                "id": f"{post.uri}#quote-request",
                "type": "QuoteRequest",
                "actor": parts.author.uri,
                "to": [author.uri],
                "object": quoted.uri,
                "instrument": self._documents.note(post, parts),
            }
        )
        await self._outbox.enqueue(
            tx,
            request,
            sender=parts.author.id,
            recipients=Recipients((author.id,), personal=True),
            object_uri=request["id"],
        )

    async def answered(
        self, tx: Transaction, quote: Post, state: QuoteState, stamp: str | None
    ) -> None:
        """The author of the quoted post agreed (with a stamp), refused or changed their mind."""
        await self.set_state(tx, quote, state, stamp)
        if quote.local:
            parts = await self._rows.note_parts(tx, quote, totals=True)
            told = replace(quote, quote_state=state.value, quote_authorization=stamp)
            await self._delivery.send_update(tx, told, parts, self._clock.now())

    async def set_state(
        self, tx: Transaction, quote: Post, state: QuoteState, stamp: str | None
    ) -> None:
        """Records how far the quoted author agrees."""
        await tx.run(
            queries.SET_QUOTE,
            key=quote.id,
            new_quote_of_id=quote.quote_of_id,
            new_quote_of_uri=quote.quote_of_uri,
            new_quote_state=state.value,
            new_quote_authorization=stamp,
        )
        self._counters.changed(tx, quote.id)
        await self._events.publish(tx, PostEdited(quote.id, quote.account_id, quote.local))

    # Others quote us

    async def answer_request(
        self, tx: Transaction, request: Json, quoter: Account, quote: Post, quoted: Post
    ) -> str:
        """``Accept`` with a stamp, or ``Reject``; returns which."""
        right = await self.right(tx, quoter.id, quoted)
        wide = narrow(Audience(quote.audience), Audience(quoted.audience)) != quote.audience
        agreed = right == "automatic" and not wide
        stamp = self._local_ids.uri("quote-authorization", quote.id) if agreed else None
        linked = replace(quote, quote_of_id=quoted.id, quote_of_uri=quoted.uri)
        state = QuoteState.ACCEPTED if agreed else QuoteState.REJECTED
        fresh = quote.quote_state != QuoteState.ACCEPTED
        await self.set_state(tx, linked, state, stamp)
        if agreed and fresh:
            told = PostQuoted(quote.id, quoter.id, quoted.id, quoted.account_id)
            await self._events.publish(tx, told)
        author = await self._people.by_id(tx, quoted.account_id)
        assert author is not None  # noqa: S101  (a foreign key)
        answer: dict[str, Any] = {
            "id": self._local_ids.uri("activity", self._ids.new()),
            "type": "Accept" if agreed else "Reject",
            "actor": author.uri,
            "to": [quoter.uri],
            "object": {name: value for name, value in request.items() if name != "@context"},
        }
        if stamp is not None:
            answer["result"] = stamp
        await self._outbox.enqueue(
            tx,
            with_context(answer),
            sender=author.id,
            recipients=Recipients((quoter.id,), personal=True),
            object_uri=answer["id"],
        )
        return str(answer["type"])

    async def stamp(self, tx: Transaction, quote_id: int) -> Json:
        """The document of an agreement. Raises NotFound if there is none (any more)."""
        quote = await self._access.by_id(tx, quote_id)
        if quote is None or quote.quote_of_id is None or quote.quote_state != QuoteState.ACCEPTED:
            raise NotFound
        address = self._local_ids.uri("quote-authorization", quote_id)
        quoted = await self._access.by_id(tx, quote.quote_of_id)
        if quoted is None or quote.quote_authorization != address:
            raise NotFound
        author = await self._people.by_id(tx, quoted.account_id)
        assert author is not None  # noqa: S101  (a foreign key)
        return with_context(
            {
                "id": address,
                "type": "QuoteAuthorization",
                "attributedTo": author.uri,
                "interactingObject": quote.uri,
                "interactionTarget": quoted.uri,
            }
        )

    async def revoke(self, tx: Transaction, owner: Account, post_id: int, quote_id: int) -> Post:
        """The quoted author takes an agreement back. Raises NotFound."""
        await self._access.access_own(tx, owner.id, post_id)
        quote = await self._access.access_post(tx, owner.id, quote_id)
        if quote.quote_of_id != post_id:
            raise NotFound
        await self.answered(tx, quote, QuoteState.REVOKED, None)
        stamp = self._local_ids.uri("quote-authorization", quote.id)
        quoter = () if quote.local else (quote.account_id,)
        activity = {
            "id": f"{stamp}#delete",
            "type": "Delete",
            "actor": owner.uri,
            "to": [],
            "object": stamp,
        }
        await self._outbox.enqueue(
            tx,
            with_context(activity),
            sender=owner.id,
            recipients=Recipients(
                quoter, members=quote.audience in (Audience.PUBLIC, Audience.NETWORK)
            ),
            object_uri=stamp,
        )
        return quote


def policy_of(post: Post) -> QuotePolicy | None:
    """The policy of a post; None where a remote author's site published none."""
    try:
        return QuotePolicy(post.quote_policy)
    except ValueError:
        return None
