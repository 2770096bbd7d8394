"""Whole domains that a person does not want to see. The only writer of ``domain_block``.

Who blocks a domain sees nothing of its people and is told nothing by them; follows in both
directions end. The other site learns of the follows only, one by one.
"""

from __future__ import annotations

from collections.abc import Sequence

from fedrse.core.clock import Clock
from fedrse.core.errors import Invalid
from fedrse.core.ids import IdMaker
from fedrse.core.paging import Page
from fedrse.core.urls import BadUrl, normalise_peer
from fedrse.features.accounts.service import Accounts
from fedrse.features.relationships import queries
from fedrse.features.relationships import queries_domains as domains
from fedrse.features.relationships.model import BlockedDomain
from fedrse.features.relationships.model_events import DomainBlocked
from fedrse.features.relationships.service_follows import Follows
from fedrse.jobs.queue import Queue
from fedrse.store.database import Transaction
from fedrse.store.events import Events

PART = "relationships.part_from_domain"
"""Job: ``account`` (of this site) and the ``domain`` that it blocked."""

BATCH = 50  # people in one transaction


class DomainBlocks:
    """Domains that people of this site keep away from."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: IdMaker,
        events: Events,
        jobs: Queue,
        accounts: Accounts,
        follows: Follows,
        own: frozenset[str],
    ) -> None:
        """``own`` are the names of this site, which nobody can block."""
        self._clock = clock
        self._ids = ids
        self._events = events
        self._jobs = jobs
        self._accounts = accounts
        self._follows = follows
        self._own = own

    async def block(self, tx: Transaction, who: int, text: str) -> None:
        """Blocks a domain as somebody typed it. Raises Invalid."""
        domain = read_domain(text)
        if domain in self._own:
            raise Invalid("domain_own", "Validation failed: Domain is this site's own")
        added = await tx.run(
            domains.ADD_DOMAIN,
            account_id=who,
            domain=domain,
            id=self._ids.new(),
            created_at=self._clock.now(),
        )
        if added:
            await self._jobs.enqueue(tx, PART, {"account": who, "domain": domain})
            await self._events.publish(tx, await self.preview(tx, who, domain))

    async def preview(self, tx: Transaction, who: int, text: str) -> DomainBlocked:
        """What it would end to block a domain. Raises Invalid for what is none."""
        domain = read_domain(text)
        counts = await tx.one(domains.FOLLOWS_WITH, who=who, domain=domain)
        assert counts is not None  # noqa: S101  (numbers are always there)
        return DomainBlocked(who, domain, counts.followers, counts.following)

    async def unblock(self, tx: Transaction, who: int, text: str) -> None:
        """Ends it; one that was not blocked is fine. Raises Invalid."""
        await tx.run(domains.REMOVE_DOMAIN, who=who, domain=read_domain(text))

    async def part(self, tx: Transaction, who: int, domain: str) -> bool:
        """Ends some follows between a person and a blocked domain; True if there may be more."""
        if await tx.one(domains.IS_BLOCKED, who=who, domain=domain) is None:
            return False
        me = await self._accounts.by_id(tx, who)
        rows = await tx.all(domains.CONNECTED, who=who, domain=domain, limit=BATCH)
        if me is None:
            return False
        others = await self._accounts.by_ids(tx, [row.id for row in rows])
        for other in others.values():
            await self._follows.separate(tx, me, other)
        return len(rows) == BATCH

    async def forget(self, tx: Transaction, account_id: int) -> None:
        """Removes what somebody who is gone had blocked."""
        await tx.run(domains.REMOVE_DOMAINS_OF, who=account_id)

    async def listing(self, tx: Transaction, who: int, page: Page) -> list[BlockedDomain]:
        """A page of blocked domains, the latest first."""
        rows = await tx.all(
            domains.DOMAINS[page.ascending],
            who=who,
            max_id=queries.NEWEST if page.max_id is None else page.max_id,
            since_id=page.after or 0,
            limit=page.limit,
        )
        found = [BlockedDomain(*row) for row in rows]
        return found[::-1] if page.ascending else found

    async def blocked_among(self, tx: Transaction, who: int, ids: Sequence[int]) -> set[int]:
        """Those of these accounts whose domain somebody blocks."""
        rows = await tx.all(domains.BLOCKING_DOMAINS_OF, who=who, ids=list(ids))
        return {row.id for row in rows}


def read_domain(text: str) -> str:
    """A domain, possibly with a port, as people write it. Raises Invalid."""
    text = text.strip().removeprefix("https://").removeprefix("http://").removeprefix("@")
    text = text.partition("/")[0]
    if not text:
        raise Invalid("domain_blank", "Validation failed: Domain can't be blank")
    try:
        return normalise_peer(text)
    except BadUrl as error:
        raise Invalid(
            "domain_invalid", "Validation failed: Domain is not a valid domain name"
        ) from error
