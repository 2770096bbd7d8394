"""Other servers as this site knows them, and the rules whom it talks to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct

from fedrse.activitypub.peers import RFC9421_IRI, Scheme

FEDRSE = "fedrse"


class Standing(StrEnum):
    """What the operator says about a peer."""

    SELF = "self"
    MEMBER = "member"
    ALLOWED = "allowed"
    BLOCKED = "blocked"
    OPEN = "open"  # nothing special, in open mode
    OUTSIDE = "outside"  # nothing special, in closed mode: not talked to


class Site(Struct, frozen=True, gc=False):
    """A row of ``site``: same names, same order. Times in milliseconds."""

    host: str
    origin: str
    software: str
    version: str
    instance_actor: str | None
    shared_inbox: str | None
    members_uri: str | None
    capabilities_json: str
    probed_at: int | None
    first_seen_at: int
    last_inbound_at: int | None
    last_error: str
    clock_drift: int | None
    latency: int | None
    certificate_until: int | None
    client_certificate_until: int | None

    @property
    def capabilities(self) -> list[str]:
        """IRIs of what it says to implement (FEP-844e)."""
        return list(json.loads(self.capabilities_json))

    @property
    def scheme(self) -> Scheme:
        """The best way of signing that it is known to understand."""
        if self.software == FEDRSE:
            return Scheme.RFC9421_ED25519
        return Scheme.RFC9421_RSA if RFC9421_IRI in self.capabilities else Scheme.CAVAGE


class ProbeResult(Struct, frozen=True, kw_only=True):
    """What a peer said of itself; ``error`` is empty where it answered."""

    software: str = ""
    version: str = ""
    instance_actor: str | None = None
    shared_inbox: str | None = None
    members_uri: str | None = None
    capabilities: tuple[str, ...] = ()
    error: str = ""


def names_above(host: str) -> Iterator[str]:
    """What a rule about this peer may name: itself and the domains above, with and without port.

    ``a.b.example:8443`` -> itself, ``b.example:8443``, ``example:8443``, then without the port.
    """
    name, colon, port = host.rpartition(":")
    if not colon or host.endswith("]"):
        name, port = host, ""
    labels = name.split(".")
    parents = [".".join(labels[start:]) for start in range(len(labels))]
    if port:
        yield from (f"{parent}:{port}" for parent in parents)
    yield from parents
