"""Lists taken out of one account and brought into another."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import FormData

from fedrse.features.migration.model import Kind
from fedrse.features.migration.service import IMPORT, REMOVE
from fedrse.http.sessions import Cookies
from fedrse.store.database import Transaction
from fedrse.store.statement import Statement
from tests.features.fakes import ORIGIN
from tests.features.whole import Caller, WholeSite

EXPORTS, IMPORTS = "/api/v1/exports", "/api/v1/imports"


def form(content: bytes, **fields: str) -> FormData:
    found = FormData()
    for name, value in fields.items():
        found.add_field(name, value)
    found.add_field("data", content, filename="a.csv", content_type="text/csv")
    return found


async def exported(person: Caller, kind: str) -> str:
    status, headers, body = await person.call("GET", f"{EXPORTS}/{kind}.csv")
    assert status == 200
    assert headers["Content-Type"] == "text/csv; charset=utf-8"
    assert headers["Content-Disposition"] == f'attachment; filename="{kind}.csv"'
    return str(body.decode())


async def do_all(whole: WholeSite) -> None:
    """Does the jobs of imports that wait, as the runner would."""
    from sqlalchemy import bindparam, delete

    from fedrse.jobs.tables import job

    take = Statement(
        delete(job).where(job.c.kind == bindparam("kind")).returning(job.c.arguments, job.c.id)
    )

    async def unit(tx: Transaction, kind: str) -> list[Any]:
        return [row.arguments for row in await tx.all(take, kind=kind)]

    import json

    for kind in (REMOVE, IMPORT):
        for arguments in await whole.site.ground.database.write(unit, kind):
            await whole.do_job(kind, **json.loads(arguments))


async def bring_in(person: Caller, kind: str, content: str, **more: str) -> None:
    body = form(content.encode(), type=kind, **more)
    assert await person.ok("POST", IMPORTS, data=body) == {"type": kind}
    await do_all(person.site)


async def people(whole: WholeSite) -> tuple[Caller, Caller, Caller]:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    return amina, bruno, await whole.person("carla")


async def relation(who: Caller, other: Any) -> dict[str, Any]:
    found = await who.get(f"/api/v1/accounts/relationships?id[]={other.id}")
    return dict(found[0])


async def test_follows(whole: WholeSite) -> None:
    amina, bruno, carla = await people(whole)
    zoe = await whole.remote("zoe")
    await amina.post(
        f"/api/v1/accounts/{bruno.id}/follow", reblogs=False, notify=True, languages=["fr"]
    )
    await amina.follow(zoe)
    text = await exported(amina, "following")
    assert text == (
        "Account address,Show boosts,Notify on new posts,Languages\n"
        "bruno@corp.example,false,true,fr\n"
        "zoe@nantes.corp.example,true,false,\n"
    )
    await carla.follow(amina)
    await bring_in(carla, "following", text)
    followed = await relation(carla, bruno)
    assert (followed["following"], followed["showing_reblogs"]) == (True, False)
    assert (followed["notifying"], followed["languages"]) == (True, ["fr"])
    assert (await relation(carla, zoe))["requested"] is True
    assert (await relation(carla, amina))["following"] is True
    await bring_in(carla, "following", text, mode="overwrite")
    assert (await relation(carla, amina))["following"] is False
    assert (await relation(carla, bruno))["following"] is True


async def test_blocks_mutes_and_domains(whole: WholeSite) -> None:
    amina, bruno, carla = await people(whole)
    zoe = await whole.remote("zoe")
    await amina.post(f"/api/v1/accounts/{bruno.id}/block")
    await amina.post(f"/api/v1/accounts/{zoe.id}/mute", notifications=False)
    await amina.post("/api/v1/domain_blocks", domain="spam.example")
    texts = {kind: await exported(amina, kind) for kind in ("blocking", "muting")}
    texts["domain_blocking"] = await exported(amina, "domain_blocking")
    assert texts == {
        "blocking": "bruno@corp.example\n",
        "muting": "Account address,Hide notifications\nzoe@nantes.corp.example,false\n",
        "domain_blocking": "spam.example\n",
    }
    for kind, text in texts.items():
        await bring_in(carla, kind, text)
        assert await exported(carla, kind) == text
    for kind, other in (
        ("blocking", "amina@corp.example\n"),
        ("muting", "amina@corp.example\n"),
        ("domain_blocking", "junk.example\n"),
    ):
        await bring_in(carla, kind, other, mode="overwrite")
        assert (await exported(carla, kind)).splitlines()[-1].split(",")[0] == other.strip()
        assert len((await exported(carla, kind)).splitlines()) == 1 + (kind == "muting")


async def test_bookmarks(whole: WholeSite) -> None:
    amina, bruno, carla = await people(whole)
    post = await bruno.post("/api/v1/statuses", status="Keep this")
    secret = await bruno.post("/api/v1/statuses", status="@amina no", visibility="direct")
    for one in (post, secret):
        await amina.post(f"/api/v1/statuses/{one['id']}/bookmark")
    text = await exported(amina, "bookmarks")
    assert text.split() == [post["uri"], secret["uri"]]
    await bring_in(carla, "bookmarks", text)
    assert [one["id"] for one in await carla.get("/api/v1/bookmarks")] == [post["id"]]
    other = await bruno.post("/api/v1/statuses", status="Or this")
    await bring_in(carla, "bookmarks", other["uri"], mode="overwrite")
    assert [one["id"] for one in await carla.get("/api/v1/bookmarks")] == [other["id"]]


async def test_lists(whole: WholeSite) -> None:
    amina, _, carla = await people(whole)
    text = "Work,bruno@corp.example\nWork,amina@corp.example\nHome,bruno@corp.example\n"
    await bring_in(carla, "lists", text)
    assert sorted((await exported(carla, "lists")).split()) == sorted(text.split())
    assert (await relation(carla, amina))["following"] is True
    await bring_in(carla, "lists", "New,amina@corp.example\n", mode="overwrite")
    assert await exported(carla, "lists") == "New,amina@corp.example\n"


async def test_what_is_not_found_is_tried_again(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    body = form(b"nobody\n", type="blocking")
    await amina.ok("POST", IMPORTS, data=body)

    async def waiting() -> list[tuple[str, int]]:
        counts = await whole.site.ground.database.read(whole.site.ground.queue.counts)
        return [(row.kind, row.count) for row in counts if row.kind == IMPORT]

    for _ in range(3):
        assert await waiting() == [(IMPORT, 1)]
        await do_all(whole)
    assert await waiting() == []
    assert await exported(amina, "blocking") == ""


async def test_what_is_refused(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    for body in (
        form(b"zoe@a.example", type="everything"),
        form(b"zoe@a.example", type="following", mode="other"),
        form(b"\xff\xff", type="following"),
        form(b"", type="following"),
        FormData({"type": "following"}),
    ):
        status, _, answer = await amina.call("POST", IMPORTS, data=body)
        assert (status, answer["error"][:17]) == (422, "Validation failed")
    assert (await amina.call("GET", f"{EXPORTS}/everything.csv"))[0] == 404
    assert (await whole.call("GET", f"{EXPORTS}/following.csv"))[0] == 401
    reader = await whole.with_scopes(amina, "read")
    assert (await reader.call("GET", f"{EXPORTS}/following.csv"))[0] == 200
    assert (await reader.call("POST", IMPORTS, data=form(b"a@b.example", type="lists")))[0] == 403
    narrow = await whole.with_scopes(amina, "read:accounts write:accounts")
    assert (await narrow.call("GET", f"{EXPORTS}/blocking.csv"))[0] == 403


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_the_page(whole: WholeSite, language: str) -> None:
    amina = await whole.person("amina")
    sessions = whole.site.services.access.sessions

    async def sign_in(tx: Transaction) -> Any:
        return await sessions.start(tx, amina.account.id, user_agent="test", address="127.0.0.1")

    secret = await whole.site.ground.database.write(sign_in)
    name = Cookies(ORIGIN).session
    cookie = {"Cookie": f"{name}={secret.cookie}", "Accept-Language": language}
    status, _, body = await whole.call("GET", "/settings/data", headers=cookie)
    assert status == 200
    page = body.decode()
    for kind in Kind:
        assert f'href="/settings/data/{kind}.csv"' in page
    status, _, body = await whole.call("GET", "/settings/data/blocking.csv", headers=cookie)
    assert (status, body) == (200, b"")
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    for content, code in ((b"bruno@corp.example\n", 303), (b"", 422)):
        fields = form(content, csrf_token=token, type="blocking", mode="merge")
        status, _, _ = await whole.call(
            "POST", "/settings/data/import", headers=cookie, data=fields
        )
        assert status == code
    assert (await whole.call("POST", "/settings/data/import", headers=cookie))[0] == 403
