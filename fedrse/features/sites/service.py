"""Which servers this site talks to, and what it knows of them.

Answers the protocol's ``PeerRules`` and the network's ``PeerGate`` from memory: they are asked on
every request. What is known of peers is loaded at the start and after each change.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection

import structlog

from fedrse.activitypub.envelopes import Direction
from fedrse.activitypub.peers import Scheme, Sighting, latest
from fedrse.core.clock import Clock
from fedrse.core.errors import Forbidden
from fedrse.core.ports import Protocol
from fedrse.core.urls import UrlRules
from fedrse.features.sites import queries
from fedrse.features.sites.model import ProbeResult, Site, Standing
from fedrse.store.database import Database, Transaction

CHANNEL = "sites"
log = structlog.get_logger(__name__)


class HostPolicy(Protocol):
    """What the rules say about peers; implemented by ``policy.service.Border``, from memory."""

    def standing(self, host: str, direction: Direction | None = None) -> Standing:
        """What is certain about a peer, one way or at least one of the two."""

    def role(self, host: str) -> str:
        """What the settings call a peer: member, allowed, or nothing."""


class Sites:
    """The only writer of ``site``."""

    def __init__(self, *, policy: HostPolicy, rules: UrlRules, clock: Clock) -> None:
        self._clock = clock
        self._rules = rules
        self._policy = policy
        self._schemes: dict[str, Scheme] = {}
        self._software: dict[str, str] = {}
        self._tasks: set[asyncio.Future[None]] = set()

    # Rules

    def standing(self, host: str) -> Standing:
        """What settings and rules say about a peer; a block beats everything but ourselves."""
        return self._policy.standing(host)

    def check_inbound(self, host: str) -> None:
        """Raises Forbidden if nothing is taken from this peer."""
        self._check(host, Direction.IN)

    def check_outbound(self, host: str) -> None:
        """Raises Forbidden if nothing is sent to this peer."""
        self._check(host, Direction.OUT)

    def _check(self, host: str, direction: Direction) -> None:
        standing = self._policy.standing(host, direction)
        if standing is Standing.BLOCKED:
            raise Forbidden("peer_blocked", "This site does not talk to your server.", host=host)
        if standing is Standing.OUTSIDE:
            raise Forbidden(
                "peer_not_allowed",
                "This site talks to members of its network and allowed servers only.",
                host=host,
            )
        if standing is Standing.SELF:
            raise Forbidden("peer_self", "This is the site itself.", host=host)

    def gate(self, host: str) -> None:
        """Raises Forbidden for a peer that nothing is shown or sent; this site itself passes."""
        if self._policy.standing(host, Direction.OUT) is not Standing.SELF:
            self._check(host, Direction.OUT)

    def may_contact(self, peer: str) -> bool:
        """Whether requests may go there; never to ourselves."""
        return self.standing(peer) in {Standing.MEMBER, Standing.ALLOWED, Standing.OPEN}

    def is_named(self, peer: str) -> bool:
        """The settings name this peer as a member or an allowed host, and nothing denies it.

        A rule that allows a peer does not do that: named peers may have private addresses, and
        who writes rules need not be who runs the machine.
        """
        return bool(self._policy.role(peer)) and self.may_contact(peer)

    def is_member(self, host: str) -> bool:
        """The peer is an active member of the network."""
        return self.standing(host) is Standing.MEMBER

    def is_denied(self, peer: str) -> bool:
        """A rule denies everything of this peer, both ways."""
        return self.standing(peer) is Standing.BLOCKED

    def best_scheme(self, host: str) -> Scheme:
        """What this peer is known to understand, cavage if nothing is known."""
        return self._schemes.get(host, Scheme.CAVAGE)

    def software(self, host: str) -> str:
        """What a peer runs by its NodeInfo, in lower case; empty where it was never asked."""
        return self._software.get(host, "")

    # Knowledge

    def listen(self, database: Database) -> None:
        """Learns what other processes of this site find out."""
        database.listen(CHANNEL, self._learned)
        database.on_missed(lambda: self._read_again(database))

    def _read_again(self, database: Database) -> None:
        task = asyncio.ensure_future(database.read(self.load))
        self._tasks.add(task)
        task.add_done_callback(self._read)

    def _read(self, task: asyncio.Future[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.warning("sites_not_read", error=repr(task.exception()))

    def _learned(self, payload: str) -> None:
        host, scheme, software = json.loads(payload)
        self._schemes[host] = Scheme(scheme)
        self._software[host] = software

    async def load(self, tx: Transaction) -> None:
        """Reads what is known of all peers; once, at the start."""
        known = await self.all(tx)
        self._schemes = {site.host: site.scheme for site in known}
        self._software = {site.host: site.software.lower() for site in known if site.software}

    async def all(self, tx: Transaction) -> list[Site]:
        """All peers met so far, by host."""
        return [Site(*row) for row in await tx.all(queries.ALL)]

    async def by_host(self, tx: Transaction, host: str) -> Site | None:
        """What is known of one peer."""
        row = await tx.one(queries.BY_HOST, of_host=host)
        return None if row is None else Site(*row)

    async def shared_inbox(self, tx: Transaction, host: str) -> str | None:
        """Where everything for a peer may be delivered; None where it is not talked to.

        A member that was never reached gets it at the usual address: nothing for it may be lost.
        """
        if not self.may_contact(host):
            return None
        known = await self.by_host(tx, host)
        if known is not None and known.shared_inbox is not None:
            return known.shared_inbox
        return f"{self._rules.origin_of_peer(host)}/inbox" if self.is_member(host) else None

    async def saw_inbound(self, tx: Transaction, sightings: Collection[Sighting]) -> None:
        """Notes that these peers are alive and how their clocks go."""
        for sighting in latest(sightings):
            await tx.run(
                queries.SAW,
                **self._new(sighting.host),
                last_inbound_at=self._clock.now(),
                clock_drift=sighting.drift,
            )

    async def probed(self, tx: Transaction, host: str, result: ProbeResult) -> None:
        """Remembers what a peer said of itself, or why it did not."""
        await tx.run(queries.ENSURE, **self._new(host), last_inbound_at=None, clock_drift=None)
        if result.error:
            await tx.run(queries.FAILED, of_host=host, at=self._clock.now(), why=result.error[:500])
            return
        await tx.run(
            queries.PROBED,
            of_host=host,
            at=self._clock.now(),
            software_name=result.software,
            software_version=result.version,
            actor_uri=result.instance_actor,
            inbox_uri=result.shared_inbox,
            members=result.members_uri,
            implements=json.dumps(result.capabilities),
        )
        known = await self.by_host(tx, host)
        if known is not None:
            tx.notify(CHANNEL, json.dumps([host, known.scheme, known.software.lower()]))

    def _new(self, host: str) -> dict[str, object]:
        return {
            "host": host,
            "origin": str(self._rules.origin_of_peer(host)),
            "software": "",
            "version": "",
            "instance_actor": None,
            "shared_inbox": None,
            "members_uri": None,
            "capabilities": "[]",
            "probed_at": None,
            "latency": None,
            "certificate_until": None,
            "client_certificate_until": None,
            "first_seen_at": self._clock.now(),
            "last_error": "",
        }
