"""Actors of other sites and the parts around inbox and delivery, for tests."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from multidict import CIMultiDict

from fedrse.activitypub.cavage import sign_cavage
from fedrse.activitypub.digests import prepare_body
from fedrse.activitypub.key_documents import multikey_document, public_key_document
from fedrse.activitypub.keys import SigningKey, VerifyKey, generate_ed25519, generate_rsa
from fedrse.activitypub.peers import Scheme, Sighting
from fedrse.activitypub.remote_keys import KeyUnreachable, StoredKey
from fedrse.activitypub.rfc9421 import sign_rfc9421
from fedrse.activitypub.signed_request import SignedRequest
from fedrse.activitypub.vocabulary import Json
from fedrse.core.clock import ManualClock
from fedrse.core.errors import Forbidden
from fedrse.core.urls import origin_of, split_url
from fedrse.store.database import Transaction

OWN = "https://lyon.corp.example"
OSLO = "https://oslo.corp.example"


@cache
def rsa_key(number: int) -> RSAPrivateKey:
    """One of a few RSA keys: making them takes long."""
    return generate_rsa()


class RemoteActor:
    """An actor of another site, with keys."""

    def __init__(self, uri: str = f"{OSLO}/ap/u/1", *, key: int = 0) -> None:
        self.uri = uri
        self.rsa = SigningKey(f"{uri}#main-key", rsa_key(key))
        self.ed25519 = SigningKey(f"{uri}#ed25519-1", generate_ed25519())

    @property
    def document(self) -> Json:
        public: Any = self.ed25519.public()
        return {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": self.uri,
            "type": "Person",
            "preferredUsername": "amina",
            "inbox": f"{self.uri}/inbox",
            "publicKey": public_key_document(self.rsa.key_id, self.uri, self.rsa.public()),
            "assertionMethod": [multikey_document(self.ed25519.key_id, self.uri, public)],
        }

    def verify_keys(self) -> list[VerifyKey]:
        return [VerifyKey(key.key_id, self.uri, key.public()) for key in (self.rsa, self.ed25519)]

    def activity(self, number: int = 1, kind: str = "Like", **members: Any) -> Json:
        return {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": f"{self.uri}/a/{number}",
            "type": kind,
            "actor": self.uri,
            "object": f"{OWN}/ap/n/1",
            **members,
        }

    def post(
        self,
        activity: Json | bytes,
        clock: ManualClock,
        *,
        rfc: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> SignedRequest:
        """A signed POST to the shared inbox of this site."""
        body = activity if isinstance(activity, bytes) else json.dumps(activity).encode()
        url = split_url(f"{OWN}/inbox")
        prepared = prepare_body(body)
        if rfc:
            signed = sign_rfc9421(self.ed25519, "POST", url, now_ms=clock.now(), body=prepared)
        else:
            signed = sign_cavage(self.rsa, "POST", url, now_ms=clock.now(), body=prepared)
        fields = CIMultiDict(
            {
                "Host": url.origin.peer,
                "Content-Type": "application/activity+json",
                **signed,
                **(headers or {}),
            }
        )
        return SignedRequest.received("POST", "/inbox", fields, body, origins=(origin_of(OWN),))


@dataclass
class Rules:
    """Everybody may, but for the blocked."""

    blocked: set[str] = field(default_factory=set)
    members: set[str] = field(default_factory=set)
    schemes: dict[str, Scheme] = field(default_factory=dict)
    seen: list[Sighting] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)

    def check_inbound(self, host: str) -> None:
        if host in self.blocked:
            raise Forbidden("host_blocked", "Blocked.")

    def check_outbound(self, host: str) -> None:
        self.check_inbound(host)

    def is_member(self, host: str) -> bool:
        return host in self.members

    def best_scheme(self, host: str) -> Scheme:
        return self.schemes.get(host, Scheme.CAVAGE)

    async def saw_inbound(self, tx: Transaction, sightings: Collection[Sighting]) -> None:
        self.seen.extend(sightings)

    async def hosts_are_back(self, tx: Transaction, hosts: Collection[str]) -> None:
        self.heard.extend(hosts)


class Directory:
    """What the site knows of keys, and what it could fetch."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.stored: dict[str, StoredKey] = {}
        self.actors: set[str] = set()
        self.online: dict[str, VerifyKey] = {}
        self.gone: set[str] = set()
        self.fetched: list[str] = []
        self.proved_owners: list[str] = []

    def know(self, actor: RemoteActor, *, fetched_at: int | None = None) -> None:
        """The site knows the actor and can fetch its keys."""
        self.publish(actor)
        self.actors.add(actor.uri)
        for key in actor.verify_keys():
            when = self.clock.now() if fetched_at is None else fetched_at
            self.stored[key.key_id] = StoredKey(key, when)

    def publish(self, actor: RemoteActor) -> None:
        """The actor's site answers with its keys."""
        self.online.update((key.key_id, key) for key in actor.verify_keys())

    async def verify_key(self, tx: Transaction, key_id: str) -> StoredKey | None:
        return self.stored.get(key_id)

    async def knows_actor(self, tx: Transaction, uri: str) -> bool:
        return uri in self.actors

    async def fetch_key(self, key_id: str, *, ask_again: bool = False) -> VerifyKey:
        self.fetched.append(key_id)
        if key_id not in self.online:
            gone = key_id.partition("#")[0] in self.gone
            raise KeyUnreachable(key_id, "fetch_gone" if gone else "connect_failed", gone=gone)
        return self.online[key_id]

    def proved(self, owner: str) -> None:
        self.proved_owners.append(owner)

    async def is_gone(self, uri: str) -> bool:
        return uri in self.gone
