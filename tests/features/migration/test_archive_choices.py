"""What people choose of an archive, and archives that are refused or left."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fedrse.core.clock import DAY, ManualClock
from fedrse.core.settings import LimitSettings
from fedrse.core.settings_media import MediaSettings
from fedrse.features.accounts.service_keys import KeyPair
from fedrse.features.migration.jobs_archive import FORGET
from fedrse.features.migration.pages_import import MOST_A_DAY
from fedrse.features.migration.service import IMPORT
from tests.features.migration.archives import files, zipped
from tests.features.migration.bringing_in import (
    PAGE,
    archive,
    do_all,
    start,
    statuses,
    taken_over,
    upload,
)
from tests.features.visitor import visitor, words
from tests.features.whole import WholeSite, whole_site


async def test_what_is_in_it_is_shown_and_nothing_happens_before_it_is_chosen(
    whole: WholeSite,
) -> None:
    amina = await whole.person("amina")
    browser = await visitor(whole, amina)
    assert await upload(browser, archive(bookmarks__json=b'{"orderedItems": ["https://a.b/1"]}'))
    text = await browser.read(PAGE)
    assert "The archive of @zoe@old.example" in text
    assert "Take over 5 posts" in text
    assert "Also 1 post for followers" in text
    assert "1 direct message is left out" in text
    assert "Your bookmarks (1)" in text
    assert "Name: Zoé Old" in text
    assert await amina.get(f"/api/v1/accounts/{amina.id}/statuses") == []
    assert await do_all(whole) == 0
    assert "See what is in it" in await browser.read("/settings/data")


async def test_the_profile_is_taken_over_where_it_is_chosen(whole: WholeSite) -> None:
    amina = await taken_over(whole, posts="", name="1", about="1", avatar="1")
    shown = await amina.get("/api/v1/accounts/verify_credentials")
    assert shown["display_name"] == "Zoé Old"
    assert shown["source"]["note"] == "Welder & cook"
    assert [one["name"] for one in shown["source"]["fields"]] == ["Blog", "Team"]
    assert "/media/" in shown["avatar"]
    assert shown["statuses_count"] == 0


async def test_lists_go_the_way_of_files(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    kept = await bruno.post("/api/v1/statuses", status="Keep me")
    browser = await visitor(whole, amina)
    content = archive(
        [],
        following_accounts__csv=b"Account address\nbruno@corp.example\n",
        bookmarks__json=json.dumps({"orderedItems": [kept["uri"]]}).encode(),
        blocked_domains__csv=b"spam.example\n",
        muted_accounts__csv=b"\xff\xfe broken",
    )
    await upload(browser, content)
    await start(browser, following="1", bookmarks="1", domain_blocking="1", muting="1")
    await do_all(whole)
    await do_all(whole, IMPORT)
    (relation,) = await amina.get(f"/api/v1/accounts/relationships?id[]={bruno.id}")
    assert relation["following"]
    assert [one["id"] for one in await amina.get("/api/v1/bookmarks")] == [kept["id"]]
    assert await amina.get("/api/v1/domain_blocks") == ["spam.example"]


async def test_what_one_takes_along_here_can_be_brought_in(whole: WholeSite) -> None:
    amina, carla = await whole.person("amina"), await whole.person("carla")
    one = await amina.post("/api/v1/statuses", status="**Mine**", content_type="text/markdown")
    await amina.post("/api/v1/statuses", status="Answer", in_reply_to_id=one["id"])
    await amina.post("/api/v1/statuses", status="Only here #intern", local_only=True)
    await amina.post("/api/v1/statuses", status="For few", visibility="private")
    await amina.post("/api/v1/statuses", status="@carla psst", visibility="direct")
    poll = {"options": ["Soup", "Salad"], "expires_in": 3600}
    await amina.post("/api/v1/statuses", status="Lunch?", poll=poll)
    await amina.post("/api/v1/statuses", status="My words", quoted_status_id=one["id"])
    await amina.follow(carla)
    made = await amina.post("/api/v1/lists", title="Work, mostly")
    await amina.post(f"/api/v1/lists/{made['id']}/accounts", account_ids=[carla.id])
    await amina.post("/api/v1/domain_blocks", domain="spam.example")
    browser = await visitor(whole, amina)
    headers = {"Cookie": browser.cookie, "Accept": "text/html"}
    status, _, body = await whole.call("GET", "/settings/data/archive.zip", headers=headers)
    assert status == 200
    own = await visitor(whole, amina)
    await upload(own, body)
    await start(own, posts="1", audience="network", followers_too="1")
    await do_all(whole)
    assert "0 posts were added" in await own.read(PAGE)

    browser = await visitor(whole, carla)
    assert await upload(browser, body) == (303, PAGE)
    await start(browser, posts="1", audience="site", lists="1", domain_blocking="1")
    await do_all(whole)
    await do_all(whole, IMPORT)
    assert [one["title"] for one in await carla.get("/api/v1/lists")] == ["Work, mostly"]
    assert await carla.get("/api/v1/domain_blocks") == ["spam.example"]
    found = await statuses(carla, carla)
    texts = sorted(text.split(" http")[0] for text in found)
    assert texts == [
        "Answer",
        "Lunch? Soup (0) Salad (0)",
        "Mine",
        "My words RE:",
        "Only here # intern",
    ]
    assert {post["audience"] for post in found.values()} == {"site"}
    assert found["Answer"]["in_reply_to_id"] == found["Mine"]["id"]
    source = await carla.get(f"/api/v1/statuses/{found['Mine']['id']}/source")
    assert source["text"] == "**Mine**"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"hello", "This file is no archive"),
        (zipped({"a.txt": b"x"}), "This is no archive of an account"),
        (b"PK\x03\x04 broken", "This archive is broken"),
        (archive()[:-200], "This archive is broken"),
        (zipped(files([]) | {"../../etc/passwd": b"x"}), "forbidden names"),
        (zipped(files([]) | {"outbox.json": b"{"}), "The posts (outbox.json)"),
        (zipped(files([]) | {"actor.json": b"[" * 100_000}), "This is no archive of an account"),
    ],
)
async def test_hostile_archives_are_refused_at_the_field(
    whole: WholeSite, content: bytes, sentence: str
) -> None:
    browser = await visitor(whole, await whole.person("amina"))
    status, text = await upload(browser, content)
    assert status == 422
    assert sentence in text
    assert list(whole.site.services.blobs.incoming.iterdir()) == []
    assert "Look into it" in await browser.read(PAGE)


async def test_forms_that_say_nothing_are_refused(whole: WholeSite) -> None:
    browser = await visitor(whole, await whole.person("amina"))
    status, _, body = await browser.send(PAGE)
    assert (status, "Choose the archive first." in body) == (422, True)
    await upload(browser, archive())
    page = await browser.open(PAGE)
    key = page.partition('name="import" value="')[2].partition('"')[0]
    for fields, sentence in (
        ({"import": key}, "Choose at least one thing"),
        ({"import": key, "posts": "1", "audience": "direct"}, "Choose who may read the posts."),
        ({"import": "7", "posts": "1", "audience": "site"}, "is not here any more"),
    ):
        status, _, body = await browser.send(f"{PAGE}/start", **fields)
        assert (status, sentence in body) == (422, True), (fields, words(body))


async def test_one_at_a_time_and_it_can_be_stopped(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    browser = await visitor(whole, amina)
    await upload(browser, archive())
    await upload(browser, archive())  # another one takes its place
    incoming = whole.site.services.blobs.incoming
    assert len(list(incoming.iterdir())) == 1
    await start(browser, posts="1", audience="network")
    assert "0 of 6" in await browser.read(PAGE)
    status, text = await upload(browser, archive())
    assert status == 422
    assert "is being taken over already" in text
    assert await browser.sent(f"{PAGE}/stop") == PAGE
    await do_all(whole)
    assert list(incoming.iterdir()) == []
    assert "was not taken over to its end" in await browser.read(PAGE)
    assert await amina.get(f"/api/v1/accounts/{amina.id}/statuses") == []
    assert await browser.sent(f"{PAGE}/stop") == "/settings/data"


async def test_what_nobody_goes_on_with_is_removed(whole: WholeSite) -> None:
    browser = await visitor(whole, await whole.person("amina"))
    await upload(browser, archive())
    whole.clock.advance(DAY - 1)
    await whole.do_job(FORGET)
    assert "The archive of" in await browser.read(PAGE)
    whole.clock.advance(2)
    await whole.do_job(FORGET)
    assert "Look into it" in await browser.read(PAGE)
    assert list(whole.site.services.blobs.incoming.iterdir()) == []


async def test_many_archives_a_day_are_too_many(
    url: str, tmp_path: Path, key_pair: KeyPair, clock: ManualClock
) -> None:
    limits = LimitSettings(enabled=True)
    async with whole_site(url, tmp_path, key_pair, clock, limits=limits) as whole:
        browser = await visitor(whole, await whole.person("amina"))
        for _ in range(MOST_A_DAY):
            assert (await upload(browser, b"nothing"))[0] == 422
        status, text = await upload(browser, archive())
        assert (status, "many archives today" in text) == (422, True)
        clock.advance(DAY)
        assert (await upload(browser, archive()))[0] == 303


async def test_an_archive_that_is_too_large_is_refused_at_the_field(
    url: str, tmp_path: Path, key_pair: KeyPair, clock: ManualClock
) -> None:
    small = MediaSettings(max_archive_megabytes=1)
    async with whole_site(url, tmp_path, key_pair, clock, media=small) as whole:
        browser = await visitor(whole, await whole.person("amina"))
        status, text = await upload(browser, b"PK" + b"x" * (1024 * 1024))
        assert (status, "larger than archives may be" in text) == (422, True)
        assert list(whole.site.services.blobs.incoming.iterdir()) == []
