"""Completing threads: replies that other sites have and this one has not heard of.

Ancestors come by themselves, as a reply needs what it replies to. Descendants are asked for where
the author's site lists them: the conversation's own collection (FEP-7888, FEP-f228) or, post by
post, ``replies``.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

import structlog

from fedrse.activitypub.document_client import Fetched, FetchFailed
from fedrse.activitypub.fetching import Resolver
from fedrse.activitypub.quotas import caused_by
from fedrse.activitypub.remote_collections import RemoteCollections
from fedrse.activitypub.vocabulary import id_of

MOST_POSTS: Final = 200
MOST_SECONDS: Final = 60.0
_CONVERSATIONS: Final = ("contextHistory", "context")
log = structlog.get_logger(__name__)

KnownPosts = Callable[[list[str]], Awaitable[set[str]]]
"""Which of these URIs are posts that this site has."""


@dataclass(slots=True)
class _Search:
    """What one call knows: which posts this site had before, which it has stored since."""

    known_posts: KnownPosts
    stored: set[str] = field(default_factory=set)

    async def unknown(self, uris: list[str]) -> list[str]:
        known = await self.known_posts(uris) if uris else set()
        return [uri for uri in uris if uri not in known]


class Threads:
    """Fetches what is missing of a thread."""

    def __init__(self, *, resolver: Resolver, collections: RemoteCollections) -> None:
        self._resolver = resolver
        self._collections = collections

    async def complete(self, uri: str, known_posts: KnownPosts) -> int:
        """Refreshes a remote post and fetches replies to it that are not known.

        Returns how many were stored. Stops after 200 posts or a minute; what cannot be had is
        left out.
        """
        search = _Search(known_posts)
        try:
            async with asyncio.timeout(MOST_SECONDS):
                root = await self._resolver.refresh_document(uri)
                if root is not None:
                    # Whom its lists make known counts for the site that keeps them.
                    with caused_by(root.host):
                        await self._below(root, search)
        except TimeoutError:
            log.info("thread_takes_too_long", uri=uri, stored=len(search.stored))
        except FetchFailed as error:
            log.debug("thread_unavailable", uri=uri, why=error.code)
        return len(search.stored)

    async def _below(self, root: Fetched, search: _Search) -> None:
        if not await self._by_conversation(root, search):
            await self._by_replies(root, search)

    async def _by_conversation(self, root: Fetched, search: _Search) -> bool:
        """Whether the conversation has a collection that lists this post."""
        for name in _CONVERSATIONS:
            conversation = root.document.get(name)
            if conversation is None:
                continue
            # It belongs to who began the thread, perhaps on another site than this post.
            owner = id_of(conversation) or root.uri
            listed = await self._listed(conversation, owner, MOST_POSTS)
            if root.uri in listed:
                for uri in await search.unknown(listed):
                    await self._store(uri, search)
                return True
        return False

    async def _by_replies(self, root: Fetched, search: _Search) -> None:
        waiting: deque[Fetched] = deque([root])
        seen = {root.uri}
        while waiting and len(search.stored) < MOST_POSTS:
            post = waiting.popleft()
            room = MOST_POSTS - len(search.stored)
            replies = await self._listed(post.document.get("replies"), post.uri, room)
            fresh = [uri for uri in replies if uri not in seen]
            seen.update(fresh)
            for uri in await search.unknown(fresh):
                fetched = await self._store(uri, search)
                if fetched is not None:
                    waiting.append(fetched)

    async def _listed(self, collection: Any, origin: str, most: int) -> list[str]:
        if collection is None:
            return []
        try:
            found = self._collections.ids(collection, origin=origin, most=most)
            return [uri async for uri in found]
        except FetchFailed as error:
            log.debug("replies_unavailable", origin=origin, why=error.code)
            return []

    async def _store(self, uri: str, search: _Search) -> Fetched | None:
        if len(search.stored) >= MOST_POSTS:
            return None
        try:
            fetched = await self._resolver.resolve_document(uri)
        except FetchFailed as error:
            log.debug("reply_unavailable", uri=uri, why=error.code)
            return None
        search.stored.add(fetched.uri)
        return fetched
