"""Client API of follows, blocks, mutes and lists, over a real socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from fedrse.activitypub.dispatch import Dispatcher
from fedrse.core.clock import HOUR, ManualClock, to_iso
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.service import Accounts
from fedrse.features.relationships import api_lists, api_relationships
from fedrse.features.relationships.activities import RelationshipActivities
from fedrse.features.relationships.service import Relationships
from fedrse.http.routes import Auth
from fedrse.store.database import Database
from tests.features.cast import Cast, handled
from tests.features.conformance import ACCOUNT, RELATIONSHIP, check
from tests.features.surface import Surface, surface


class FakeLookup:
    """Knows some handles of other sites."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}
        self.asked: list[str] = []

    async def __call__(self, text: str) -> int | None:
        self.asked.append(text)
        return self.known.get(text)


@pytest.fixture
def lookup() -> FakeLookup:
    return FakeLookup()


@pytest.fixture
async def api(
    database: Database,
    accounts: Accounts,
    relationships: Relationships,
    lookup: FakeLookup,
    clock: ManualClock,
) -> AsyncIterator[Surface]:
    parts = {"database": database, "accounts": accounts, "relationships": relationships}
    found = [*api_relationships.routes(**parts), *api_lists.routes(**parts, lookup=lookup)]
    async with surface(found, clock=clock) as served:
        yield served


async def post(api: Surface, who: Account, whom: Account, action: str, **options: Any) -> Any:
    path = f"/api/v1/accounts/{whom.id}/{action}"
    status, _, body = await api.call("POST", path, who.id, **options)
    assert status == 200, body
    check(body, RELATIONSHIP)
    assert body["id"] == str(whom.id)
    return body


async def test_follow_and_unfollow(api: Surface, cast: Cast) -> None:
    amina, bob = await cast.local("amina"), await cast.local("bob")
    ben = await cast.remote("ben")
    found = await post(api, amina, bob, "follow", data={"reblogs": "false", "languages[]": "fr"})
    assert (found["following"], found["showing_reblogs"], found["languages"]) == (
        True,
        False,
        ["fr"],
    )
    assert (await post(api, amina, ben, "follow"))["requested"] is True
    assert (await post(api, amina, bob, "unfollow"))["following"] is False
    assert (await post(api, amina, ben, "unfollow"))["requested"] is False
    await post(api, bob, amina, "follow")
    assert (await post(api, amina, bob, "remove_from_followers"))["followed_by"] is False


async def test_what_cannot_be_followed(api: Surface, cast: Cast) -> None:
    amina, bob = await cast.local("amina"), await cast.local("bob")
    await post(api, bob, amina, "block")
    for target, expected in ((amina.id, 403), (bob.id, 403), (7, 404), ("x", 404)):
        path = f"/api/v1/accounts/{target}/follow"
        status, _, body = await api.call("POST", path, amina.id)
        assert (status, "error" in body) == (expected, True)
    assert (await api.call("POST", f"/api/v1/accounts/{bob.id}/follow"))[0] == 401


async def test_blocks(api: Surface, cast: Cast) -> None:
    amina, ben = await cast.local("amina"), await cast.remote("ben")
    assert (await post(api, amina, ben, "block"))["blocking"] is True
    listed = await api.get("/api/v1/blocks", amina.id)
    check(listed[0], ACCOUNT)
    assert listed[0]["id"] == str(ben.id)
    # A blocked person can still be found.
    found = await api.get("/api/v1/accounts/search?q=ben", amina.id)
    assert [entity["id"] for entity in found] == [str(ben.id)]
    assert (await post(api, amina, ben, "unblock"))["blocking"] is False
    assert await api.get("/api/v1/blocks", amina.id) == []


async def test_mutes(api: Surface, cast: Cast, clock: ManualClock) -> None:
    amina, ben = await cast.local("amina"), await cast.remote("ben")
    found = await post(api, amina, ben, "mute", data={"notifications": "0", "duration": "3600"})
    assert (found["muting"], found["muting_notifications"]) == (True, False)
    listed = await api.get("/api/v1/mutes", amina.id)
    check(listed[0], ACCOUNT | {"mute_expires_at": str})
    assert listed[0]["mute_expires_at"] == to_iso(clock.now() + HOUR)
    assert (await post(api, amina, ben, "mute"))["muting_notifications"] is True
    listed = await api.get("/api/v1/mutes", amina.id)
    assert listed[0]["mute_expires_at"] is None
    assert (await post(api, amina, ben, "unmute"))["muting"] is False
    path = f"/api/v1/accounts/{ben.id}/mute"
    assert (await api.call("POST", path, amina.id, data={"duration": "-5"}))[0] == 422


