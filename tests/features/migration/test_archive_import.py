"""An archive is sent, looked at, and taken over: once, quietly, with the dates it had."""

from __future__ import annotations

import json
from collections import Counter
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from aiohttp import FormData
from PIL import Image
from sqlalchemy import bindparam, delete, func, select

from fedrse.activitypub.tables import activity
from fedrse.app.community import COUNT_TRENDS
from fedrse.core.clock import DAY, ManualClock
from fedrse.core.settings import LimitSettings
from fedrse.core.settings_media import MediaSettings
from fedrse.features.accounts.service_keys import KeyPair
from fedrse.features.media.service_conversion import CONVERT
from fedrse.features.migration.jobs_archive import FORGET
from fedrse.features.migration.pages_import import MOST_A_DAY
from fedrse.features.migration.service import IMPORT
from fedrse.features.migration.service_archive import GO_ON
from fedrse.features.search.service import INDEX
from fedrse.features.timelines.tables import home_entry
from fedrse.jobs.tables import job
from fedrse.store.database import Transaction
from fedrse.store.statement import Statement
from tests.features.fakes import ORIGIN
from tests.features.migration.archives import (
    FOLLOWERS,
    ME,
    PUBLIC,
    files,
    note,
    picture,
    tarred,
    zipped,
)
from tests.features.visitor import Visitor, visitor, words
from tests.features.whole import Caller, WholeSite, whole_site

PAGE = "/settings/data/archive"
TAKE = Statement(
    delete(job).where(job.c.kind == bindparam("kind")).returning(job.c.arguments, job.c.id)
)
ACTIVITIES = Statement(select(func.count()).select_from(activity))
HOMES = Statement(select(func.count()).select_from(home_entry))

POSTS = [
    note(1, "The first of all"),
    note(2, "An answer to myself", inReplyTo=f"{ME}/statuses/1"),
    note(
        3,
        'Look <a href="https://old.example/tags/Soudure" class="mention hashtag" rel="tag">'
        "#<span>Soudure</span></a> <script>alert(1)</script>"
        '<a href="https://new.example/page">there</a>',
        tag=[{"type": "Hashtag", "name": "#Soudure", "href": "https://old.example/tags/soudure"}],
        contentMap={"fr": "<p>x</p>"},
        summary="Hot metal",
        sensitive=True,
        attachment=[
            {
                "type": "Document",
                "mediaType": "image/png",
                "url": "media_attachments/files/001/original/a.png",
                "name": "All red",
                "focalPoint": [0.5, -0.5],
            },
            {"type": "Document", "url": "media_attachments/files/002/original/gone.png"},
        ],
    ),
    note(4, "An answer elsewhere", inReplyTo="https://far.example/notes/9"),
    note(5, "For those who follow", to=[FOLLOWERS], cc=[]),
    note(6, "Secret", to=["https://old.example/users/bob"], cc=[]),
    note(7, "Quiet", to=[FOLLOWERS], cc=[PUBLIC]),
    note(8, "Forged", attributedTo="https://old.example/users/bob"),
    {"type": "Announce", "actor": ME, "object": "https://far.example/notes/1"},
    {"type": "Create", "object": 7},
]
MEDIA = {"media_attachments/files/001/original/a.png": picture()}


def archive(posts: list[Any] | None = None, **more: bytes) -> bytes:
    return zipped(files(POSTS if posts is None else posts, **more) | MEDIA)


async def upload(browser: Visitor, content: bytes, name: str = "archive.zip") -> tuple[int, str]:
    """Status, and where it leads or else the text of the page."""
    await browser.open("/settings/data")
    form = FormData()
    form.add_field("csrf_token", browser.token)
    form.add_field("archive", BytesIO(content), filename=name, content_type="application/zip")
    headers = {"Cookie": browser.cookie, "Accept": "text/html", "Origin": ORIGIN}
    status, got, body = await browser.whole.call("POST", PAGE, headers=headers, data=form)
    return status, got.get("Location") or words(body.decode())


async def start(browser: Visitor, **chosen: str) -> str:
    page = await browser.open(PAGE)
    key = page.partition('name="import" value="')[2].partition('"')[0]
    return await browser.sent(f"{PAGE}/start", **{"import": key, **chosen})


async def do_all(whole: WholeSite, kind: str = GO_ON) -> int:
    """Does the jobs of this kind until none is left; how many there were."""

    async def unit(tx: Transaction) -> list[Any]:
        return [json.loads(row.arguments) for row in await tx.all(TAKE, kind=kind)]

    count = 0
    while waiting := await whole.site.ground.database.write(unit):
        for arguments in waiting:
            await whole.do_job(kind, **arguments)
            count += 1
    return count


async def number(whole: WholeSite, statement: Statement) -> int:
    async def unit(tx: Transaction) -> int:
        return int(await tx.value(statement) or 0)

    return await whole.site.ground.database.read(unit)


async def statuses(person: Caller, of: Caller) -> dict[str, Any]:
    found = await person.get(f"/api/v1/accounts/{of.id}/statuses?limit=40")
    return {words(one["content"]): one for one in found}


async def taken_over(whole: WholeSite, **chosen: str) -> Caller:
    person = await whole.person("amina")
    browser = await visitor(whole, person)
    assert await upload(browser, archive()) == (303, PAGE)
    await start(browser, **({"posts": "1", "audience": "network"} | chosen))
    await do_all(whole)
    return person


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
