"""What all pages about other people use."""

from __future__ import annotations

from collections.abc import Sequence

from fedrse.features.accounts.service import Accounts
from fedrse.features.relationships.service import Relationships
from fedrse.store.database import Database, Transaction
from fedrse.web.renderer import Renderer
from fedrse.web.viewers import Me, Works
from fedrse.web.views import Person


class PeoplePages:
    """Base of these pages."""

    def __init__(
        self,
        *,
        database: Database,
        accounts: Accounts,
        relationships: Relationships,
        renderer: Renderer,
        me: Me,
        works: Works,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._relationships = relationships
        self._renderer = renderer
        self._me = me
        self._works = works

    async def _people(self, tx: Transaction, ids: Sequence[int]) -> dict[int, Person]:
        """How somebody is drawn, by id; those who are gone are missing."""
        entities = await self._accounts.entities(tx, list(ids))
        return {key: self._renderer.faces.person(entity) for key, entity in entities.items()}
