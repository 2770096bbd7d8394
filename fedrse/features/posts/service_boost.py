"""Boosts: rows of their own that share a post, never with more people than may read it."""

from __future__ import annotations

from msgspec.structs import asdict

from fedrse.activitypub.local_ids import LocalIds
from fedrse.core.clock import Clock
from fedrse.core.errors import Forbidden, NotFound
from fedrse.core.ids import IdMaker
from fedrse.features.accounts.model import Account
from fedrse.features.posts import queries
from fedrse.features.posts.model import BOOST, Audience, Post, Visibility
from fedrse.features.posts.model_events import PostBoosted
from fedrse.features.posts.model_rules import asked_audience, may_boost, narrow, onward
from fedrse.features.posts.service_access import Access, post_of
from fedrse.features.posts.service_border import Border
from fedrse.features.posts.service_counters import Counters
from fedrse.features.posts.service_delivery import Delivery
from fedrse.features.posts.service_documents import Documents
from fedrse.features.posts.service_ports import People
from fedrse.features.posts.service_remove import Remover
from fedrse.store.database import Transaction
from fedrse.store.events import Events


class Booster:
    """Shares posts, and takes shares back."""

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
        counters: Counters,
        documents: Documents,
        delivery: Delivery,
        remover: Remover,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._local_ids = local_ids
        self._events = events
        self._people = people
        self._border = border
        self._access = access
        self._counters = counters
        self._documents = documents
        self._delivery = delivery
        self._remover = remover

    async def boost(
        self,
        tx: Transaction,
        account: Account,
        post_id: int,
        visibility: Visibility | None = None,
    ) -> Post:
        """Shares a post; a second time gives the same boost.

        Raises NotFound for what the person cannot see, Forbidden for what only its author shares.
        """
        original = await self._access.access_original(tx, account.id, post_id)
        known = await self.boost_by(tx, account.id, original.id)
        if known is not None:
            return known
        own = original.account_id == account.id
        if not may_boost(Audience(original.audience), by_author=own):
            raise Forbidden("boost_denied", "This action is not allowed")
        author = await self._people.by_id(tx, original.account_id)
        assert author is not None  # noqa: S101  (a foreign key)
        asked = asked_audience(
            visibility,
            None,
            local_only=False,
            default=self._border.default_audience,
            parent=Audience(original.audience),
        )
        audience = narrow(asked.audience, self.limit(original, author))
        identifier, now = self._ids.new(), self._clock.now()
        boost = boost_row(
            identifier,
            self._local_ids.uri("boost", identifier),
            account,
            original,
            audience=audience,
            listed=asked.listed,
            at=now,
            received_at=now,
        )
        await self.add(tx, boost, original, fresh=True)
        await self._delivery.send_boost(tx, boost, account, original, author)
        return boost

    def limit(self, original: Post, author: Account) -> Audience:
        """The widest audience of a boost (rules 2 and 7)."""
        return onward(
            Audience(original.audience),
            local=original.local,
            by_member=self._border.is_member(author.host),
            closed=self._border.closed,
        )

    async def add(self, tx: Transaction, boost: Post, original: Post, *, fresh: bool) -> None:
        """Records a boost, ours or remote; ``fresh``: it happened just now."""
        await tx.run(queries.ADD, **asdict(boost))
        await self._people.count_posts(tx, boost.account_id, 1, at=boost.created_at)
        await self._counters.count(tx, original, by_local=boost.local, boosts=1)
        await self._events.publish(
            tx,
            PostBoosted(
                post_id=boost.id,
                account_id=boost.account_id,
                local=boost.local,
                original_id=original.id,
                original_author_id=original.account_id,
                fresh=fresh,
            ),
        )

    async def unboost(self, tx: Transaction, account: Account, post_id: int) -> Post:
        """Takes a boost back; returns the post that was boosted. Raises NotFound."""
        post = await self._access.by_id(tx, post_id)
        original_id = post_id if post is None or post.boost_of_id is None else post.boost_of_id
        boost = await self.boost_by(tx, account.id, original_id)
        original = await self._access.by_id(tx, original_id)
        if boost is None or original is None:
            # Nothing to undo: whoever may see the post gets it as it is.
            return await self._access.access_original(tx, account.id, original_id)
        author = await self._people.by_id(tx, original.account_id)
        assert author is not None  # noqa: S101  (a foreign key)
        await self._delivery.send_boost(tx, boost, account, original, author, undone=True)
        await self._remover.remove(tx, boost)
        return original

    async def boost_by(self, tx: Transaction, account_id: int, original_id: int) -> Post | None:
        """The boost of a post by somebody."""
        row = await tx.one(queries.BOOST_BY, me=account_id, original=original_id)
        return None if row is None else post_of(row)

    async def announcement(self, tx: Transaction, boost: Post) -> dict[str, object]:
        """The ``Announce`` of a boost of this site, as it was sent. Raises NotFound."""
        account = await self._people.by_id(tx, boost.account_id)
        original = await self._access.by_id(tx, boost.boost_of_id or 0)
        if account is None or original is None:
            raise NotFound
        author = await self._people.by_id(tx, original.account_id)
        assert author is not None  # noqa: S101  (a foreign key)
        return self._documents.announce(boost, account, original, author.uri)


def boost_row(
    identifier: int,
    uri: str,
    account: Account,
    original: Post,
    *,
    audience: Audience,
    listed: bool,
    at: int,
    received_at: int,
) -> Post:
    """A boost as a row of ``post``."""
    return Post(
        id=identifier,
        uri=uri,
        url=None,
        account_id=account.id,
        local=account.local,
        kind=BOOST,
        audience=audience.value,
        listed=listed,
        title="",
        content="",
        source="",
        source_type="text/plain",
        summary="",
        sensitive=False,
        language=None,
        emojis="[]",
        created_at=at,
        received_at=received_at,
        edited_at=None,
        reply_to_id=None,
        reply_to_account_id=None,
        reply_to_uri=None,
        thread_id=identifier,
        conversation=None,
        boost_of_id=original.id,
        quote_of_id=None,
        quote_of_uri=None,
        quote_state=None,
        quote_authorization=None,
        quote_policy="nobody",
        application_id=None,
    )
