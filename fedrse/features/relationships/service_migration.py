"""Takes local followers along when the account that they follow moves."""

from __future__ import annotations

from fedrse.core.errors import Forbidden, NotFound
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.model_events import AccountMoved
from fedrse.features.accounts.service import Accounts
from fedrse.features.network.service import Network
from fedrse.features.relationships import queries
from fedrse.features.relationships.model import FollowOptions
from fedrse.features.relationships.service_follows import Follows
from fedrse.jobs.queue import Queue
from fedrse.store.database import Transaction

MIGRATE = "relationships.migrate"
"""Job: ``account`` and ``target`` (ids)."""

BATCH = 50


class Migration:
    """Moves followers in batches; follows of other sites follow by their own rules."""

    def __init__(
        self, *, accounts: Accounts, follows: Follows, network: Network, jobs: Queue
    ) -> None:
        self._accounts = accounts
        self._follows = follows
        self._network = network
        self._jobs = jobs

    async def plan(self, tx: Transaction, event: AccountMoved) -> None:
        """Plans the work, unless the move leads out of the network (design section 5, rule 9)."""
        target = await self._accounts.by_id(tx, event.target_id)
        if target is None or not self._is_inside(target):
            return
        await self._jobs.enqueue(
            tx,
            MIGRATE,
            {"account": event.account_id, "target": event.target_id},
            key=f"{MIGRATE}:{event.account_id}",
        )

    def _is_inside(self, target: Account) -> bool:
        return target.local or not self._network.exists or self._network.is_member(target.host)

    async def move_batch(self, tx: Transaction, account_id: int, target_id: int) -> bool:
        """Moves some local followers; False when none is left."""
        found = await self._accounts.by_ids(tx, (account_id, target_id))
        account, target = found.get(account_id), found.get(target_id)
        if account is None or target is None or account.moved_to != target.uri or target.is_gone:
            return False
        rows = await tx.all(queries.LOCAL_FOLLOWERS_OF, whom=account_id)
        ids = [row[0] for row in rows][:BATCH]
        for follower in (await self._accounts.by_ids(tx, ids)).values():
            await self._move(tx, follower, account, target)
        return len(rows) > BATCH

    async def _move(
        self, tx: Transaction, follower: Account, account: Account, target: Account
    ) -> None:
        known = await self._follows.pair(tx, follower.id, account.id)
        if known is None:
            return
        options = FollowOptions(show_boosts=known.show_boosts, notify=known.notify)
        try:
            if await self._follows.pair(tx, follower.id, target.id) is None:
                await self._follows.follow(tx, follower, target, options)
        except (Forbidden, NotFound):
            pass  # the target itself, or somebody blocked: the old follow ends all the same
        await self._follows.unfollow(tx, follower, account)
