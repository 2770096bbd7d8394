"""Lists: what they show, who may be in them, what they take out of the home timeline."""

from __future__ import annotations

from typing import Any

import pytest

from fedrse.core.clock import ManualClock
from fedrse.core.errors import Invalid, NotFound
from fedrse.core.ids import IdMaker
from fedrse.core.paging import Page
from fedrse.features.lists.api import ListsApi
from fedrse.features.lists.model import RepliesPolicy, UserList
from fedrse.features.lists.service import Lists
from fedrse.features.timelines.service import Timelines
from fedrse.store.database import Database, Transaction
from fedrse.store.events import Events
from tests.features.surface import PlainAccounts, PlainStatuses, surface
from tests.features.timelines.histories import World

ALL = Page(limit=100)


@pytest.fixture
def lists(clock: ManualClock, ids: IdMaker, events: Events) -> Lists:
    return Lists(clock=clock, ids=ids, events=events)


@pytest.fixture
def timelines(ids: IdMaker, events: Events) -> Timelines:
    return Timelines(ids=ids, events=events, pull_from=2)


@pytest.fixture
def world(
    clock: ManualClock, ids: IdMaker, events: Events, timelines: Timelines, lists: Lists
) -> World:
    del timelines, lists  # subscribed
    return World(clock, ids, events)


async def make(lists: Lists, tx: Transaction, me: int, **wish: Any) -> UserList:
    options = {"title": "Team", "policy": RepliesPolicy.LIST, "exclusive": False} | wish
    return await lists.create(tx, me, **options)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (RepliesPolicy.NONE, {"post", "thread", "to me", "boost"}),
        (RepliesPolicy.LIST, {"post", "thread", "to me", "boost", "to member"}),
        (
            RepliesPolicy.FOLLOWED,
            {"post", "thread", "to me", "boost", "to member", "to followed"},
        ),
    ],
)
async def test_what_a_list_shows(
    database: Database, world: World, lists: Lists, policy: RepliesPolicy, expected: set[str]
) -> None:
    async def unit(tx: Transaction) -> None:
        me, author, member, followed, other = [await world.add_person(tx) for _ in range(5)]
        for one in (author, member, followed):
            await world.follow(tx, me, one)
        found = await make(lists, tx, me, policy=policy)
        await lists.add(tx, me, found.id, [author, member])
        theirs = {one: await world.add_post(tx, one) for one in (me, member, followed, other)}
        post = await world.add_post(tx, author)
        names = {
            "post": post,
            "thread": await world.add_post(tx, author, parent=post),
            "to me": await world.add_post(tx, author, parent=theirs[me]),
            "to member": await world.add_post(tx, author, parent=theirs[member]),
            "to followed": await world.add_post(tx, author, parent=theirs[followed]),
            "to other": await world.add_post(tx, author, parent=theirs[other]),
            "boost": await world.add_post(tx, author, original=theirs[other]),
            "boost of mine": await world.add_post(tx, author, original=theirs[me]),
            "direct": await world.add_post(tx, author, audience="direct"),
            "not a member": theirs[followed],
        }
        ids = await lists.timeline(tx, found, ALL)
        by_id = {told.id: name for name, told in names.items()}
        assert {by_id[one] for one in ids if one in by_id} == expected
        assert ids == sorted(ids, reverse=True)
        # Asked by post, as live streams do, the answer is the same.
        told = [one.id for one in world.posts]
        showing = await lists.showing(tx, told, [found.id])
        assert sorted(showing, reverse=True) == ids
        pages: list[int] = []
        while few := await lists.timeline(tx, found, Page(limit=2, max_id=(pages or [None])[-1])):
            pages += few
        assert pages == ids
        for page in (ALL, Page(limit=2), Page(limit=len(ids))):
            assert await lists.own_timeline(tx, me, found.id, page) == ids[: page.limit]
            with pytest.raises(NotFound):
                await lists.own_timeline(tx, other, found.id, page)
        await world.mute(tx, me, other)
        names_now = {by_id.get(one) for one in await lists.timeline(tx, found, ALL)}
        assert "boost" not in names_now
        await world.mute(tx, me, author)
        left = await lists.timeline(tx, found, ALL)
        assert left == [theirs[member].id]

    await database.write(unit)


@pytest.mark.parametrize("hidden", [0, 3])
async def test_pages_are_pieces_of_the_whole(
    database: Database, world: World, lists: Lists, hidden: int
) -> None:
    """Whoever writes how much, and however much of it is not shown."""

    async def unit(tx: Transaction) -> None:
        me, other, *members = [await world.add_person(tx) for _ in range(6)]
        for one in members:
            await world.follow(tx, me, one)
        found = await make(lists, tx, me, policy=RepliesPolicy.NONE)
        await lists.add(tx, me, found.id, members)
        strange = await world.add_post(tx, other)
        for number in range(60):
            # The first writes most of it, the last hardly anything.
            writer = members[(number % 7 == 3) + (number % 11 == 5) + (number == 30)]
            parent = strange if number % 4 < hidden else None
            await world.add_post(tx, writer, parent=parent)
        whole = await lists.timeline(tx, found, ALL)
        assert len(whole) == (60 if hidden == 0 else 15)
        for size in (1, 2, 5, 20):
            for start in range(len(whole)):
                below = Page(limit=size, max_id=whole[start])
                assert await lists.timeline(tx, found, below) == whole[start + 1 :][:size]
                above = Page(limit=size, min_id=whole[start])
                expected = whole[max(start - size, 0) : start]
                assert await lists.timeline(tx, found, above) == expected
                assert await lists.own_timeline(tx, me, found.id, above) == expected

    await database.write(unit)


