"""People whom somebody recommends on the profile. The only writer of ``endorsement``."""

from __future__ import annotations

from collections.abc import Sequence

from fedrse.core.clock import Clock
from fedrse.core.errors import Invalid
from fedrse.core.ids import IdMaker
from fedrse.core.paging import Page
from fedrse.features.relationships import queries
from fedrse.features.relationships import queries_domains as statements
from fedrse.features.relationships.model import Listed
from fedrse.features.relationships.model_events import Unfollowed
from fedrse.features.relationships.service_follows import Follows
from fedrse.store.database import Transaction
from fedrse.store.events import Events


class Endorsements:
    """One recommends only whom one follows; it ends with the follow."""

    def __init__(self, *, clock: Clock, ids: IdMaker, events: Events, follows: Follows) -> None:
        self._clock = clock
        self._ids = ids
        self._follows = follows
        events.subscribe(Unfollowed, self._unfollowed)

    async def endorse(self, tx: Transaction, who: int, whom: int) -> None:
        """Recommends somebody; twice is fine. Raises Invalid for somebody not followed."""
        follow = await self._follows.pair(tx, who, whom)
        if follow is None or not follow.accepted:
            raise Invalid(
                "endorse_not_following",
                "Validation failed: You must be already following the person you want to endorse",
            )
        await tx.run(
            statements.ADD_ENDORSEMENT,
            account_id=who,
            target_id=whom,
            id=self._ids.new(),
            created_at=self._clock.now(),
        )

    async def unendorse(self, tx: Transaction, who: int, whom: int) -> None:
        """Recommends them no more."""
        await tx.run(statements.REMOVE_ENDORSEMENT, who=who, whom=whom)

    async def _unfollowed(self, tx: Transaction, event: Unfollowed) -> None:
        await self.unendorse(tx, event.account_id, event.target_id)

    async def forget(self, tx: Transaction, account_id: int) -> None:
        """Removes what there is about an account that is gone."""
        await tx.run(statements.REMOVE_ENDORSEMENTS_OF, who=account_id)

    async def listing(self, tx: Transaction, who: int, page: Page) -> list[Listed]:
        """A page of those whom somebody recommends, the latest first."""
        rows = await tx.all(
            statements.ENDORSEMENTS[page.ascending],
            who=who,
            max_id=queries.NEWEST if page.max_id is None else page.max_id,
            since_id=page.after or 0,
            limit=page.limit,
        )
        found = [Listed(row.id, row.account_id) for row in rows]
        return found[::-1] if page.ascending else found

    async def endorsed_among(self, tx: Transaction, who: int, ids: Sequence[int]) -> set[int]:
        """Those of these accounts whom somebody recommends."""
        rows = await tx.all(statements.ENDORSED, who=who, ids=list(ids))
        return {row.target_id for row in rows}
