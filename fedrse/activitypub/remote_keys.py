"""Public keys of other sites: in memory, in the database, or fetched from their owner.

Fetching happens before any transaction and only for peers that the rules admit. A key counts only
if its owner's own document lists it (``key_documents``).
"""

from __future__ import annotations

import structlog
from msgspec import Struct

from fedrse.activitypub.keys import VerifyKey
from fedrse.activitypub.refusals import Refusal, refused
from fedrse.core.clock import MINUTE, Clock
from fedrse.core.errors import FedrseError, Unauthenticated
from fedrse.core.ports import Protocol
from fedrse.net.expiring import ExpiringMap
from fedrse.store.database import Database, Transaction

CHANGED = "actor_keys"
"""Channel on which processes tell each other that keys of an actor (URI) have changed."""

LIFETIME = 10 * MINUTE  # in memory; also how long a withdrawn key is believed elsewhere
REFETCH_AFTER = 5 * MINUTE
FAILURE_LIFETIME = MINUTE
MOST_FAILURES = 30
"""Keys of one host that are asked for in vain in a minute: anybody can name keys of others."""

_MOST_KEYS = 20_000
log = structlog.get_logger(__name__)


class KeyUnreachable(Unauthenticated):
    """The key could not be fetched now; the sender does well to try again later.

    ``gone``: the owner's site says that the actor does not exist any more.
    """

    def __init__(self, key_id: str, why: str, *, gone: bool = False) -> None:
        super().__init__(
            "key_unreachable", "The public key could not be fetched.", key=key_id, why=why
        )
        self.gone = gone


class StoredKey(Struct, frozen=True):
    """A key as known to the database; ``fetched_at`` when it was read from its owner."""

    key: VerifyKey
    fetched_at: int


class KeyStore(Protocol):
    """Keys of actors that this site knows; implemented by ``features.accounts``."""

    async def verify_key(self, tx: Transaction, key_id: str) -> StoredKey | None:
        """A key by its exact id; not one that was withdrawn more than 48 hours ago."""

    async def knows_actor(self, tx: Transaction, uri: str) -> bool:
        """Whether there is an account with this URI that is not deleted."""


class KeyFetcher(Protocol):
    """Gets a key from the site of its owner; implemented by ``fetching.Resolver``."""

    async def fetch_key(self, key_id: str, *, ask_again: bool = False) -> VerifyKey:
        """Fetches the key, checks the claim both ways, stores its owner.

        Raises KeyUnreachable and the errors of ``key_documents.find_key``.
        """

    def proved(self, owner: str) -> None:
        """A signature with a key of this owner is right."""


class RemoteKeys:
    """Finds verification keys by id; one per process."""

    def __init__(
        self, *, database: Database, store: KeyStore, fetcher: KeyFetcher, clock: Clock
    ) -> None:
        self._database = database
        self._store = store
        self._fetcher = fetcher
        self._clock = clock
        self._keys: ExpiringMap[str, tuple[StoredKey, int]] = ExpiringMap(
            clock, max_entries=_MOST_KEYS
        )
        self._changed: ExpiringMap[str, int] = ExpiringMap(clock, max_entries=_MOST_KEYS)
        self._failures: ExpiringMap[str, FedrseError] = ExpiringMap(clock, max_entries=_MOST_KEYS)
        self._failing: ExpiringMap[tuple[str, int], int] = ExpiringMap(
            clock, max_entries=_MOST_KEYS
        )
        self._fetched: ExpiringMap[str, bool] = ExpiringMap(clock, max_entries=_MOST_KEYS)
        database.listen(CHANGED, self.forget_owner)

    async def get(self, key_id: str) -> VerifyKey:
        """The key with this id, fetched if it is unknown.

        Raises KeyUnreachable and other Unauthenticated errors; a failure is remembered a minute.
        """
        known = await self.known(key_id)
        return known if known is not None else await self._fetch(key_id, ask_again=False)

    async def known(self, key_id: str) -> VerifyKey | None:
        """The key if this site has it already; nothing is fetched."""
        stored = self._remembered(key_id)
        if stored is None:
            stored = await self._database.read(self._store.verify_key, key_id)
            if stored is None:
                return None
            self._remember(stored)
        return stored.key

    async def again(self, key: VerifyKey) -> VerifyKey | None:
        """The key as its owner publishes it now, after a signature did not match.

        None if it is the same, or was fetched within five minutes. Raises as ``get``.
        """
        stored = self._remembered(key.key_id)
        now = self._clock.now()
        fetched_at = 0 if stored is None else stored.fetched_at
        if now - fetched_at < REFETCH_AFTER or self._fetched.get(key.key_id):
            return None
        fresh = await self._fetch(key.key_id, ask_again=True)
        if fresh.public == key.public:
            return None
        log.warning("key_changed", key=key.key_id, owner=key.owner)
        return fresh

    def proved(self, owner: str) -> None:
        """A signature with a key of this owner is right."""
        self._fetcher.proved(owner)

    async def knows_actor(self, uri: str) -> bool:
        """Whether this site has an account with this URI."""
        return await self._database.read(self._store.knows_actor, uri)

    def forget_owner(self, uri: str) -> None:
        """Reads the keys of this actor from the database again."""
        self._changed.put(uri, self._clock.now(), lifetime=LIFETIME)

    def _remembered(self, key_id: str) -> StoredKey | None:
        entry = self._keys.get(key_id)
        if entry is None:
            return None
        stored, loaded_at = entry
        if len(self._changed):
            changed_at = self._changed.get(stored.key.owner)
            if changed_at is not None and changed_at >= loaded_at:
                return None
        return stored

    def _remember(self, stored: StoredKey) -> None:
        self._keys.put(stored.key.key_id, (stored, self._clock.now()), lifetime=LIFETIME)

    async def _fetch(self, key_id: str, *, ask_again: bool) -> VerifyKey:
        failure = self._failures.get(key_id)
        if failure is not None:
            raise failure.with_traceback(None)
        origin = "/".join(key_id.split("/", 3)[:3])
        window = (origin, self._clock.now() // MINUTE)
        failures = self._failing.get(window) or 0
        if failures >= MOST_FAILURES:
            raise KeyUnreachable(key_id, "too many unknown keys of this host")
        try:
            key = await self._fetcher.fetch_key(key_id, ask_again=ask_again)
        except Unauthenticated as error:
            self._failures.put(key_id, error, lifetime=FAILURE_LIFETIME)
            failures = self._failing.get(window) or 0
            self._failing.put(window, failures + 1, lifetime=2 * MINUTE)
            self._fetched.put(key_id, True, lifetime=REFETCH_AFTER)
            raise
        self._fetched.put(key_id, True, lifetime=REFETCH_AFTER)
        if key.key_id != key_id:
            raise refused(Refusal.KEY_MISMATCH, key=key.key_id, named=key_id)
        self._remember(StoredKey(key, self._clock.now()))
        return key
