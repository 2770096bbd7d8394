"""Follows lists of other places. The only writer of ``policy_list``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from hashlib import sha256
from typing import Final
from urllib.parse import urlsplit

import msgspec

from fedrse.core.clock import DAY, Clock
from fedrse.core.errors import Conflict, FedrseError, Invalid, NotFound
from fedrse.core.ports import Protocol
from fedrse.core.urls import UrlRules, parse_url
from fedrse.features.policy import queries_lists as queries
from fedrse.features.policy.model import LIST, Rule, State
from fedrse.features.policy.model_changes import Author
from fedrse.features.policy.model_fields import WrongField, read_host
from fedrse.features.policy.model_index import EXACTLY
from fedrse.features.policy.model_lists import Entry, read_list
from fedrse.features.policy.model_subscriptions import Subscription, suspicion, wanted_rules
from fedrse.features.policy.service import Border, read_rules
from fedrse.features.policy.service_rules import Rules
from fedrse.features.sites.service import Sites
from fedrse.store.database import Database, Transaction

EVERY: Final = DAY
MOST_LISTS: Final = 50
LONGEST_ERROR: Final = 2_000
Fetch = Callable[[str], Awaitable[bytes]]
"""Fetches a document within limits. Raises FedrseError."""


class Wish(msgspec.Struct, frozen=True):
    """A subscription as somebody asks for it; see ``model_subscriptions.Subscription``."""

    url: str
    state: State = State.DRAFT
    exceptions: tuple[str, ...] = ()
    most: int = 5
    threshold: int = 1


class SubscriptionJournal(Protocol):
    """Where it is noted who follows which list; implemented in ``app`` with the audit log."""

    async def followed(
        self, tx: Transaction, author: Author, one: Subscription, *, ends: bool
    ) -> None:
        """Notes the beginning or the end."""


class Subscriptions:
    """Lists that this site follows."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        url_rules: UrlRules,
        rules: Rules,
        border: Border,
        sites: Sites,
        fetch: Fetch,
        journal: SubscriptionJournal,
    ) -> None:
        self._database = database
        self._clock = clock
        self._url_rules = url_rules
        self._rules = rules
        self._border = border
        self._sites = sites
        self._fetch = fetch
        self._journal = journal

    async def all(self, tx: Transaction) -> list[Subscription]:
        """All lists, in the order in which they were subscribed."""
        return [Subscription(*row) for row in await tx.all(queries.ALL)]

    async def by_id(self, tx: Transaction, number: int) -> Subscription:
        """One list. Raises NotFound."""
        row = await tx.one(queries.BY_ID, key=number)
        if row is None:
            raise NotFound("policy_list_missing", f"There is no list {number}.")
        return Subscription(*row)

    async def subscribe(self, tx: Transaction, wish: Wish, author: Author) -> Subscription:
        """Begins to follow a list; nothing is fetched yet. Raises Invalid, Conflict, BadUrl."""
        url = parse_url(wish.url, self._url_rules).request_url
        if not 0 <= wish.most <= 100 or not 1 <= wish.threshold <= MOST_LISTS:
            raise Invalid("policy_list_numbers", "The share is 0 to 100, the threshold 1 to 50.")
        if await tx.one(queries.BY_URL, address=url) is not None:
            raise Conflict("policy_list_exists", f"{url} is subscribed already.")
        known = await self.all(tx)
        if len(known) >= MOST_LISTS:
            raise Invalid("policy_too_many_lists", f"A site follows at most {MOST_LISTS} lists.")
        row = Subscription(
            id=max((one.id for one in known), default=0) + 1,
            url=url,
            state=wish.state.value,
            exceptions_json=msgspec.json.encode(_hosts(wish.exceptions)).decode(),
            most=wish.most,
            threshold=wish.threshold,
            author=author.name,
            created_at=self._clock.now(),
            fetched_at=None,
            tried_at=None,
            error="",
            digest="",
            confirmed="",
            waiting="",
            entries_json="[]",
            base_json="[]",
            base_at=None,
        )
        await tx.run(queries.ADD, **_row_of(row))
        await self._journal.followed(tx, author, row, ends=False)
        return row

    async def unsubscribe(self, tx: Transaction, number: int, author: Author) -> Subscription:
        """Follows a list no more and takes its rules back. Raises NotFound."""
        one = await self.by_id(tx, number)
        await tx.run(queries.REMOVE, key=number)
        await self._rules.apply(
            tx, [], author, f"not subscribed any more: {one.url}", source=one.source
        )
        await self._journal.followed(tx, author, one, ends=True)
        await self._apply(tx, author, "")  # thresholds count one list less
        return one

    async def refresh_due(self) -> None:
        """Fetches the lists that were not asked for a day."""

        async def due(tx: Transaction) -> list[int]:
            before = self._clock.now() - EVERY
            return [row.id for row in await tx.all(queries.DUE, before=before)]

        for number in await self._database.read(due):
            await self.refresh(number)

    async def refresh(self, number: int, *, agreed: bool = False) -> Subscription:
        """Fetches a list and applies it, unless it looks wrong and nobody agreed.

        A list that cannot be fetched or read changes nothing; the reason is kept with it. Raises
        NotFound for one that is not subscribed.
        """
        one = await self._database.read(self.by_id, number)
        try:
            data = await self._fetch(one.url)
            listed = read_list(data, own=self._border.policy.defaults.own)
        except FedrseError as error:
            await self._database.write(self._failed, one, error.message)
        else:
            await self._database.write(self._take, one, listed.entries, agreed=agreed)
        return await self._database.read(self.by_id, number)

    async def _failed(self, tx: Transaction, one: Subscription, why: str) -> None:
        await tx.run(queries.FAILED, key=one.id, at=self._clock.now(), why=why[:LONGEST_ERROR])

    async def _take(
        self, tx: Transaction, one: Subscription, entries: Sequence[Entry], *, agreed: bool
    ) -> None:
        encoded = msgspec.json.encode(entries)
        digest = sha256(encoded).hexdigest()
        changed = msgspec.structs.replace(one, entries_json=encoded.decode())
        why = "" if digest == one.digest else await self._suspicion(tx, one, changed)
        # A yes is to what somebody read; the source may say something else by now.
        if why and not (agreed and one.waiting in {"", why}):
            await tx.run(queries.WAITS, key=one.id, at=self._clock.now(), why=why)
            return
        found = encoded.decode()
        base, since = one.base_after(found, self._clock.now(), agreed=agreed)
        await tx.run(
            queries.TAKEN,
            key=one.id,
            at=self._clock.now(),
            hash=digest,
            agreed=digest if agreed else one.confirmed,
            found=found,
            compared=base,
            since=since,
        )
        author = Author("subscription", one.url, urlsplit(one.url).netloc)
        await self._apply(tx, author, one.url)

    async def _suspicion(self, tx: Transaction, before: Subscription, after: Subscription) -> str:
        known = [site.host for site in await self._sites.all(tx)]
        lists = await self.all(tx)
        _, existing = await read_rules(tx)
        others = [rule for rule in existing if not rule.source.startswith(LIST)]
        rules = _together(others, [after if one.id == after.id else one for one in lists])
        # What somebody agreed to does not count again; what came since in small steps does.
        # Before the first yes that is nothing: what it does in all counts, not what is new.
        agreed = msgspec.structs.replace(before, entries_json=before.base_json)
        if not before.confirmed:
            agreed = msgspec.structs.replace(before, entries_json="[]")
        rest = _together(others, [agreed if one.id == after.id else one for one in lists])
        denied = self._border.denied_besides(known, rules, rest)
        return suspicion(
            max(before.entries, before.base, key=len),
            after.entries,
            denied=denied,
            peers=len(known),
            members=self._border.policy.defaults.members,
            most=before.most,
        )

    async def _apply(self, tx: Transaction, author: Author, reason: str) -> None:
        """Makes the rules of all lists what they say together."""
        lists = await self.all(tx)
        for number, rules in wanted_rules(lists).items():
            source = next(one.source for one in lists if one.id == number)
            await self._rules.apply(tx, rules, author, reason, source=source)


def _together(others: Sequence[Rule], lists: Sequence[Subscription]) -> list[Rule]:
    """All rules of a site: its own, and those that lists make, numbered anew."""
    first = max((rule.id for rule in others), default=0) + 1
    new = [(key, rule) for key, rules in wanted_rules(lists).items() for rule in rules]
    numbered = [
        msgspec.structs.replace(rule, id=number, source=f"{LIST}{key}")
        for number, (key, rule) in enumerate(new, first)
    ]
    return [*others, *numbered]


def _hosts(texts: Sequence[str]) -> list[str]:
    """Raises Invalid."""
    try:
        return sorted({read_host(text.strip()).removeprefix(EXACTLY) for text in texts})
    except WrongField as error:
        raise Invalid("policy_list_exception", f"{error}.") from error


def _row_of(one: Subscription) -> dict[str, object]:
    fields = {name: getattr(one, name) for name in one.__struct_fields__}
    fields["exceptions"] = fields.pop("exceptions_json")
    fields["entries"] = fields.pop("entries_json")
    fields["base"] = fields.pop("base_json")
    return fields
