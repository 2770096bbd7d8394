"""Lists of the statuses API: posts of an account, bookmarks, who boosted and quoted."""

from __future__ import annotations

from fedrse.features.posts.model import Visibility
from tests.features.posts.api_client import BASE, Client
from tests.features.posts.studio import Studio
from tests.features.surface import Surface


async def test_several_at_once(studio: Studio, where: Surface) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    first, second = await studio.write(amina, "1"), await studio.write(amina, "2")
    secret = await studio.write(amina, visibility=Visibility.DIRECT)
    me = Client(where, bruno)
    query = "&".join(f"id[]={one}" for one in (second.id, secret.id, "x", 5, first.id))
    assert [one["id"] for one in await me.get(f"{BASE}?{query}")] == [
        str(second.id),
        str(first.id),
    ]
    many = "&".join(["id[]=1"] * 300)
    assert await me.get(f"{BASE}?{many}") == []


async def test_posts_of_an_account(studio: Studio, where: Surface) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    me = Client(where, bruno)
    base = f"/api/v1/accounts/{amina.id}/statuses"
    first = await studio.write(amina, "un #Été")
    other = await studio.write(bruno, "autre")
    reply = await studio.write(amina, "oui", reply_to_id=other.id)
    own_reply = await studio.write(amina, "et", reply_to_id=first.id)
    boost = await studio.do(studio.posts.boost, amina, other.id)
    secret = await studio.write(amina, visibility=Visibility.PRIVATE)
    await studio.do(studio.posts.marks.pin, amina, first.id)

    async def ids(query: str = "") -> list[int]:
        return [int(one["id"]) for one in await me.get(base + query)]

    assert await ids() == [boost.id, own_reply.id, reply.id, first.id]
    assert await ids("?exclude_replies=true") == [boost.id, own_reply.id, first.id]
    assert await ids("?exclude_reblogs=1") == [own_reply.id, reply.id, first.id]
    assert await ids("?tagged=ete") == [first.id]
    assert await ids("?tagged=ÉTÉ") == [first.id]
    assert await ids("?pinned=true") == [first.id]
    assert await ids("?only_media=true") == []
    page, links = await me.links(f"{base}?limit=2")
    assert [int(one["id"]) for one in page] == [boost.id, own_reply.id]
    page, _ = await me.links(links["next"])
    assert [int(one["id"]) for one in page] == [reply.id, first.id]
    page, _ = await me.links(f"{base}?min_id={first.id}&limit=1")
    assert [int(one["id"]) for one in page] == [reply.id]
    assert str(secret.id) not in str(await me.get(base))
    assert (await me.call("GET", "/api/v1/accounts/1/statuses"))[0] == 404
    assert (await me.call("GET", f"{base}?limit=x"))[0] == 400


async def test_bookmarks_are_paged_by_bookmark(studio: Studio, where: Surface) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    posts = [await studio.write(amina, str(number)) for number in range(4)]
    for post in (posts[2], posts[0], posts[3], posts[1]):
        await studio.do(studio.posts.marks.bookmark, bruno.id, post.id)
    me = Client(where, bruno)
    page, links = await me.links("/api/v1/bookmarks?limit=3")
    assert [int(one["id"]) for one in page] == [posts[1].id, posts[3].id, posts[0].id]
    page, links = await me.links(links["next"])
    assert [int(one["id"]) for one in page] == [posts[2].id]
    page, _ = await me.links(links["prev"])
    assert len(page) == 3


async def test_who_boosted(studio: Studio, where: Surface) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    carla = await studio.cast.local("carla")
    post = await studio.write(amina)
    for who in (bruno, carla):
        await studio.do(studio.posts.boost, who, post.id)
    me = Client(where, amina)
    page, links = await me.links(f"{BASE}/{post.id}/reblogged_by?limit=1")
    assert [one["id"] for one in page] == [str(carla.id)]
    page, _ = await me.links(links["next"])
    assert [one["id"] for one in page] == [str(bruno.id)]


async def test_quotes_of_a_post(studio: Studio, where: Surface) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    post = await studio.write(amina)
    me, author = Client(where, bruno), Client(where, amina)
    quote = await me.post(BASE, status="bien", quoted_status_id=str(post.id))
    assert quote["quote"]["quoted_status"]["id"] == str(post.id)
    found = await author.get(f"{BASE}/{post.id}/quotes")
    assert [one["id"] for one in found] == [quote["id"]]
    revoke = f"{BASE}/{post.id}/quotes/{quote['id']}/revoke"
    assert (await me.call("POST", revoke))[0] == 404
    assert (await author.post(revoke))["quote"]["state"] == "revoked"
    assert await author.get(f"{BASE}/{post.id}/quotes") == []
