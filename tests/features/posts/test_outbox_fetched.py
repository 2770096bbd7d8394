"""The latest posts of people elsewhere, read from their outbox."""

from __future__ import annotations

import pytest

from fedrse.activitypub.document_client import FetchFailed
from fedrse.activitypub.vocabulary import Json
from fedrse.core.clock import HOUR
from fedrse.core.paging import Page
from fedrse.features.accounts.model import Account
from fedrse.features.posts import service_lists
from fedrse.features.posts.jobs_outbox import FETCH_OUTBOX, MOST_POSTS, LatestPosts
from fedrse.features.posts.service_lists import ProfileFilter
from tests.features.posts.elsewhere import Elsewhere, job
from tests.features.posts.studio import OUTSIDE, Studio


@pytest.fixture
async def otto(studio: Studio) -> Account:
    return await studio.cast.remote("otto", OUTSIDE)


@pytest.fixture
def elsewhere(studio: Studio) -> Elsewhere:
    return Elsewhere(studio)


@pytest.fixture
def latest(elsewhere: Elsewhere) -> LatestPosts:
    return elsewhere.reading(LatestPosts)


def create(note: Json | str) -> Json:
    return {"type": "Create", "id": f"https://{OUTSIDE}/activities/1", "object": note}


async def shown(studio: Studio, viewer: Account, author: Account) -> list[str]:
    ids = await studio.database.read(
        service_lists.of_account, viewer.id, author.id, Page(), ProfileFilter()
    )
    posts = [await studio.get(one) for one in ids]
    return [post.uri for post in posts if post is not None]


async def test_own_posts_are_fetched_and_counted(
    studio: Studio, elsewhere: Elsewhere, latest: LatestPosts, otto: Account
) -> None:
    amina = await studio.cast.local("amina")
    await studio.follow(amina, otto)
    known = await studio.create(otto, "known")
    full, named = studio.note(otto, "full"), studio.note(otto, "named")
    elsewhere.notes = {note["id"]: note for note in (full, named)}
    elsewhere.total = 41
    elsewhere.listed = [
        create(full),
        create(known.uri),
        create(named["id"]),
        create(full),
        create("https://elsewhere.example/notes/1"),
        {"type": "Announce", "object": f"https://{OUTSIDE}/notes/shared"},
        f"https://{OUTSIDE}/activities/2",
        create({"type": "Note"}),
        None,
    ]
    await latest.fetch(job(LatestPosts, otto))
    assert elsewhere.fetched == [full["id"], named["id"]]
    assert set(await shown(studio, amina, otto)) == {full["id"], named["id"], known.uri}
    account = await studio.database.read(studio.cast.accounts.by_id, otto.id)
    assert account is not None
    assert account.statuses_count == 41
    studio.clock.advance(HOUR - 1)
    await latest.fetch(job(LatestPosts, otto))
    assert elsewhere.asked == 1, "once an hour"
    studio.clock.advance(1)
    await latest.fetch(job(LatestPosts, otto))
    assert elsewhere.asked == 2


async def test_what_cannot_be_had_now_is_asked_for_again(
    studio: Studio, elsewhere: Elsewhere, latest: LatestPosts, otto: Account
) -> None:
    amina = await studio.cast.local("amina")
    await studio.follow(amina, otto)
    first, second = studio.note(otto, "first"), studio.note(otto, "second")
    elsewhere.notes = {note["id"]: note for note in (first, second)}
    elsewhere.listed, elsewhere.total = [create(first), create(second)], 2
    elsewhere.busy = {first["id"]}
    with pytest.raises(FetchFailed, match="Not now"):
        await latest.fetch(job(LatestPosts, otto))
    assert await shown(studio, amina, otto) == [second["id"]]
    elsewhere.busy = set()
    await latest.fetch(job(LatestPosts, otto))
    assert elsewhere.fetched == [first["id"], second["id"], first["id"]]
    assert set(await shown(studio, amina, otto)) == {first["id"], second["id"]}


async def test_not_more_than_a_page(
    studio: Studio, elsewhere: Elsewhere, latest: LatestPosts, otto: Account
) -> None:
    elsewhere.listed = [create(f"https://{OUTSIDE}/notes/{number}") for number in range(50)]
    await latest.fetch(job(LatestPosts, otto))
    assert len(elsewhere.fetched) == MOST_POSTS


@pytest.mark.parametrize("temporary", [True, False])
async def test_where_the_site_does_not_tell_nothing_changes(
    studio: Studio, elsewhere: Elsewhere, latest: LatestPosts, otto: Account, temporary: bool
) -> None:
    elsewhere.failure = FetchFailed("x", "No.", "u", temporary=temporary)
    if temporary:
        with pytest.raises(FetchFailed):
            await latest.fetch(job(LatestPosts, otto))
    else:
        await latest.fetch(job(LatestPosts, otto))
    assert elsewhere.fetched == []


async def test_nobody_here_is_asked(
    studio: Studio, elsewhere: Elsewhere, latest: LatestPosts
) -> None:
    amina = await studio.cast.local("amina")
    await latest.fetch(job(LatestPosts, amina))
    assert elsewhere.asked == 0
    for _ in range(2):
        await studio.do(latest.plan, amina.id)
    assert studio.queue.jobs == [(FETCH_OUTBOX, {"account": amina.id})]
