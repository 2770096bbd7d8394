"""A site that fetches from others, and what these serve."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from fedrse.activitypub.discovery import Discovery
from fedrse.activitypub.dispatch import Needs, Refused
from fedrse.activitypub.document_client import DocumentClient, FetchFailed
from fedrse.activitypub.fetching import Resolver
from fedrse.activitypub.importers import Imported, Importers
from fedrse.activitypub.keys import SigningKey, VerifyKey, generate_ed25519
from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.peers import PeerNames
from fedrse.activitypub.remote_collections import RemoteCollections
from fedrse.activitypub.signing import KeyRing, RequestSigner
from fedrse.core.clock import ManualClock
from fedrse.core.urls import UrlRules
from fedrse.net.client import GuardedClient
from fedrse.net.host_state import HostState
from fedrse.store.database import Database, Transaction
from tests.activitypub.peer_server import PeerServer
from tests.activitypub.runtime_kit import Rules, rsa_key
from tests.net.servers import Gate, dialler

OWN = "http://localhost:1"
ACTOR = f"{OWN}/actor"


class Library:
    """Importers that remember; posts need their author and what they reply to."""

    def __init__(self) -> None:
        self.stored: dict[str, Imported] = {}
        self.gone: list[str] = []
        self.importers = Importers()
        self.importers.on(["Person"], self.store)
        self.importers.on(["Note"], self.store_note)
        self.importers.on_gone(self.remove)

    async def store(self, tx: Transaction, imported: Imported) -> None:
        self.stored[imported.uri] = imported

    async def store_note(self, tx: Transaction, imported: Imported) -> None:
        document = imported.document
        needed = [
            uri
            for uri in (document.get("attributedTo"), document.get("inReplyTo"))
            if uri and uri not in self.stored and uri not in imported.unavailable
        ]
        if needed:
            raise Needs(*needed)
        if document.get("content") == "spam":
            raise Refused("spam")
        await self.store(tx, imported)

    async def remove(self, tx: Transaction, uri: str) -> None:
        self.gone.append(uri)


class Reader:
    """Everything that fetches, for a site on localhost:1."""

    def __init__(self, database: Database) -> None:
        self.clock = ManualClock()
        self.rules = Rules()
        self.gate = Gate()
        self.library = Library()
        self.keys = SimpleNamespace(
            rsa=SigningKey(f"{ACTOR}#main-key", rsa_key(1)),
            ed25519=SigningKey(f"{ACTOR}#ed25519-1", generate_ed25519()),
            previous_rsa=None,
        )
        url_rules = UrlRules.of_site(OWN, {})
        self.state = HostState(self.clock)
        self.client = GuardedClient(dialler(own=OWN, gate=self.gate), self.state)
        self.signer = RequestSigner(self.clock)
        local_ids = LocalIds(OWN)
        self.documents = DocumentClient(
            client=self.client,
            state=self.state,
            keys=KeyRing(database=database, keys=self, local_ids=local_ids, clock=self.clock),
            signer=self.signer,
            names=PeerNames(url_rules),
            rules=self.rules,
            clock=self.clock,
        )
        self.discovery = Discovery(client=self.client, rules=url_rules)
        self.resolver = Resolver(
            documents=self.documents,
            importers=self.library.importers,
            handles=self.discovery,
            database=database,
            local_ids=local_ids,
            clock=self.clock,
        )
        self.collections = RemoteCollections(self.documents)

    async def signing_keys(self, tx: Transaction, account_id: int) -> Any:
        return self.keys

    async def instance_actor(self, tx: Transaction) -> Any:
        return SimpleNamespace(id=1)

    def verify_keys(self) -> dict[str, VerifyKey]:
        return {
            key.key_id: VerifyKey(key.key_id, ACTOR, key.public())
            for key in (self.keys.rsa, self.keys.ed25519)
        }

    async def close(self) -> None:
        await self.client.close()
        self.signer.close()


def note(peer: PeerServer, number: int = 1, **members: Any) -> str:
    """Publishes a post; returns its id."""
    uri = f"{peer.origin}/n/{number}"
    peer.documents[f"/n/{number}"] = {"id": uri, "type": "Note", "content": "x", **members}
    return uri


def person(peer: PeerServer, name: str = "amina", **members: Any) -> str:
    """Publishes an actor and its WebFinger; returns its id."""
    uri = f"{peer.origin}/u/{name}"
    peer.documents[f"/u/{name}"] = {
        "id": uri,
        "type": "Person",
        "preferredUsername": name,
        **members,
    }
    serve_webfinger(peer, f"{name}@{peer.host}", uri)
    return uri


def serve_webfinger(
    peer: PeerServer, handle: str, uri: str | None, subject: str | None = None
) -> None:
    resource = f"acct%3A{handle.replace('@', '%40').replace(':', '%3A')}"
    links = [{"rel": "self", "type": "application/activity+json", "href": uri}] if uri else []
    peer.documents[f"/.well-known/webfinger?resource={resource}"] = {
        "subject": subject or f"acct:{handle}",
        "links": [{"rel": "profile", "href": "https://x.example"}, *links],
    }


async def failure(work: Any) -> FetchFailed:
    with pytest.raises(FetchFailed) as caught:
        await work
    return caught.value
