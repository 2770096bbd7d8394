"""Completing threads: replies that other sites have and this one has not heard of.

Ancestors come by themselves, as a reply needs what it replies to. Descendants are asked for where
the author's site lists them: the conversation's own collection (FEP-7888, FEP-f228) or, post by
post, ``replies``.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection
from typing import Any, Final

import structlog

from fedrse.activitypub.document_client import Fetched, FetchFailed
from fedrse.activitypub.fetching import Resolver
from fedrse.activitypub.remote_collections import RemoteCollections
from fedrse.activitypub.vocabulary import id_of
from fedrse.core.clock import MINUTE, Clock
from fedrse.jobs.model import Job
from fedrse.jobs.queue import Queue
from fedrse.jobs.runner import Runner
from fedrse.net.expiring import ExpiringMap
from fedrse.store.database import Transaction

KIND: Final = "activitypub.complete_thread"
MOST_POSTS: Final = 200
MOST_SECONDS: Final = 60.0
COOL_DOWN: Final = 15 * MINUTE
_CONVERSATIONS: Final = ("contextHistory", "context")
_MOST_REMEMBERED: Final = 10_000
log = structlog.get_logger(__name__)

KnownPosts = Callable[[Collection[str]], Awaitable[set[str]]]
"""Which of these URIs are posts that this site has."""


class Threads:
    """Fetches what is missing of a thread."""

    def __init__(
        self,
        *,
        resolver: Resolver,
        collections: RemoteCollections,
        queue: Queue,
        clock: Clock,
        known_posts: KnownPosts,
    ) -> None:
        self._resolver = resolver
        self._collections = collections
        self._queue = queue
        self._known_posts = known_posts
        self._recent: ExpiringMap[str, bool] = ExpiringMap(clock, max_entries=_MOST_REMEMBERED)

    def register(self, runner: Runner) -> None:
        """Takes the jobs of this module."""
        runner.handle(KIND, self._run, attempts=2)

    async def plan(self, tx: Transaction, uri: str) -> bool:
        """Plans to complete the thread of a remote post; at most every 15 minutes per post."""
        if self._recent.get(uri):
            return False
        self._recent.put(uri, True, lifetime=COOL_DOWN)
        await self._queue.enqueue(tx, KIND, {"uri": uri}, key=f"{KIND}:{uri}")
        return True

    async def complete(self, uri: str) -> int:
        """Fetches replies to a remote post that are not known; returns how many were stored.

        Stops after 200 posts or a minute. What cannot be had is left out.
        """
        stored: set[str] = set()
        try:
            async with asyncio.timeout(MOST_SECONDS):
                root = await self._resolver.resolve_document(uri, ask_again=True)
                if not await self._by_conversation(root, stored):
                    await self._by_replies(root, stored)
        except TimeoutError:
            log.info("thread_takes_too_long", uri=uri, stored=len(stored))
        except FetchFailed as error:
            log.debug("thread_unavailable", uri=uri, why=error.code)
        return len(stored)

    async def _run(self, job: Job) -> None:
        await self.complete(str(job.arguments["uri"]))

    async def _by_conversation(self, root: Fetched, stored: set[str]) -> bool:
        """Whether the conversation has a collection that lists this post."""
        for name in _CONVERSATIONS:
            conversation = root.document.get(name)
            if conversation is None:
                continue
            # It belongs to who began the thread, perhaps on another site than this post.
            owner = id_of(conversation) or root.uri
            listed = await self._listed(conversation, owner, MOST_POSTS)
            if root.uri in listed:
                for uri in await self._unknown(listed):
                    await self._store(uri, stored)
                return True
        return False

    async def _by_replies(self, root: Fetched, stored: set[str]) -> None:
        waiting: deque[Fetched] = deque([root])
        seen = {root.uri}
        while waiting and len(stored) < MOST_POSTS:
            post = waiting.popleft()
            room = MOST_POSTS - len(stored)
            replies = await self._listed(post.document.get("replies"), post.uri, room)
            fresh = [uri for uri in replies if uri not in seen]
            seen.update(fresh)
            for uri in await self._unknown(fresh):
                fetched = await self._store(uri, stored)
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

    async def _unknown(self, uris: list[str]) -> list[str]:
        known = await self._known_posts(uris) if uris else set()
        return [uri for uri in uris if uri not in known]

    async def _store(self, uri: str, stored: set[str]) -> Fetched | None:
        if len(stored) >= MOST_POSTS:
            return None
        try:
            fetched = await self._resolver.resolve_document(uri)
        except FetchFailed as error:
            log.debug("reply_unavailable", uri=uri, why=error.code)
            return None
        stored.add(fetched.uri)
        return fetched
