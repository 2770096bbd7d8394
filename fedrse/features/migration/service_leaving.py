"""Somebody leaves this site for good: the account and all that only it could see."""

from __future__ import annotations

from fedrse.features.access.service import Logins
from fedrse.features.accounts.service import Accounts
from fedrse.store.database import Transaction


class Leaving:
    """Deletes accounts at the wish of their people."""

    def __init__(self, *, accounts: Accounts, logins: Logins) -> None:
        self._accounts = accounts
        self._logins = logins

    async def delete(self, tx: Transaction, me: int) -> None:
        """Ends the log-in first, so that nothing happens in this name any more.

        Posts go one after the other afterwards; other sites are told of the account as a whole.
        Raises NotFound, Conflict (``last_owner``).
        """
        await self._logins.remove(tx, me)
        await self._accounts.delete_local(tx, me)