async def test_notes(api: Surface, cast: Cast) -> None:
    amina, ben = await cast.local("amina"), await cast.remote("ben")
    found = await post(api, amina, ben, "note", json={"comment": "From Nantes"})
    assert found["note"] == "From Nantes"
    path = f"/api/v1/accounts/{ben.id}/note"
    assert (await api.call("POST", path, amina.id, data={"comment": "x" * 2001}))[0] == 422


async def test_relationships_in_the_order_asked(api: Surface, cast: Cast) -> None:
    amina, bob = await cast.local("amina"), await cast.local("bob")
    ben = await cast.remote("ben", suspended=True)
    query = f"id[]={bob.id}&id[]=x&id[]=7&id[]={amina.id}&id[]={ben.id}&id[]={bob.id}"
    found = await api.get(f"/api/v1/accounts/relationships?{query}", amina.id)
    assert [one["id"] for one in found] == [str(bob.id), str(amina.id)]
    more = await api.get(f"/api/v1/accounts/relationships?{query}&with_suspended=true", amina.id)
    assert [one["id"] for one in more][-1] == str(ben.id)
    one = await api.get(f"/api/v1/accounts/relationships?id={bob.id}", amina.id)
    assert [entry["id"] for entry in one] == [str(bob.id)]
    assert await api.get("/api/v1/accounts/relationships", amina.id) == []


async def test_follow_requests(
    api: Surface,
    cast: Cast,
    database: Database,
    accounts: Accounts,
    relationships: Relationships,
) -> None:
    dispatcher = Dispatcher()
    RelationshipActivities(accounts=accounts, relationships=relationships).register(dispatcher)
    amina = await cast.local("amina", locked=True)
    people = [await cast.remote(name) for name in ("ben", "bea")]
    for person in people:
        follow = cast.received(person, {"type": "Follow", "object": amina.uri})
        await handled(database, dispatcher.dispatch, follow)
    listed = await api.get("/api/v1/follow_requests", amina.id)
    assert [one["id"] for one in listed] == [str(person.id) for person in reversed(people)]
    answers = []
    for person, action in zip(people, ("authorize", "reject"), strict=True):
        path = f"/api/v1/follow_requests/{person.id}/{action}"
        answers.append(await api.call("POST", path, amina.id))
        assert (await api.call("POST", path, amina.id))[0] == 404
    assert [body["followed_by"] for _, _, body in answers] == [True, False]
    assert await api.get("/api/v1/follow_requests", amina.id) == []


async def test_lists_go_on_by_their_links(api: Surface, cast: Cast) -> None:
    amina = await cast.local("amina")
    people = [await cast.local(f"p{number}") for number in range(5)]
    for person in people:
        await post(api, person, amina, "follow")
    seen: list[str] = []
    path: str | None = f"/api/v1/accounts/{amina.id}/followers?limit=2"
    pages = 0
    while path is not None:
        _, headers, body = await api.call("GET", path, amina.id)
        seen += [entity["acct"] for entity in body]
        pages += 1
        links = dict(_links(headers.get("Link", "")))
        path = links.get("next")
        if pages == 1:
            newer = links["prev"]
    assert seen == ["p4", "p3", "p2", "p1", "p0"]
    assert pages == 3
    assert await api.get(newer, amina.id) == []
    last = await cast.local("p5")
    await post(api, last, amina, "follow")
    assert [entity["acct"] for entity in await api.get(newer, amina.id)] == ["p5"]
    following = await api.get(f"/api/v1/accounts/{people[0].id}/following", amina.id)
    assert [entity["acct"] for entity in following] == ["amina"]


def _links(header: str) -> list[tuple[str, str]]:
    found = []
    for link in filter(None, header.split(", ")):
        address, _, relation = link.partition("; ")
        parts = urlsplit(address.strip("<>"))
        assert parts.scheme == "https"
        assert parse_qs(parts.query)["limit"] == ["2"]
        found.append((relation.removeprefix('rel="').rstrip('"'), f"{parts.path}?{parts.query}"))
    return found


async def test_hidden_lists(api: Surface, cast: Cast) -> None:
    amina, bob = await cast.local("amina", hide_collections=True), await cast.local("bob")
    carl = await cast.local("carl")
    await post(api, bob, amina, "follow")
    path = f"/api/v1/accounts/{amina.id}/followers"
    assert await api.get(path, bob.id) == []
    assert len(await api.get(path, amina.id)) == 1
    await post(api, amina, carl, "follow")
    await post(api, carl, bob, "block")
    assert await api.get(f"/api/v1/accounts/{carl.id}/followers", bob.id) == []
    assert len(await api.get(f"/api/v1/accounts/{carl.id}/followers", amina.id)) == 1
    assert (await api.call("GET", path))[0] == 401


