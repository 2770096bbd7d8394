"""Asks other sites which tags their people show."""

from __future__ import annotations

from typing import Any

from fedrse.activitypub.document_client import Fetched, FetchFailed
from fedrse.activitypub.vocabulary import Json, id_of
from fedrse.core.clock import HOUR
from fedrse.core.ports import Protocol
from fedrse.core.urls import same_origin
from fedrse.features.accounts.model import Account
from fedrse.features.tags.model_wire import read_featured_tags
from fedrse.features.tags.service_featured import FETCH, FeaturedTags
from fedrse.jobs.model import GiveUp, Job, TryLater
from fedrse.jobs.runner import Runner
from fedrse.store.database import Database, Transaction


class Documents(Protocol):
    """Signed fetches; implemented by ``activitypub.document_client.DocumentClient``."""

    async def fetch(self, uri: str) -> Fetched: ...

    async def fetch_list(self, address: str) -> Json: ...


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def by_id(self, tx: Transaction, account_id: int) -> Account | None: ...


class TagJobs:
    """Handlers of jobs."""

    def __init__(
        self, *, database: Database, people: People, documents: Documents, featured: FeaturedTags
    ) -> None:
        self._database = database
        self._people = people
        self._documents = documents
        self._featured = featured

    def register(self, runner: Runner) -> None:
        """Takes the jobs of this feature."""
        runner.handle(FETCH, self.fetch, attempts=3)

    async def fetch(self, job: Job) -> None:
        """Reads the collection that the actor names; nothing changes where it cannot be had."""
        account = await self._database.read(self._people.by_id, int(job.arguments["account"]))
        if account is None or account.local or account.is_gone:
            return
        try:
            shown = await self._shown(account)
        except FetchFailed as error:
            if error.temporary:
                raise TryLater(error.code, delay=HOUR) from error
            raise GiveUp(error.code) from error
        await self._database.write(self._featured.replace_remote, account.id, shown)

    async def _shown(self, account: Account) -> list[tuple[str, str | None]]:
        actor = await self._documents.fetch(account.uri)
        if actor.uri != account.uri:
            raise GiveUp("another actor")
        named: Any = actor.document.get("featuredTags")
        if not isinstance(named, dict):
            address = id_of(named)
            if address is None:
                return []
            if not same_origin(address, account.uri):
                raise GiveUp("collection of another origin")
            named = await self._documents.fetch_list(address)
        return read_featured_tags(named)
