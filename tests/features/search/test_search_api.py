"""``/api/v2/search``: three kinds of results, addresses and handles that are looked up."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from fedrse.features.search.api import Found, SearchApi, routes
from fedrse.features.search.service import INDEX, Search
from fedrse.features.tags.service import Tags
from fedrse.jobs.model import Job
from fedrse.store.database import Database, Transaction
from fedrse.store.events import Events
from tests.features.fakes import ORIGIN
from tests.features.search.test_finding import add_tags
from tests.features.surface import PlainAccounts, PlainStatuses, surface
from tests.features.timelines.histories import World


@dataclass
class People(PlainAccounts):
    """Finds the same people whatever is asked, and remembers what was."""

    ids: list[int] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)

    async def search(
        self,
        tx: Transaction,
        text: str,
        *,
        limit: int,
        offset: int = 0,
        among: Collection[int] | None = None,
    ) -> list[int]:
        del tx
        self.asked.append({"text": text, "limit": limit, "offset": offset, "among": among})
        return self.ids


async def test_search(database: Database, world: World, search: Search) -> None:
    async def prepare(tx: Transaction) -> tuple[int, int]:
        me = await world.add_person(tx)
        told = await world.add_post(tx, me, content="une réunion")
        await add_tags(tx, world, told, "reunion")
        return me, told.id

    me, post = await database.write(prepare)
    await database.write(search.index, Job(1, INDEX, {}, INDEX, 1, 0))
    people, looked_up = People([me, 4]), []

    async def lookup(text: str) -> Found:
        looked_up.append(text)
        if text.startswith("https:"):
            return Found(post_id=post)
        return Found(account_id=9)

    async def followed(_tx: Transaction, viewer: int) -> list[int]:
        return [viewer + 1]

    tags = Tags(clock=world.clock, ids=world.ids, events=Events(), origin=ORIGIN)
    api = SearchApi(
        database=database,
        search=search,
        people=people,
        statuses=PlainStatuses(),
        tags=tags,
        followed=followed,
        lookup=lookup,
    )
    accounts, statuses = [{"id": str(me)}, {"id": "4"}], [{"id": str(post)}]
    async with surface(routes(api), clock=world.clock) as site:

        async def get(query: str) -> Any:
            return await site.get(f"/api/v2/search?{query}", me)

        assert (await site.call("GET", "/api/v2/search?q=x"))[0] == 401
        found = await get("q=r%C3%A9union")
        assert found["accounts"] == accounts
        assert found["statuses"] == statuses
        (tag,) = found["hashtags"]
        assert (tag["name"], tag["url"]) == ("REUNION", f"{ORIGIN}/tags/reunion")
        assert tag["history"][0]["uses"] == "1"
        assert (tag["following"], tag["featuring"]) == (False, False)
        for kind in ("accounts", "statuses", "hashtags"):
            only = await get(f"q=reunion&type={kind}")
            assert {name for name, results in only.items() if results} == {kind}
        assert await get("q=") == {"accounts": [], "statuses": [], "hashtags": []}
        assert (await get("q=%23reunion&type=statuses"))["statuses"] == statuses
        assert (await get(f"q=reunion&account_id={me + 1}&type=statuses"))["statuses"] == []

        # What one follows is found, although nobody has used it.
        await database.write(tags.follow, me, "reunion")
        await database.write(tags.follow, me, "Reun")
        found = (await get("q=%23reun&type=hashtags"))["hashtags"]
        assert [one["name"] for one in found] == ["Reun", "REUNION"]
        assert all(one["following"] for one in found)
        assert len((await get("q=reun&type=hashtags&limit=1"))["hashtags"]) == 1
        other = await site.get("/api/v2/search?q=reun&type=hashtags", me + 1)
        assert [one["name"] for one in other["hashtags"]] == ["REUNION"]

        # Addresses and handles are asked for elsewhere only if the app wants it.
        assert looked_up == []
        assert (await get("q=https://oslo.corp.example/1"))["statuses"] == []
        found = await get("q=https://oslo.corp.example/1&resolve=true")
        assert (found["statuses"], found["hashtags"]) == (statuses, [])
        found = await get("q=@nils@oslo.corp.example&resolve=true&type=accounts")
        assert [one["id"] for one in found["accounts"]] == ["9", str(me), "4"]
        found = await get("q=nils@oslo.corp.example&resolve=true&limit=2&type=accounts")
        assert [one["id"] for one in found["accounts"]] == ["9", str(me)]
        await get("q=nils@oslo.corp.example&resolve=true&offset=5")
        await get("q=nils+@+oslo&resolve=true")
        assert len(looked_up) == 3

        # Bounds.
        people.asked.clear()
        await get("q=x&limit=9999&offset=-3&following=1")
        await get("q=x&limit=0&offset=99999999999")
        assert people.asked == [
            {"text": "x", "limit": 40, "offset": 0, "among": [me + 1]},
            {"text": "x", "limit": 1, "offset": 10_000, "among": None},
        ]
        assert (await site.call("GET", "/api/v2/search?q=x&limit=many", me))[0] == 422
        assert (await get("q=" + "x" * 5000))["statuses"] == []
