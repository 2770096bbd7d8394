"""Getting things of other sites into this one: fetched from their origin, stored by importers.

What an importer needs first (the author, the post replied to) is fetched too, within bounds of
depth, number and time for everything that one call starts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import structlog

from fedrse.activitypub.dispatch import Ignored, Needs, Refused
from fedrse.activitypub.document_client import DocumentClient, Fetched, FetchFailed
from fedrse.activitypub.documents import is_actor
from fedrse.activitypub.importers import Imported, Importers
from fedrse.activitypub.key_documents import find_key
from fedrse.activitypub.keys import VerifyKey
from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.quotas import Quota, Quotas, cause, is_unproved
from fedrse.activitypub.remote_keys import KeyUnreachable
from fedrse.core.clock import DAY, Clock
from fedrse.core.errors import FedrseError, TooMany, Unauthenticated
from fedrse.core.ports import Protocol
from fedrse.net.errors import HostBusy
from fedrse.net.expiring import ExpiringMap
from fedrse.store.database import Database

MAX_DEPTH: Final = 50
MAX_DOCUMENTS: Final = 250
MAX_SECONDS: Final = 60.0
MAX_ROUNDS: Final = 6
MAX_NEEDS: Final = 20  # of one document at a time
_BUSY_SECONDS: Final = 60  # after which a host may be asked as much again
_MOST_UNPROVED: Final = 20_000
log = structlog.get_logger(__name__)


class Handles(Protocol):
    """Finds the handle of an actor; implemented by ``discovery.Discovery``."""

    async def handle_of(self, fetched: Fetched) -> str | None:
        """The handle that its domain confirms to be the actor's, None where none does."""


KnowsActor: TypeAlias = Callable[[str], Awaitable[bool]]
"""Whether somebody is known here, by URI."""


@dataclass(slots=True)
class _Run:
    """What one call has started: how many documents it may still fetch, which are stored."""

    budget: int = MAX_DOCUMENTS
    done: set[str] = field(default_factory=set)
    cause: str = field(default_factory=cause.get)
    """Of which peer the new people count: that which caused it, else that of the first document."""


class PeopleExceeded(FetchFailed):
    """Somebody of a peer of whom enough became known today; ``quota`` says when to come back."""

    def __init__(self, quota: TooMany, uri: str) -> None:
        super().__init__(quota.code, quota.message, uri, temporary=True)
        self.quota = quota


