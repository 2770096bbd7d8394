"""Reported posts for those who moderate, whoever may read them otherwise."""

from __future__ import annotations

from collections.abc import Sequence

from fedrse.features.posts.service_assembly import authors_of
from fedrse.features.posts.service_border import Border
from fedrse.features.posts.service_entities import Entities
from fedrse.features.posts.service_page import Page
from fedrse.features.posts.service_ports import People
from fedrse.store.database import Transaction


class ReportedPosts:
    """Renders posts as their authors find them, without what the author has marked.

    Whoever calls it has made sure that somebody who may read each post has reported it.
    """

    def __init__(self, *, border: Border, people: People, statuses: Entities) -> None:
        self._border = border
        self._people = people
        self._statuses = statuses

    async def entities(self, tx: Transaction, ids: Sequence[int]) -> dict[int, bytes]:
        """Mastodon ``Status`` JSON by id; posts that are gone are left out."""
        fragments = await self._statuses.with_referred(tx, ids)
        # What its author quotes is not reported with it.
        shown = {key: one for key, one in fragments.items() if key in set(ids) or one.is_open}
        accounts = await self._people.rendered(tx, authors_of(shown))
        found: dict[int, bytes] = {}
        for one in ids:
            fragment = shown.get(one)
            if fragment is None:
                continue
            page = Page(self._border.person(fragment.account_id), shown, accounts)
            entity = self._statuses.single.compose(page, fragment, 2)
            if entity is not None:
                found[one] = entity
        return found
