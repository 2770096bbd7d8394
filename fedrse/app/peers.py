"""What an operator wants to know of other sites, and fetching from them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from fedrse.activitypub.overview import DeliveryOverview
from fedrse.app.context import ready_database
from fedrse.app.operator import operator
from fedrse.app.whole import Whole, open_whole
from fedrse.core.clock import SystemClock, to_iso_seconds
from fedrse.core.errors import NotFound, Unavailable
from fedrse.core.settings import Settings
from fedrse.core.urls import UrlRules, normalise_peer, origin_of
from fedrse.features.accounts.service_joins import account
from fedrse.features.audit.model import Target
from fedrse.features.audit.model_acts import Act
from fedrse.features.policy.service import Border
from fedrse.features.sites.model import Site
from fedrse.features.sites.model_handshakes import Handshakes, may_be, recent
from fedrse.features.sites.service import Sites
from fedrse.features.sites.service_measures import Measures
from fedrse.store.database import Row, Transaction
from fedrse.store.statement import Statement

Facts = dict[str, Any]
ACCOUNTS_BY_HOST = Statement(
    select(account.c.host, func.count().label("accounts"))
    .where(~account.c.local, account.c.deleted_at.is_(None))
    .group_by(account.c.host)
)


async def list_all(settings: Settings) -> list[Facts]:
    """Members, allowed hosts and everybody met so far, by host."""
    sites, known = await _known(settings)
    named = [origin_of(url).peer for url in settings.network.members]
    hosts = {*named, *settings.federation.allowed_hosts, *known} - {settings.host}
    return [_facts(sites, host, known.get(host, _Known())) for host in sorted(hosts)]


async def show(settings: Settings, host_text: str) -> Facts:
    """Everything known of one site. Raises NotFound, BadUrl."""
    host = normalise_peer(host_text)
    sites, known = await _known(settings)
    if host not in known and not sites.is_named(host):
        raise NotFound("peer_unknown", f"Nothing is known of {host}. Try `fedrse peer probe`.")
    found = known.get(host, _Known())
    return {**_facts(sites, host, found), **_details(found), **await _handshakes(settings, host)}


async def _handshakes(settings: Settings, host: str) -> Facts:
    """Connections that ended because of a client certificate, where they may be of this peer."""
    if not may_be(settings.mutual_tls, host):
        return {}
    clock = SystemClock()
    async with ready_database(settings) as database:
        measures = Measures(database=database, clock=clock)
        ended = recent(await database.read(measures.handshakes), clock.now())
    return {} if ended is None else {"client_certificates_refused": handshakes_told(ended)}


def handshakes_told(ended: Handshakes) -> Facts:
    """For the command line."""
    return {"count": ended.count, "last": to_iso_seconds(ended.at), "why": ended.sentence}


async def probe(settings: Settings, host_text: str) -> Facts:
    """Asks a site what it is. Raises Unavailable where it does not answer, Forbidden, BadUrl."""
    host = normalise_peer(host_text)
    async with open_whole(settings) as whole:
        result = await whole.protocol.probe.probe(host)
        target = Target("host", host)
        after = {"error": result.error} if result.error else {"software": result.software}
        await whole.ground.database.write(
            whole.ground.audit.record, Act.PEER_PROBED, operator(), target, after=after
        )
        if result.error:
            raise Unavailable("peer_unreachable", f"{host}: {result.error}")
        return {
            "host": host,
            "software": result.software,
            "version": result.version,
            "instance_actor": result.instance_actor,
            "shared_inbox": result.shared_inbox,
            "members": result.members_uri,
            "implements": list(result.capabilities),
        }


async def fetch(settings: Settings, text: str) -> Facts:
    """Stores what an address or handle names. Raises FetchFailed, NotFound."""
    async with open_whole(settings) as whole:
        uri = await whole.protocol.lookup.lookup(text)
        return await whole.ground.database.read(_stored, whole, uri)


async def _stored(tx: Transaction, whole: Whole, uri: str) -> Facts:
    person = await whole.services.accounts.by_uri(tx, uri)
    if person is not None:
        return {
            "type": "account",
            "id": str(person.id),
            "uri": uri,
            "handle": f"@{person.handle}",
            "name": person.display_name,
        }
    post = await whole.services.posts.by_uri(tx, uri)
    if post is None:
        raise NotFound("nothing_stored", f"{uri} was fetched, but nothing of it is kept here.")
    author = await whole.services.accounts.by_id(tx, post.account_id)
    return {
        "type": "post",
        "id": str(post.id),
        "uri": uri,
        "author": None if author is None else f"@{author.handle}",
        "audience": str(post.audience),
        "published": to_iso_seconds(post.created_at),
    }


class _Known:
    """What the tables say of one host."""

    def __init__(self) -> None:
        self.site: Site | None = None
        self.accounts = 0
        self.waiting = 0
        self.given_up = 0
        self.destination: Row | None = None


async def _known(settings: Settings) -> tuple[Sites, dict[str, _Known]]:
    clock = SystemClock()
    rules = UrlRules.of_site(settings.origin, settings.outgoing.connect)
    border = Border(settings=settings, clock=clock)
    sites = Sites(policy=border, rules=rules, clock=clock)
    overview = DeliveryOverview(clock=clock)

    async def unit(tx: Transaction) -> dict[str, _Known]:
        found: dict[str, _Known] = {}

        def of(host: str) -> _Known:
            return found.setdefault(host, _Known())

        for site in await sites.all(tx):
            of(site.host).site = site
        for row in await tx.all(ACCOUNTS_BY_HOST):
            of(row.host).accounts = row.accounts
        for row in await overview.counts(tx):
            of(row.host).waiting, of(row.host).given_up = int(row.waiting), int(row.failed)
        for row in await overview.hosts(tx):
            of(row.host).destination = row
        return found

    async with ready_database(settings) as database:
        await border.load(database)
        return sites, await database.read(unit)


def _facts(sites: Sites, host: str, known: _Known) -> Facts:
    site, destination = known.site, known.destination
    software = "" if site is None else f"{site.software} {site.version}".strip()
    return {
        "host": host,
        "standing": sites.standing(host).value,
        "software": software or None,
        "accounts": known.accounts,
        "waiting": known.waiting,
        "given_up": known.given_up,
        "failures": 0 if destination is None else destination.failures,
        "last_inbound": _time(None if site is None else site.last_inbound_at),
    }


def _details(known: _Known) -> Facts:
    site, destination = known.site, known.destination
    found: Facts = {}
    if site is not None:
        found |= {
            "origin": site.origin,
            "instance_actor": site.instance_actor,
            "shared_inbox": site.shared_inbox,
            "members": site.members_uri,
            "implements": site.capabilities,
            "first_seen": _time(site.first_seen_at),
            "probed": _time(site.probed_at),
            "probe_error": site.last_error or None,
            "clock_drift_ms": site.clock_drift,
        }
    if destination is not None:
        found |= {
            "next_try": _time(destination.due_at),
            "last_success": _time(destination.last_success_at),
            "last_failure": _time(destination.last_failure_at),
            "last_error": destination.last_error or None,
            "signatures": destination.scheme,
        }
    return found


def _time(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else to_iso_seconds(milliseconds)
