"""Keys of accounts: our own pairs, sealed with the instance secret, and public keys of others."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from msgspec import Struct

from fedrse.activitypub.key_cipher import KeyCipher
from fedrse.activitypub.key_documents import multikey_document, public_key_document
from fedrse.activitypub.keys import (
    KeyAlgorithm,
    PrivateKey,
    PublicKey,
    SigningKey,
    VerifyKey,
    generate_ed25519,
    generate_rsa,
    private_key_from_bytes,
    private_key_to_bytes,
    public_key_from_multibase,
    public_key_from_pem,
)
from fedrse.activitypub.remote_keys import CHANGED, StoredKey
from fedrse.activitypub.vocabulary import Json
from fedrse.core.clock import HOUR, Clock
from fedrse.core.errors import NotFound
from fedrse.features.accounts import queries, queries_keys
from fedrse.features.accounts.model import Account, ActorKey
from fedrse.features.accounts.model_import import ImportedKey, write_public
from fedrse.store.database import Row, Transaction

GRACE = 48 * HOUR
"""How long a retired key of ours is still published (Ed25519) and still verifies."""


class KeyPair(Struct, frozen=True):
    """Both private keys of a new local account."""

    rsa: RSAPrivateKey
    ed25519: Ed25519PrivateKey


def generate_key_pair() -> KeyPair:
    """New keys; takes about 0.1 s of CPU, so call it in a thread, before the transaction."""
    return KeyPair(generate_rsa(), generate_ed25519())


class SigningKeys(Struct, frozen=True):
    """What a local account signs with.

    ``previous_rsa`` is the key before a rotation, until 48 hours after it: the ``Update`` that
    announces the new keys is signed with it, so that peers who only know the old one believe it.
    """

    rsa: SigningKey
    ed25519: SigningKey
    previous_rsa: SigningKey | None = None


class ActorKeys:
    """Writes keys, and implements ``remote_keys.KeyStore``."""

    def __init__(self, *, cipher: KeyCipher, clock: Clock) -> None:
        self._cipher = cipher
        self._clock = clock

    # Verifying

    async def verify_key(self, tx: Transaction, key_id: str) -> StoredKey | None:
        """A public key by its exact id, None if unknown or retired more than 48 hours ago."""
        row = await tx.one(queries_keys.BY_ID, key_id=key_id, valid_since=self._clock.now() - GRACE)
        if row is None or row.deleted_at is not None:
            return None
        key = VerifyKey(key_id=row.id, owner=row.uri, public=_read_public(row))
        return StoredKey(key, row.fetched_at)

    async def knows_actor(self, tx: Transaction, uri: str) -> bool:
        """Whether there is an account with this URI that is not deleted."""
        row = await tx.one(queries.BY_URI, address=uri)
        return row is not None and row.deleted_at is None

    # Signing

    async def signing_keys(self, tx: Transaction, account_id: int) -> SigningKeys:
        """The private keys of a local account, decrypted. Raises NotFound for accounts without.

        Decrypting takes a tenth of a millisecond: ``signing.KeyRing`` keeps them for a while.
        """
        return self._decrypt_all(await self._of(tx, account_id), account_id)

    def _decrypt_all(self, keys: Sequence[ActorKey], account_id: int) -> SigningKeys:
        found: dict[KeyAlgorithm, list[ActorKey]] = {algorithm: [] for algorithm in KeyAlgorithm}
        for key in keys:
            if key.private is not None and self._is_valid(key):
                found[KeyAlgorithm(key.algorithm)].append(key)
        rsa = found[KeyAlgorithm.RSA_SHA256]
        ed25519 = found[KeyAlgorithm.ED25519]
        if not rsa or not ed25519:
            raise NotFound("no_signing_keys", "This account has no keys", account=account_id)
        return SigningKeys(
            rsa=self._decrypt(rsa[0]),
            ed25519=self._decrypt(ed25519[0]),
            previous_rsa=self._decrypt(rsa[1]) if len(rsa) > 1 else None,
        )

    def _decrypt(self, key: ActorKey) -> SigningKey:
        clear = self._cipher.decrypt(bytes(key.private or b""), key.id)
        return SigningKey(key.id, private_key_from_bytes(clear))

    def _is_valid(self, key: ActorKey) -> bool:
        return key.retired_at is None or key.retired_at > self._clock.now() - GRACE

    async def _of(self, tx: Transaction, account_id: int) -> list[ActorKey]:
        return [ActorKey(*row) for row in await tx.all(queries_keys.OF_ACCOUNT, key_of=account_id)]

    # Publishing

    async def documents(self, tx: Transaction, account: Account) -> Json:
        """``publicKey`` and ``assertionMethod`` of a local actor.

        ``publicKey`` is one object: many servers cannot read a list there. A retired Ed25519 key
        stays until the end of its grace time.
        """
        keys = [key for key in await self._of(tx, account.id) if self._is_valid(key)]
        rsa = [key for key in keys if key.algorithm == KeyAlgorithm.RSA_SHA256]
        ed25519 = [key for key in keys if key.algorithm == KeyAlgorithm.ED25519]
        multikeys = [
            multikey_document(key.id, account.uri, public_key_from_multibase(key.public))
            for key in ed25519
        ]
        published: Json = {"assertionMethod": multikeys}
        if rsa:
            public = public_key_from_pem(rsa[0].public)
            published["publicKey"] = public_key_document(rsa[0].id, account.uri, public)
        return published

    # Writing

    async def add_pair(self, tx: Transaction, account_id: int, uri: str, pair: KeyPair) -> None:
        """Gives a local account its keys: the next ones if it has some, which then retire."""
        now = self._clock.now()
        known = {key.id for key in await self._of(tx, account_id)}
        await tx.run(queries_keys.RETIRE, key_of=account_id, retired_at=now)
        main = f"{uri}#main-key"
        for private, first in ((pair.rsa, main), (pair.ed25519, f"{uri}#ed25519-1")):
            key_id = _next_id(first, known)
            await tx.run(
                queries_keys.ADD,
                id=key_id,
                account_id=account_id,
                algorithm=_algorithm_of(private),
                public=write_public(private.public_key()),
                private=self._cipher.encrypt(private_key_to_bytes(private), key_id),
                created_at=now,
                fetched_at=now,
                retired_at=None,
            )
        self._tell(tx, uri)

    async def replace_remote(
        self, tx: Transaction, account_id: int, uri: str, keys: Sequence[ImportedKey]
    ) -> None:
        """Makes the keys of a remote account those that its site publishes now.

        Keys that are not published any more stop to verify at once. The id of a key that belongs
        to another account is left alone: whoever came first proved it.
        """
        known = {key.id: key for key in await self._of(tx, account_id)}
        now = self._clock.now()
        changed = False
        for key in keys:
            old = known.pop(key.id, None)
            if old is None:
                await self._add_remote(tx, account_id, key, now)
                changed = True
            elif (old.algorithm, old.public) != (key.algorithm, key.public):
                await tx.run(
                    queries_keys.CHANGE,
                    key_id=key.id,
                    key_of=account_id,
                    algorithm=key.algorithm,
                    public=key.public,
                    fetched_at=now,
                )
                changed = True
        if known:
            await tx.run(queries_keys.REMOVE, key_ids=list(known))
        await tx.run(queries_keys.CONFIRM, key_of=account_id, fetched_at=now)
        if changed or known:
            self._tell(tx, uri)

    async def _add_remote(
        self, tx: Transaction, account_id: int, key: ImportedKey, now: int
    ) -> None:
        await tx.run(
            queries_keys.ADD_NEW,
            id=key.id,
            account_id=account_id,
            algorithm=key.algorithm,
            public=key.public,
            private=None,
            created_at=now,
            fetched_at=now,
            retired_at=None,
        )

    async def differs(self, tx: Transaction, account_id: int, keys: Sequence[ImportedKey]) -> bool:
        """Whether these are other keys than those that are known of a remote account."""
        known = {(key.id, key.public) for key in await self._of(tx, account_id)}
        return known != {(key.id, key.public) for key in keys}

    async def remove(self, tx: Transaction, account_id: int, uri: str) -> None:
        """Forgets all keys of an account."""
        await tx.run(queries_keys.REMOVE_OF_ACCOUNT, key_of=account_id)
        self._tell(tx, uri)

    async def remove_retired(self, tx: Transaction) -> int:
        """Forgets keys whose grace time is over; periodic work. Returns how many."""
        return await tx.run(queries_keys.REMOVE_RETIRED, valid_since=self._clock.now() - GRACE)

    def _tell(self, tx: Transaction, uri: str) -> None:
        tx.notify(CHANGED, uri)


def _next_id(first: str, known: set[str]) -> str:
    """``#main-key``, then ``#main-key-2``; ``#ed25519-1``, then ``#ed25519-2``.

    No id is used twice, not even after its first key was forgotten: peers may remember that.
    """
    stem = first.removesuffix("-1")
    numbers = [0]
    for key_id in known:
        if key_id in (first, stem):
            numbers.append(1)
        elif key_id.startswith(f"{stem}-"):
            numbers.append(int(key_id.removeprefix(f"{stem}-")))
    number = max(numbers) + 1
    return first if number == 1 else f"{stem}-{number}"


def _algorithm_of(private: PrivateKey) -> str:
    is_ed25519 = isinstance(private, Ed25519PrivateKey)
    return (KeyAlgorithm.ED25519 if is_ed25519 else KeyAlgorithm.RSA_SHA256).value


def _read_public(row: Row) -> PublicKey:
    if row.algorithm == KeyAlgorithm.ED25519:
        return public_key_from_multibase(row.public)
    return public_key_from_pem(row.public)
