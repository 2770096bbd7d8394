"""Keeps follower lists of two sites equal (FEP-8fcf), after messages got lost."""

from __future__ import annotations

from collections import defaultdict
from functools import partial

from fedrse.activitypub.local_ids import LocalIds
from fedrse.core.clock import SECOND, Clock
from fedrse.core.urls import same_origin
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.service import Accounts
from fedrse.features.accounts.service_snapshots import MINUTE_NS, SnapshotCache
from fedrse.features.relationships import queries
from fedrse.features.relationships.model_events import Followed, Unfollowed
from fedrse.features.relationships.model_synchronization import (
    Synchronization,
    followers_digest,
    parse_synchronization,
)
from fedrse.features.relationships.service_follows import Follows
from fedrse.jobs.queue import Queue
from fedrse.store.database import Transaction

SYNCHRONISE = "relationships.synchronise"
"""Job: ``account`` (id of a remote account), ``url`` of the partial collection."""

MOST_DIGESTED = 2_000  # accounts
DIGEST_LIFETIME_NS = MINUTE_NS
"""Other processes may change followers meanwhile; an old digest costs the receiver one fetch."""

DELAY = 30 * SECOND  # follows that are under way settle meanwhile


class FollowersSynchronization:
    """Both sides: what we tell of our people's followers, and what we are told."""

    def __init__(
        self,
        *,
        clock: Clock,
        local_ids: LocalIds,
        accounts: Accounts,
        follows: Follows,
        jobs: Queue,
    ) -> None:
        self._clock = clock
        self._local_ids = local_ids
        self._accounts = accounts
        self._follows = follows
        self._jobs = jobs
        self._digests: SnapshotCache[int, dict[str, str]] = SnapshotCache(
            most=MOST_DIGESTED, lifetime_ns=DIGEST_LIFETIME_NS
        )

    # Telling

    async def header_for(self, tx: Transaction, account_id: int, host: str) -> str | None:
        """``Collection-Synchronization`` for what a local account sends to a host.

        None where nobody on that host follows.
        """
        digests = self._digests.get(account_id)
        if digests is None:
            digests = await self._digests_of(tx, account_id)
            self._digests.put(account_id, digests, tx.snapshot)
        digest = digests.get(host)
        if digest is None:
            return None
        return Synchronization(
            collection=self._local_ids.uri("actor", account_id, "followers"),
            url=self._local_ids.uri("actor", account_id, "followers-sync"),
            digest=digest,
        ).header

    async def _digests_of(self, tx: Transaction, account_id: int) -> dict[str, str]:
        """By host: all at once, since a post goes to all hosts of its author's followers."""
        hosts: defaultdict[str, list[str]] = defaultdict(list)
        for row in await tx.all(queries.REMOTE_FOLLOWER_URIS, whom=account_id):
            hosts[row.host].append(row.uri)
        return {host: followers_digest(uris) for host, uris in hosts.items()}

    async def forget_digests(self, tx: Transaction, event: Followed | Unfollowed) -> None:
        """Followers of an account have changed."""
        tx.after_commit(partial(self._digests.forget, event.target_id))

    async def followers_on(self, tx: Transaction, account_id: int, host: str) -> list[str]:
        """URIs of the followers on a host: the partial collection."""
        rows = await tx.all(queries.FOLLOWER_URIS_ON_HOST, whom=account_id, of_host=host)
        return [row[0] for row in rows]

    # Being told

    async def compare(self, tx: Transaction, actor: str, header: str) -> None:
        """Looks at a received header; plans a repair where the lists differ. Never raises.

        The partial collection is on the actor's own site, and what it lists is asked for there:
        the header alone changes nothing.
        """
        told = parse_synchronization(header)
        if told is None or not same_origin(told.url, actor):
            return
        account = await self._accounts.by_uri(tx, actor)
        if account is None or account.local or account.followers_uri != told.collection:
            return
        if followers_digest(await self.local_followers(tx, account.id)) == told.digest:
            return
        await self._jobs.enqueue(
            tx,
            SYNCHRONISE,
            {"account": account.id, "url": told.url},
            due_at=self._clock.now() + DELAY,
            key=f"{SYNCHRONISE}:{account.id}",
        )

    async def local_followers(self, tx: Transaction, account_id: int) -> frozenset[str]:
        """URIs of the people of this site whose follow of a remote account counts."""
        rows = await tx.all(queries.LOCAL_FOLLOWER_URIS, whom=account_id)
        return frozenset(row[0] for row in rows)

    async def repair(
        self, tx: Transaction, account_id: int, listed: frozenset[str], before: frozenset[str]
    ) -> tuple[int, int]:
        """Makes our follows of a remote account those that its site lists.

        ``before`` are the followers that we knew when the list was asked for: only those can be
        wrong, later ones the list cannot know. Returns how many follows ended and how many the
        other site was told to forget.
        """
        account = await self._accounts.by_id(tx, account_id)
        if account is None or account.local:
            return 0, 0
        ended = await self._end_unlisted(tx, account, before - listed)
        return ended, await self._settle_listed(tx, account, listed - before)

    async def _end_unlisted(self, tx: Transaction, account: Account, uris: frozenset[str]) -> int:
        ended = 0
        for follower in (await self._accounts.by_uris(tx, uris)).values():
            ended += await self._follows.end(tx, follower, account) is not None
        return ended

    async def _settle_listed(self, tx: Transaction, account: Account, uris: frozenset[str]) -> int:
        undone = 0
        own = [uri for uri in uris if self._local_ids.parse(uri) is not None]
        for follower in (await self._accounts.by_uris(tx, own)).values():
            if not follower.local or follower.deleted_at is not None:
                continue
            known = await self._follows.pair(tx, follower.id, account.id)
            if known is None:
                await self._follows.undo(tx, follower, account)
                undone += 1
            elif not known.accepted:
                await self._follows.receive_accept(tx, known)  # the answer got lost
        return undone
