"""Where activities go: expands recipients to inboxes, and keeps follower lists in step.

``Inboxes`` answers what ``activitypub.delivery`` asks; the digest of followers on a host follows
FEP-8fcf.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Protocol

from fedrse.activitypub.outbox import Inbox, Recipients
from fedrse.features.relationships import queries
from fedrse.store.database import Row, Transaction


class Members(Protocol):
    """The network; implemented by ``network.service.Network``."""

    def is_member(self, host: str) -> bool: ...

    def member_hosts(self) -> frozenset[str]: ...

    def member_origins(self) -> tuple[str, ...]: ...


class HostInboxes(Protocol):
    """Shared inboxes of peers; implemented by ``sites.service.Sites``."""

    async def shared_inbox(self, tx: Transaction, host: str) -> str | None: ...


class Inboxes:
    """Expands ``Recipients``; shared inboxes are merged, own addresses dropped."""

    def __init__(self, *, network: Members, hosts: HostInboxes, own_host: str) -> None:
        self._network = network
        self._hosts = hosts
        self._own_host = own_host

    async def inboxes(self, tx: Transaction, recipients: Recipients) -> list[Inbox]:
        """Every address once, in no particular order."""
        found: dict[str, str] = {}
        if recipients.accounts:
            rows = await tx.all(queries.INBOXES_OF_ACCOUNTS, ids=list(recipients.accounts))
            self._collect(found, rows, recipients)
        if recipients.followers_of is not None:
            rows = await tx.all(queries.INBOXES_OF_FOLLOWERS, whom=recipients.followers_of)
            self._collect(found, rows, recipients)
        hosts = set(recipients.hosts)
        if recipients.members:
            hosts |= self._network.member_hosts()
        for host in hosts:
            inbox = await self._hosts.shared_inbox(tx, host)
            if inbox is not None and self._wanted(host, recipients):
                found[inbox] = host
        return [Inbox(url, host) for url, host in found.items()]

    def _collect(self, found: dict[str, str], rows: list[Row], recipients: Recipients) -> None:
        for row in rows:
            if self._wanted(row.host, recipients):
                inbox = row.inbox if recipients.personal else row.shared_inbox or row.inbox
                found[inbox] = row.host

    def _wanted(self, host: str, recipients: Recipients) -> bool:
        if host == self._own_host or host in recipients.exclude_hosts:
            return False
        return not recipients.only_members or self._network.is_member(host)

    async def has_remote_followers(self, tx: Transaction, account_id: int) -> bool:
        """Whether anybody elsewhere follows."""
        return await tx.one(queries.REMOTE_FOLLOWER, whom=account_id) is not None

    async def followers_on(self, tx: Transaction, account_id: int, host: str) -> list[str]:
        """URIs of the followers on a host: the partial collection of FEP-8fcf."""
        rows = await tx.all(queries.FOLLOWER_URIS_ON_HOST, whom=account_id, host=host)
        return [row[0] for row in rows]


def followers_digest(uris: list[str]) -> str:
    """FEP-8fcf: XOR of the SHA-256 of every follower's URI, in hexadecimal."""
    total = 0
    for uri in set(uris):
        total ^= int.from_bytes(sha256(uri.encode()).digest(), "big")
    return f"{total:064x}"
