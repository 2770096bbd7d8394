"""Whom one may find and follow. The only writer of ``suggestion_dismissal``."""

from __future__ import annotations

from msgspec import Struct

from fedrse.features.directory import queries
from fedrse.store.database import Transaction

FARTHEST = 10_000  # people that can be skipped
FRIENDS_OF_FRIENDS = "friends_of_friends"
MOST_FOLLOWED = "most_followed"


class Suggestion(Struct, frozen=True, gc=False):
    """Somebody to follow, and why: names of Mastodon's ``sources``."""

    account_id: int
    sources: tuple[str, ...]

    @property
    def source(self) -> str:
        """The same in the one word of Mastodon until 4.3."""
        return "past_interactions" if FRIENDS_OF_FRIENDS in self.sources else "global"


class Directory:
    """People who agreed to be found."""

    async def people(
        self,
        tx: Transaction,
        viewer: int | None,
        *,
        newest: bool,
        local: bool,
        limit: int,
        offset: int,
    ) -> list[int]:
        """Ids, the most recently active or the ``newest`` first."""
        rows = await tx.all(
            queries.DIRECTORY[newest, local],
            me=viewer or 0,
            limit=limit,
            offset=min(max(offset, 0), FARTHEST),
        )
        return [row.id for row in rows]

    async def suggestions(self, tx: Transaction, viewer: int, limit: int) -> list[Suggestion]:
        """Whom those follow whom the viewer follows, then whom many here follow."""
        sources: dict[int, list[str]] = {}
        for name, statement in (
            (FRIENDS_OF_FRIENDS, queries.FRIENDS_OF_FRIENDS),
            (MOST_FOLLOWED, queries.MOST_FOLLOWED),
        ):
            for row in await tx.all(statement, me=viewer, limit=limit):
                sources.setdefault(row.id, []).append(name)
        found = [Suggestion(account_id, tuple(names)) for account_id, names in sources.items()]
        return found[:limit]

    async def dismiss(self, tx: Transaction, viewer: int, other: int) -> None:
        """Suggests somebody no more; somebody who does not exist is fine."""
        await tx.run(queries.DISMISS, me=viewer, other=other)
