"""Timelines without a token: what people of this site agreed to, and the configuration says so."""

from __future__ import annotations

from typing import Any

from tests.client_api.conftest import Opener
from tests.client_api.scene import arrived, upload
from tests.client_api.stage import Person, Stage

PUBLIC, TAG = "/api/v1/timelines/public", "/api/v1/timelines/tag/quai"
OPEN = {"site": {"public_pages": True}}
TIMELINES = (PUBLIC, f"{PUBLIC}?local=true", TAG, f"{TAG}?any[]=nothing")


async def _ids(stage: Stage, path: str, **query: Any) -> list[str]:
    answer = await stage.answer("GET", path, query=query)
    assert answer.status == 200, answer.body
    return [one["id"] for one in answer.body]


async def _agrees(person: Person) -> None:
    change = {"public_profile": True}
    await person.call("PATCH", "/api/v1/accounts/update_credentials", json=change)


async def test_visitors_read_what_people_of_this_site_agreed_to(opener: Opener) -> None:
    async with opener("lyon", "nantes", **OPEN) as (lyon, nantes):
        amina, bruno = await lyon.people("amina", "bruno")
        zoe = await nantes.person("zoe")
        for one in (amina, zoe):
            await _agrees(one)
        await amina.follow(zoe)
        shown = await amina.write("At the #quai", audience="public")
        for audience in ("network", "site", "followers"):
            await amina.write("Not outside #quai", audience=audience)
        await amina.write("Not listed #quai", visibility="unlisted", audience="public")
        await bruno.write("I never agreed #quai", audience="public")
        await arrived(amina, await zoe.write("Of another site #quai", audience="public"))
        for path in TIMELINES:
            assert await _ids(lyon, path) == [shown["id"]], path
        assert await _ids(lyon, TAG, **{"none[]": "quai"}) == []
        assert await _ids(lyon, "/api/v1/timelines/tag/nothing") == []
        # Of one's own, with a token, there is more.
        assert len(await amina.get(PUBLIC)) == 5
        await _agrees(bruno)
        assert len(await _ids(lyon, PUBLIC)) == 2


async def test_visitors_turn_pages(opener: Opener) -> None:
    async with opener("lyon", **OPEN) as (lyon,):
        amina = await lyon.person("amina")
        await _agrees(amina)
        media = await amina.call("POST", "/api/v2/media", data=upload()())
        first = await amina.write("Look #quai", audience="public", media_ids=[media["id"]])
        posts = [await amina.write(f"{n} #quai", audience="public") for n in range(4)]
        ids = [one["id"] for one in (first, *posts)][::-1]
        for path in (PUBLIC, TAG):
            answer = await lyon.answer("GET", path, query={"limit": 2})
            assert [one["id"] for one in answer.body] == ids[:2]
            older = await lyon.answer("GET", answer.links()["next"])
            assert [one["id"] for one in older.body] == ids[2:4]
            newer = await lyon.answer("GET", older.links()["prev"])
            assert [one["id"] for one in newer.body] == ids[:2]
            assert await _ids(lyon, path, min_id=ids[4], limit=2) == ids[2:4]
            assert await _ids(lyon, path, only_media="true") == [first["id"]]


async def test_visitors_turn_pages_of_a_profile(opener: Opener) -> None:
    async with opener("lyon", **OPEN) as (lyon,):
        amina = await lyon.person("amina")
        await _agrees(amina)
        media = await amina.call("POST", "/api/v2/media", data=upload()())
        first = await amina.write("Look #quai", audience="public", media_ids=[media["id"]])
        posts = [await amina.write(f"{n}", audience="public") for n in range(4)]
        ids = [one["id"] for one in (first, *posts)][::-1]
        inside = await amina.write("Not outside", audience="network")
        path = f"/api/v1/accounts/{amina.id}/statuses"
        assert await _ids(lyon, path) == ids
        assert await _ids(lyon, path, min_id=ids[4], limit=2) == ids[2:4]
        assert await _ids(lyon, path, max_id=ids[1], limit=2) == ids[2:4]
        assert await _ids(lyon, path, only_media="true") == [first["id"]]
        assert await _ids(lyon, path, tagged="quai") == [first["id"]]
        for one in (first, inside):
            await amina.post(f"/api/v1/statuses/{one['id']}/pin")
        assert await _ids(lyon, path, pinned="true") == [first["id"]]


async def test_what_visitors_do_not_see_asks_for_a_token(opener: Opener) -> None:
    async with opener("lyon", **OPEN) as (lyon,):
        for path in (f"{PUBLIC}?remote=true", f"{TAG}?remote=true", "/api/v1/timelines/home"):
            assert (await lyon.answer("GET", path)).status == 401, path
        instance = (await lyon.answer("GET", "/api/v2/instance")).body
        assert instance["configuration"]["timelines_access"] == {
            "live_feeds": {"local": "public", "remote": "authenticated"},
            "hashtag_feeds": {"local": "public", "remote": "authenticated"},
            "trending_link_feeds": {"local": "authenticated", "remote": "authenticated"},
        }


async def test_without_public_pages_everything_asks_for_a_token(stage: Stage) -> None:
    amina = await stage.person("amina")
    await _agrees(amina)
    await amina.write("At the #quai", audience="public")
    for path in TIMELINES:
        assert (await stage.answer("GET", path)).status == 401, path
    access = (await stage.answer("GET", "/api/v2/instance")).body["configuration"]
    for feed in access["timelines_access"].values():
        assert set(feed.values()) == {"authenticated"}
