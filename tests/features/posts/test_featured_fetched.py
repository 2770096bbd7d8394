"""Pinned posts of people elsewhere, read from their collection."""

from __future__ import annotations

import pytest

from fedrse.activitypub.document_client import FetchFailed
from fedrse.core.clock import DAY
from fedrse.features.accounts.model import Account
from fedrse.features.posts import service_lists
from fedrse.features.posts.jobs_featured import FETCH_FEATURED, FeaturedPosts
from tests.features.posts.elsewhere import Elsewhere, job
from tests.features.posts.studio import OUTSIDE, Studio


@pytest.fixture
async def otto(studio: Studio) -> Account:
    featured = f"https://{OUTSIDE}/ap/u/otto/featured"
    return await studio.cast.remote("otto", OUTSIDE, featured=featured)


@pytest.fixture
def elsewhere(studio: Studio) -> Elsewhere:
    return Elsewhere(studio)


@pytest.fixture
def featured(elsewhere: Elsewhere) -> FeaturedPosts:
    return elsewhere.reading(FeaturedPosts)


async def test_exactly_what_is_listed_is_pinned(
    studio: Studio, elsewhere: Elsewhere, featured: FeaturedPosts, otto: Account
) -> None:
    amina = await studio.cast.local("amina")
    await studio.follow(amina, otto)
    somebody = await studio.cast.remote("somebody", OUTSIDE)
    await studio.follow(amina, somebody)
    known, before = await studio.create(otto, "known"), await studio.create(otto, "before")
    foreign = await studio.create(somebody, "foreign")
    few = await studio.create(otto, "few", to=[otto.followers_uri], cc=[])
    await studio.do(studio.posts.marks.pin_remote, otto.id, before)
    fresh = studio.note(otto, "fresh")
    elsewhere.notes[fresh["id"]] = fresh
    missing = f"https://{OUTSIDE}/notes/missing"
    elsewhere.listed = [fresh["id"], known.uri, foreign.uri, few.uri, missing]

    async def pinned() -> list[str]:
        ids = await studio.database.read(service_lists.pinned, amina.id, otto.id)
        posts = [await studio.get(one) for one in ids]
        return [post.uri for post in posts if post is not None]

    assert await pinned() == [before.uri]
    await featured.fetch(job(FeaturedPosts, otto))
    assert await pinned() == [fresh["id"], known.uri]
    # A fetched post belongs in no timeline: it was not sent to us.
    assert elsewhere.asked == 1
    elsewhere.listed = []
    studio.clock.advance(DAY - 1)
    await featured.fetch(job(FeaturedPosts, otto))
    assert elsewhere.asked == 1, "once a day"
    studio.clock.advance(1)
    await featured.fetch(job(FeaturedPosts, otto))
    assert await pinned() == []


async def test_what_cannot_be_had_now_is_asked_for_again(
    studio: Studio, elsewhere: Elsewhere, featured: FeaturedPosts, otto: Account
) -> None:
    amina = await studio.cast.local("amina")
    await studio.follow(amina, otto)
    first, second = studio.note(otto, "first"), studio.note(otto, "second")
    elsewhere.notes = {note["id"]: note for note in (first, second)}
    elsewhere.listed, elsewhere.busy = [first["id"], second["id"]], {first["id"]}
    with pytest.raises(FetchFailed, match="Not now"):
        await featured.fetch(job(FeaturedPosts, otto))
    ids = await studio.database.read(service_lists.pinned, amina.id, otto.id)
    assert len(ids) == 1, "the other is pinned"
    elsewhere.busy = set()
    await featured.fetch(job(FeaturedPosts, otto))
    ids = await studio.database.read(service_lists.pinned, amina.id, otto.id)
    assert len(ids) == 2


async def test_planned_once_and_only_for_people_elsewhere(
    studio: Studio, elsewhere: Elsewhere, featured: FeaturedPosts, otto: Account
) -> None:
    amina = await studio.cast.local("amina")
    without = await studio.cast.remote("without", OUTSIDE)
    for _ in range(2):
        await studio.do(featured.plan, otto.id)
    assert studio.queue.jobs == [(FETCH_FEATURED, {"account": otto.id})]
    for nobody in (amina, without):
        await featured.fetch(job(FeaturedPosts, nobody))
    assert elsewhere.asked == 0


@pytest.mark.parametrize("temporary", [True, False])
async def test_where_the_site_does_not_tell_nothing_changes(
    studio: Studio,
    elsewhere: Elsewhere,
    featured: FeaturedPosts,
    otto: Account,
    temporary: bool,
) -> None:
    amina = await studio.cast.local("amina")
    await studio.follow(amina, otto)
    post = await studio.create(otto)
    await studio.do(studio.posts.marks.pin_remote, otto.id, post)
    elsewhere.failure = FetchFailed("x", "No.", "u", temporary=temporary)
    if temporary:
        with pytest.raises(FetchFailed):
            await featured.fetch(job(FeaturedPosts, otto))
    else:
        await featured.fetch(job(FeaturedPosts, otto))
    assert await studio.database.read(service_lists.pinned, amina.id, otto.id) == [post.id]
