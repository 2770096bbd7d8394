"""The only writer of profiles, and the only door to them: for a person, or for a site."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Final

import msgspec

from fedrse.core.clock import DAY, MINUTE, Clock
from fedrse.core.errors import NotFound
from fedrse.core.urls import origin_of
from fedrse.features.accounts.model import INSTANCE, Account
from fedrse.features.accounts.model_events import AccountDeleted
from fedrse.features.accounts.model_handles import parse_handle
from fedrse.features.accounts.service import Accounts
from fedrse.features.network.service import Network
from fedrse.features.profiles import queries
from fedrse.features.profiles.model import (
    NOTHING,
    Card,
    Profile,
    Reader,
    Visibility,
    unit_key,
    visible,
)
from fedrse.features.profiles.model_confirmations import Confirmed
from fedrse.features.profiles.model_search import Found, Wish, matches
from fedrse.store.database import Row, Transaction
from fedrse.store.events import Events

FRESH: Final = 10 * MINUTE
"""So long another site is not asked again."""
KEPT: Final = DAY
"""So long what another site told is shown, where it cannot be asked again."""

MOST_COLLEAGUES: Final = 10_000
MOST_ELSEWHERE: Final = 2_000
Blockers = Callable[[Transaction, int], Awaitable[set[int]]]
"""Everybody who blocks somebody; implemented by the feature ``relationships``."""

_rules = msgspec.json.Decoder(dict[str, Visibility])
_card = msgspec.json.Decoder(Card)
_confirmed = msgspec.json.Decoder(dict[str, Confirmed])
_encode = msgspec.json.Encoder().encode


class Profiles:
    """Keeps what people of this site say, and copies of what other sites tell this one."""

    def __init__(
        self,
        *,
        clock: Clock,
        accounts: Accounts,
        network: Network,
        events: Events,
        blockers: Blockers,
    ) -> None:
        self._blockers = blockers
        self._clock = clock
        self._accounts = accounts
        self._network = network
        events.subscribe(AccountDeleted, self._account_deleted)

    @property
    def peers(self) -> tuple[str, ...]:
        """The hosts that may be chosen: the other members of the network."""
        return tuple(sorted(self._network.member_hosts()))

    # People of this site

    async def own(self, tx: Transaction, account_id: int) -> Profile:
        """All that somebody of this site said; only for that person."""
        row = await tx.one(queries.OWN, key=account_id)
        if row is None:
            return Profile()
        return Profile(_card.decode(row.card), _rules.decode(row.visibility))

    async def save(
        self, tx: Transaction, account_id: int, card: Card, rules: Mapping[str, Visibility]
    ) -> bool:
        """Replaces all of it; False, and nothing is changed, where the manager is not known."""
        if card.manager and not await self._is_known(tx, card.manager):
            return False
        await tx.run(
            queries.PUT,
            account_id=account_id,
            card=_encode(card).decode(),
            visibility=_encode(rules).decode(),
            updated_at=self._clock.now(),
            unit_key=unit_key(card.unit),
        )
        return True

    async def _is_known(self, tx: Transaction, text: str) -> bool:
        handle = parse_handle(text)
        if handle is None:
            return False
        account = await self._accounts.by_handle(tx, handle.username, handle.domain)
        return account is not None and not account.is_gone

    # For others

    async def access_card(
        self, tx: Transaction, viewer: int, account_id: int
    ) -> tuple[Account, Card]:
        """What somebody of this site may know of somebody. Raises NotFound."""
        account = await self._accounts.access_account(tx, viewer, account_id)
        if account.is_gone:
            raise NotFound
        if not account.local:
            blocked = account.id in await self._blockers(tx, viewer)
            # What is meant for this site only and what for all is not known of a copy.
            return account, NOTHING if blocked else await self._copy(tx, account)
        profile = await self.own(tx, account.id)
        reader = Reader(owner=True)
        if viewer != account.id:
            blocked = account.id in await self._blockers(tx, viewer)
            unit = (await self.own(tx, viewer)).card.unit
            reader = Reader(local=True, unit=unit, blocked=blocked)
        return account, visible(profile, reader)

    async def access_card_for_site(
        self, tx: Transaction, host: str, account_id: int, asker: str = ""
    ) -> tuple[Account, Card]:
        """What the site ``host`` may know, or ``asker``, who is one of its people (a URI).

        Raises NotFound, also for sites that are no members.
        """
        account = await self._accounts.by_id(tx, account_id)
        if account is None or not account.local or account.is_gone or account.kind == INSTANCE:
            raise NotFound
        if host not in self._network.member_hosts():
            raise NotFound
        blocked = account.id in await self._blockers_of(tx, asker)
        return account, visible(await self.own(tx, account.id), Reader(host=host, blocked=blocked))

    async def people_for_site(
        self, tx: Transaction, host: str, asker: str, wish: Wish
    ) -> list[tuple[Account, Card]]:
        """Who fits, by name, with what the member site ``host`` may know, or ``asker`` there.

        Raises NotFound for sites that are no members.
        """
        if host not in self._network.member_hosts():
            raise NotFound
        blockers = await self._blockers_of(tx, asker)

        def reader(account_id: int) -> Reader:
            return Reader(host=host, blocked=account_id in blockers)

        fitting = [
            one for one in await self._everybody(tx, reader) if matches(wish, (one.name,), one.card)
        ]
        accounts = await self._accounts.by_ids(tx, [one.account_id for one in fitting])
        return [(accounts[one.account_id], one.card) for one in fitting]

    async def _blockers_of(self, tx: Transaction, uri: str) -> Iterable[int]:
        asker = await self._accounts.by_uri(tx, uri) if uri else None
        return () if asker is None else await self._blockers(tx, asker.id)

    async def is_blocked(self, tx: Transaction, owner: int, other: int) -> bool:
        """Whether the owner of a card blocks somebody."""
        return owner in await self._blockers(tx, other)

    async def colleagues(self, tx: Transaction, viewer: int) -> list[Found]:
        """Everybody of this site, by name, with what the viewer may see of them."""
        blockers = await self._blockers(tx, viewer)
        return await self._everybody(tx, await self._reading(tx, viewer, blockers))

    async def cards(self, tx: Transaction, viewer: int, ids: Sequence[int]) -> dict[int, Card]:
        """What somebody of this site may know of some people, as far as it is known here."""
        blockers = await self._blockers(tx, viewer)
        reader, since = await self._reading(tx, viewer, blockers), self._clock.now() - KEPT
        found = {}
        for row in await tx.all(queries.CARDS, ids=list(ids)):
            if row.card is not None:
                profile = Profile(_card.decode(row.card), _rules.decode(row.visibility))
                found[row.id] = visible(profile, reader(row.id))
            elif row.copied is None or row.fetched_at <= since or row.id in blockers:
                continue
            elif self._network.is_member(row.host):
                found[row.id] = _card.decode(row.copied)
        return found

    async def works(self, tx: Transaction, viewer: int, ids: Sequence[int]) -> dict[int, str]:
        """What these people do, a line each, as far as the viewer may know it."""
        found = await self.cards(tx, viewer, ids)
        return {account_id: card.work for account_id, card in found.items()}

    async def _reading(
        self, tx: Transaction, viewer: int, blockers: set[int]
    ) -> Callable[[int], Reader]:
        """As whom somebody of this site reads the card of each of their colleagues."""
        unit = (await self.own(tx, viewer)).card.unit

        def reader(account_id: int) -> Reader:
            if account_id == viewer:
                return Reader(owner=True)
            return Reader(local=True, unit=unit, blocked=account_id in blockers)

        return reader

    async def _everybody(self, tx: Transaction, reader: Callable[[int], Reader]) -> list[Found]:
        found = []
        for row in await tx.all(queries.COLLEAGUES, limit=MOST_COLLEAGUES):
            card = NOTHING
            if row.card is not None:
                profile = Profile(_card.decode(row.card), _rules.decode(row.visibility))
                card = visible(profile, reader(row.id))
            found.append(_found(row, card))
        return found

    async def known_elsewhere(self, tx: Transaction, viewer: int) -> list[Found]:
        """People of other member sites whose card is known here, without who blocks the viewer."""
        blockers = await self._blockers(tx, viewer)
        since = self._clock.now() - KEPT
        return [
            _found(row, _card.decode(row.card))
            for row in await tx.all(queries.COPIES, since=since, limit=MOST_ELSEWHERE)
            if row.id not in blockers and self._network.is_member(origin_of(row.uri).peer)
        ]

    # People of other sites

    async def to_ask(self, tx: Transaction, account_id: int) -> Account | None:
        """The person, if their site is a member and should be asked (again)."""
        account = await self._accounts.by_id(tx, account_id)
        if account is None or account.local or account.is_gone:
            return None
        if not self._network.is_member(account.host):
            return None
        row = await tx.one(queries.COPY, key=account_id)
        is_fresh = row is not None and self._clock.now() - row.fetched_at < FRESH
        return None if is_fresh else account

    async def store_copy(
        self,
        tx: Transaction,
        account_id: int,
        card: Card,
        confirmed: Mapping[str, Confirmed] | None = None,
    ) -> None:
        """Keeps what another site told; what is too old to be shown goes."""
        now = self._clock.now()
        await tx.run(queries.REMOVE_OLD_COPIES, before=now - KEPT)
        await tx.run(
            queries.PUT_COPY,
            account_id=account_id,
            card=_encode(card).decode(),
            confirmations=_encode(confirmed or {}).decode(),
            fetched_at=now,
        )

    async def _copy(self, tx: Transaction, account: Account) -> Card:
        row = await self._row(tx, account)
        return NOTHING if row is None else _card.decode(row.card)

    async def copied_confirmations(self, tx: Transaction, account: Account) -> dict[str, Confirmed]:
        """Who confirms what of somebody of another site, as that site tells it."""
        row = await self._row(tx, account)
        return {} if row is None else _confirmed.decode(row.confirmations)

    async def _row(self, tx: Transaction, account: Account) -> Row | None:
        row = await tx.one(queries.COPY, key=account.id)
        if row is None or not self._network.is_member(account.host):
            return None
        return row if self._clock.now() - row.fetched_at < KEPT else None

    async def _account_deleted(self, tx: Transaction, event: AccountDeleted) -> None:
        await tx.run(queries.REMOVE if event.local else queries.REMOVE_COPY, key=event.account_id)


def _found(row: Row, card: Card) -> Found:
    return Found(
        row.id,
        f"{row.display_name} {row.username}",
        card,
        row.display_name or row.username,
        f"{row.username}@{row.domain}",
    )
