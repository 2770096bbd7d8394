"""Archives of other servers brought in: what becomes of posts, and that nobody is told."""

from __future__ import annotations

import json
from collections import Counter
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import func, select

from fedrse.activitypub.tables import activity
from fedrse.app.community import COUNT_TRENDS
from fedrse.features.media.service_conversion import CONVERT
from fedrse.features.migration.service_archive import GO_ON
from fedrse.features.search.service import INDEX
from fedrse.features.timelines.tables import home_entry
from fedrse.jobs.tables import job
from fedrse.store.database import Transaction
from fedrse.store.statement import Statement
from tests.features.fakes import ORIGIN
from tests.features.migration.archives import FOLLOWERS, files, note, tarred, zipped
from tests.features.migration.bringing_in import (
    MEDIA,
    PAGE,
    POSTS,
    TAKE,
    archive,
    do_all,
    number,
    start,
    statuses,
    taken_over,
    upload,
)
from tests.features.visitor import visitor
from tests.features.whole import WholeSite

ACTIVITIES = Statement(select(func.count()).select_from(activity))
HOMES = Statement(select(func.count()).select_from(home_entry))


async def test_posts_come_with_their_dates_texts_pictures_and_answers(whole: WholeSite) -> None:
    amina = await taken_over(whole)
    reader = await whole.person("reader")
    found = await statuses(reader, amina)
    assert [text.split(" https")[0] for text in found] == [
        "Quiet",
        "An answer elsewhere ↪",
        "Look # Soudure there",
        "An answer to myself",
        "The first of all",
    ]
    first, answer = found["The first of all"], found["An answer to myself"]
    assert first["created_at"].startswith("2021-03-01T10:00:00.")
    assert (first["audience"], first["visibility"]) == ("network", "public")
    assert first["imported_from"] == "old.example"
    assert answer["in_reply_to_id"] == first["id"]
    assert first["replies_count"] == 1
    assert found["Quiet"]["visibility"] == "unlisted"
    rich = found["Look # Soudure there"]
    assert "<script" not in rich["content"]
    assert f'{ORIGIN}/tags/soudure" class="mention hashtag"' in rich["content"]
    assert (rich["language"], rich["spoiler_text"], rich["sensitive"]) == ("fr", "Hot metal", True)
    assert [tag["name"] for tag in rich["tags"]] == ["soudure"]
    (file,) = rich["media_attachments"]
    assert (file["description"], file["meta"]["focus"]) == ("All red", {"x": 0.5, "y": -0.5})
    elsewhere = next(one for text, one in found.items() if text.startswith("An answer elsewhere"))
    assert 'href="https://far.example/notes/9"' in elsewhere["content"]
    page = await (await visitor(whole, reader)).read(f"/@amina/{first['id']}")
    assert "Brought in from old.example" in page


async def test_nobody_is_told(whole: WholeSite) -> None:
    bruno = await whole.person("bruno")
    amina = await whole.person("amina")
    await bruno.follow(amina)
    await whole.remote("zoe")
    posts = [
        *POSTS,
        note(
            9,
            "@bruno Hello",
            tag=[{"type": "Mention", "href": bruno.account.uri, "name": "@bruno"}],
            cc=[FOLLOWERS, bruno.account.uri],
        ),
    ]
    jobs = Statement(select(job.c.kind))
    told = await bruno.get("/api/v1/notifications")
    before = [await number(whole, one) for one in (ACTIVITIES, HOMES)]
    browser = await visitor(whole, amina)
    await upload(browser, archive(posts))
    await start(browser, posts="1", audience="network")
    await do_all(whole)
    assert len(await statuses(amina, amina)) == 6
    assert [await number(whole, one) for one in (ACTIVITIES, HOMES)] == before
    assert await bruno.get("/api/v1/notifications") == told

    async def unit(tx: Transaction) -> Counter[str]:
        return Counter(row.kind for row in await tx.all(jobs))

    kinds = await whole.site.ground.database.read(unit)
    assert not [one for one in kinds if one.startswith(("posts.", "cards.", "delivery", "push"))]


async def test_the_search_finds_them(whole: WholeSite) -> None:
    amina = await taken_over(whole)
    await whole.do_job(INDEX)
    found = await amina.get("/api/v2/search?q=soudure&type=statuses")
    assert [one["imported_from"] for one in found["statuses"]] == ["old.example"]


async def test_twice_the_same_adds_nothing_and_says_so(whole: WholeSite) -> None:
    amina = await taken_over(whole)
    ids = {one["id"] for one in (await statuses(amina, amina)).values()}
    browser = await visitor(whole, amina)
    assert "5 posts were added to your profile" in await browser.read(PAGE)
    text = await browser.read(PAGE)
    for reason in (
        "Direct messages, which are never taken over (1)",
        "Posts of others that you shared (1)",
        "Posts that somebody else wrote (1)",
        "Entries that are no posts, or that cannot be read (1)",
        "Posts for followers, which you did not choose (1)",
        "Files that are not in the archive (1)",
    ):
        assert reason in text
    assert await upload(browser, tarred(files(POSTS) | MEDIA), "a.tar.gz") == (303, PAGE)
    await start(browser, posts="1", audience="site", followers_too="1")
    await do_all(whole)
    text = await browser.read(PAGE)
    assert "1 post was added" in text
    assert "Posts that are here already (5)" in text
    after = await statuses(amina, amina)
    assert ids < {one["id"] for one in after.values()}
    assert after["For those who follow"]["audience"] == "followers"
    assert list(whole.site.services.blobs.incoming.iterdir()) == []


