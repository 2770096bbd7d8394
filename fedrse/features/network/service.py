"""Which sites belong to the network (the group of companies). For now the settings say it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fedrse.activitypub.local_ids import LocalIds
from fedrse.core.settings import Settings
from fedrse.core.urls import origin_of
from fedrse.store.database import Transaction

MembersUriOf = Callable[[Transaction, str], Awaitable[str | None]]


class Network:
    """The member sites. This site is a member of its own network, if there is one."""

    def __init__(self, *, settings: Settings, local_ids: LocalIds) -> None:
        own = origin_of(settings.origin)
        others = {
            origin.peer: str(origin)
            for origin in map(origin_of, settings.network.members)
            if origin != own
        }
        self._own_host = own.peer
        self._own_origin = str(own)
        self._others = others
        self._hosts = frozenset(others)
        self._local_ids = local_ids
        self._published: MembersUriOf | None = None

    def register_members_uri(self, find: MembersUriOf) -> None:
        """Says how to find what a peer's instance actor publishes as ``network``."""
        self._published = find

    @property
    def exists(self) -> bool:
        """Whether this site belongs to a network at all."""
        return bool(self._others)

    def is_member(self, host: str) -> bool:
        """Whether the peer (``host[:port]``) is an active member; this site is one."""
        return host in self._others or (host == self._own_host and self.exists)

    def member_hosts(self) -> frozenset[str]:
        """The peers that are active members, without this site."""
        return self._hosts

    def member_origins(self) -> tuple[str, ...]:
        """The origins (``https://oslo.corp.example``) of the other active members."""
        return tuple(self._others.values())

    def all_origins(self) -> tuple[str, ...]:
        """The origins of all active members, this site among them; nothing without a network."""
        return tuple(sorted((self._own_origin, *self._others.values()))) if self._others else ()

    async def members_uri_of(self, tx: Transaction, host: str) -> str | None:
        """The members collection that this member's instance actor publishes as ``network``.

        None where the host is not an active member or its instance actor is not known yet.
        """
        if not self.is_member(host):
            return None
        if host == self._own_host:
            return self._local_ids.members
        return None if self._published is None else await self._published(tx, host)