@pytest.mark.parametrize("name", ["followers", "following"])
async def test_lists_need_the_right_to_read(api: Surface, cast: Cast, name: str) -> None:
    amina, bob = await cast.local("amina"), await cast.local("bob")
    for scope, expected in (("write", 403), ("read:statuses", 403), ("read:accounts", 200)):
        token = {"Authorization": f"Bearer {amina.id}+{scope}"}
        path = f"/api/v1/accounts/{bob.id}/{name}"
        status, _, body = await api.call("GET", path, headers=token)
        assert status == expected, body


async def test_familiar_followers(api: Surface, cast: Cast) -> None:
    amina, bob, carl = [await cast.local(name) for name in ("amina", "bob", "carl")]
    await post(api, amina, bob, "follow")
    await post(api, bob, carl, "follow")
    path = f"/api/v1/accounts/familiar_followers?id[]={carl.id}&id[]={bob.id}"
    found = await api.get(path, amina.id)
    assert [(one["id"], [who["acct"] for who in one["accounts"]]) for one in found] == [
        (str(carl.id), ["bob"]),
        (str(bob.id), []),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ami", ["amina", "amira@nantes.corp.example"]),
        ("AMINA", ["amina"]),
        ("@amina", ["amina"]),
        ("amina@corp.example", ["amina"]),
        ("amira@nantes", ["amira@nantes.corp.example"]),
        ("celine", ["zoe"]),
        ("Céline du", ["zoe"]),
        ("dup", ["zoe"]),
        ("upont", []),
        ("%", []),
        ("_", []),
        ("\\", []),
        ("", []),
        ("lyon.corp.example", []),
    ],
)
async def test_search(api: Surface, cast: Cast, text: str, expected: list[str]) -> None:
    viewer = await cast.local("viewer")
    await cast.instance_actor()
    await cast.local("amina")
    await cast.remote("amira")
    await cast.local("zoe", display_name="Céline Dupont")
    await cast.remote("amigone", suspended=True)
    path = "/api/v1/accounts/search"
    status, _, found = await api.call("GET", path, viewer.id, params={"q": text})
    assert status == 200
    assert [entity["acct"] for entity in found] == expected


async def test_search_among_the_followed_and_elsewhere(
    api: Surface, cast: Cast, lookup: FakeLookup
) -> None:
    amina, bob = await cast.local("amina"), await cast.local("bob")
    await cast.local("boris")
    await post(api, amina, bob, "follow")
    path = "/api/v1/accounts/search?q=bo"
    assert len(await api.get(path, amina.id)) == 2
    assert [one["acct"] for one in await api.get(f"{path}&following=true", amina.id)] == ["bob"]
    assert len(await api.get(f"{path}&limit=1", amina.id)) == 1
    assert len(await api.get(f"{path}&limit=1&offset=1", amina.id)) == 1

    ben = await cast.remote("ben", "elsewhere.example")
    lookup.known["@boss@corp.example"] = ben.id
    far = "/api/v1/accounts/search?q=@boss@corp.example"
    assert await api.get(far, amina.id) == []
    assert lookup.asked == []
    found = await api.get(f"{far}&resolve=true", amina.id)
    assert [one["id"] for one in found] == [str(ben.id)]
    assert lookup.asked == ["@boss@corp.example"]
    assert (await api.call("GET", path))[0] == 401


def test_who_may_call_what(
    database: Database, accounts: Accounts, relationships: Relationships, lookup: FakeLookup
) -> None:
    parts = {"database": database, "accounts": accounts, "relationships": relationships}
    found = [*api_relationships.routes(**parts), *api_lists.routes(**parts, lookup=lookup)]
    scopes = {(route.method, route.path.removeprefix("/api/v1/")): route for route in found}
    for path, scope in {
        ("POST", "accounts/{id}/follow"): "write:follows",
        ("POST", "accounts/{id}/block"): "write:blocks",
        ("POST", "accounts/{id}/mute"): "write:mutes",
        ("POST", "accounts/{id}/note"): "write:accounts",
        ("POST", "follow_requests/{id}/authorize"): "write:follows",
        ("GET", "follow_requests"): "read:follows",
        ("GET", "accounts/relationships"): "read:follows",
        ("GET", "blocks"): "read:blocks",
        ("GET", "mutes"): "read:mutes",
    }.items():
        assert scopes[path].auth is Auth.USER
        assert scope in scopes[path].scopes