@pytest.mark.parametrize("followers", [1, 4])  # copied, and looked up
async def test_exclusive_lists(
    database: Database, world: World, lists: Lists, timelines: Timelines, followers: int
) -> None:
    async def unit(tx: Transaction) -> None:
        me, author, *others = [await world.add_person(tx) for _ in range(2 + followers)]
        for one in (me, *others):
            await world.follow(tx, one, author)
        first = await world.add_post(tx, author)
        own = await world.add_post(tx, me)

        async def home() -> list[int]:
            return await timelines.home(tx, me, ALL)

        assert set(await home()) == {first.id, own.id}
        found = await make(lists, tx, me, exclusive=True)
        await lists.add(tx, me, found.id, [author, me])
        second = await world.add_post(tx, author)
        assert await home() == [own.id]
        assert set(await lists.timeline(tx, found, ALL)) == {first.id, second.id, own.id}
        other = await make(lists, tx, me, exclusive=True)
        await lists.add(tx, me, other.id, [author])
        await lists.drop(tx, me, found.id, [author])
        assert await home() == [own.id]  # the other list has the author still
        await lists.change(tx, me, other.id, title=None, policy=None, exclusive=False)
        third = await world.add_post(tx, author)
        assert set(await home()) == {first.id, second.id, third.id, own.id}
        await lists.change(tx, me, other.id, title=None, policy=None, exclusive=True)
        assert await home() == [own.id]
        await lists.remove(tx, me, other.id)
        assert set(await home()) == {first.id, second.id, third.id, own.id}
        for one in others:
            assert first.id in await timelines.home(tx, one, ALL)

    await database.write(unit)


async def test_members_are_followed(database: Database, world: World, lists: Lists) -> None:
    async def unit(tx: Transaction) -> None:
        me, author, stranger = [await world.add_person(tx) for _ in range(3)]
        await world.follow(tx, me, author)
        found = await make(lists, tx, me)
        with pytest.raises(NotFound):
            await lists.add(tx, me, found.id, [author, stranger])
        await lists.add(tx, me, found.id, [author])
        with pytest.raises(Invalid, match="already been taken"):
            await lists.add(tx, me, found.id, [author])
        assert await lists.with_member(tx, me, author) == [found]
        assert await lists.with_member(tx, stranger, author) == []
        await world.unfollow(tx, me, author)
        assert await lists.members(tx, found.id, ALL) == []
        for call in (lists.access_list, lists.remove):
            with pytest.raises(NotFound):
                await call(tx, stranger, found.id)
        assert not await lists.owns(tx, stranger, found.id)

    await database.write(unit)


async def test_the_api(database: Database, world: World, lists: Lists, clock: ManualClock) -> None:
    async def people(tx: Transaction) -> list[int]:
        made = [await world.add_person(tx) for _ in range(4)]
        for one in made[1:]:
            await world.follow(tx, made[0], one)
        return made

    me, *others = await database.write(people)
    api = ListsApi(database=database, lists=lists, people=PlainAccounts(), statuses=PlainStatuses())
    async with surface(api.routes(), clock=clock) as site:

        async def call(method: str, path: str, data: Any = None, viewer: int = me) -> Any:
            status, _, body = await site.call(method, f"/api/v1/{path}", viewer, json=data)
            return status if status != 200 else body

        for wrong in (
            {},
            {"title": " "},
            {"title": "x" * 257},
            {"title": "a", "replies_policy": 7},
        ):
            assert await call("POST", "lists", wrong) == 422
        made = await call("POST", "lists", {"title": "Team"})
        assert made == {
            "id": made["id"],
            "title": "Team",
            "replies_policy": "list",
            "exclusive": False,
        }
        path = f"lists/{made['id']}"
        assert await call("GET", path) == made
        assert await call("GET", "lists") == [made]
        changed = await call("PUT", path, {"title": "Crew", "exclusive": True})
        assert changed == made | {"title": "Crew", "exclusive": True}
        ids = [str(one) for one in others]
        assert await call("POST", f"{path}/accounts", {"account_ids": ids}) == {}
        assert await call("POST", f"{path}/accounts", {"account_ids": ["x"]}) == 404
        newest = sorted(ids, key=int, reverse=True)
        assert await call("GET", f"{path}/accounts?limit=0") == [{"id": one} for one in newest]
        status, headers, body = await site.call("GET", f"/api/v1/{path}/accounts?limit=2", me)
        assert (status, body) == (200, [{"id": one} for one in newest[:2]])
        assert f"max_id={newest[1]}" in headers["Link"]
        assert await call("GET", f"accounts/{ids[0]}/lists") == [changed]
        assert await call("DELETE", f"{path}/accounts", {"account_ids": ids[:1]}) == {}
        assert await call("GET", f"accounts/{ids[0]}/lists") == []
        assert await call("GET", f"timelines/{path.replace('lists', 'list')}") == []
        for method, other in [
            ("GET", path),
            ("PUT", path),
            ("GET", f"{path}/accounts"),
            ("POST", f"{path}/accounts"),
            ("GET", f"timelines/list/{made['id']}"),
            ("DELETE", path),
        ]:
            assert await call(method, other, {"title": "x"}, viewer=others[0]) == 404
        assert await call("DELETE", path) == {}
        assert await call("DELETE", path) == 404
        for scope in ("read:statuses", "write:statuses"):
            headers = {"Authorization": f"Bearer {me}+{scope}"}
            for method in ("GET", "POST"):
                assert (await site.call(method, "/api/v1/lists", headers=headers))[0] == 403
