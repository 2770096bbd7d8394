"""What those in charge say about trends. The only writer of ``trend_review``."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from fedrse.core.clock import Clock
from fedrse.core.errors import NotFound
from fedrse.features.audit.model import Actor, Target
from fedrse.features.audit.model_acts import Act
from fedrse.features.audit.service import Audit
from fedrse.features.cards.model import Card
from fedrse.features.tags.model import Tag
from fedrse.features.trends import queries_review as queries
from fedrse.features.trends.model_review import REVIEWED, Kind, Publisher, Review, publisher_of
from fedrse.features.trends.service import History, Trends
from fedrse.store.database import Row, Transaction


class Verdict(Struct, frozen=True):
    """What was said: of the item, of its publisher, and what follows for people."""

    own: bool | None
    publisher: bool | None
    shown: bool

    @property
    def waits(self) -> bool:
        """Nobody has said anything yet."""
        return self.own is None and self.publisher is None


class TrendReviews:
    """Lists everything that trends, whatever was said, and takes what is said."""

    def __init__(
        self, *, clock: Clock, audit: Audit, trends: Trends, needs_review: bool = False
    ) -> None:
        self._clock = clock
        self._audit = audit
        self._trends = trends
        self._by_default = not needs_review

    @property
    def needs_review(self) -> bool:
        """Whether people see approved ones only."""
        return not self._by_default

    # Reading, the hottest first

    async def tags(self, tx: Transaction, limit: int, offset: int) -> list[tuple[Tag, Verdict]]:
        """Tags."""
        rows = await tx.all(queries.TAGS, kind=Kind.TAG.value, limit=limit, offset=offset)
        return [(Tag(*row[2:]), self._verdict(row)) for row in rows]

    async def links(
        self, tx: Transaction, limit: int, offset: int
    ) -> list[tuple[Card, History, Verdict]]:
        """Previews, with how often they were shared."""
        rows = await tx.all(queries.LINKS, kind=Kind.LINK.value, limit=limit, offset=offset)
        found = [(Card(*row[2:]), self._verdict(row)) for row in rows]
        histories = await self._trends.histories(tx, [card.id for card, _ in found])
        return [(card, histories[card.id], verdict) for card, verdict in found]

    async def posts(self, tx: Transaction, limit: int, offset: int) -> list[tuple[int, Verdict]]:
        """Ids of posts that everybody here may read."""
        rows = await tx.all(queries.POSTS, kind=Kind.POST.value, limit=limit, offset=offset)
        return [(row.id, self._verdict(row)) for row in rows]

    async def publishers(self, tx: Transaction) -> list[tuple[Publisher, Review | None]]:
        """Hosts of links that trend, and those of which something was said, by falling id."""
        said = {row.item_id: Review(*row) for row in await tx.all(queries.PUBLISHERS)}
        found = {one.item_id: Publisher(one.item_id, one.name) for one in said.values()}
        for row in await tx.all(queries.TRENDING_URLS):
            publisher = publisher_of(row.url)
            found.setdefault(publisher.id, publisher)
        return [(found[one], said.get(one)) for one in sorted(found, reverse=True)]

    def _verdict(self, row: Row) -> Verdict:
        """Of a row that begins with what was said."""
        own, publisher = (None if one is None else bool(one) for one in row[:2])
        said = publisher if own is None else own
        return Verdict(own, publisher, self._by_default if said is None else said)

    # Deciding

    async def decide_tag(self, tx: Transaction, by: Actor, key: int, *, allowed: bool) -> Tag:
        """Raises NotFound."""
        found = Tag(*await _row(tx, queries.TAG, key))
        await self._decide(tx, by, Kind.TAG, key, f"#{found.display}", allowed=allowed)
        return found

    async def decide_link(self, tx: Transaction, by: Actor, key: int, *, allowed: bool) -> Card:
        """Raises NotFound."""
        found = Card(*await _row(tx, queries.LINK, key))
        await self._decide(tx, by, Kind.LINK, key, found.url, allowed=allowed)
        return found

    async def decide_post(self, tx: Transaction, by: Actor, key: int, *, allowed: bool) -> None:
        """Raises NotFound, also for a post that not everybody here may read."""
        found = await _row(tx, queries.POST, key)
        await self._decide(tx, by, Kind.POST, key, found.uri, allowed=allowed)

    async def decide_publisher(
        self, tx: Transaction, by: Actor, key: int, *, allowed: bool
    ) -> tuple[Publisher, Review]:
        """Raises NotFound for a host of no trending link of which nothing was ever said."""
        known = {publisher.id: publisher for publisher, _ in await self.publishers(tx)}
        if key not in known:
            raise NotFound
        name = known[key].domain
        return known[key], await self._decide(tx, by, Kind.PUBLISHER, key, name, allowed=allowed)

    async def verdict(self, tx: Transaction, kind: Kind, key: int) -> Verdict:
        """What was said of something itself."""
        row = await tx.one(queries.REVIEW, kind=kind.value, key=key)
        said = None if row is None else bool(row.allowed)
        return Verdict(said, None, self._by_default if said is None else said)

    async def _decide(
        self, tx: Transaction, by: Actor, kind: Kind, key: int, name: str, *, allowed: bool
    ) -> Review:
        before = await tx.one(queries.REVIEW, kind=kind.value, key=key)
        made = Review(
            kind=kind.value,
            item_id=key,
            allowed=allowed,
            name=name if kind is Kind.PUBLISHER else "",
            decided_at=self._clock.now(),
        )
        await tx.run(
            queries.DECIDE, **{field: getattr(made, field) for field in made.__struct_fields__}
        )
        await self._audit.record(
            tx,
            Act.TREND_APPROVED if allowed else Act.TREND_REJECTED,
            by,
            Target(kind.value, str(key), name),
            before=None if before is None else {"allowed": bool(before.allowed)},
            after={"allowed": allowed},
        )
        tx.notify(REVIEWED, "")
        return made


async def _row(tx: Transaction, statement: Any, key: int) -> Any:
    """Raises NotFound."""
    row = await tx.one(statement, key=key)
    if row is None:
        raise NotFound
    return row
