"""Actors of this site as other servers fetch them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from fedrse.activitypub.local_ids import LocalIds
from fedrse.core.clock import ManualClock
from fedrse.core.settings import Settings, SiteSettings
from fedrse.core.urls import UrlRules
from fedrse.features.accounts.api_actors import routes
from fedrse.features.accounts.model_import import read_actor
from fedrse.features.accounts.service import Accounts
from fedrse.features.network.api_members import routes as member_routes
from fedrse.features.network.service import Network
from fedrse.store.database import Database
from tests.features.cast import Cast
from tests.features.fakes import ORIGIN, signer_in_header
from tests.features.surface import Surface, surface

ACTIVITY = "application/activity+json"


@pytest.fixture
async def site(
    database: Database,
    accounts: Accounts,
    network: Network,
    settings: Settings,
    local_ids: LocalIds,
    clock: ManualClock,
) -> AsyncIterator[Surface]:
    found = routes(
        database=database,
        accounts=accounts,
        signed_fetch=signer_in_header,
        settings=settings,
        local_ids=local_ids,
    )
    members = member_routes(network=network, local_ids=local_ids, signed_fetch=signer_in_header)
    async with surface([*found, *members], clock=clock) as served:
        yield served


def headers(host: str | None = "nantes.corp.example") -> dict[str, str]:
    signature = {} if host is None else {"X-Signer": host}
    return {"Accept": ACTIVITY, **signature}


async def test_an_actor_is_shown_to_who_signs(site: Surface, cast: Cast) -> None:
    amina = await cast.local(
        "amina",
        note="Hello",
        fields=(("Site", "Lyon"),),
        avatar="0" * 32 + ".webp",
        discoverable=True,
    )
    path = f"/ap/u/{amina.id}"
    status, answer, body = await site.call("GET", path, headers=headers())
    assert status == 200
    assert answer["Content-Type"].startswith(ACTIVITY)
    varies = {word.strip() for line in answer.getall("Vary") for word in line.split(",")}
    assert varies == {"Accept", "Signature", "Signature-Input"}
    assert answer["Cache-Control"] == "private"
    document = json.loads(body)
    assert document["id"] == amina.uri
    assert document["endpoints"] == {"sharedInbox": f"{ORIGIN}/inbox"}
    assert isinstance(document["publicKey"], dict)
    assert document["assertionMethod"][0]["type"] == "Multikey"
    assert document["webfinger"] == "amina@corp.example"
    assert document["generator"]["implements"][0]["href"].endswith("/rfc9421")
    assert document["attachment"] == [{"type": "PropertyValue", "name": "Site", "value": "Lyon"}]
    assert document["icon"] == {
        "type": "Image",
        "url": f"{ORIGIN}/media/{'0' * 32}.webp",
        "mediaType": "image/webp",
    }
    assert document["published"] == "2026-01-15T09:00:00Z"
    for name in ("inbox", "outbox", "followers", "following", "featured"):
        assert document[name] == f"{amina.uri}/{name}"
    # Another fedrse reads what this one writes.
    read = read_actor(document, UrlRules(), 0)
    assert (read.username, read.profile["discoverable"], len(read.keys)) == ("amina", True, 2)


async def test_every_term_is_defined(site: Surface, cast: Cast) -> None:
    amina = await cast.local("amina", fields=(("a", "b"),))
    _, _, body = await site.call("GET", f"/ap/u/{amina.id}", headers=headers())
    document = json.loads(body)
    defined = set(document["@context"][-1])
    of_activity_streams = {
        *("id", "type", "name", "summary", "url", "icon", "image", "published", "attachment"),
        *("tag", "generator", "preferredUsername", "inbox", "outbox", "endpoints"),
        *("followers", "following"),
    }
    of_security = {"publicKey"}
    assert set(document) - {"@context"} <= defined | of_activity_streams | of_security


async def test_who_does_not_sign_or_is_refused_sees_nothing(site: Surface, cast: Cast) -> None:
    amina = await cast.local("amina")
    for path in (f"/ap/u/{amina.id}", "/@amina", "/ap/u/7"):
        assert (await site.call("GET", path, headers=headers(None)))[0] == 401
        assert (await site.call("GET", path, headers=headers("blocked.example")))[0] == 403


async def test_what_there_is_not(
    site: Surface, cast: Cast, accounts: Accounts, database: Database
) -> None:
    ben = await cast.remote("ben")
    actor = await cast.instance_actor()
    for path in (f"/ap/u/{ben.id}", f"/ap/u/{actor.id}", "/ap/u/7", "/ap/u/x", "/@nobody"):
        assert (await site.call("GET", path, headers=headers()))[0] == 404
    amina = await cast.local("amina")
    await database.write(accounts.delete_local, amina.id)
    status, _, body = await site.call("GET", f"/ap/u/{amina.id}", headers=headers())
    assert (status, json.loads(body)["type"]) == (410, "Tombstone")


@pytest.mark.parametrize("handle", ["amina", "AMINA", "amina@corp.example"])
async def test_the_profile_address_gives_the_actor(site: Surface, cast: Cast, handle: str) -> None:
    amina = await cast.local("amina")
    status, _, body = await site.call("GET", f"/@{handle}", headers=headers())
    assert (status, json.loads(body)["id"]) == (200, amina.uri)


async def test_the_instance_actor_is_for_everybody(site: Surface, cast: Cast) -> None:
    assert (await site.call("GET", "/actor", headers=headers(None)))[0] == 503
    await cast.instance_actor()
    status, answer, body = await site.call("GET", "/actor", headers=headers(None))
    document = json.loads(body)
    assert (status, document["type"], document["id"]) == (200, "Application", f"{ORIGIN}/actor")
    assert answer["Cache-Control"].startswith("public")
    assert document["network"] == f"{ORIGIN}/actor/members"
    assert read_actor(document, UrlRules(), 0).keys
    status, _, body = await site.call("GET", "/actor/outbox", headers=headers(None))
    assert (status, json.loads(body)["totalItems"]) == (200, 0)


async def test_members_see_the_members(site: Surface) -> None:
    status, _, body = await site.call("GET", "/actor/members", headers=headers())
    assert status == 200
    assert json.loads(body)["items"] == [
        ORIGIN,
        "https://nantes.corp.example",
        "https://oslo.corp.example",
    ]
    for host, expected in (("far.example", 404), (None, 401)):
        assert (await site.call("GET", "/actor/members", headers=headers(host)))[0] == expected


@pytest.mark.parametrize(
    "settings",
    [Settings(site=SiteSettings(base_url=ORIGIN, handle_domain="corp.example", public_pages=True))],
)
async def test_browsers_are_sent_to_the_profile(site: Surface, cast: Cast) -> None:
    amina, bob = await cast.local("amina", public_profile=True), await cast.local("bob")
    html = {"Accept": "text/html"}
    status, answer, _ = await site.call("GET", f"/ap/u/{amina.id}", headers=html)
    assert (status, answer["Location"]) == (302, f"{ORIGIN}/@amina")
    hidden = [await site.call("GET", f"/ap/u/{one}", headers=html) for one in (bob.id, 7)]
    assert [status for status, _, _ in hidden] == [401, 401]
