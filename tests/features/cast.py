"""People for tests: of this site, and of others as their sites describe them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from fedrse.activitypub.dispatch import Received
from fedrse.activitypub.keys import public_key_to_multibase, public_key_to_pem
from fedrse.activitypub.vocabulary import Json, type_of
from fedrse.core.clock import ManualClock
from fedrse.core.urls import origin_of
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.service import Accounts, ProfileChanges
from fedrse.features.accounts.service_keys import KeyPair, generate_key_pair
from fedrse.store.database import Database, Transaction

AS = "https://www.w3.org/ns/activitystreams"
T = TypeVar("T")
_PEERS_KEYS = generate_key_pair()


def remote_actor(name: str, host: str = "nantes.corp.example", /, **more: Any) -> Json:
    """An actor document as fedrse and Mastodon write it; ``more`` replaces, None removes."""
    uri = f"https://{host}/ap/u/{name}"
    document: Json = {
        "@context": [AS, "https://w3id.org/security/v1"],
        "id": uri,
        "type": "Person",
        "preferredUsername": name,
        "name": name.title(),
        "summary": f"<p>I am {name}</p>",
        "url": f"https://{host}/@{name}",
        "inbox": f"{uri}/inbox",
        "outbox": f"{uri}/outbox",
        "followers": f"{uri}/followers",
        "following": f"{uri}/following",
        "endpoints": {"sharedInbox": f"https://{host}/inbox"},
        "publicKey": {
            "id": f"{uri}#main-key",
            "owner": uri,
            "publicKeyPem": public_key_to_pem(_PEERS_KEYS.rsa.public_key()),
        },
        "assertionMethod": [
            {
                "id": f"{uri}#ed25519-1",
                "type": "Multikey",
                "controller": uri,
                "publicKeyMultibase": public_key_to_multibase(_PEERS_KEYS.ed25519.public_key()),
            }
        ],
    }
    document |= more
    return {key: value for key, value in document.items() if value is not None}


class Cast:
    """Makes accounts, each in a transaction of its own."""

    def __init__(
        self, database: Database, accounts: Accounts, keys: KeyPair, clock: ManualClock
    ) -> None:
        self.database = database
        self.accounts = accounts
        self.keys = keys
        self.clock = clock

    async def local(self, username: str, **changes: Any) -> Account:
        """Somebody of this site; ``changes`` are those of ``ProfileChanges``."""

        async def unit(tx: Transaction) -> Account:
            account = await self.accounts.create_local(
                tx, username=username, display_name=username.title(), keys=self.keys
            )
            if changes:
                profile = ProfileChanges(**changes)
                account = await self.accounts.update_profile(tx, account.id, profile)
            return account

        return await self.database.write(unit)

    async def remote(self, name: str, host: str = "nantes.corp.example", /, **more: Any) -> Account:
        """Somebody of another site, imported from a document."""
        document = remote_actor(name, host, **more)
        return await self.database.write(self.accounts.import_actor, document)

    async def instance_actor(self) -> Account:
        """The actor of this site."""
        return await self.database.write(self.accounts.ensure_instance_actor, self.keys)

    async def again(self, account: Account) -> Account:
        """The account as it is now."""
        found = await self.database.read(self.accounts.by_id, account.id)
        assert found is not None
        return found

    def received(self, sender: Account, activity: Json, **more: Any) -> Received:
        """The activity as the inbox hands it over, with the sender proved."""
        document = {"@context": AS, "actor": sender.uri, **activity}
        document.setdefault("id", f"{sender.uri}#{type_of(activity)}-{self.clock.now()}")
        return Received(
            id=document["id"],
            type=type_of(document),
            actor=sender.uri,
            host=origin_of(sender.uri).peer,
            activity=document,
            received_at=self.clock.now(),
            **more,
        )


async def handled(
    database: Database, handler: Callable[..., Awaitable[T]], received: Received
) -> T:
    """Runs a handler in a transaction, as the processor does."""

    async def unit(tx: Transaction) -> T:
        return await handler(tx, received)

    return await database.write(unit)
