"""Blocks, mutes and private notes: what a person keeps away from.

The only writer of ``block``, ``mute`` and ``account_note``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.outbox import Outbox, Recipients
from fedrse.activitypub.vocabulary import Json
from fedrse.core.clock import Clock
from fedrse.core.errors import Forbidden
from fedrse.core.ids import IdMaker
from fedrse.features.accounts.model import Account
from fedrse.features.relationships import queries_silence as queries
from fedrse.features.relationships.model_events import Silenced, Unsilenced
from fedrse.store.database import Row, Transaction
from fedrse.store.events import Events

LONGEST_NOTE = 2000


class Silences:
    """Who blocks and mutes whom. ``Relationships.separate`` ends the follows of a block."""

    def __init__(
        self, *, clock: Clock, ids: IdMaker, local_ids: LocalIds, outbox: Outbox, events: Events
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._local_ids = local_ids
        self._outbox = outbox
        self._events = events

    # Blocks

    async def block(self, tx: Transaction, who: Account, whom: Account) -> None:
        """A person of this site blocks somebody; the other site is told, the person is not."""
        if who.id == whom.id:
            raise Forbidden("block_self", "You cannot block yourself")
        identifier = self._ids.new()
        uri = self._local_ids.uri("block", identifier)
        if not await self._add_block(tx, who, whom, identifier, uri):
            return
        if not whom.local:
            await self._send(tx, _document(uri, who, whom), who, whom)

    async def receive_block(self, tx: Transaction, who: Account, whom: Account, uri: str) -> str:
        """Somebody of another site blocks a person of this one."""
        added = await self._add_block(tx, who, whom, self._ids.new(), uri)
        return "blocked" if added else "known"

    async def _add_block(
        self, tx: Transaction, who: Account, whom: Account, identifier: int, uri: str
    ) -> bool:
        added = await tx.run(
            queries.ADD_BLOCK,
            id=identifier,
            account_id=who.id,
            target_id=whom.id,
            uri=uri,
            created_at=self._clock.now(),
        )
        if added:
            await self._events.publish(tx, Silenced(who.id, whom.id, blocked=True))
        return bool(added)

    async def unblock(self, tx: Transaction, who: Account, whom: Account) -> bool:
        """Ends a block, whoever made it; False if there was none."""
        row = await tx.one(queries.REMOVE_BLOCK, who=who.id, whom=whom.id)
        if row is not None:
            await self._events.publish(tx, Unsilenced(who.id, whom.id))
        if row is not None and who.local and not whom.local:
            undo = {
                "id": self._local_ids.uri("activity", self._ids.new()),
                "type": "Undo",
                "actor": who.uri,
                "object": _document(row.uri, who, whom),
            }
            await self._send(tx, undo, who, whom)
        return row is not None

    async def block_by_uri(self, tx: Transaction, uri: str) -> Row | None:
        """The block whose activity has this id."""
        return await tx.one(queries.BLOCK_BY_URI, address=uri)

    async def blocks_between(self, tx: Transaction, one: int, other: int) -> bool:
        """One of the two blocks the other."""
        return await tx.one(queries.BLOCKS_BETWEEN, who=one, whom=other) is not None

    async def _send(self, tx: Transaction, activity: Json, by: Account, to: Account) -> None:
        activity["to"] = to.uri
        await self._outbox.enqueue(
            tx, activity, sender=by.id, recipients=Recipients(accounts=(to.id,), personal=True)
        )

    # Mutes and notes

    async def mute(
        self,
        tx: Transaction,
        who: int,
        whom: int,
        *,
        notifications: bool = True,
        seconds: int = 0,
    ) -> None:
        """Hides somebody, for some seconds or (0) until unmuted."""
        if who == whom:
            raise Forbidden("mute_self", "You cannot mute yourself")
        now = self._clock.now()
        await tx.run(
            queries.SET_MUTE,
            id=self._ids.new(),
            account_id=who,
            target_id=whom,
            notifications=notifications,
            expires_at=now + seconds * 1000 if seconds > 0 else None,
            created_at=now,
        )
        await self._events.publish(tx, Silenced(who, whom, blocked=False))

    async def unmute(self, tx: Transaction, who: int, whom: int) -> None:
        """Shows somebody again."""
        if await tx.run(queries.REMOVE_MUTE, who=who, whom=whom):
            await self._events.publish(tx, Unsilenced(who, whom))

    async def forget_expired(self, tx: Transaction) -> None:
        """Removes mutes whose time is over; to be called every minute."""
        for row in await tx.all(queries.EXPIRED, now=self._clock.now()):
            await self._events.publish(tx, Unsilenced(row.account_id, row.target_id))

    async def note(self, tx: Transaction, who: int, whom: int, comment: str) -> None:
        """Keeps a private note about somebody; an empty one is removed."""
        if comment.strip():
            await tx.run(
                queries.SET_NOTE, account_id=who, target_id=whom, comment=comment[:LONGEST_NOTE]
            )
        else:
            await tx.run(queries.REMOVE_NOTE, who=who, whom=whom)

    # What apps show

    async def relationships(
        self, tx: Transaction, viewer: int, ids: Sequence[int]
    ) -> list[dict[str, Any]]:
        """Mastodon ``Relationship`` entities in the order of ``ids``; six queries for all."""
        wanted = list(dict.fromkeys(ids))
        following = {
            row.target_id: row for row in await tx.all(queries.FOLLOWING, who=viewer, ids=wanted)
        }
        followed_by = {
            row.account_id: row.accepted
            for row in await tx.all(queries.FOLLOWED_BY, who=viewer, ids=wanted)
        }
        blocking = {row[0] for row in await tx.all(queries.BLOCKING, who=viewer, ids=wanted)}
        blocked_by = {row[0] for row in await tx.all(queries.BLOCKED_BY, who=viewer, ids=wanted)}
        now = self._clock.now()
        muting = {
            row.target_id: row
            for row in await tx.all(queries.MUTING, who=viewer, ids=wanted, now=now)
        }
        notes = {
            row.target_id: row.comment
            for row in await tx.all(queries.NOTES, who=viewer, ids=wanted)
        }
        return [
            _relationship(
                account_id,
                following.get(account_id),
                followed_by=followed_by.get(account_id),
                muting=muting.get(account_id),
                note=notes.get(account_id, ""),
            )
            | {"blocking": account_id in blocking, "blocked_by": account_id in blocked_by}
            for account_id in wanted
        ]


def _document(uri: str, who: Account, whom: Account) -> Json:
    return {"id": uri, "type": "Block", "actor": who.uri, "object": whom.uri}


def _relationship(
    account_id: int,
    following: Row | None,
    *,
    followed_by: bool | None,
    muting: Row | None,
    note: str,
) -> dict[str, Any]:
    accepted = bool(following and following.accepted)
    languages = json.loads(following.languages) if following else []
    return {
        "id": str(account_id),
        "following": accepted,
        "showing_reblogs": bool(following and accepted and following.show_boosts),
        "notifying": bool(following and accepted and following.notify),
        "languages": languages or None,
        "followed_by": followed_by is True,
        "blocking": False,
        "blocked_by": False,
        "muting": muting is not None,
        "muting_notifications": muting is not None and muting.notifications,
        "muting_expires_at": None,
        "requested": bool(following and not accepted),
        "requested_by": followed_by is False,
        "domain_blocking": False,
        "endorsed": False,
        "note": note,
    }
