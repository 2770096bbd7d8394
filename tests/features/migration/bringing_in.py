"""An archive that somebody brings in on their page."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

from aiohttp import FormData
from sqlalchemy import bindparam, delete

from fedrse.features.migration.service_archive import GO_ON
from fedrse.jobs.tables import job
from fedrse.store.database import Transaction
from fedrse.store.statement import Statement
from tests.features.fakes import ORIGIN
from tests.features.migration.archives import FOLLOWERS, ME, PUBLIC, files, note, picture, zipped
from tests.features.visitor import Visitor, visitor, words
from tests.features.whole import Caller, WholeSite

PAGE = "/settings/data/archive"
TAKE = Statement(
    delete(job).where(job.c.kind == bindparam("kind")).returning(job.c.arguments, job.c.id)
)
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
