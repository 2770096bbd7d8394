"""People who go on under another account: both sides say so, and not more often than weekly."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable

from fedrse.activitypub.dispatch import Ignored
from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.outbox import Outbox, Recipients
from fedrse.activitypub.vocabulary import PUBLIC
from fedrse.core.clock import DAY, Clock
from fedrse.core.errors import Invalid, NotFound
from fedrse.core.ids import IdMaker
from fedrse.features.accounts import queries
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.model_events import AccountMoved
from fedrse.features.accounts.model_import import MOST_ALIASES
from fedrse.features.accounts.service_import import Changed
from fedrse.store.database import Transaction
from fedrse.store.events import Events

COOLDOWN = 7 * DAY

Announce = Callable[[Transaction, Account], Awaitable[None]]


class Moves:
    """Writes aliases and moves, of people here and elsewhere."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: IdMaker,
        local_ids: LocalIds,
        outbox: Outbox,
        events: Events,
        announce: Announce,
        changed: Changed,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._local_ids = local_ids
        self._outbox = outbox
        self._events = events
        self._announce = announce
        self._changed = changed

    async def set_aliases(
        self, tx: Transaction, account_id: int, aliases: Iterable[str]
    ) -> Account:
        """See ``Accounts.set_aliases``. Raises Invalid for too many, NotFound."""
        account = await self._own(tx, account_id)
        wanted = [alias for alias in dict.fromkeys(aliases) if alias != account.uri]
        if len(wanted) > MOST_ALIASES:
            raise Invalid(
                "aliases_too_many", f"Validation failed: At most {MOST_ALIASES} aliases are kept"
            )
        if tuple(wanted) == account.also_known_as:
            return account
        await tx.run(
            queries.SET_ALIASES,
            key=account_id,
            also_known_as=json.dumps(wanted),
            updated_at=max(self._clock.now(), account.updated_at + 1),
        )
        self._changed(tx, account_id)
        changed = await self._own(tx, account_id)
        await self._announce(tx, changed)
        return changed

    async def move(self, tx: Transaction, account_id: int, target_id: int) -> Account:
        """See ``Accounts.move``."""
        account = await self._own(tx, account_id)
        row = await tx.one(queries.BY_ID, key=target_id)
        if row is None or row.deleted_at is not None:
            raise NotFound
        target = Account(*row)
        reason = self.objection(account, target)
        if reason is not None:
            raise Invalid(reason, _SENTENCES[reason])
        await self._set_moved(tx, account, target)
        activity = {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": self._local_ids.uri("activity", self._ids.new()),
            "type": "Move",
            "actor": account.uri,
            "to": [PUBLIC],
            "object": account.uri,
            "target": target.uri,
        }
        await self._outbox.enqueue(
            tx,
            activity,
            sender=account_id,
            recipients=Recipients(followers_of=account_id, members=True),
        )
        moved = await self._own(tx, account_id)
        await self._announce(tx, moved)
        return moved

    async def receive(self, tx: Transaction, account: Account, target: Account) -> str:
        """See ``Accounts.receive_move``."""
        if account.moved_at is not None and account.moved_to == target.uri:
            return "duplicate"
        reason = self.objection(account, target)
        if reason is not None:
            raise Ignored(reason)
        await self._set_moved(tx, account, target)
        return "moved"

    def objection(self, account: Account, target: Account) -> str | None:
        """Why this account cannot move there now, as a code; None if it can."""
        if target.id == account.id:
            return "move_to_self"
        if target.is_gone or account.is_gone:
            return "move_gone"
        if account.uri not in target.also_known_as:
            return "move_not_confirmed"
        if target.moved_to is not None:
            return "move_onward"
        if account.moved_at is not None and account.moved_at > self._clock.now() - COOLDOWN:
            return "move_too_soon"
        return None

    async def _set_moved(self, tx: Transaction, account: Account, target: Account) -> None:
        now = self._clock.now()
        await tx.run(
            queries.SET_MOVED,
            key=account.id,
            moved_to=target.uri,
            moved_at=now,
            updated_at=max(now, account.updated_at + 1),
        )
        self._changed(tx, account.id)
        await self._events.publish(tx, AccountMoved(account.id, target.id))

    async def _own(self, tx: Transaction, account_id: int) -> Account:
        row = await tx.one(queries.BY_ID, key=account_id)
        if row is None or not row.local or row.deleted_at is not None:
            raise NotFound
        return Account(*row)


_SENTENCES = {
    "move_to_self": "An account cannot move to itself",
    "move_gone": "This account cannot be moved, or does not exist any more",
    "move_not_confirmed": "The other account does not name this one among its aliases yet",
    "move_onward": "The other account has moved on itself",
    "move_too_soon": "An account can move once in seven days",
}