class Resolver:
    """Fetches and stores; one per process."""

    def __init__(
        self,
        *,
        documents: DocumentClient,
        importers: Importers,
        handles: Handles,
        database: Database,
        local_ids: LocalIds,
        clock: Clock,
        quotas: Quotas | None = None,
    ) -> None:
        self._documents = documents
        self._quotas = quotas
        self._knows_actor: KnowsActor | None = None
        self._importers = importers
        self._handles = handles
        self._database = database
        self._local_ids = local_ids
        self._clock = clock
        self._storing: dict[tuple[str, frozenset[str]], asyncio.Task[None]] = {}
        self._unproved: ExpiringMap[str, str] = ExpiringMap(clock, max_entries=_MOST_UNPROVED)

    def know_actors(self, knows_actor: KnowsActor) -> None:
        """Says how to find out whether an actor is new here: new ones are counted by peer."""
        self._knows_actor = knows_actor

    async def resolve(self, uri: str, *, ask_again: bool = False) -> str:
        """Fetches a document and stores it with all that it needs; returns its id.

        Raises FetchFailed; its code tells why, also where the importer refused.
        """
        return (await self.resolve_document(uri, ask_again=ask_again)).uri

    async def resolve_document(self, uri: str, *, ask_again: bool = False) -> Fetched:
        """Like ``resolve``, and returns the document itself. Raises FetchFailed."""
        try:
            async with asyncio.timeout(MAX_SECONDS):
                return await self._resolve(uri, _Run(), (), ask_again=ask_again)
        except TimeoutError as error:
            raise FetchFailed("fetch_too_long", "It took too long.", uri, temporary=True) from error

    async def resolve_all(self, uris: Iterable[str]) -> dict[str, FetchFailed | None]:
        """Resolves several at once: None for each that is stored now, else why it is not."""
        wanted = list(dict.fromkeys(uris))
        results = await asyncio.gather(*(self._outcome(uri) for uri in wanted))
        return dict(zip(wanted, results, strict=True))

    async def refresh(self, uri: str, *, deleted: bool = False) -> str | None:
        """Asks the origin again; if it says that this is gone, so it is here, and None returned.

        ``deleted``: somebody says that it was, so that a 404 may be enough. Raises FetchFailed.
        """
        try:
            fetched = await self.refresh_document(uri)
        except FetchFailed as error:
            if not (deleted and error.missing) or self._local_ids.is_local(uri):
                raise
            if not await self._database.write(self._importers.remove_missing, uri):
                raise
            return None
        return None if fetched is None else fetched.uri

    async def refresh_document(self, uri: str) -> Fetched | None:
        """Like ``refresh``, and returns the document itself. Raises FetchFailed."""
        try:
            return await self.resolve_document(uri, ask_again=True)
        except FetchFailed as error:
            if not error.gone or self._local_ids.is_local(uri):
                raise
            await self._database.write(self._importers.remove, uri)
            return None

    async def is_gone(self, uri: str) -> bool:
        """Whether the origin answers that this exists no more (410 or Tombstone)."""
        try:
            await self._documents.fetch(uri, unsigned_retry=True, ask_again=True)
        except FetchFailed as error:
            return error.gone
        return False

    async def fetch(self, uri: str) -> Fetched:
        """A document without storing it. Raises FetchFailed."""
        self._refuse_local(uri)
        return await self._documents.fetch(uri)

    async def fetch_key(self, key_id: str, *, ask_again: bool = False) -> VerifyKey:
        """A public key as its owner publishes it; the owner is stored.

        Raises KeyUnreachable, Unauthenticated where key and owner do not fit, and TooMany where the
        owner is not known and the site has no such left, or is being asked too much: whoever is
        refused with 401 then might never come again.
        """
        try:
            self._refuse_local(key_id)
            fetched = await self._documents.fetch(key_id, unsigned_retry=True, ask_again=ask_again)
            key = find_key(fetched.document, key_id, self._clock.now())
            if key.owner != fetched.uri:
                # A bare key: only the owner's own document can confirm it.
                fetched = await self._documents.fetch(
                    key.owner, unsigned_retry=True, ask_again=ask_again
                )
                key = find_key(fetched.document, key_id, self._clock.now())
                if key.owner != fetched.uri:
                    raise KeyUnreachable(key_id, "owner")
            await self._count_owner(fetched)
            await self._store(fetched, _Run(), (), counted=True)
        except PeopleExceeded as error:
            raise error.quota from error
        except FetchFailed as error:
            if error.code == HostBusy.CODE:
                raise TooMany(error.code, error.message, retry_after=_BUSY_SECONDS) from error
            raise KeyUnreachable(key_id, error.code, gone=error.gone) from error
        return key

    def proved(self, owner: str) -> None:
        """Somebody whose key was fetched has really signed: they count for their site now."""
        host = self._unproved.get(owner)
        if host is not None and self._quotas is not None:
            self._unproved.forget(owner)
            self._quotas.spend(Quota.ACTORS, host, 1)

    async def _outcome(self, uri: str) -> FetchFailed | None:
        try:
            await self.resolve(uri)
        except FetchFailed as error:
            return error
        return None

    async def _resolve(
        self, uri: str, run: _Run, path: tuple[str, ...], *, ask_again: bool = False
    ) -> Fetched:
        self._refuse_local(uri)
        if uri in path:
            raise FetchFailed("fetch_cycle", "It refers to itself in the end.", uri)
        if len(path) > MAX_DEPTH or run.budget <= 0:
            raise FetchFailed("fetch_too_deep", "It refers to too many others.", uri)
        run.budget -= 1
        fetched = await self._documents.fetch(uri, ask_again=ask_again)
        run.cause = run.cause or fetched.host
        if fetched.uri not in run.done:
            await self._store(fetched, run, (*path, uri))
            run.done.add(fetched.uri)
        return fetched

    async def _store(
        self, fetched: Fetched, run: _Run, path: tuple[str, ...], *, counted: bool = False
    ) -> None:
        handle = None
        if is_actor(fetched.document):
            if not counted:
                await self._count(fetched, run.cause or fetched.host)
            handle = await self._handles.handle_of(fetched)
        unavailable: frozenset[str] = frozenset()
        tried: set[str] = set()
        for _ in range(MAX_ROUNDS):
            imported = Imported(fetched.uri, fetched.host, fetched.document, unavailable, handle)
            try:
                await self._import(imported)
            except Needs as needs:
                fresh = [uri for uri in needs.uris if uri not in tried][:MAX_NEEDS]
                # What was stored and is asked for again is known under another id.
                failed = set(needs.uris).difference(fresh)
                tried.update(fresh)
                failed.update(await self._missing(fresh, run, path))
                unavailable |= failed
            except (Ignored, Refused) as error:
                raise FetchFailed("import_refused", str(error), fetched.uri) from error
            else:
                return
        raise FetchFailed("import_needs", "It needs too many others.", fetched.uri)

    async def _count_owner(self, fetched: Fetched) -> None:
        """Counts the owner of a key, asked for because of a signature that nobody has checked yet.

        Anybody can name the keys of others: such people count for the address that named them, and
        for their own site only once they have really signed. Raises FetchFailed.
        """
        who = cause.get()
        if not is_unproved(who):
            # Forwarded by a peer that is proved; or from an address that says nothing.
            await self._count(fetched, who or fetched.host)
            return
        if self._quotas is None or self._knows_actor is None:
            return
        if not is_actor(fetched.document) or await self._knows_actor(fetched.uri):
            return
        try:
            self._quotas.require(Quota.ACTORS, fetched.host)
            self._quotas.take(Quota.ACTORS, who)
        except TooMany as error:
            raise PeopleExceeded(error, fetched.uri) from error
        self._unproved.put(fetched.uri, fetched.host, lifetime=DAY)

    async def _count(self, fetched: Fetched, who: str) -> None:
        """Raises FetchFailed where a peer makes too many people known in a day."""
        if self._quotas is None or self._knows_actor is None:
            return
        if not await self._knows_actor(fetched.uri):
            try:
                self._quotas.take(Quota.ACTORS, who)
            except TooMany as error:
                raise PeopleExceeded(error, fetched.uri) from error

    async def _missing(self, uris: list[str], run: _Run, path: tuple[str, ...]) -> set[str]:
        """Resolves what is needed; returns what could not be had."""
        missing = set()
        for uri in uris:
            try:
                await self._resolve(uri, run, path)
            except FetchFailed as error:
                log.debug("need_unavailable", uri=uri, why=error.code)
                missing.add(uri)
        return missing

    async def _import(self, imported: Imported) -> None:
        """One transaction; whoever wants to store the same at the same time waits for it."""
        key = (imported.uri, imported.unavailable)
        task = self._storing.get(key)
        if task is None:
            task = asyncio.create_task(self._database.write(self._importers.store, imported))
            self._storing[key] = task
            task.add_done_callback(lambda done: self._stored(key, done))
        try:
            await asyncio.shield(task)
        except Unauthenticated:
            raise
        except FedrseError as error:
            raise FetchFailed(error.code, error.message, imported.uri) from error

    def _stored(self, key: tuple[str, frozenset[str]], done: asyncio.Task[None]) -> None:
        del self._storing[key]
        if not done.cancelled():
            done.exception()  # read, also where everybody who waited has gone

    def _refuse_local(self, uri: str) -> None:
        if self._local_ids.is_local(uri):
            raise FetchFailed("fetch_local", "It is one of this site's own ids.", uri)
