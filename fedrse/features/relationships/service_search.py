"""Search for people, with what the searcher has to do with them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fedrse.features.accounts.service import Accounts
from fedrse.features.relationships.service import Relationships
from fedrse.store.database import Transaction


class PeopleSearch:
    """Finds and renders accounts for somebody of this site.

    Blocked people stay findable: who wants to unblock somebody has to find them first.
    """

    def __init__(self, *, accounts: Accounts, relationships: Relationships) -> None:
        self._accounts = accounts
        self._relationships = relationships

    async def search(
        self,
        tx: Transaction,
        text: str,
        *,
        viewer: int,
        limit: int,
        offset: int,
        following: bool,
    ) -> list[int]:
        """Ids of accounts whose handle or name begins so; ``following``: of followed ones only."""
        among = await self._relationships.followed_ids(tx, viewer) if following else None
        return await self._accounts.search(tx, text, limit=limit, offset=offset, among=among)

    async def entities(self, tx: Transaction, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
        """Mastodon ``Account`` entities by id."""
        return await self._accounts.entities(tx, ids)
