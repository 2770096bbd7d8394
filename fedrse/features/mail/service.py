"""Subscriptions by mail: asked for, confirmed, ended. The only writer of their tables.

Whoever asks is told the same whether an address is known or not, and the same work is done for
both. Nothing is sent to an address but one question until somebody who reads it said yes.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from fedrse.core.clock import DAY, HOUR, MINUTE, Clock
from fedrse.core.errors import NotFound, TooMany
from fedrse.core.ids import IdMaker
from fedrse.features.access.model_roles import rights_of
from fedrse.features.access.service import Logins
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.service import Accounts
from fedrse.features.accounts.service_local import ProfileChanges
from fedrse.features.mail import queries
from fedrse.features.mail.model import (
    MOST_UNCONFIRMED,
    UNCONFIRMED_KEPT,
    Purpose,
    Subscribers,
    Subscription,
    is_link_token,
    link_token,
)
from fedrse.http.addresses import limit_key
from fedrse.http.rate_limits import Window
from fedrse.http.rights import Right
from fedrse.jobs.queue import Queue
from fedrse.store.database import Transaction

SEND: Final = "mail.letter"
ASKED: Final = "asked"
MOST_FROM: Final = 10  # requests from one network address in half an hour
MOST_TO: Final = 5  # questions to one mailbox in a day
MOST_OF: Final = 2  # questions to one mailbox about one person in an hour


class Wish(Struct, frozen=True):
    """Somebody wants the posts of an account at an address; ``network`` is where it was asked."""

    account_id: int
    email: str
    language: str
    network: str


class Subscriptions:
    """Writes and reads subscriptions."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: IdMaker,
        queue: Queue,
        accounts: Accounts,
        logins: Logins,
        secret: bytes,
        origin: str,
        everybody: bool,
        limited: bool,
    ) -> None:
        """``everybody`` may offer it, else those whose role has the right."""
        self._clock = clock
        self._ids = ids
        self._queue = queue
        self._accounts = accounts
        self._logins = logins
        self._secret = secret
        self._origin = origin
        self._everybody = everybody
        self._from = Window(clock, limit=MOST_FROM, length=30 * MINUTE) if limited else None
        self._to = Window(clock, limit=MOST_TO, length=DAY)
        self._of = Window(clock, limit=MOST_OF, length=HOUR)

    # Whose posts can be had

    async def may_offer(self, tx: Transaction, account_id: int) -> bool:
        """Whether the site lets somebody offer it."""
        login = await self._logins.by_account(tx, account_id)
        if login is None:
            return False
        return self._everybody or Right.MANAGE_EMAIL_SUBSCRIPTIONS in rights_of(login.role)

    async def access_author(self, tx: Transaction, account_id: int) -> Account:
        """Somebody whose posts can be had by mail, as a visitor sees them. Raises NotFound."""
        account = await self._accounts.by_id(tx, account_id)
        if account is None or not account.is_mailed:
            raise NotFound
        visible = self._accounts.is_visible_to(None, account)
        if not visible or not await self.may_offer(tx, account_id):
            raise NotFound
        return account

    async def offer(self, tx: Transaction, account_id: int, *, offered: bool) -> None:
        """Somebody offers it from now on, or no more: readers then get nothing, and are kept.

        Raises NotFound for those who may not.
        """
        if not await self.may_offer(tx, account_id):
            raise NotFound
        await self._accounts.update_profile(tx, account_id, ProfileChanges(by_mail=offered))
        if offered:
            await tx.run(queries.OFFER, account_id=account_id, seen_id=self._ids.new())
        else:
            await tx.run(queries.WITHDRAW, owner=account_id)

    async def subscribers(self, tx: Transaction, account_id: int) -> Subscribers:
        """How many somebody has."""
        row = await tx.one(queries.COUNTS, owner=account_id)
        assert row is not None  # noqa: S101  (an aggregate returns its row)
        return Subscribers(row.confirmed, row.together - row.confirmed)

    async def clear(self, tx: Transaction, account_id: int) -> None:
        """Somebody removes all addresses."""
        await tx.run(queries.CLEAR, owner=account_id)

    # Asking

    async def ask(self, tx: Transaction, wish: Wish) -> None:
        """Notes a wish, and sends the question to the address; ``wish.email`` is checked.

        Raises NotFound where nothing can be had, TooMany for too many wishes from one place. What
        is too much for one mailbox is dropped without a word.
        """
        account = await self.access_author(tx, wish.account_id)
        if self._from is not None:
            self._from.take(limit_key(wish.network))
        counts = await self.subscribers(tx, account.id)
        if counts.waiting >= MOST_UNCONFIRMED:
            raise TooMany("rate_limited", "Too many requests", retry_after=HOUR // 1000)
        try:
            self._of.take((account.id, wish.email))
            self._to.take(wish.email)
        except TooMany:
            return
        await tx.run(
            queries.ADD,
            id=self._ids.new(),
            account_id=account.id,
            email=wish.email,
            locale=wish.language,
            created_at=self._clock.now(),
            confirmed_at=None,
        )
        known = await tx.value(queries.OF_PAIR, owner=account.id, of_email=wish.email)
        await self._queue.enqueue(tx, SEND, {"letter": ASKED, "subscription": known})

    # Links of mails

    def link(self, purpose: Purpose, subscription: Subscription) -> str:
        """The address of the page that confirms, or that ends it."""
        token = link_token(self._secret, purpose, subscription)
        return f"{self._origin}/mail/{purpose.value}/{subscription.id}/{token}"

    async def by_id(self, tx: Transaction, subscription_id: int) -> Subscription | None:
        """A subscription, None where there is none any more."""
        row = await tx.one(queries.BY_ID, key=subscription_id)
        return None if row is None else Subscription(*row)

    async def by_link(
        self, tx: Transaction, purpose: Purpose, subscription_id: int, token: str
    ) -> tuple[Subscription, Account]:
        """What a link is about, and whose posts. Raises NotFound."""
        known = await self.by_id(tx, subscription_id)
        if known is None or not is_link_token(self._secret, purpose, known, token):
            raise NotFound
        account = await self._accounts.by_id(tx, known.account_id)
        if account is None:
            raise NotFound
        return known, account

    async def confirm(self, tx: Transaction, subscription_id: int, token: str) -> Account:
        """Somebody who reads the address said yes; twice is once. Raises NotFound."""
        known, account = await self.by_link(tx, Purpose.CONFIRM, subscription_id, token)
        await self.access_author(tx, account.id)
        await tx.run(queries.CONFIRM, key=known.id, at=self._clock.now())
        return account

    async def end(self, tx: Transaction, subscription_id: int, token: str) -> Account:
        """Somebody wants no more mail: the address is forgotten. Raises NotFound."""
        known, account = await self.by_link(tx, Purpose.UNSUBSCRIBE, subscription_id, token)
        await self.remove(tx, known.id)
        return account

    async def remove(self, tx: Transaction, subscription_id: int) -> None:
        """Forgets an address that takes no mail."""
        await tx.run(queries.REMOVE, key=subscription_id)

    async def forget_address(self, tx: Transaction, email: str) -> int:
        """Forgets an address, whoever's posts are sent to it; how many subscriptions it had."""
        return await tx.run(queries.REMOVE_ADDRESS, of_email=email)

    # Tidying up

    async def sweep(self, tx: Transaction) -> None:
        """Forgets what nobody confirmed, and the offers of those who may not make them any more."""
        before = self._clock.now() - UNCONFIRMED_KEPT
        await tx.run(queries.DROP_UNCONFIRMED, before=before)
        for row in await tx.all(queries.PUBLISHERS):
            if not await self.may_offer(tx, row.account_id):
                await self._accounts.update_profile(
                    tx, row.account_id, ProfileChanges(by_mail=False)
                )
                await tx.run(queries.WITHDRAW, owner=row.account_id)
