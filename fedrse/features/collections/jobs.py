"""Asks other sites: which collections people show, and whether those in them agreed."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from fedrse.activitypub.document_client import Fetched, FetchFailed
from fedrse.activitypub.remote_collections import RemoteCollections
from fedrse.core.clock import HOUR, SECOND
from fedrse.core.ports import Protocol
from fedrse.features.accounts.model import Account
from fedrse.features.collections.model import Collection, Item
from fedrse.features.collections.model_wire import (
    Incoming,
    IncomingItem,
    confirms,
    read_collection,
)
from fedrse.features.collections.service_elsewhere import (
    FETCH,
    MOST_ELSEWHERE,
    VERIFY,
    CollectionsElsewhere,
)
from fedrse.features.collections.service_posts import LINK, LinkedCollections
from fedrse.jobs.model import Job, TryLater
from fedrse.jobs.runner import Runner
from fedrse.store.database import Database, Transaction

MOST_PAGES = 10
PATIENCE: Final = 1 * SECOND
"""So long an app waits for another site; later it shows what is known."""


class Documents(Protocol):
    """Signed fetches; implemented by ``activitypub.document_client.DocumentClient``."""

    async def fetch(self, uri: str) -> Fetched: ...

    def admit(self, document: dict[str, Any], host: str) -> dict[str, Any]: ...


class Fetcher(Protocol):
    """Stores what it fetches; implemented by ``activitypub.fetching.Resolver``."""

    async def resolve(self, uri: str) -> str: ...


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def by_id(self, tx: Transaction, account_id: int) -> Account | None: ...

    async def by_uri(self, tx: Transaction, uri: str) -> Account | None: ...


class CollectionJobs:
    """Handlers of jobs."""

    def __init__(
        self,
        *,
        database: Database,
        people: People,
        documents: Documents,
        fetcher: Fetcher,
        lists: RemoteCollections,
        elsewhere: CollectionsElsewhere,
        links: LinkedCollections,
    ) -> None:
        self._database = database
        self._people = people
        self._documents = documents
        self._fetcher = fetcher
        self._lists = lists
        self._elsewhere = elsewhere
        self._links = links

    def register(self, runner: Runner) -> None:
        """Takes the jobs of this feature."""
        runner.handle(FETCH, self.fetch, attempts=3)
        runner.handle(VERIFY, self.verify, attempts=5)
        runner.handle(LINK, self.link, attempts=3)

    async def open(self, account_id: int) -> None:
        """Somebody looks at the collections of an account: asks, and waits a moment for it."""

        async def plan(tx: Transaction) -> None:
            account = await self._people.by_id(tx, account_id)
            if account is not None:
                await self._elsewhere.plan_fetch(tx, account)

        await self._database.write(plan)
        try:
            async with asyncio.timeout(PATIENCE / SECOND):
                await self._read_list(account_id)
        except (TimeoutError, FetchFailed):
            return  # the job goes on

    async def fetch(self, job: Job) -> None:
        """Reads the collections that an actor shows; nothing changes where they cannot be had."""
        try:
            await self._read_list(int(job.arguments["account"]))
        except FetchFailed as error:
            if error.temporary:
                raise TryLater(error.code, delay=HOUR) from error

    async def _read_list(self, account_id: int) -> None:
        """Raises FetchFailed."""
        account = await self._database.read(self._people.by_id, account_id)
        if account is None or account.local or account.is_gone or account.collections_uri is None:
            return
        listing = await self._lists.collection(account.collections_uri, account.uri)
        shown = await self._read(listing, account)
        await self._database.write(self._elsewhere.replace_all, account, shown)
        for one in shown:
            found = await self._database.read(self._elsewhere.by_uri, one.uri)
            if found is not None:
                await self._look_at(found.id)

    async def _read(self, listing: dict[str, Any], account: Account) -> list[Incoming]:
        """Those of the list; what is named by its id only is fetched."""
        shown = []
        items = self._lists.items(
            listing, origin=account.uri, most=MOST_ELSEWHERE, pages=MOST_PAGES
        )
        async for item in items:
            document = item
            if isinstance(item, str):
                document = (await self._documents.fetch(item)).document
            elif isinstance(item, dict):
                try:
                    document = self._documents.admit(item, account.host)
                except FetchFailed:
                    continue  # a rule refuses this one
            incoming = read_collection(document) if isinstance(document, dict) else None
            if incoming is not None and incoming.owner == account.uri:
                shown.append(incoming)
        return shown

    async def link(self, job: Job) -> None:
        """Fetches collections to which a post links, and lets it show them."""
        addresses = [str(one) for one in job.arguments["addresses"]]
        later = ""
        for address in addresses:
            try:
                await self._fetcher.resolve(address)
            except FetchFailed as error:
                later = error.code if error.temporary else later
        await self._database.write(self._links.link, int(job.arguments["post"]), addresses)
        if later:
            raise TryLater(later, delay=HOUR)

    async def verify(self, job: Job) -> None:
        """Reads the agreement of each person at their own site."""
        later = await self._look_at(int(job.arguments["collection"]))
        if later:
            raise TryLater(later, delay=HOUR)

    async def _look_at(self, collection_id: int) -> str:
        """Looks at all that are open; returns why some have to wait, "" if none has."""
        found, items = await self._database.read(self._elsewhere.unverified, collection_id)
        later = ""
        for item in items:
            try:
                if found is not None:
                    await self._look(found, item)
            except FetchFailed as error:
                if error.temporary:
                    later = error.code
                else:
                    await self._refuse(item)
        return later

    async def _look(self, found: Collection, item: Item) -> None:
        actor, stamp = item.object_uri or "", item.stamp or ""
        document = (await self._documents.fetch(stamp)).document
        if not confirms(document, IncomingItem(item.uri or "", actor, stamp), found.uri or ""):
            await self._refuse(item)
            return
        if await self._database.read(self._people.by_uri, actor) is None:
            await self._fetcher.resolve(actor)
        await self._database.write(self._elsewhere.verified, item.id, stamp)

    async def _refuse(self, item: Item) -> None:
        await self._database.write(self._elsewhere.unverifiable, item.id, item.stamp or "")
