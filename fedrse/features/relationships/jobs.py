"""Work that takes time or the network: repairing follower lists, moving followers."""

from __future__ import annotations

from typing import Any

import structlog

from fedrse.activitypub.document_client import FetchFailed
from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.vocabulary import Json, as_list, id_of, type_of
from fedrse.core.clock import HOUR, MINUTE
from fedrse.core.ports import Protocol
from fedrse.features.relationships.service import Relationships
from fedrse.features.relationships.service_blocked_peers import BlockedPeers
from fedrse.features.relationships.service_domains import PART
from fedrse.features.relationships.service_migration import MIGRATE
from fedrse.features.relationships.service_synchronization import SYNCHRONISE
from fedrse.jobs.model import GiveUp, Job, TryLater
from fedrse.jobs.runner import Runner
from fedrse.store.database import Database

END_MUTES = "relationships.end_mutes"
REVIEW_DENIED = "relationships.review_denied_sites"
MOST_LISTED = 100_000  # followers in a partial collection
log = structlog.get_logger(__name__)


def register_blocked_hosts(runner: Runner, peers: BlockedPeers) -> None:
    """Lets follows with denied sites rest, and ends them a month later."""

    async def review(_job: Job) -> None:
        await peers.review()

    runner.every(10 * MINUTE, REVIEW_DENIED, review)


class FetchedDocument(Protocol):
    """A document from its own origin."""

    @property
    def document(self) -> Json: ...


class Fetcher(Protocol):
    """Signed fetches; implemented by ``activitypub.fetching.Resolver``."""

    async def fetch(self, uri: str) -> Any:
        """A document (``FetchedDocument``). Raises FetchFailed."""


class RelationshipJobs:
    """Handlers of jobs."""

    def __init__(
        self,
        *,
        database: Database,
        relationships: Relationships,
        fetcher: Fetcher,
        local_ids: LocalIds,
    ) -> None:
        self._database = database
        self._relationships = relationships
        self._synchronization = relationships.synchronization
        self._fetcher = fetcher
        self._local_ids = local_ids

    def register(self, runner: Runner) -> None:
        """Takes the jobs of this feature."""
        runner.handle(SYNCHRONISE, self.synchronise)
        runner.handle(MIGRATE, self.migrate)
        runner.handle(PART, self.part_from_domain)
        runner.every(MINUTE, END_MUTES, self.end_mutes)

    async def synchronise(self, job: Job) -> None:
        """Fetches the partial followers collection and repairs our side (FEP-8fcf).

        Nothing is done on any error: a list that could not be read is not an empty list.
        """
        account_id, url = int(job.arguments["account"]), str(job.arguments["url"])
        before = await self._database.read(self._synchronization.local_followers, account_id)
        try:
            fetched: FetchedDocument = await self._fetcher.fetch(url)
        except FetchFailed as error:
            if error.temporary:
                raise TryLater(error.code, delay=HOUR) from error
            raise GiveUp(error.code) from error
        listed = read_partial_collection(fetched.document, self._local_ids.origin)
        if listed is None:
            raise GiveUp("not a complete collection")
        ended, undone = await self._database.write(
            self._synchronization.repair, account_id, listed, before
        )
        log.info("followers_synchronised", account=account_id, ended=ended, undone=undone)

    async def migrate(self, job: Job) -> None:
        """Moves the local followers of an account that moved, a batch per transaction."""
        account_id, target_id = int(job.arguments["account"]), int(job.arguments["target"])
        batch = self._relationships.migration.move_batch
        while await self._database.write(batch, account_id, target_id):
            pass

    async def part_from_domain(self, job: Job) -> None:
        """Ends the follows between a person and a domain, a batch per transaction."""
        account_id, domain = int(job.arguments["account"]), str(job.arguments["domain"])
        part = self._relationships.domains.part
        while await self._database.write(part, account_id, domain):
            pass

    async def end_mutes(self, _job: Job) -> None:
        """Ends mutes whose time is over."""
        await self._database.write(self._relationships.silences.end_expired)


def read_partial_collection(document: Json, origin: str) -> frozenset[str] | None:
    """The listed actors of one origin; None unless the document is a whole collection.

    A collection in pages is not read: half a list would look like people who left.
    """
    if type_of(document) not in {"Collection", "OrderedCollection"} or "first" in document:
        return None
    total = document.get("totalItems")
    items = document.get("orderedItems", document.get("items"))
    if items is None and total == 0:
        return frozenset()
    if not isinstance(items, list | str) or len(items) > MOST_LISTED:
        return None
    listed = items if isinstance(items, list) else as_list(items)
    if isinstance(total, int) and total != len(listed):
        return None
    uris = [id_of(item) for item in listed]
    if any(uri is None or not uri.startswith(f"{origin}/") for uri in uris):
        return None
    return frozenset(uri for uri in uris if uri is not None)
