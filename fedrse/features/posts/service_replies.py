"""Answers to posts whose author wants to be asked first, or wants none (GoToSocial policies).

An answer that the author has to agree to is sent to nobody else until they do. Their agreement is
an address, which is kept with the answer and told to all who get it.
"""

from __future__ import annotations

import json
from typing import Any

from msgspec.structs import replace

from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.outbox import Outbox, Recipients
from fedrse.activitypub.vocabulary import Json
from fedrse.core.clock import Clock
from fedrse.core.errors import Forbidden
from fedrse.core.ids import IdMaker
from fedrse.features.accounts.model import Account
from fedrse.features.posts import queries
from fedrse.features.posts.model import APPROVED_BY, REPLY_POLICY, REPLY_WAITS, Post
from fedrse.features.posts.model_context import with_context
from fedrse.features.posts.model_rules import ReplyPolicy, reply_right
from fedrse.features.posts.service_delivery import Delivery
from fedrse.features.posts.service_ports import People
from fedrse.features.posts.service_rows import Rows
from fedrse.store.database import Transaction

WAITING = json.dumps({REPLY_WAITS: True})


async def check_reply(
    tx: Transaction, people: People, author: Account, parent: Post
) -> Account | None:
    """Who has to agree to an answer first; None where nobody has to.

    Raises Forbidden if the policy of the answered post excludes this person.
    """
    if parent.local or REPLY_POLICY not in parent.extra:
        return None
    published = json.loads(parent.extra).get(REPLY_POLICY, {})
    policy = ReplyPolicy(
        tuple(published.get("automaticApproval", ())), tuple(published.get("manualApproval", ()))
    )
    answered = await people.by_id(tx, parent.account_id)
    follows = await tx.all(queries.FOLLOWING_AUTHOR, ids=[author.id], author=parent.account_id)
    named = await tx.value(queries.NAMES, key=parent.id, person=author.id)
    right = reply_right(
        policy,
        actor=author.uri,
        follows=bool(follows),
        followers=None if answered is None else answered.followers_uri,
        named=named is not None,
    )
    if right == "denied":
        raise Forbidden("reply_denied", "This action is not allowed")
    return answered if right == "manual" else None


class Replies:
    """What sites tell each other about such answers."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: IdMaker,
        local_ids: LocalIds,
        rows: Rows,
        delivery: Delivery,
        outbox: Outbox,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._local_ids = local_ids
        self._rows = rows
        self._delivery = delivery
        self._outbox = outbox

    async def agreed(self, tx: Transaction, reply: Post, stamp: str) -> bool:
        """The answered author agrees: now all get it. False if that was known."""
        extra: dict[str, Any] = json.loads(reply.extra)
        if extra.get(APPROVED_BY) == stamp:
            return False
        waited = extra.pop(REPLY_WAITS, False)
        told = replace(reply, extra=json.dumps(extra | {APPROVED_BY: stamp}))
        await tx.run(queries.SET_EXTRA, key=reply.id, new_extra=told.extra)
        parts = await self._rows.note_parts(tx, told, totals=not waited)
        if waited:
            await self._delivery.send_create(tx, told, parts)
        else:
            await self._delivery.send_update(tx, told, parts, self._clock.now())
        return True

    async def accept(
        self, tx: Transaction, request: Json, replier: Account, author: Account
    ) -> None:
        """Answers who asks whether they may answer one of our posts: whoever reads it may."""
        answer: dict[str, Any] = {
            "id": self._local_ids.uri("activity", self._ids.new()),
            "type": "Accept",
            "actor": author.uri,
            "to": [replier.uri],
            "object": {name: value for name, value in request.items() if name != "@context"},
        }
        await self._outbox.enqueue(
            tx,
            with_context(answer),
            sender=author.id,
            recipients=Recipients((replier.id,), personal=True),
            object_uri=answer["id"],
        )
