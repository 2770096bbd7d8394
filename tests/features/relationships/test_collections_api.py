"""Followers and following collections, as other servers fetch them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from fedrse.activitypub.dispatch import Dispatcher
from fedrse.activitypub.local_ids import LocalIds
from fedrse.core.clock import ManualClock
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.service import Accounts, ProfileChanges
from fedrse.features.network.service import Network
from fedrse.features.relationships import api_collections
from fedrse.features.relationships.activities import RelationshipActivities
from fedrse.features.relationships.api_collections import routes
from fedrse.features.relationships.service import Relationships
from fedrse.store.database import Database
from tests.features.cast import Cast, handled
from tests.features.fakes import signer_in_header
from tests.features.surface import Surface, surface

NANTES, OSLO, FAR = "nantes.corp.example", "oslo.corp.example", "far.example"


@pytest.fixture
async def site(
    database: Database,
    accounts: Accounts,
    relationships: Relationships,
    network: Network,
    local_ids: LocalIds,
    clock: ManualClock,
) -> AsyncIterator[Surface]:
    found = routes(
        database=database,
        accounts=accounts,
        relationships=relationships,
        network=network,
        local_ids=local_ids,
        signed_fetch=signer_in_header,
    )
    async with surface(found, clock=clock) as served:
        yield served


@pytest.fixture
async def amina(
    database: Database, cast: Cast, accounts: Accounts, relationships: Relationships
) -> Account:
    """Followed by three people at Nantes and one at Oslo."""
    dispatcher = Dispatcher()
    RelationshipActivities(accounts=accounts, relationships=relationships).register(dispatcher)
    found = await cast.local("amina")
    for name, host in (("a", NANTES), ("b", NANTES), ("c", NANTES), ("o", OSLO)):
        follow = {"type": "Follow", "object": found.uri}
        follower = await cast.remote(name, host)
        await handled(database, dispatcher.dispatch, cast.received(follower, follow))
    return found


async def fetch(site: Surface, uri: str, host: str | None = NANTES) -> tuple[int, Any]:
    path = uri.removeprefix("https://lyon.corp.example")
    headers = {"Accept": "application/activity+json"}
    if host is not None:
        headers["X-Signer"] = host
    status, _, body = await site.call("GET", path, headers=headers)
    return status, json.loads(body) if body and status == 200 else None


async def test_members_see_who_follows(
    site: Surface, amina: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_collections, "PER_PAGE", 3)
    _, whole = await fetch(site, f"{amina.uri}/followers")
    assert (whole["id"], whole["type"], whole["totalItems"]) == (
        f"{amina.uri}/followers",
        "OrderedCollection",
        4,
    )
    _, first = await fetch(site, whole["first"])
    assert (first["id"], first["partOf"]) == (whole["first"], whole["id"])
    _, second = await fetch(site, first["next"])
    assert second["id"] == first["next"]
    assert "next" not in second
    assert first["orderedItems"] + second["orderedItems"] == [
        f"https://{OSLO}/ap/u/o",
        f"https://{NANTES}/ap/u/c",
        f"https://{NANTES}/ap/u/b",
        f"https://{NANTES}/ap/u/a",
    ]
    _, following = await fetch(site, f"{amina.uri}/following?page=true")
    assert (following["totalItems"], following["orderedItems"]) == (0, [])


async def test_outsiders_and_the_curious_see_numbers(
    site: Surface, amina: Account, database: Database, accounts: Accounts
) -> None:
    status, whole = await fetch(site, f"{amina.uri}/followers", FAR)
    assert (status, whole["totalItems"], "first" in whole) == (200, 4, False)
    assert (await fetch(site, f"{amina.uri}/followers?page=true", FAR))[0] == 404
    await database.write(accounts.update_profile, amina.id, ProfileChanges(hide_collections=True))
    status, whole = await fetch(site, f"{amina.uri}/followers")
    assert (whole["totalItems"], "first" in whole) == (4, False)
    assert (await fetch(site, f"{amina.uri}/followers?page=true"))[0] == 404


async def test_each_host_sees_its_own_followers(site: Surface, amina: Account) -> None:
    address = f"{amina.uri}/followers-sync"
    _, nantes = await fetch(site, address)
    assert nantes["orderedItems"] == [f"https://{NANTES}/ap/u/{name}" for name in "abc"]
    _, oslo = await fetch(site, address, OSLO)
    assert (oslo["orderedItems"], oslo["totalItems"]) == ([f"https://{OSLO}/ap/u/o"], 1)
    _, far = await fetch(site, address, FAR)
    assert far["orderedItems"] == []


async def test_nothing_without_signature_and_of_nobody(
    site: Surface, amina: Account, cast: Cast
) -> None:
    ben = await cast.remote("ben")
    for part in ("followers", "following", "followers-sync"):
        assert (await fetch(site, f"{amina.uri}/{part}", None))[0] == 401
        assert (await fetch(site, f"https://lyon.corp.example/ap/u/{ben.id}/{part}"))[0] == 404
        assert (await fetch(site, f"https://lyon.corp.example/ap/u/7/{part}"))[0] == 404
