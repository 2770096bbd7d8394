"""Blocks of those who sign up: kept here, asked by ``Registrations``. Every act is in the log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from msgspec import Struct
from msgspec.structs import asdict

from fedrse.core.clock import DAY, Clock
from fedrse.core.errors import Invalid, NotFound
from fedrse.core.ids import IdMaker
from fedrse.core.paging import Page
from fedrse.core.text import clean_text
from fedrse.features.access import queries_blocks as queries
from fedrse.features.access.model import normalise_email
from fedrse.features.access.model_blocks import (
    HISTORY_DAYS,
    LONGEST_COMMENT,
    MOST_ADDRESSES,
    Attempts,
    EmailBlock,
    EmailDomainBlock,
    IpBlock,
    Severity,
    canonical_hash,
    read_domain,
    read_range,
)
from fedrse.features.audit.model import Actor, Target
from fedrse.features.audit.model_acts import Act
from fedrse.features.audit.service import Audit
from fedrse.http.addresses import limit_key
from fedrse.store.database import Transaction, UniqueViolation

NEWEST: Final = 1 << 62
CHANNEL: Final = "ip_blocks"
"""On which the processes of a site hear that addresses are blocked or not any more."""
T = TypeVar("T", bound=Struct)


class SignUpBlocks:
    """The only writer of blocks of mail and of addresses."""

    def __init__(self, *, clock: Clock, ids: IdMaker, audit: Audit) -> None:
        self._clock = clock
        self._ids = ids
        self._audit = audit
        self.changed: Callable[[], object] = _nothing

    # Asking

    async def refuses_email(self, tx: Transaction, email: str) -> bool:
        """Whether nobody signs up with this address. Raises Invalid for what is none."""
        if await tx.one(queries.MATCHING_DOMAINS, domains=_domains_of(email)) is not None:
            return True
        return await tx.one(queries.BY_HASH, hash=canonical_hash(email)) is not None

    async def severities(self, tx: Transaction, address: str) -> set[Severity]:
        """What blocks of addresses say about this one."""
        now = self._clock.now()
        rows = await tx.all(queries.ALL_IPS)
        return {Severity(row.severity) for row in rows if IpBlock(*row).matches(address, now)}

    # Who tried

    async def note_attempt(self, tx: Transaction, email: str, address: str) -> None:
        """Somebody at this address of the network tried to sign up with mail that is refused.

        Counted for the domains that are blocked. Raises Invalid for what is no address of mail.
        """
        day = self._clock.now() // DAY
        for block in await tx.all(queries.MATCHING_DOMAINS, domains=_domains_of(email)):
            known = await tx.value(queries.COUNT_ADDRESSES, key=block.id, of_day=day)
            from_there = limit_key(address) if known < MOST_ADDRESSES else ""
            await tx.run(
                queries.ADD_ATTEMPT, block_id=block.id, day=day, address=from_there, uses=1
            )

    async def attempts(self, tx: Transaction, ids: Sequence[int]) -> dict[int, dict[int, Attempts]]:
        """By block and day (since 1970), those of the last week; one statement."""
        since = self._first_day()
        found: dict[int, dict[int, Attempts]] = {}
        for row in await tx.all(queries.ATTEMPTS, ids=list(ids), since=since):
            found.setdefault(row.block_id, {})[row.day] = Attempts(int(row.uses), row.addresses)
        return found

    async def forget_attempts(self, tx: Transaction) -> None:
        """Forgets those that are older than a week; called every few hours."""
        await tx.run(queries.FORGET_ATTEMPTS, since=self._first_day())

    def _first_day(self) -> int:
        return self._clock.now() // DAY - HISTORY_DAYS + 1

    # Domains of mail

    async def domains(self, tx: Transaction, page: Page) -> list[EmailDomainBlock]:
        """Blocked domains, the newest first."""
        return await _page(tx, queries.DOMAINS, page, EmailDomainBlock)

    async def domain(self, tx: Transaction, key: int) -> EmailDomainBlock:
        """One of them. Raises NotFound."""
        return EmailDomainBlock(*await _row(tx, queries.DOMAINS, key))

    async def block_domain(self, tx: Transaction, by: Actor, domain: str) -> EmailDomainBlock:
        """Nobody signs up with mail of this domain or below it. Raises Invalid."""
        made = EmailDomainBlock(self._ids.new(), read_domain(domain), self._clock.now())
        await self._add(tx, queries.DOMAINS, made, "Domain")
        await self._note(tx, Act.BLOCK_CREATED, by, Target("email_domain", made.domain))
        return made

    async def unblock_domain(self, tx: Transaction, by: Actor, key: int) -> None:
        """Raises NotFound."""
        known = await self.domain(tx, key)
        await tx.run(queries.DOMAINS.remove, key=key)
        await self._note(tx, Act.BLOCK_REMOVED, by, Target("email_domain", known.domain))

    # Addresses of mail

    async def emails(self, tx: Transaction, page: Page) -> list[EmailBlock]:
        """Hashes of blocked addresses, the newest first."""
        return await _page(tx, queries.EMAILS, page, EmailBlock)

    async def email(self, tx: Transaction, key: int) -> EmailBlock:
        """One of them. Raises NotFound."""
        return EmailBlock(*await _row(tx, queries.EMAILS, key))

    async def matching(self, tx: Transaction, email: str) -> list[EmailBlock]:
        """Those about an address. Raises Invalid for what is none."""
        return [
            EmailBlock(*row) for row in await tx.all(queries.BY_HASH, hash=canonical_hash(email))
        ]

    async def block_email(self, tx: Transaction, by: Actor, hashed: str) -> EmailBlock:
        """Nobody signs up with the address of this hash. Raises Invalid."""
        made = EmailBlock(self._ids.new(), hashed)
        await self._add(tx, queries.EMAILS, made, "Canonical email hash")
        await self._note(tx, Act.BLOCK_CREATED, by, Target("email_hash", hashed))
        return made

    async def unblock_email(self, tx: Transaction, by: Actor, key: int) -> EmailBlock:
        """Raises NotFound."""
        known = await self.email(tx, key)
        await tx.run(queries.EMAILS.remove, key=key)
        hashed = known.canonical_email_hash
        await self._note(tx, Act.BLOCK_REMOVED, by, Target("email_hash", hashed))
        return known

    # Addresses of the network

    async def ips(self, tx: Transaction, page: Page) -> list[IpBlock]:
        """Blocked ranges, the newest first."""
        return await _page(tx, queries.IPS, page, IpBlock)

    async def ip(self, tx: Transaction, key: int) -> IpBlock:
        """One of them. Raises NotFound."""
        return IpBlock(*await _row(tx, queries.IPS, key))

    async def block_ip(
        self,
        tx: Transaction,
        by: Actor,
        ip: str,
        severity: Severity,
        *,
        comment: str = "",
        life: int = 0,
    ) -> IpBlock:
        """Blocks a range; ``life`` in milliseconds, 0: until it is removed. Raises Invalid."""
        now = self._clock.now()
        end = now + life if life else None
        made = IpBlock(self._ids.new(), read_range(ip), severity.value, _comment(comment), now, end)
        await self._add(tx, queries.IPS, made, "Ip")
        self._tell(tx)
        after = {"severity": made.severity, "until": end}
        await self._note(tx, Act.BLOCK_CREATED, by, Target("ip", made.ip), after)
        return made

    async def change_ip(self, tx: Transaction, by: Actor, changed: IpBlock) -> IpBlock:
        """Says something else about a range. Raises NotFound, Invalid."""
        known = await self.ip(tx, changed.id)
        try:
            async with tx.savepoint():
                await tx.run(
                    queries.CHANGE_IP,
                    key=changed.id,
                    new_ip=read_range(changed.ip),
                    new_severity=changed.severity,
                    new_comment=_comment(changed.comment),
                    new_end=changed.expires_at,
                )
        except UniqueViolation as error:
            raise _taken("Ip") from error
        self._tell(tx)
        after = {"severity": changed.severity, "until": changed.expires_at}
        await self._note(tx, Act.BLOCK_CREATED, by, Target("ip", known.ip), after)
        return await self.ip(tx, changed.id)

    async def unblock_ip(self, tx: Transaction, by: Actor, key: int) -> None:
        """Raises NotFound."""
        known = await self.ip(tx, key)
        await tx.run(queries.IPS.remove, key=key)
        self._tell(tx)
        await self._note(tx, Act.BLOCK_REMOVED, by, Target("ip", known.ip))

    def _tell(self, tx: Transaction) -> None:
        tx.notify(CHANNEL, "")
        tx.after_commit(self.changed)

    async def _add(self, tx: Transaction, of: queries.Of, made: Struct, name: str) -> None:
        try:
            async with tx.savepoint():
                await tx.run(of.add, **asdict(made))
        except UniqueViolation as error:
            raise _taken(name) from error

    async def _note(
        self, tx: Transaction, act: Act, by: Actor, target: Target, after: Any = None
    ) -> None:
        await self._audit.record(tx, act, by, target, after=after)


def _domains_of(email: str) -> list[str]:
    """The domain of an address of mail and those above. Raises Invalid for what is none."""
    labels = normalise_email(email).rpartition("@")[2].split(".")
    return [".".join(labels[start:]) for start in range(len(labels))]


def _nothing() -> None:
    """Nobody in this process has to know."""


async def _page(tx: Transaction, of: queries.Of, page: Page, kind: type[T]) -> list[T]:
    rows = await tx.all(
        of.page[page.ascending],
        max_id=NEWEST if page.max_id is None else page.max_id,
        since_id=page.after or 0,
        limit=page.limit,
    )
    found = [kind(*row) for row in rows]
    return found[::-1] if page.ascending else found


async def _row(tx: Transaction, of: queries.Of, key: int) -> Any:
    row = await tx.one(of.by_id, key=key)
    if row is None:
        raise NotFound
    return row


def _comment(text: str) -> str:
    text = clean_text(text).strip()
    if len(text) > LONGEST_COMMENT:
        raise Invalid("comment_too_long", "Validation failed: Comment is too long")
    return text


def _taken(name: str) -> Invalid:
    return Invalid("block_exists", f"Validation failed: {name} has already been taken")
