"""Where activities go: expands recipients to inboxes."""

from __future__ import annotations

import time

from fedrse.activitypub.outbox import Inbox, Recipients
from fedrse.features.accounts.service_snapshots import SnapshotCache
from fedrse.features.network.service import Network
from fedrse.features.relationships import queries
from fedrse.store.database import Row, Transaction

MOST_HOSTS = 10_000


class Inboxes:
    """Expands ``Recipients``; shared inboxes are merged, own addresses dropped."""

    def __init__(self, *, network: Network, own_host: str) -> None:
        self._network = network
        self._own_host = own_host
        self._shared: SnapshotCache[str, str] = SnapshotCache(most=MOST_HOSTS)

    async def inboxes(self, tx: Transaction, recipients: Recipients) -> list[Inbox]:
        """Every address once, in the order of first mention."""
        found: dict[str, str] = {}
        if recipients.accounts:
            rows = await tx.all(queries.INBOXES_OF_ACCOUNTS, ids=list(recipients.accounts))
            self._collect(found, rows, recipients)
        if recipients.followers_of is not None:
            rows = await tx.all(queries.INBOXES_OF_FOLLOWERS, whom=recipients.followers_of)
            self._collect(found, rows, recipients)
        origins = self._member_origins() if recipients.members else {}
        for host in dict.fromkeys((*recipients.hosts, *origins)):
            if self._is_wanted(host, recipients):
                inbox = await self._of_host(tx, host)
                if inbox is None and host in origins:
                    # Nobody there is known yet; fedrse and Mastodon have it at this place.
                    inbox = f"{origins[host]}/inbox"
                if inbox is not None:
                    found.setdefault(inbox, host)
        return [Inbox(url, host) for url, host in found.items()]

    async def count_remote_followers(self, tx: Transaction, account_id: int, most: int) -> int:
        """How many people elsewhere follow, counted up to ``most``; cheap."""
        return len(await tx.all(queries.REMOTE_FOLLOWERS, whom=account_id, most=most))

    def _member_origins(self) -> dict[str, str]:
        origins = self._network.member_origins()
        return {origin.partition("://")[2]: origin for origin in origins}

    async def _of_host(self, tx: Transaction, host: str) -> str | None:
        """The shared inbox of a host; software without one gets it at anybody's inbox."""
        known = self._shared.get(host)
        if known is None:
            known = await tx.value(queries.SHARED_INBOX_OF_HOST, of_host=host)
            if known is None:
                value = await tx.value(queries.ANY_INBOX_OF_HOST, of_host=host)
                return None if value is None else str(value)
            self._shared.put(host, known, time.monotonic_ns())
        return known

    def _collect(self, found: dict[str, str], rows: list[Row], recipients: Recipients) -> None:
        for row in rows:
            if self._is_wanted(row.host, recipients):
                inbox = row.inbox if recipients.personal else row.shared_inbox or row.inbox
                found.setdefault(inbox, row.host)

    def _is_wanted(self, host: str, recipients: Recipients) -> bool:
        if host == self._own_host or host in recipients.exclude_hosts:
            return False
        return not recipients.only_members or self._network.is_member(host)
