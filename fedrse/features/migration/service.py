"""Takes lists out and brings them in again, through the services that own them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec

from fedrse.core.errors import FedrseError, NotFound
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.service import Accounts
from fedrse.features.lists.model import RepliesPolicy
from fedrse.features.lists.service import Lists
from fedrse.features.migration import queries
from fedrse.features.migration.model import Entry, Kind
from fedrse.features.posts.service import Posts
from fedrse.features.relationships.model import FollowOptions
from fedrse.features.relationships.service import Relationships
from fedrse.jobs.queue import Queue
from fedrse.store.database import Row, Transaction

IMPORT = "migration.import"
"""Job: ``account``, ``kind``, ``entries``, and how often it was ``tried``."""

REMOVE = "migration.remove"
"""Job: ``account``, ``kind`` and the ``ids`` (domains) that an overwriting import leaves out."""

BATCH = 25
LONGEST_LANGUAGE = 35  # BCP 47


class Migration:
    """Exports and imports of people of this site."""

    def __init__(
        self,
        *,
        queue: Queue,
        accounts: Accounts,
        relationships: Relationships,
        posts: Posts,
        lists: Lists,
    ) -> None:
        self._queue = queue
        self._accounts = accounts
        self._relationships = relationships
        self._posts = posts
        self._lists = lists

    # Taking along

    async def rows(self, tx: Transaction, me: int, kind: Kind) -> list[Sequence[Any]]:
        """The lines of a file."""
        match kind:
            case Kind.FOLLOWING:
                rows = await tx.all(queries.FOLLOWING, me=me)
                return [
                    (
                        _handle(row),
                        str(row.show_boosts).lower(),
                        str(row.notify).lower(),
                        ", ".join(json.loads(row.languages)),
                    )
                    for row in rows
                ]
            case Kind.BLOCKING:
                return [(_handle(row),) for row in await tx.all(queries.BLOCKING, me=me)]
            case Kind.MUTING:
                rows = await tx.all(queries.MUTING, me=me)
                return [(_handle(row), str(row.notifications).lower()) for row in rows]
            case Kind.DOMAIN_BLOCKING:
                return [(row.domain,) for row in await tx.all(queries.DOMAINS, me=me)]
            case Kind.BOOKMARKS:
                return [(row.uri,) for row in await tx.all(queries.BOOKMARKS, me=me)]
            case Kind.LISTS:
                rows = await tx.all(queries.LISTS, me=me)
                return [(row.title, _handle(row)) for row in rows]

    # Bringing in

    async def plan(
        self, tx: Transaction, me: int, kind: Kind, entries: Sequence[Entry], *, overwrite: bool
    ) -> None:
        """Does an import by and by; ``overwrite`` also removes what is not in the file."""
        if overwrite:
            await self._plan_removal(tx, me, kind, {entry.what.lower() for entry in entries})
        for start in range(0, len(entries), BATCH):
            await self.plan_batch(tx, me, kind, entries[start : start + BATCH])

    async def plan_batch(
        self,
        tx: Transaction,
        me: int,
        kind: Kind,
        entries: Sequence[Entry],
        *,
        tried: int = 0,
        due_at: int | None = None,
    ) -> None:
        """Some lines, possibly again."""
        arguments = {
            "account": me,
            "kind": kind.value,
            "entries": msgspec.to_builtins(list(entries)),
            "tried": tried,
        }
        await self._queue.enqueue(tx, IMPORT, arguments, due_at=due_at)

    async def _plan_removal(self, tx: Transaction, me: int, kind: Kind, kept: set[str]) -> None:
        gone: list[int | str] = []
        match kind:
            case Kind.FOLLOWING | Kind.BLOCKING | Kind.MUTING:
                statement = {
                    Kind.FOLLOWING: queries.FOLLOWING,
                    Kind.BLOCKING: queries.BLOCKING,
                    Kind.MUTING: queries.MUTING,
                }[kind]
                rows = await tx.all(statement, me=me)
                gone = [row.id for row in rows if _handle(row).lower() not in kept]
            case Kind.DOMAIN_BLOCKING:
                rows = await tx.all(queries.DOMAINS, me=me)
                gone = [row.domain for row in rows if row.domain not in kept]
            case Kind.BOOKMARKS:
                rows = await tx.all(queries.BOOKMARKS, me=me)
                gone = [row.id for row in rows if row.uri.lower() not in kept]
            case Kind.LISTS:
                gone = [one.id for one in await self._lists.all_of(tx, me)]
        for start in range(0, len(gone), BATCH):
            arguments = {"account": me, "kind": kind.value, "ids": gone[start : start + BATCH]}
            await self._queue.enqueue(tx, REMOVE, arguments)

    async def remove(self, tx: Transaction, me: int, kind: Kind, ids: Sequence[Any]) -> None:
        """Takes away what an overwriting import leaves out."""
        account = await self._own(tx, me)
        for one in ids:
            try:
                async with tx.savepoint():
                    await self._remove(tx, account, kind, one)
            except FedrseError as error:
                if error.status >= 500:
                    raise

    async def _remove(self, tx: Transaction, me: Account, kind: Kind, one: Any) -> None:
        match kind:
            case Kind.DOMAIN_BLOCKING:
                await self._relationships.domains.unblock(tx, me.id, str(one))
            case Kind.BOOKMARKS:
                await self._posts.marks.unbookmark(tx, me.id, int(one))
            case Kind.LISTS:
                await self._lists.remove(tx, me.id, int(one))
            case _:
                other = await self._accounts.access_account(tx, me.id, int(one))
                if kind is Kind.FOLLOWING:
                    await self._relationships.unfollow(tx, me, other)
                elif kind is Kind.BLOCKING:
                    await self._relationships.unblock(tx, me, other)
                else:
                    await self._relationships.unmute(tx, me.id, other.id)

    async def apply(
        self, tx: Transaction, me: int, kind: Kind, entry: Entry, found: int | None
    ) -> bool:
        """Does one line; ``found`` is the account or post that it names, where it is known.

        False where it may work later: not found yet, or (for lists) not followed yet.
        """
        account = await self._own(tx, me)
        try:
            async with tx.savepoint():
                if kind is Kind.DOMAIN_BLOCKING:
                    await self._relationships.domains.block(tx, me, entry.what)
                elif found is None:
                    return False
                elif kind is Kind.BOOKMARKS:
                    await self._posts.marks.bookmark(tx, me, found)
                else:
                    other = await self._accounts.access_account(tx, me, found)
                    return await self._do(tx, account, kind, entry, other)
        except NotFound:
            return False
        except FedrseError as error:
            if error.status >= 500:
                raise
        return True

    async def _do(
        self, tx: Transaction, me: Account, kind: Kind, entry: Entry, other: Account
    ) -> bool:
        if kind is Kind.BLOCKING:
            await self._relationships.block(tx, me, other)
        elif kind is Kind.MUTING:
            hides = entry.notifications
            await self._relationships.mute(tx, me.id, other.id, notifications=hides)
        elif kind is Kind.FOLLOWING:
            languages = tuple(one for one in entry.languages if len(one) <= LONGEST_LANGUAGE)
            options = FollowOptions(
                show_boosts=entry.boosts, notify=entry.notify, languages=languages or None
            )
            await self._relationships.follow(tx, me, other, options)
        elif me.id == other.id or await self._relationships.is_following(tx, me.id, other.id):
            await self._lists.add(tx, me.id, await self._list(tx, me.id, entry.title), [other.id])
        else:
            await self._relationships.follow(tx, me, other)
            return await self._relationships.is_following(tx, me.id, other.id) and await self._do(
                tx, me, kind, entry, other
            )
        return True

    async def _list(self, tx: Transaction, me: int, title: str) -> int:
        for known in await self._lists.all_of(tx, me):
            if known.title == title:
                return known.id
        made = await self._lists.create(
            tx, me, title=title, policy=RepliesPolicy.LIST, exclusive=False
        )
        return made.id

    async def _own(self, tx: Transaction, me: int) -> Account:
        account = await self._accounts.by_id(tx, me)
        if account is None or account.is_gone:
            raise NotFound
        return account


def _handle(row: Row) -> str:
    return f"{row.username}@{row.domain}"
