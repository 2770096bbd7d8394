"""Who follows, blocks and mutes whom: what other features use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.outbox import Inbox, Outbox, Recipients
from fedrse.core.clock import Clock
from fedrse.core.ids import IdMaker
from fedrse.core.paging import Page
from fedrse.core.settings import Settings
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.model_events import AccountDeleted, AccountMoved, AccountUpdated
from fedrse.features.accounts.service import Accounts
from fedrse.features.network.service import Network
from fedrse.features.relationships import queries, queries_silence
from fedrse.features.relationships.model import FollowOptions, Listed
from fedrse.features.relationships.model_events import Followed, Unfollowed
from fedrse.features.relationships.service_domains import DomainBlocks
from fedrse.features.relationships.service_endorsements import Endorsements
from fedrse.features.relationships.service_follows import NO_OPTIONS, Follows
from fedrse.features.relationships.service_inboxes import Inboxes
from fedrse.features.relationships.service_migration import Migration
from fedrse.features.relationships.service_silence import Silences
from fedrse.features.relationships.service_synchronization import (
    FollowersSynchronization,
)
from fedrse.jobs.queue import Queue
from fedrse.store.database import Transaction
from fedrse.store.events import Events
from fedrse.store.statement import Statement

MOST_REQUESTS_COUNTED = 1_000
MOST_FAMILIAR = 1_000


class Relationships:
    """Follows, blocks, mutes, notes. ``who`` does it to ``whom``; both are accounts."""

    def __init__(
        self,
        *,
        settings: Settings,
        clock: Clock,
        ids: IdMaker,
        local_ids: LocalIds,
        outbox: Outbox,
        events: Events,
        accounts: Accounts,
        network: Network,
        jobs: Queue,
        outsiders_need_approval: bool = True,
    ) -> None:
        self._clock = clock
        self._accounts = accounts
        self.silences = Silences(
            clock=clock, ids=ids, local_ids=local_ids, outbox=outbox, events=events
        )
        self.follows = Follows(
            clock=clock,
            ids=ids,
            local_ids=local_ids,
            outbox=outbox,
            events=events,
            accounts=accounts,
            network=network,
            silences=self.silences,
            outsiders_need_approval=outsiders_need_approval,
        )
        self.synchronization = FollowersSynchronization(
            clock=clock,
            local_ids=local_ids,
            accounts=accounts,
            follows=self.follows,
            jobs=jobs,
        )
        self.migration = Migration(
            accounts=accounts, follows=self.follows, network=network, jobs=jobs
        )
        self.endorsements = Endorsements(clock=clock, ids=ids, events=events, follows=self.follows)
        self.domains = DomainBlocks(
            clock=clock,
            ids=ids,
            events=events,
            jobs=jobs,
            accounts=accounts,
            follows=self.follows,
            own=frozenset({settings.host, settings.handle_domain}),
        )
        self._inboxes = Inboxes(network=network, own_host=settings.host)
        accounts.register_reach(self.hosts_knowing)
        self._listen(events)

    def _listen(self, events: Events) -> None:
        events.subscribe(Followed, self.synchronization.forget_digests)
        events.subscribe(Unfollowed, self.synchronization.forget_digests)
        events.subscribe(AccountMoved, self.migration.plan)
        events.subscribe(AccountDeleted, self._forget)
        events.subscribe(AccountUpdated, self._open_doors)

    # Follows

    async def follow(
        self,
        tx: Transaction,
        who: Account,
        whom: Account,
        options: FollowOptions = NO_OPTIONS,
    ) -> None:
        """A person of this site follows, or changes what they see. Raises Forbidden, NotFound."""
        await self.follows.follow(tx, who, whom, options)

    async def unfollow(self, tx: Transaction, who: Account, whom: Account) -> bool:
        """A person of this site no longer follows, or takes a request back."""
        return await self.follows.unfollow(tx, who, whom)

    async def accept(self, tx: Transaction, who: Account, whom: Account) -> None:
        """``whom``, of this site, lets ``who`` follow. Raises NotFound where nobody asked."""
        await self.follows.accept(tx, who, whom)

    async def reject(self, tx: Transaction, who: Account, whom: Account) -> None:
        """``whom``, of this site, refuses a request. Raises NotFound where nobody asked."""
        await self.follows.reject(tx, who, whom)

    async def remove_follower(self, tx: Transaction, who: Account, whom: Account) -> bool:
        """``whom``, of this site, does not want to be followed by ``who`` any more."""
        return await self.follows.remove_follower(tx, who, whom)

    async def is_following(self, tx: Transaction, who: int, whom: int) -> bool:
        """The follow counts: it was accepted."""
        known = await self.follows.pair(tx, who, whom)
        return known is not None and known.accepted

    async def follower_ids(self, tx: Transaction, whom: int) -> list[int]:
        """All accepted followers that this site knows."""
        return [row[0] for row in await tx.all(queries.FOLLOWERS_OF, whom=whom)]

    async def local_follower_ids(self, tx: Transaction, whom: int) -> list[int]:
        """Accepted followers of this site."""
        return [row[0] for row in await tx.all(queries.LOCAL_FOLLOWERS_OF, whom=whom)]

    async def followed_ids(self, tx: Transaction, who: int) -> list[int]:
        """Whom somebody follows."""
        return [row[0] for row in await tx.all(queries.FOLLOWED_BY, who=who)]

    async def followed_among(self, tx: Transaction, who: int, ids: Iterable[int]) -> set[int]:
        """Those of the given people whom somebody follows."""
        return set(await tx.ids(queries.FOLLOWED_AMONG, who=who, ids=list(ids)))

    async def host_follows(self, tx: Transaction, host: str, whom: int) -> bool:
        """Somebody on the host is an accepted follower."""
        return await tx.one(queries.HOST_FOLLOWS, whom=whom, of_host=host) is not None

    async def hosts_knowing(self, tx: Transaction, account_id: int) -> tuple[str, ...]:
        """The peers of followers and followed of a local account."""
        return tuple(row[0] for row in await tx.all(queries.HOSTS_KNOWING, who=account_id))

    async def familiar_followers(
        self, tx: Transaction, viewer: int, ids: Sequence[int]
    ) -> dict[int, list[int]]:
        """For each account: its followers whom the viewer follows, the latest first."""
        rows = await tx.all(queries.FAMILIAR, who=viewer, ids=list(ids), limit=MOST_FAMILIAR)
        found: dict[int, list[int]] = {account_id: [] for account_id in ids}
        for row in rows:
            found[row.target_id].append(row.account_id)
        return found

    # Blocks, mutes, notes

    async def block(self, tx: Transaction, who: Account, whom: Account) -> None:
        """A person of this site blocks somebody: follows end both ways. Oneself: nothing."""
        if who.id != whom.id:
            await self.follows.separate(tx, who, whom)
            await self.silences.block(tx, who, whom)

    async def receive_block(self, tx: Transaction, who: Account, whom: Account, uri: str) -> str:
        """Somebody of another site blocks a person of this one."""
        await self.follows.end(tx, who, whom)
        await self.follows.end(tx, whom, who)
        return await self.silences.receive_block(tx, who, whom, uri)

    async def unblock(self, tx: Transaction, who: Account, whom: Account) -> bool:
        """Ends a block, whoever made it; False if there was none."""
        return await self.silences.unblock(tx, who, whom)

    async def blocks_between(self, tx: Transaction, one: int, other: int) -> bool:
        """One of the two blocks the other."""
        return await self.silences.blocks_between(tx, one, other)

    async def blockers_of(self, tx: Transaction, whom: int) -> set[int]:
        """Everybody who blocks somebody, as far as this site knows."""
        return await self.silences.blockers_of(tx, whom)

    async def mute(
        self,
        tx: Transaction,
        who: int,
        whom: int,
        *,
        notifications: bool = True,
        seconds: int = 0,
    ) -> None:
        """Hides somebody, for some seconds or (0) until unmuted. Oneself: nothing."""
        if who != whom:
            await self.silences.mute(tx, who, whom, notifications=notifications, seconds=seconds)

    async def unmute(self, tx: Transaction, who: int, whom: int) -> None:
        """Shows somebody again."""
        await self.silences.unmute(tx, who, whom)

    async def note(self, tx: Transaction, who: int, whom: int, comment: str) -> None:
        """Keeps a private note about somebody; an empty one is removed."""
        await self.silences.note(tx, who, whom, comment)

    async def relationships(
        self, tx: Transaction, viewer: int, ids: Iterable[int]
    ) -> list[dict[str, Any]]:
        """Mastodon ``Relationship`` entities in the order of ``ids``."""
        return await self.silences.relationships(tx, viewer, list(ids))

    # Lists

    async def followers(self, tx: Transaction, account_id: int, page: Page) -> list[Listed]:
        """Accepted followers, the latest first."""
        return await self._page(tx, queries.FOLLOWERS, account_id, page)

    async def following(self, tx: Transaction, account_id: int, page: Page) -> list[Listed]:
        """Whom somebody follows, the latest first."""
        return await self._page(tx, queries.FOLLOWING, account_id, page)

    async def groups(self, tx: Transaction, account_id: int, page: Page) -> list[Listed]:
        """Those among them that are groups: they pass on what their members write to them."""
        return await self._page(tx, queries.GROUPS, account_id, page)

    async def shows_lists(self, tx: Transaction, account: Account, viewer: int | None) -> bool:
        """Whether somebody (None: a visitor) may see whom an account follows, and who follows it.

        Not where the account hides it, is gone, or blocks who asks.
        """
        if account.id == viewer:
            return True
        if account.hide_collections or account.is_gone:
            return False
        return viewer is None or not await self.silences.is_blocking(tx, account.id, viewer)

    async def requests(self, tx: Transaction, account_id: int, page: Page) -> list[Listed]:
        """Who asks to follow, the latest first."""
        return await self._page(tx, queries.REQUESTS, account_id, page)

    async def blocked(self, tx: Transaction, account_id: int, page: Page) -> list[Listed]:
        """Whom somebody blocks, the latest first."""
        return await self._page(tx, queries_silence.BLOCKED, account_id, page)

    async def muted(self, tx: Transaction, account_id: int, page: Page) -> list[Listed]:
        """Whom somebody mutes, the latest first, with the end of each mute."""
        return await self._page(tx, queries_silence.MUTED, account_id, page, now=self._clock.now())

    async def _page(
        self,
        tx: Transaction,
        statements: Mapping[bool, Statement],
        account_id: int,
        page: Page,
        **more: int,
    ) -> list[Listed]:
        rows = await tx.all(
            statements[page.ascending],
            who=account_id,
            max_id=queries.NEWEST if page.max_id is None else page.max_id,
            since_id=page.after or 0,
            limit=page.limit,
            **more,
        )
        if page.ascending:
            rows.reverse()
        return [Listed(row.id, row.account_id, getattr(row, "expires_at", None)) for row in rows]

    async def credential_part(self, tx: Transaction, account_id: int) -> dict[str, Any]:
        """What this feature adds to a ``CredentialAccount``."""
        rows = await tx.all(queries.COUNT_REQUESTS, whom=account_id, limit=MOST_REQUESTS_COUNTED)
        return {"source": {"follow_requests_count": len(rows)}}

    # Delivery

    async def inboxes(self, tx: Transaction, recipients: Recipients) -> list[Inbox]:
        """Expands recipients; shared inboxes merged, each address once."""
        return await self._inboxes.inboxes(tx, recipients)

    # What happens to accounts

    async def _forget(self, tx: Transaction, event: AccountDeleted) -> None:
        await self.follows.forget(tx, event.account_id)
        await self.silences.forget(tx, event.account_id)
        await self.endorsements.forget(tx, event.account_id)
        await self.domains.forget(tx, event.account_id)

    async def _open_doors(self, tx: Transaction, event: AccountUpdated) -> None:
        """Lets everybody in who waits at an account that no longer approves its followers."""
        if not event.local:
            return
        account = await self._accounts.by_id(tx, event.account_id)
        if account is None or account.locked or account.is_gone:
            return
        waiting = [row[0] for row in await tx.all(queries.REQUESTERS, whom=account.id)]
        for who in (await self._accounts.by_ids(tx, waiting)).values():
            if not who.is_gone and not self.follows.needs_approval(who, account):
                await self.follows.accept(tx, who, account)
