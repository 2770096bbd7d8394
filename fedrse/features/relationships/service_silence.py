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
from fedrse.core.clock import SECOND, Clock, to_iso
from fedrse.core.errors import Invalid
from fedrse.core.ids import IdMaker
from fedrse.core.text import clean_text
from fedrse.features.accounts.model import Account
from fedrse.features.relationships import queries_domains
from fedrse.features.relationships import queries_silence as queries
from fedrse.features.relationships.model import block_document
from fedrse.features.relationships.model_events import Silenced, Unsilenced
from fedrse.store.database import Row, Transaction
from fedrse.store.events import Events

LONGEST_NOTE = 2_000
LONGEST_MUTE = 10 * 365 * 24 * 3600  # seconds


class Silences:
    """Who blocks and mutes whom. The follows that a block ends are for ``Follows.separate``."""

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
        identifier = self._ids.new()
        uri = self._local_ids.uri("block", identifier)
        added = await self._add_block(tx, who, whom, identifier, uri)
        if added and not whom.local:
            await self._send(tx, block_document(uri, who.uri, whom.uri), who, whom)

    async def receive_block(self, tx: Transaction, who: Account, whom: Account, uri: str) -> str:
        """Somebody of another site blocks a person of this one."""
        added = await self._add_block(tx, who, whom, self._ids.new(), uri)
        return "blocked" if added else "duplicate"

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
        if row is None:
            return False
        await self._events.publish(tx, Unsilenced(who.id, whom.id))
        if who.local and not whom.local:
            undo = {
                "id": self._local_ids.uri("activity", self._ids.new()),
                "type": "Undo",
                "actor": who.uri,
                "object": block_document(row.uri, who.uri, whom.uri),
            }
            await self._send(tx, undo, who, whom)
        return True

    async def block_by_uri(self, tx: Transaction, uri: str) -> Row | None:
        """The block whose activity has this id."""
        return await tx.one(queries.BLOCK_BY_URI, address=uri)

    async def is_blocking(self, tx: Transaction, who: int, whom: int) -> bool:
        """The one blocks the other."""
        return await tx.one(queries.BLOCK_OF_PAIR, who=who, whom=whom) is not None

    async def blockers_of(self, tx: Transaction, whom: int) -> set[int]:
        """The ids of those who block somebody."""
        return {row.account_id for row in await tx.all(queries.BLOCKERS_OF, whom=whom)}

    async def blocks_between(self, tx: Transaction, one: int, other: int) -> bool:
        """One of the two blocks the other."""
        return await tx.one(queries.BLOCKS_BETWEEN, who=one, whom=other) is not None

    async def keeps_away(self, tx: Transaction, one: int, other: int) -> bool:
        """The same, or one of the two blocks the other's domain: neither can follow."""
        if await self.blocks_between(tx, one, other):
            return True
        for who, whom in ((one, other), (other, one)):
            if await tx.one(queries_domains.BLOCKS_DOMAIN_OF, who=who, whom=whom) is not None:
                return True
        return False

    async def _send(self, tx: Transaction, activity: Json, by: Account, to: Account) -> None:
        await self._outbox.enqueue(
            tx,
            activity | {"to": [to.uri]},
            sender=by.id,
            recipients=Recipients(accounts=(to.id,), personal=True),
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
        """Hides somebody, for some seconds or (0) until unmuted. Raises Invalid."""
        if not 0 <= seconds <= LONGEST_MUTE:
            raise Invalid("mute_too_long", "Validation failed: Duration is not possible")
        now = self._clock.now()
        await tx.run(
            queries.SET_MUTE,
            id=self._ids.new(),
            account_id=who,
            target_id=whom,
            notifications=notifications,
            expires_at=now + seconds * SECOND if seconds else None,
            created_at=now,
        )
        await self._events.publish(tx, Silenced(who, whom, blocked=False))

    async def unmute(self, tx: Transaction, who: int, whom: int) -> None:
        """Shows somebody again."""
        if await tx.run(queries.REMOVE_MUTE, who=who, whom=whom):
            await self._events.publish(tx, Unsilenced(who, whom))

    async def end_expired(self, tx: Transaction) -> int:
        """Ends mutes whose time is over; periodic work. Returns how many."""
        rows = await tx.all(queries.REMOVE_EXPIRED, now=self._clock.now())
        for row in rows:
            await self._events.publish(tx, Unsilenced(row.account_id, row.target_id))
        return len(rows)

    async def note(self, tx: Transaction, who: int, whom: int, comment: str) -> None:
        """Keeps a private note about somebody; an empty one is removed. Raises Invalid."""
        text = clean_text(comment).strip()
        if len(text) > LONGEST_NOTE:
            raise Invalid(
                "note_too_long",
                f"Validation failed: Comment is too long (maximum is {LONGEST_NOTE} characters)",
            )
        if text:
            await tx.run(queries.SET_NOTE, account_id=who, target_id=whom, comment=text)
        else:
            await tx.run(queries.REMOVE_NOTE, who=who, whom=whom)

    async def forget(self, tx: Transaction, account_id: int) -> None:
        """Removes what there is about an account that is gone."""
        for statement in (
            queries.REMOVE_BLOCKS_OF,
            queries.REMOVE_MUTES_OF,
            queries.REMOVE_NOTES_OF,
        ):
            await tx.run(statement, who=account_id)

    # What apps show

    async def relationships(
        self, tx: Transaction, viewer: int, ids: Sequence[int]
    ) -> list[dict[str, Any]]:
        """Mastodon ``Relationship`` entities in the order of ``ids``; the same few queries."""
        wanted = list(dict.fromkeys(ids))
        asked = {"who": viewer, "ids": wanted}
        following = {row.target_id: row for row in await tx.all(queries.FOLLOWING, **asked)}
        followed_by = {
            row.account_id: row.accepted for row in await tx.all(queries.FOLLOWED_BY, **asked)
        }
        blocks = await tx.all(queries.BLOCKS, **asked, ids_again=wanted)
        blocking = {row.target_id for row in blocks if row.account_id == viewer}
        blocked_by = {row.account_id for row in blocks if row.target_id == viewer}
        mutes = await tx.all(queries.MUTING, **asked, now=self._clock.now())
        muting = {row.target_id: row for row in mutes}
        domains = {row.id for row in await tx.all(queries_domains.BLOCKING_DOMAINS_OF, **asked)}
        endorsed = {row.target_id for row in await tx.all(queries_domains.ENDORSED, **asked)}
        notes = {row.target_id: row.comment for row in await tx.all(queries.NOTES, **asked)}
        return [
            {"id": str(account_id)}
            | _of_follow(following.get(account_id))
            | _of_mute(muting.get(account_id))
            | {
                "followed_by": followed_by.get(account_id) is True,
                "requested_by": followed_by.get(account_id) is False,
                "blocking": account_id in blocking,
                "blocked_by": account_id in blocked_by,
                "domain_blocking": account_id in domains,
                "endorsed": account_id in endorsed,
                "note": notes.get(account_id, ""),
            }
            for account_id in wanted
        ]


def _of_follow(follow: Row | None) -> dict[str, Any]:
    if follow is None:
        states = ("following", "requested", "showing_reblogs", "notifying")
        return {"languages": None, **dict.fromkeys(states, False)}
    return {
        "following": follow.accepted,
        "requested": not follow.accepted,
        "showing_reblogs": follow.accepted and follow.show_boosts,
        "notifying": follow.accepted and follow.notify,
        "languages": json.loads(follow.languages) or None,
    }


def _of_mute(mute: Row | None) -> dict[str, Any]:
    expires_at = None if mute is None else mute.expires_at
    return {
        "muting": mute is not None,
        "muting_notifications": mute is not None and mute.notifications,
        "muting_expires_at": None if expires_at is None else to_iso(expires_at),
    }