async def test_pieces_that_break_off_lose_and_double_nothing(
    whole: WholeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    amina = await whole.person("amina")
    browser = await visitor(whole, amina)
    monkeypatch.setattr("fedrse.features.migration.jobs_archive.MOST_POSTS", 2)
    posts = [note(day, f"Number {day}") for day in range(1, 8)]
    await upload(browser, archive(posts))
    await start(browser, posts="1", audience="network")
    archives = "fedrse.features.migration.service_archive.Archives.store"
    from fedrse.features.migration.service_archive import Archives

    real, turns = Archives.store, []

    async def killed(self: Archives, tx: Transaction, *given: Any) -> Any:
        found = await real(self, tx, *given)
        turns.append(found)
        if len(turns) % 2:
            raise RuntimeError("killed before it was on disk")
        return found

    monkeypatch.setattr(archives, killed)

    async def waiting(tx: Transaction) -> list[Any]:
        return [json.loads(row.arguments) for row in await tx.all(TAKE, kind=GO_ON)]

    (arguments,) = await whole.site.ground.database.write(waiting)
    for _ in range(12):
        try:
            await whole.do_job(GO_ON, **arguments)
        except RuntimeError:
            continue
    assert sorted(await statuses(amina, amina)) == [f"Number {day}" for day in range(1, 8)]
    assert "7 posts were added" in await browser.read(PAGE)


def moving() -> bytes:
    file = BytesIO()
    frames = [Image.new("RGB", (32, 32), colour) for colour in ("red", "green", "blue")]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=200)
    return file.getvalue()


async def test_films_are_waited_for(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    browser = await visitor(whole, amina)
    file = {"type": "Document", "mediaType": "video/mp4", "url": "/system/media_attachments/a.mp4"}
    broken = {"type": "Document", "url": "https://files.old.example/media_attachments/b.mp4"}
    posts = [
        note(1, "Before"),
        note(2, "It moves", attachment=[file]),
        note(3, "Broken", attachment=[broken]),
    ]
    content = files(posts) | {"media_attachments/a.mp4": moving(), "media_attachments/b.mp4": b"x"}
    await upload(browser, zipped(content))
    await start(browser, posts="1", audience="network")

    async def waiting(tx: Transaction) -> list[Any]:
        return [json.loads(row.arguments) for row in await tx.all(TAKE, kind=GO_ON)]

    (arguments,) = await whole.site.ground.database.write(waiting)
    for _ in range(2):
        await whole.do_job(GO_ON, **arguments)
        assert list(await statuses(amina, amina)) == ["Before"]
        assert "1 of 3" in await browser.read(PAGE)
    assert await do_all(whole, CONVERT) == 1
    await do_all(whole)
    found = await statuses(amina, amina)
    assert list(found) == ["Broken", "It moves", "Before"]
    assert [one["type"] for one in found["It moves"]["media_attachments"]] == ["gifv"]
    assert "Files that cannot be shown here (1)" in await browser.read(PAGE)
    assert list(whole.site.services.blobs.incoming.iterdir()) == []


async def test_old_posts_do_not_trend(whole: WholeSite) -> None:
    tag = [{"type": "Hashtag", "name": "#soudure"}]
    yesterday = note(1, "#soudure", tag=tag, published="2026-01-14T20:00:00Z")
    for name in ("amina", "bruno", "carla"):
        person = await whole.person(name)
        browser = await visitor(whole, person)
        await upload(browser, zipped(files([yesterday])))
        await start(browser, posts="1", audience="network")
        await do_all(whole)
    await whole.do_job(COUNT_TRENDS)
    assert await person.get("/api/v1/trends/tags") == []
    for name in ("dora", "emil", "fanny"):
        person = await whole.person(name)
        await person.post("/api/v1/statuses", status="#soudure")
    await whole.do_job(COUNT_TRENDS)
    assert [one["name"] for one in await person.get("/api/v1/trends/tags")] == ["soudure"]


async def test_names_of_hosts_are_no_marks(whole: WholeSite) -> None:
    """What an archive says stands beside the marks of a post, and is none."""
    amina = await whole.person("amina")
    browser = await visitor(whole, amina)
    content = files([note(1, "Here")])
    odd = {
        name: data.replace(b"old.example", b"approved_by.reply_waits.example")
        for name, data in content.items()
    }
    await upload(browser, zipped(odd))
    await start(browser, posts="1", audience="network")
    await do_all(whole)
    (post,) = (await statuses(amina, amina)).values()
    await amina.ok("PUT", f"/api/v1/statuses/{post['id']}", json={"status": "Changed"})
    assert len(await whole.sent("Update")) == 1
    headers = {"Cookie": browser.cookie, "Accept": "text/html"}
    status, _, body = await whole.call("GET", "/settings/data/archive.zip", headers=headers)
    assert (status, body[:2]) == (200, b"PK")
    assert post["imported_from"] == "approved_by.reply_waits.example"
