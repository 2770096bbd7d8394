"""The client API of timelines: who may ask, parameters, links."""

from __future__ import annotations

from fedrse.core.clock import ManualClock
from fedrse.features.timelines import api
from fedrse.features.timelines.service import Timelines
from fedrse.store.database import Database
from tests.features.surface import PlainStatuses, surface
from tests.features.timelines.histories import ADD_POST_TAG, ADD_TAG, World


async def test_the_three_timelines(
    database: Database, world: World, timelines: Timelines, clock: ManualClock
) -> None:
    async def prepare(tx: object) -> tuple[int, list[str]]:
        me, other = await world.add_person(tx), await world.add_person(tx)
        await world.follow(tx, me, other)
        tag = world.ids.new()
        await tx.run(ADD_TAG, id=tag, name="reunion", display="Réunion")
        ids = []
        for _ in range(5):
            told = await world.add_post(tx, other)
            await tx.run(ADD_POST_TAG, tag_id=tag, post_id=told.id)
            ids.append(str(told.id))
        return me, ids[::-1]

    me, ids = await database.write(prepare)
    statuses = PlainStatuses()
    routes = api.routes(api.TimelinesApi(database, timelines, statuses))
    async with surface(routes, clock=clock) as site:
        for path in ("home", "public", "tag/R%C3%A9union", "tag/%23reunion"):
            address = f"/api/v1/timelines/{path}"
            assert (await site.call("GET", address))[0] == 401, path
            first = await site.call("GET", f"{address}?limit=2", me)
            assert [one["id"] for one in first[2]] == ids[:2]
            assert f"limit=2&max_id={ids[1]}" in first[1]["Link"]
            assert f"limit=2&min_id={ids[0]}" in first[1]["Link"]
            rest = await site.get(f"{address}?max_id={ids[1]}", me)
            assert [one["id"] for one in rest] == ids[2:]
            newer = await site.get(f"{address}?min_id={ids[4]}&limit=2", me)
            assert [one["id"] for one in newer] == ids[2:4]
            status, headers, nothing = await site.call("GET", f"{address}?max_id=1", me)
            assert (status, nothing, headers.get("Link")) == (200, [], None)
        assert await site.get("/api/v1/timelines/public?remote=true", me) == []
        assert len(await site.get("/api/v1/timelines/public?local=1&remote=1", me)) == 5
        assert (await site.call("GET", "/api/v1/timelines/public?local=maybe", me))[0] == 422
        assert (await site.call("GET", "/api/v1/timelines/home?max_id=x", me))[0] == 400


async def test_what_the_viewer_may_not_see_leaves_the_page_but_not_the_link(
    database: Database, world: World, timelines: Timelines, clock: ManualClock
) -> None:
    async def prepare(tx: object) -> tuple[int, list[int]]:
        me = await world.add_person(tx)
        return me, [(await world.add_post(tx, me)).id for _ in range(3)]

    me, ids = await database.write(prepare)
    routes = api.routes(api.TimelinesApi(database, timelines, PlainStatuses(hidden=[ids[0]])))
    async with surface(routes, clock=clock) as site:
        _, headers, body = await site.call("GET", "/api/v1/timelines/home", me)
        assert [one["id"] for one in body] == [str(ids[2]), str(ids[1])]
        assert f"max_id={ids[0]}" in headers["Link"]
