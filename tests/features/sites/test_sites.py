"""Whom this site talks to, and what it knows of them."""

from __future__ import annotations

import pytest

from fedrse.activitypub.peers import RFC9421_IRI, Scheme, Sighting
from fedrse.core.clock import HOUR, ManualClock
from fedrse.core.errors import Forbidden
from fedrse.core.settings import (
    FederationMode,
    FederationSettings,
    NetworkSettings,
    Settings,
    SiteSettings,
)
from fedrse.core.urls import UrlRules
from fedrse.features.policy.service import Border
from fedrse.features.sites.model import ProbeResult, Standing
from fedrse.features.sites.service import Sites
from fedrse.store.database import Database

LYON = "https://lyon.corp.example"


def sites(
    clock: ManualClock,
    *,
    base_url: str = LYON,
    mode: FederationMode = FederationMode.CLOSED,
    allowed: tuple[str, ...] = ("partner.example", "social.example:8443"),
    blocked: tuple[str, ...] = ("spam.example", "odd.example:8443"),
) -> Sites:
    settings = Settings(
        site=SiteSettings(base_url=base_url),
        federation=FederationSettings(
            mode=mode, allowed_hosts=list(allowed), blocked_hosts=list(blocked)
        ),
        network=NetworkSettings(members=[base_url, "https://oslo.corp.example"]),
    )
    return Sites(
        policy=Border(settings=settings, clock=clock),
        rules=UrlRules.of_site(base_url, {}),
        clock=clock,
    )


@pytest.mark.parametrize(
    ("host", "closed", "opened"),
    [
        ("lyon.corp.example", Standing.SELF, Standing.SELF),
        ("oslo.corp.example", Standing.MEMBER, Standing.MEMBER),
        ("oslo.corp.example:8443", Standing.OUTSIDE, Standing.OPEN),
        ("x.oslo.corp.example", Standing.OUTSIDE, Standing.OPEN),
        ("partner.example", Standing.ALLOWED, Standing.ALLOWED),
        ("a.partner.example", Standing.OUTSIDE, Standing.OPEN),
        ("social.example:8443", Standing.ALLOWED, Standing.ALLOWED),
        ("social.example", Standing.OUTSIDE, Standing.OPEN),
        ("spam.example", Standing.BLOCKED, Standing.BLOCKED),
        ("a.b.spam.example", Standing.BLOCKED, Standing.BLOCKED),
        ("spam.example:8443", Standing.BLOCKED, Standing.BLOCKED),
        ("a.spam.example:8443", Standing.BLOCKED, Standing.BLOCKED),
        ("notspam.example", Standing.OUTSIDE, Standing.OPEN),
        ("spam.example.org", Standing.OUTSIDE, Standing.OPEN),
        ("a.odd.example:8443", Standing.BLOCKED, Standing.BLOCKED),
        ("odd.example", Standing.OUTSIDE, Standing.OPEN),
        ("[2001:db8::1]", Standing.OUTSIDE, Standing.OPEN),
    ],
)
def test_standing(host: str, closed: Standing, opened: Standing) -> None:
    clock = ManualClock()
    assert sites(clock).standing(host) is closed
    assert sites(clock, mode=FederationMode.OPEN).standing(host) is opened


@pytest.mark.parametrize("host", ["spam.example", "stranger.example", "lyon.corp.example"])
def test_refused_peers_are_refused_both_ways(host: str) -> None:
    rules = sites(ManualClock())
    for check in (rules.check_inbound, rules.check_outbound):
        with pytest.raises(Forbidden):
            check(host)
    assert not rules.may_contact(host)
    assert not rules.is_named(host)
    assert not rules.is_member(host)


def test_blocked_members_and_allowed_hosts_are_blocked() -> None:
    rules = sites(ManualClock(), blocked=("oslo.corp.example", "partner.example"))
    for host in ("oslo.corp.example", "partner.example"):
        assert not rules.may_contact(host)
        assert not rules.is_member(host)


def test_members_are_asked_and_named() -> None:
    rules = sites(ManualClock())
    rules.check_inbound("oslo.corp.example")
    rules.check_outbound("oslo.corp.example")
    rules.gate("lyon.corp.example")
    assert rules.may_contact("oslo.corp.example")
    assert rules.is_named("partner.example")
    assert rules.is_member("oslo.corp.example")
    assert not rules.is_member("partner.example")


async def test_what_a_peer_says_of_itself_is_remembered(database: Database) -> None:
    clock = ManualClock()
    known = sites(clock)
    host = "oslo.corp.example"
    assert known.best_scheme(host) is Scheme.CAVAGE
    result = ProbeResult(
        software="fedrse",
        version="1.0",
        instance_actor=f"https://{host}/actor",
        shared_inbox=f"https://{host}/shared",
        members_uri=f"https://{host}/actor/members",
        capabilities=(RFC9421_IRI,),
    )
    await database.write(known.probed, host, result)
    site = await database.read(known.by_host, host)
    assert site is not None
    assert (site.software, site.capabilities, site.origin) == (
        "fedrse",
        [RFC9421_IRI],
        f"https://{host}",
    )
    restarted = sites(clock)
    await database.read(restarted.load)
    assert restarted.best_scheme(host) is Scheme.RFC9421_ED25519
    # A peer that is down keeps what is known of it.
    clock.advance(HOUR)
    await database.write(known.probed, host, ProbeResult(error="no answer"))
    site = await database.read(known.by_host, host)
    assert site is not None
    assert (site.software, site.last_error, site.probed_at) == ("fedrse", "no answer", clock.now())


async def test_capabilities_choose_the_signature(database: Database) -> None:
    known = sites(ManualClock(), mode=FederationMode.OPEN)
    for host, result in (
        ("new.example", ProbeResult(software="mastodon", capabilities=(RFC9421_IRI,))),
        ("old.example", ProbeResult(software="mastodon")),
    ):
        await database.write(known.probed, host, result)
    await database.read(known.load)
    assert known.best_scheme("new.example") is Scheme.RFC9421_RSA
    assert known.best_scheme("old.example") is Scheme.CAVAGE


async def test_members_get_everything_even_before_they_were_reached(database: Database) -> None:
    known = sites(ManualClock())
    inbox = known.shared_inbox
    assert await database.read(inbox, "oslo.corp.example") == "https://oslo.corp.example/inbox"
    assert await database.read(inbox, "partner.example") is None
    assert await database.read(inbox, "spam.example") is None
    result = ProbeResult(shared_inbox="https://oslo.corp.example/other")
    await database.write(known.probed, "oslo.corp.example", result)
    assert await database.read(inbox, "oslo.corp.example") == "https://oslo.corp.example/other"


async def test_sightings_are_noted_without_losing_what_is_known(database: Database) -> None:
    clock = ManualClock()
    known = sites(clock)
    host = "oslo.corp.example"
    await database.write(known.probed, host, ProbeResult(software="fedrse"))
    clock.advance(HOUR)
    await database.write(known.saw_inbound, [Sighting(host, 5), Sighting(host, -7)])
    await database.write(known.saw_inbound, [Sighting("partner.example", 0)])
    site = await database.read(known.by_host, host)
    assert site is not None
    assert (site.software, site.last_inbound_at, site.clock_drift) == ("fedrse", clock.now(), -7)
    assert [one.host for one in await database.read(known.all)] == [host, "partner.example"]
