"""What others see of the site, and what it sees of others."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from urllib.parse import quote

import msgspec
from sqlalchemy import select

from fedrse.app.context import any_database
from fedrse.app.doctor.findings import Finding, ok, problem, warning
from fedrse.core.clock import MINUTE, Clock
from fedrse.core.errors import FedrseError
from fedrse.core.settings import FederationMode, Settings
from fedrse.core.urls import UrlRules, origin_of
from fedrse.features.access.tables import login
from fedrse.features.accounts.service_joins import account
from fedrse.features.policy.service import Border
from fedrse.features.sites.service import Sites
from fedrse.net.client import FetchLimits, GuardedClient, Response
from fedrse.net.dialler import Dialler, PeerGate
from fedrse.net.host_state import HostState
from fedrse.net.resolver import SystemResolver
from fedrse.store.database import Transaction
from fedrse.store.statement import Statement

NODEINFO = "/.well-known/nodeinfo"
MOST_DRIFT = 5 * MINUTE  # signatures are valid for longer, but not for much
LIMITS = FetchLimits(body=65_536, redirects=2, seconds=8.0)
_SOMEBODY = Statement(
    select(account.c.username, account.c.domain, account.c.uri)
    .join_from(login, account, account.c.id == login.c.account_id)
    .where(login.c.disabled_at.is_(None))
    .order_by(account.c.id)
    .limit(1)
)


class _Everybody:
    """Lets the examination ask the site itself, which never talks to itself otherwise."""

    def may_contact(self, peer: str) -> bool:
        del peer
        return True

    def is_named(self, peer: str) -> bool:
        del peer
        return True


async def examine_network(settings: Settings, clock: Clock) -> list[Finding]:
    """Names, own addresses, WebFinger, peers, clock."""
    found = await _names(settings, clock)
    found += await _itself(settings, clock)
    found += await _peers(settings, clock)
    return found


@asynccontextmanager
async def _client(settings: Settings, gate: PeerGate, clock: Clock) -> AsyncIterator[GuardedClient]:
    dialler = Dialler.of_settings(settings, gate, SystemResolver(clock))
    client = GuardedClient(dialler, HostState(clock))
    try:
        yield client
    finally:
        await client.close()
        dialler.close()


async def _names(settings: Settings, clock: Clock) -> list[Finding]:
    resolver = SystemResolver(clock)
    found = []
    for peer in dict.fromkeys((settings.host, settings.handle_domain)):
        if peer in settings.outgoing.connect:
            found.append(ok("DNS", f"{peer} has a connect override"))
            continue
        name = origin_of(f"https://{peer}").host
        try:
            addresses = await asyncio.wait_for(resolver.resolve(name.strip("[]")), 5)
        except (FedrseError, TimeoutError) as error:
            found.append(
                problem("DNS", str(error) or f"{name}: no answer", f"Give {name} an address.")
            )
        else:
            found.append(ok("DNS", f"{name} is {', '.join(map(str, addresses))}"))
    resolver.close()
    return found


async def _itself(settings: Settings, clock: Clock) -> list[Finding]:
    own = origin_of(settings.origin)
    domain = settings.handle_domain.partition(":")[0]
    # Asked as others would, wherever the own addresses are.
    outgoing = msgspec.structs.replace(
        settings.outgoing,
        private_addresses=[*settings.outgoing.private_addresses, own.host, domain],
    )
    changed = msgspec.structs.replace(settings, outgoing=outgoing)
    async with _client(changed, _Everybody(), clock) as client:
        try:
            await _nodeinfo(client, settings.origin)
        except FedrseError as error:
            return [
                problem(
                    "site",
                    f"{settings.origin} does not answer: {error.message}",
                    "Start it (`fedrse serve`); check server.listen, the proxy, the firewall.",
                )
            ]
        return [ok("site", f"{settings.origin} answers"), await _webfinger(settings, client)]


async def _nodeinfo(client: GuardedClient, origin: str) -> Response:
    response = await client.get(
        f"{origin}{NODEINFO}", accept="application/json", limits=LIMITS, ask_again=True
    )
    if response.status != 200:
        raise FedrseError("status", f"status {response.status} at {NODEINFO}")
    return response


async def _webfinger(settings: Settings, client: GuardedClient) -> Finding:
    async def unit(tx: Transaction) -> tuple[str, str, str] | None:
        row = await tx.one(_SOMEBODY)
        return None if row is None else (row.username, row.domain, row.uri)

    async with any_database(settings) as database:
        somebody = await database.read(unit)
    if somebody is None:
        return warning("WebFinger", "there is nobody to look up", "Make an account first.")
    username, domain, uri = somebody
    rules = UrlRules.of_site(settings.origin, settings.outgoing.connect)
    resource = quote(f"acct:{username}@{domain}", safe="")
    advice = (
        f"https://{domain}/.well-known/webfinger has to reach this site, directly or by a redirect"
        f" to {settings.origin}/.well-known/webfinger."
    )
    try:
        address = f"{rules.origin_of_peer(domain)}/.well-known/webfinger?resource={resource}"
        response = await client.get(address, limits=LIMITS, ask_again=True)
    except FedrseError as error:
        return problem("WebFinger", f"{domain} does not answer: {error.message}", advice)
    if response.status != 200 or not _names_actor(response.body, uri):
        return problem("WebFinger", f"@{username}@{domain} is not found there", advice)
    return ok("WebFinger", f"@{username}@{domain} is found")


def _names_actor(body: bytes, uri: str) -> bool:
    try:
        links = json.loads(body).get("links", [])
        return any(link.get("rel") == "self" and link.get("href") == uri for link in links)
    except (ValueError, AttributeError, TypeError):
        return False


async def _peers(settings: Settings, clock: Clock) -> list[Finding]:
    rules = UrlRules.of_site(settings.origin, settings.outgoing.connect)
    sites = Sites(policy=Border(settings=settings, clock=clock), rules=rules, clock=clock)
    hosts = [origin_of(url).peer for url in settings.network.members]
    hosts += settings.federation.allowed_hosts
    if not hosts:
        if settings.federation.mode is FederationMode.CLOSED:
            return [
                warning(
                    "peers",
                    "closed mode without members and allowed hosts: the site talks to nobody",
                    "Set network.members, federation.allowed_hosts, or federation.mode = open.",
                )
            ]
        return []
    async with _client(settings, sites, clock) as client:
        drifts: dict[str, int] = {}
        found = await asyncio.gather(
            *(_peer(client, rules, host, clock, drifts) for host in dict.fromkeys(hosts))
        )
    return [*found, *_clock(drifts)]


async def _peer(
    client: GuardedClient, rules: UrlRules, host: str, clock: Clock, drifts: dict[str, int]
) -> Finding:
    try:
        response = await _nodeinfo(client, str(rules.origin_of_peer(host)))
    except FedrseError as error:
        return problem(
            "peers",
            f"{host} cannot be reached: {error.message}",
            "Check the firewall, outgoing.proxy, outgoing.ca_bundle, outgoing.private_addresses;"
            " or ask the people in charge there.",
        )
    date = response.headers.get("date")
    if date is not None:
        try:
            theirs = round(parsedate_to_datetime(date).timestamp() * 1000)
        except ValueError:
            return warning("peers", f"{host} sends a date that cannot be read", "Tell them.")
        drifts[host] = clock.now() - theirs
    return ok("peers", f"{host} answers")


def _clock(drifts: dict[str, int]) -> list[Finding]:
    """Compares with the peers: if most of them differ, it is our clock."""
    if not drifts:
        return []
    ordered = sorted(drifts.values())
    middle = ordered[len(ordered) // 2]
    if abs(middle) > MOST_DRIFT:
        seconds = round(middle / 1000)
        return [
            problem(
                "clock",
                f"the clock is {abs(seconds)} s {'ahead of' if seconds > 0 else 'behind'} peers",
                "Set the clock by NTP: signatures with a wrong time are refused.",
            )
        ]
    return [ok("clock", "agrees with the peers")] + [
        warning("clock", f"the clock of {host} differs by {round(drift / 1000)} s", "Tell them.")
        for host, drift in drifts.items()
        if abs(drift) > MOST_DRIFT
    ]
