"""The only writer of confirmations: colleagues of any member site say who knows what.

The site of the person who is confirmed keeps them and tells them with the card; the site of whoever
confirms keeps its own, so that they can be taken back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.outbox import Outbox, Recipients
from fedrse.activitypub.vocabulary import Json
from fedrse.core.clock import Clock
from fedrse.core.errors import Invalid, NotFound
from fedrse.core.ids import IdMaker
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.model_events import AccountDeleted
from fedrse.features.accounts.model_handles import Handle, parse_handle
from fedrse.features.accounts.service import Accounts
from fedrse.features.profiles import queries_confirmations as queries
from fedrse.features.profiles.model_confirmations import (
    WITNESSES,
    About,
    Confirmed,
    Received,
    SkillShown,
    Witness,
    skill_of,
    write_endorse,
)
from fedrse.features.profiles.model_events import ConfirmationEnded, ExpertiseConfirmed
from fedrse.features.profiles.model_search import fold
from fedrse.features.profiles.service import Profiles
from fedrse.store.database import Row, Transaction
from fedrse.store.events import Events

MOST: Final = 5000
"""Confirmations of one person that are looked at."""


class Confirmations:
    """Adds, hides and counts them."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: IdMaker,
        local_ids: LocalIds,
        outbox: Outbox,
        events: Events,
        accounts: Accounts,
        profiles: Profiles,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._local_ids = local_ids
        self._outbox = outbox
        self._accounts = accounts
        self._profiles = profiles
        self._events = events
        events.subscribe(AccountDeleted, self._account_deleted)

    # What people of this site do

    async def confirm(self, tx: Transaction, viewer: int, account_id: int, text: str) -> Account:
        """Says that somebody knows something that is on their card; twice is once.

        Raises NotFound for what the viewer cannot see, Invalid for oneself.
        """
        account, card = await self._profiles.access_card(tx, viewer, account_id)
        if account.id == viewer:
            raise Invalid("confirm_self", "Nobody confirms what they say themselves.")
        skill = skill_of(card, text)
        who = await self._accounts.by_id(tx, viewer)
        if not skill or who is None:
            raise NotFound
        uri = await self._add(tx, account, who, skill)
        if uri and not account.local:
            await self._send(tx, write_endorse(uri, who.uri, account.uri, skill), who, account)
        return account

    async def withdraw(self, tx: Transaction, viewer: int, account_id: int, text: str) -> Account:
        """Takes that back; nothing where it was never said. Raises NotFound."""
        account = await self._accounts.access_account(tx, viewer, account_id)
        who = await self._accounts.by_id(tx, viewer)
        row = await tx.one(queries.REMOVE, whom=account.id, who=viewer, of_skill=fold(text))
        if row is not None:
            await self._ended(tx, [row])
        if row is not None and who is not None and not account.local:
            activity = write_endorse(row.uri, who.uri, account.uri, row.skill)
            del activity["@context"]
            undo = {
                "@context": write_endorse("", "", "", "")["@context"],
                "id": f"{row.uri}#undo",
                "type": "Undo",
                "actor": who.uri,
                "object": activity,
                "to": account.uri,
            }
            await self._send(tx, undo, who, account)
        return account

    async def _send(self, tx: Transaction, activity: Json, by: Account, to: Account) -> None:
        await self._outbox.enqueue(
            tx, activity, sender=by.id, recipients=Recipients(accounts=(to.id,), only_members=True)
        )

    async def _add(
        self, tx: Transaction, whom: Account, who: Account, skill: str, *, uri: str = ""
    ) -> str:
        """The id of the activity (``uri`` of a received one); empty where it was there before."""
        identifier = self._ids.new()
        uri = uri or self._local_ids.uri("activity", identifier)
        added = await tx.value(
            queries.ADD,
            id=identifier,
            account_id=whom.id,
            by_id=who.id,
            skill=skill,
            skill_key=fold(skill),
            uri=uri,
            hidden=False,
            created_at=self._clock.now(),
        )
        if added is None:
            return ""
        if whom.local:
            await self._events.publish(tx, ExpertiseConfirmed(whom.id, who.id, skill, fold(skill)))
        return uri

    async def _ended(self, tx: Transaction, rows: Iterable[Row]) -> None:
        for row in rows:
            await self._events.publish(
                tx, ConfirmationEnded(row.account_id, row.by_id, row.skill_key)
            )

    async def separate(self, tx: Transaction, one: int, other: int) -> None:
        """One has blocked the other: neither confirms anything of the other any more.

        The site of the other hears of the block and does the same.
        """
        await self._ended(tx, await tx.all(queries.REMOVE_BETWEEN, whom=one, who=other))

    # What other sites say

    async def receive(self, tx: Transaction, who: Account, whom: int, text: str, uri: str) -> str:
        """Somebody of a member site confirms; the outcome, ``not_shown`` for skills hidden there.

        Raises NotFound for sites that are no members.
        """
        profiles = self._profiles
        account, card = await profiles.access_card_for_site(tx, who.host, whom, who.uri)
        skill = skill_of(card, text)
        if not skill:
            return "not_shown"
        if await profiles.is_blocked(tx, account.id, who.id):
            return "blocked"
        added = await self._add(tx, account, who, skill, uri=uri)
        return "confirmed" if added else "duplicate"

    async def receive_undo(
        self, tx: Transaction, who: Account, uri: str, whom: int | None = None, text: str = ""
    ) -> str | None:
        """Takes it back by its id, else by what it says; None where there is no such thing."""
        row = await tx.one(queries.BY_URI, address=uri)
        if row is not None and row.by_id == who.id:
            await self._ended(tx, await tx.all(queries.REMOVE_ONE, what=row.id))
            return "undone"
        if whom is None or not text:
            return None
        gone = await tx.one(queries.REMOVE, whom=whom, who=who.id, of_skill=fold(text))
        if gone is None:
            return None
        await self._ended(tx, [gone])
        return "undone"

    # Of one's own

    async def received(self, tx: Transaction, owner: int) -> list[Received]:
        """All that others confirm of somebody, newest first; only for that person."""
        rows = await tx.all(queries.OF, whom=owner, limit=MOST)
        people = await self._accounts.by_ids(tx, {row.by_id for row in rows})
        return [
            Received(row.id, row.skill, _witness(people[row.by_id]), row.hidden, row.created_at)
            for row in rows
        ]

    async def hide(self, tx: Transaction, owner: int, identifier: int, *, hidden: bool) -> None:
        """Shows a confirmation of oneself to nobody, or again to those who see the skill."""
        await tx.run(queries.HIDE, whom=owner, what=identifier, is_hidden=hidden)

    async def given(self, tx: Transaction, who: int) -> list[Row]:
        """What somebody confirms of others: skill, created_at, username, domain."""
        return await tx.all(queries.BY, who=who, limit=MOST)

    # On cards

    async def about(self, tx: Transaction, viewer: int, account_id: int) -> About:
        """What the viewer may know of somebody, with who confirms what. Raises NotFound."""
        account, card = await self._profiles.access_card(tx, viewer, account_id)
        if not card.expertise:
            named = await self._witnesses(tx, {card.manager} - {""})
            return About(card, manager=named.get(card.manager))
        rows = await tx.all(queries.OF, whom=account.id, limit=MOST)
        confirmed = _counted(rows)
        if not account.local:
            for key, told in (await self._profiles.copied_confirmations(tx, account)).items():
                confirmed[key] = _joined(confirmed.get(key, Confirmed()), told)
        mine = {row.skill_key for row in rows if row.by_id == viewer}
        texts = {by for one in confirmed.values() for by in one.by} | {card.manager} - {""}
        witnesses = await self._witnesses(tx, texts)
        skills = tuple(
            SkillShown(
                one.name,
                one.years,
                confirmed.get(fold(one.name), Confirmed()).count,
                tuple(witnesses[by] for by in confirmed.get(fold(one.name), Confirmed()).by),
                fold(one.name) in mine,
            )
            for one in card.expertise
        )
        return About(card, skills, account.id != viewer, witnesses.get(card.manager))

    async def of_local(self, tx: Transaction, account_id: int) -> dict[str, Confirmed]:
        """What is confirmed of somebody of this site and not hidden, by folded skill."""
        return _counted(await tx.all(queries.OF, whom=account_id, limit=MOST))

    async def _witnesses(self, tx: Transaction, texts: Collection[str]) -> dict[str, Witness]:
        """How people are named, by handle; the handle where nobody here knows them."""
        handles = {text: handle for text in texts if (handle := parse_handle(text)) is not None}
        known: dict[Handle, Account] = await self._accounts.by_handles(tx, handles.values())
        found = {}
        for text in texts:
            account = known.get(handles[text]) if text in handles else None
            found[text] = Witness(f"@{text}", f"/@{text}") if account is None else _witness(account)
        return found

    async def _account_deleted(self, tx: Transaction, event: AccountDeleted) -> None:
        await tx.run(queries.REMOVE_OF, whom=event.account_id)


def _witness(account: Account) -> Witness:
    return Witness(account.display_name or account.username, f"/@{account.acct}")


def _counted(rows: Iterable[Row]) -> dict[str, Confirmed]:
    found: dict[str, list[str]] = {}
    for row in rows:
        if not row.hidden:
            found.setdefault(row.skill_key, []).append(f"{row.username}@{row.domain}")
    return {key: Confirmed(len(by), tuple(by[:WITNESSES])) for key, by in found.items()}


def _joined(ours: Confirmed, told: Confirmed) -> Confirmed:
    """What the person's site tells, with those of this site that it may not know yet."""
    by = tuple(dict.fromkeys((*ours.by, *told.by)))[:WITNESSES]
    return Confirmed(max(told.count, ours.count, len(by)), by)
