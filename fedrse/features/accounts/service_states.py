"""What those in charge of this site decide about an account: suspended, limited, frozen, sensitive.

Of an account of this site peers hear where it concerns them: a suspension is part of its actor.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from fedrse.core.clock import Clock
from fedrse.core.errors import NotFound
from fedrse.features.accounts import queries
from fedrse.features.accounts.model import INSTANCE, Account
from fedrse.features.accounts.model_events import AccountUpdated
from fedrse.features.accounts.service_import import Changed
from fedrse.store.database import Transaction
from fedrse.store.events import Events

BY_RULE: Final = 0
"""Value of ``limited_at`` and ``suspended_at`` where a rule about the site decided.

All others are times.
"""

Announce = Callable[[Transaction, Account], Awaitable[None]]


class AccountStates:
    """Writes the columns of ``account`` that nobody but this site decides about."""

    def __init__(
        self, *, clock: Clock, events: Events, changed: Changed, announce: Announce
    ) -> None:
        """``announce`` tells the world what an actor of this site looks like now."""
        self._clock = clock
        self._events = events
        self._changed = changed
        self._announce = announce

    async def suspend(self, tx: Transaction, account_id: int, *, suspended: bool) -> Account:
        """Hides an account of any site here, or shows it again; nothing of it is lost.

        What another site says of its own people comes back when that site is asked next. Raises
        NotFound.
        """
        account = await self._access(tx, account_id)
        if account.suspended_here == suspended:
            return account
        now = self._clock.now()
        await tx.run(
            queries.SET_SUSPENDED,
            key=account_id,
            suspended_here=suspended,
            suspended_at=(account.suspended_at or now) if suspended else None,
            fetched_at=account.fetched_at if account.local else 0,
            updated_at=max(now, account.updated_at + 1),
        )
        changed = await self._tell(tx, account_id)
        if changed.local:
            await self._announce(tx, changed)
        return changed

    async def limit(self, tx: Transaction, account_id: int, *, limited: bool) -> Account:
        """Shows an account and its posts only to those who look for it. Raises NotFound."""
        account = await self._access(tx, account_id)
        at = self._since(account.limited_at, wanted=limited)
        if at == account.limited_at:
            return account
        await tx.run(
            queries.SET_LIMITED, key=account_id, limited_at=at, updated_at=self._version(account)
        )
        return await self._tell(tx, account_id)

    async def limit_by_rule(self, tx: Transaction, ids: Sequence[int], *, limited: bool) -> None:
        """The same for accounts of other sites, because a rule about their site says so."""
        since = BY_RULE if limited else None
        await tx.run(queries.LIMIT_THESE, ids=list(ids), since=since)
        for account_id in ids:
            self._changed(tx, account_id)
            await self._events.publish(tx, AccountUpdated(account_id, local=False))

    async def hide_by_rule(self, tx: Transaction, ids: Sequence[int], *, hidden: bool) -> None:
        """Hides accounts of a site that a rule denies, or shows them again.

        Those that somebody suspended stay as they are.
        """
        before, after = (None, BY_RULE) if hidden else (BY_RULE, None)
        await tx.run(queries.HIDE_THESE, ids=list(ids), before=before, after=after)
        for account_id in ids:
            self._changed(tx, account_id)
            await self._events.publish(tx, AccountUpdated(account_id, local=False))

    async def sensitize(self, tx: Transaction, account_id: int, *, sensitive: bool) -> Account:
        """Covers the pictures of an account, of all its posts. Raises NotFound."""
        account = await self._access(tx, account_id)
        at = self._since(account.sensitized_at, wanted=sensitive)
        if at == account.sensitized_at:
            return account
        await tx.run(
            queries.SET_SENSITIZED,
            key=account_id,
            sensitized_at=at,
            updated_at=self._version(account),
        )
        return await self._tell(tx, account_id)

    async def freeze(self, tx: Transaction, account_id: int, *, frozen: bool) -> Account:
        """Somebody of this site may look and not act, or act again. Raises NotFound."""
        account = await self._access(tx, account_id)
        if not account.local:
            raise NotFound
        at = self._since(account.frozen_at, wanted=frozen)
        if at == account.frozen_at:
            return account
        await tx.run(
            queries.SET_FROZEN, key=account_id, frozen_at=at, updated_at=self._version(account)
        )
        return await self._tell(tx, account_id)

    async def _access(self, tx: Transaction, account_id: int) -> Account:
        row = await tx.one(queries.BY_ID, key=account_id)
        if row is None or row.deleted_at is not None:
            raise NotFound
        account = Account(*row)
        if account.local and account.kind == INSTANCE:
            raise NotFound
        return account

    async def _tell(self, tx: Transaction, account_id: int) -> Account:
        self._changed(tx, account_id)
        changed = Account(*(await tx.all(queries.BY_ID, key=account_id))[0])
        await self._events.publish(tx, AccountUpdated(account_id, local=changed.local))
        return changed

    def _since(self, before: int | None, *, wanted: bool) -> int | None:
        return (before or self._clock.now()) if wanted else None

    def _version(self, account: Account) -> int:
        return max(self._clock.now(), account.updated_at + 1)
