"""From what a person types into a search box to something of another site."""

from __future__ import annotations

from fedrse.activitypub.discovery import Discovery
from fedrse.activitypub.document_client import FetchFailed
from fedrse.activitypub.fetching import Resolver
from fedrse.activitypub.handles import Handle, parse_handle


class Lookup:
    """Resolves handles and addresses."""

    def __init__(self, *, discovery: Discovery, resolver: Resolver, own_domains: frozenset[str]):
        """``own_domains``: handle domain and host of this site, whose people are not fetched."""
        self._discovery = discovery
        self._resolver = resolver
        self._own_domains = own_domains

    async def lookup(self, query: str) -> str:
        """The id of the actor (or post) that a handle or address names, stored here now.

        Raises FetchFailed; ``fetch_local`` for what is this site's own.
        """
        text = query.strip()
        if text.lower().startswith(("https://", "http://")):
            return await self._resolver.resolve(text)
        handle = parse_handle(text)
        if handle is None:
            raise FetchFailed("not_a_handle", "This is neither a handle nor an address.", query)
        return await self.resolve_handle(handle)

    async def resolve_handle(self, handle: Handle) -> str:
        """The id of the actor with this handle, stored here now. Raises FetchFailed."""
        if handle.domain in self._own_domains:
            raise FetchFailed("fetch_local", "This is a handle of this site.", handle.resource)
        return await self._resolver.resolve(await self._discovery.actor_uri(handle))
