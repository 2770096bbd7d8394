"""Trends of the network: counted every few minutes from posts that everybody here may read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from fedrse.core.clock import DAY, MINUTE, SECOND, Clock
from fedrse.core.errors import NotFound
from fedrse.core.ids import first_of, time_of
from fedrse.core.paging import Page
from fedrse.features.cards.model import Card
from fedrse.features.tags.model import Tag
from fedrse.features.trends import queries
from fedrse.features.trends.model import (
    FEWEST,
    MOST_KEPT,
    MOST_OF_AUTHOR,
    POST_WINDOW,
    RECENT,
    WINDOW,
    heat,
    rise,
)
from fedrse.features.trends.model_review import publisher_of
from fedrse.store.database import Row, Transaction
from fedrse.store.statement import Statement

COUNT_EVERY = 10 * MINUTE
DAYS = 7
NEWEST = 1 << 62
_MOST_POSTS = 500
History = list[dict[str, str]]


class Trends:
    """The only writer of ``trend``."""

    def __init__(self, *, clock: Clock, needs_review: bool = False) -> None:
        """``needs_review``: nobody sees what those in charge have not approved."""
        self._clock = clock
        self._by_default = not needs_review

    # Counting

    async def count(self, tx: Transaction) -> None:
        """Finds out anew what trends."""
        await self._keep(tx, "tag", await self._rising(tx, queries.TAGS))
        await self._keep(tx, "link", await self._rising(tx, queries.LINKS))
        await self._keep(tx, "post", await self._hot(tx))
        await tx.run(queries.FORGET_REVIEWS, before_id=first_of(self._clock.now() - POST_WINDOW))

    async def _rising(self, tx: Transaction, statement: Statement) -> dict[int, float]:
        now = self._clock.now()
        rows = await tx.all(
            statement,
            since_id=first_of(now - WINDOW),
            recent_id=first_of(now - RECENT),
            fewest=FEWEST,
        )
        return {row.item: rise(row.recent, row.earlier) for row in rows}

    async def _hot(self, tx: Transaction) -> dict[int, float]:
        now = self._clock.now()
        rows = await tx.all(
            queries.POSTS, since_id=first_of(now - POST_WINDOW), fewest=FEWEST, limit=_MOST_POSTS
        )
        scored = [(heat(row.likes, row.boosts, now - time_of(row.id)), row) for row in rows]
        scored.sort(key=lambda one: one[0], reverse=True)
        of_author: Counter[int] = Counter()
        found = {}
        for score, row in scored:
            of_author[row.account_id] += 1
            if of_author[row.account_id] <= MOST_OF_AUTHOR:
                found[row.id] = score
        return found

    @staticmethod
    async def _keep(tx: Transaction, kind: str, scores: dict[int, float]) -> None:
        best = sorted(scores.items(), key=lambda one: (one[1], one[0]), reverse=True)[:MOST_KEPT]
        await tx.run(queries.CLEAR, kind=kind)
        publishers = await _publishers(tx, [item for item, _ in best]) if kind == "link" else {}
        rows = [
            {"kind": kind, "item_id": item, "score": score, "publisher_id": publishers.get(item)}
            for item, score in best
            if score
        ]
        if rows:
            await tx.many(queries.ADD, rows)

    # Reading

    async def tags(self, tx: Transaction, limit: int, offset: int) -> list[Tag]:
        """Tags, the hottest first."""
        rows = await self._top(tx, queries.TOP_TAGS, kind="tag", limit=limit, offset=offset)
        return [Tag(*row) for row in rows]

    async def posts(
        self, tx: Transaction, viewer: int | None, limit: int, offset: int
    ) -> list[int]:
        """Ids of posts of people whom the viewer wants to hear, the hottest first."""
        rows = await self._top(
            tx, queries.TOP_POSTS, kind="post", limit=limit, offset=offset, me=viewer or 0
        )
        return [row.id for row in rows]

    async def links(self, tx: Transaction, limit: int, offset: int) -> list[tuple[Card, History]]:
        """Previews with how often they were shared in the last days, the hottest first."""
        rows = await self._top(tx, queries.TOP_LINKS, kind="link", limit=limit, offset=offset)
        cards = [Card(*row) for row in rows]
        histories = await self.histories(tx, [card.id for card in cards])
        return [(card, histories[card.id]) for card in cards]

    async def _top(self, tx: Transaction, statement: Statement, **values: object) -> list[Row]:
        return await tx.all(statement, by_default=self._by_default, **values)

    async def histories(self, tx: Transaction, ids: Sequence[int]) -> dict[int, History]:
        """How often and by how many people links were shared on each of the last days."""
        today = self._clock.now() // DAY
        first = (today - DAYS + 1) * DAY
        uses: Counter[tuple[int, int]] = Counter()
        people: dict[tuple[int, int], set[int]] = {}
        rows = await tx.all(queries.LINK_DAYS, ids=list(ids), since_id=first_of(first))
        for row in rows:
            place = (row.card_id, time_of(row.post_id) // DAY)
            uses[place] += 1
            people.setdefault(place, set()).add(row.account_id)
        return {
            one: [
                {
                    "day": str(day * DAY // SECOND),
                    "uses": str(uses[one, day]),
                    "accounts": str(len(people.get((one, day), ()))),
                }
                for day in range(today, today - DAYS, -1)
            ]
            for one in ids
        }

    async def posts_with_link(
        self, tx: Transaction, viewer: int, url: str, page: Page
    ) -> list[int]:
        """Ids of posts that show a link, newest first. Raises NotFound for one not trending."""
        card_id = await tx.value(queries.TRENDING_LINK, url=url, by_default=self._by_default)
        if card_id is None:
            raise NotFound
        rows = await tx.all(
            queries.WITH_LINK[page.ascending],
            card_id=card_id,
            me=viewer,
            max_id=NEWEST if page.max_id is None else page.max_id,
            since_id=page.after or 0,
            limit=page.limit,
        )
        found = [row.id for row in rows]
        if page.ascending:
            found.reverse()
        return found


async def _publishers(tx: Transaction, ids: Sequence[int]) -> dict[int, int]:
    """The publisher of each link, by its id."""
    rows = await tx.all(queries.URLS, ids=list(ids))
    return {row.id: publisher_of(row.url).id for row in rows}
