"""Notifications that wait: what a person decided, requests, and what becomes of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from fedrse.core.clock import Clock
from fedrse.core.errors import NotFound
from fedrse.core.ids import IdMaker
from fedrse.core.paging import Page
from fedrse.features.notifications import queries_requests as queries
from fedrse.features.notifications.model import Kind
from fedrse.features.notifications.model_policy import Policy, Ruling, Sender, ruling
from fedrse.features.notifications.service_first_pages import FirstPages
from fedrse.store.database import Row, Transaction

NEWEST = 1 << 62


class Request(Struct, frozen=True):
    """A row of ``notification_request`` with how many notifications wait."""

    id: int
    account_id: int
    from_id: int
    last_post_id: int | None
    created_at: int
    updated_at: int
    waiting: int


class Requests:
    """The only writer of policies, requests and permissions."""

    def __init__(self, *, clock: Clock, ids: IdMaker, first_pages: FirstPages) -> None:
        self._clock = clock
        self._ids = ids
        self._first_pages = first_pages

    # Deciding

    async def rulings(
        self,
        tx: Transaction,
        people: Sequence[int],
        *,
        by: int,
        kind: Kind,
        post_id: int | None,
        limited: Collection[int] = (),
    ) -> dict[int, Ruling]:
        """What those decided who decided anything; one query for everybody else.

        ``limited``: those for whom it comes from somebody whom those in charge have limited.
        """
        rows = await tx.all(queries.POLICIES, ids=list(people), other=by) if people else []
        if not rows:
            return {}
        since = int(await tx.value(queries.SENDER_SINCE, other=by) or 0)
        direct = await self._direct(tx, kind, post_id)
        now = self._clock.now()
        found = {}
        for row in rows:
            sender = Sender(
                followed=bool(row.followed),
                follows_since=row.follows_since,
                created_at=since,
                permitted=bool(row.permitted),
                private=direct is not None and direct.reply_to_account_id != row.account_id,
                limited=row.account_id in limited,
            )
            found[row.account_id] = ruling(_policy(row[1:6]), sender, kind, now)
        return found

    @staticmethod
    async def _direct(tx: Transaction, kind: Kind, post_id: int | None) -> Row | None:
        if kind is not Kind.MENTION or post_id is None:
            return None
        row = await tx.one(queries.DIRECT_REPLY_TO, key=post_id)
        return row if row is not None and row.audience == "direct" else None

    async def add(self, tx: Transaction, person: int, by: int, post_id: int | None) -> None:
        """A notification waits."""
        now = self._clock.now()
        await tx.run(
            queries.ADD_REQUEST,
            id=self._ids.new(),
            account_id=person,
            from_id=by,
            last_post_id=post_id,
            created_at=now,
            updated_at=now,
        )

    # The policy

    async def policy(self, tx: Transaction, viewer: int) -> Policy:
        """What somebody decided."""
        row = await tx.one(queries.POLICY, me=viewer)
        return Policy() if row is None else _policy(row)

    async def set_policy(self, tx: Transaction, viewer: int, policy: Policy) -> None:
        """Decides from now on; what waits already stays."""
        await tx.run(queries.SET_POLICY, account_id=viewer, **asdict(policy))

    async def summary(self, tx: Transaction, viewer: int) -> tuple[int, int]:
        """How many requests there are, and how many notifications wait."""
        requests = await tx.value(queries.COUNT_REQUESTS, me=viewer)
        return int(requests), int(await tx.value(queries.COUNT_WAITING, me=viewer))

    # Requests

    async def listing(self, tx: Transaction, viewer: int, page: Page) -> list[Request]:
        """A page of requests, newest first."""
        rows = await tx.all(
            queries.REQUESTS[page.ascending],
            me=viewer,
            max_id=NEWEST if page.max_id is None else page.max_id,
            since_id=page.after or 0,
            limit=page.limit,
        )
        found = [Request(*row) for row in rows]
        if page.ascending:
            found.reverse()
        return found

    async def access_request(self, tx: Transaction, viewer: int, request_id: int) -> Request:
        """A request of the viewer. Raises NotFound."""
        rows = await tx.all(queries.REQUESTS_BY_ID, me=viewer, ids=[request_id])
        if not rows:
            raise NotFound
        return Request(*rows[0])

    async def several(self, tx: Transaction, viewer: int, ids: Sequence[int]) -> list[Request]:
        """Those of these that are requests of the viewer."""
        rows: list[Any] = await tx.all(queries.REQUESTS_BY_ID, me=viewer, ids=list(ids))
        return [Request(*row) for row in rows]

    async def accept(self, tx: Transaction, request: Request) -> None:
        """What waited is shown, and nothing of this person waits any more."""
        await tx.run(queries.PERMIT, account_id=request.account_id, from_id=request.from_id)
        await tx.run(queries.RELEASE, me=request.account_id, other=request.from_id)
        await tx.run(queries.REMOVE_REQUEST, key=request.id, me=request.account_id)
        self._first_pages.changed(tx, request.account_id)

    async def dismiss(self, tx: Transaction, request: Request) -> None:
        """What waited is forgotten."""
        await tx.run(queries.FORGET_WAITING, me=request.account_id, other=request.from_id)
        await tx.run(queries.REMOVE_REQUEST, key=request.id, me=request.account_id)
        self._first_pages.changed(tx, request.account_id)


def _policy(values: Sequence[str]) -> Policy:
    return Policy(*(Ruling(value) for value in values))
