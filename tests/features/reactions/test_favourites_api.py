"""Likes in the client API and as documents."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from fedrse.features.posts.model import Visibility
from fedrse.features.reactions.api import FavouritesApi
from fedrse.features.reactions.api_documents import LikesApi
from fedrse.features.reactions.service import Reactions
from tests.features.fakes import signer_in_header
from tests.features.posts.studio import MEMBER, OTHER_MEMBER, Studio
from tests.features.surface import Surface, surface

BASE = "/api/v1/statuses"


@pytest.fixture
async def where(studio: Studio, reactions: Reactions) -> AsyncIterator[Surface]:
    people = studio.cast.accounts
    api = FavouritesApi(
        database=studio.database, posts=studio.posts, reactions=reactions, people=people
    )
    likes = LikesApi(
        database=studio.database,
        posts=studio.posts,
        reactions=reactions,
        people=people,
        signed_fetch=signer_in_header,
    )
    async with surface([*api.routes(), *likes.routes()], clock=studio.clock) as found:
        yield found


async def test_liking(studio: Studio, where: Surface) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    post = await studio.write(amina)
    for _ in range(2):
        status, _, body = await where.call("POST", f"{BASE}/{post.id}/favourite", bruno.id)
        assert (status, body["favourited"], body["favourites_count"]) == (200, True, 1)
    found = await where.get("/api/v1/favourites", bruno.id)
    assert [one["id"] for one in found] == [str(post.id)]
    who = await where.get(f"{BASE}/{post.id}/favourited_by", amina.id)
    assert [one["id"] for one in who] == [str(bruno.id)]
    status, _, body = await where.call("POST", f"{BASE}/{post.id}/unfavourite", bruno.id)
    assert (status, body["favourited"], body["favourites_count"]) == (200, False, 0)
    assert await where.get("/api/v1/favourites", bruno.id) == []


async def test_what_one_cannot_see(studio: Studio, where: Surface) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    secret = await studio.write(amina, visibility=Visibility.DIRECT)
    for identifier in (secret.id, 1, "x"):
        for path in ("favourite", "unfavourite"):
            status, _, body = await where.call("POST", f"{BASE}/{identifier}/{path}", bruno.id)
            assert (status, body["error"]) == (404, "Record not found")
        status, _, _ = await where.call("GET", f"{BASE}/{identifier}/favourited_by", bruno.id)
        assert status == 404
    assert (await where.call("POST", f"{BASE}/{secret.id}/favourite"))[0] == 401
    assert (await where.call("GET", f"{BASE}/{secret.id}/favourited_by"))[0] == 401


async def test_a_like_as_a_document(studio: Studio, where: Surface) -> None:
    amina = await studio.cast.local("amina")
    chloe = await studio.cast.remote("chloe", MEMBER)
    post = await studio.create(chloe)
    await where.call("POST", f"{BASE}/{post.id}/favourite", amina.id)
    like = studio.outbox.last("Like").activity
    path = like["id"].removeprefix("https://lyon.corp.example")
    accept = {"Accept": "application/activity+json"}
    status, _, body = await where.call("GET", path, headers=accept | {"X-Signer": MEMBER})
    assert status == 200
    assert post.uri.encode() in body
    status, _, _ = await where.call("GET", path, headers=accept | {"X-Signer": OTHER_MEMBER})
    assert status == 404
    assert (await where.call("GET", path, headers=accept))[0] == 401
    assert (await where.call("GET", "/ap/l/1", headers=accept | {"X-Signer": MEMBER}))[0] == 404


async def test_reactions_of_the_agreed_kinds(studio: Studio, where: Surface) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    post = await studio.write(amina)
    for name in ("thanks", "%F0%9F%99%8F"):
        status, _, body = await where.call("POST", f"{BASE}/{post.id}/react/{name}", bruno.id)
        assert (status, body["reacted"], body["favourited"]) == (200, ["thanks"], False)
        assert body["reactions"] == [{"name": "thanks", "content": "🙏", "count": 1}]
    assert (await where.call("POST", f"{BASE}/{post.id}/react/joy", bruno.id))[0] == 422
    status, _, body = await where.call("POST", f"{BASE}/{post.id}/unreact/thanks", bruno.id)
    assert (status, body["reacted"], body["reactions"]) == (200, [], [])
    hidden = await studio.write(amina, visibility=Visibility.DIRECT)
    assert (await where.call("POST", f"{BASE}/{hidden.id}/react/seen", bruno.id))[0] == 404
