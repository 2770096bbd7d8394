"""Scheduled posts: kept, changed, published when their time has come."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import FormData

from fedrse.core.clock import DAY, HOUR, MINUTE, to_iso
from fedrse.features.scheduling.model import MOST_PER_DAY
from fedrse.features.scheduling.service import PUBLISH
from fedrse.store.database import Transaction
from tests.features.conformance import check
from tests.features.whole import Caller, WholeSite

SCHEDULED_STATUS = {
    "id": str,
    "scheduled_at": str,
    "params": dict[str, Any],
    "media_attachments": list[dict[str, Any]],
}
PARAMS = {
    "text": str,
    "poll": dict[str, Any] | None,
    "media_ids": list[str] | None,
    "sensitive": bool,
    "spoiler_text": str,
    "visibility": str,
    "in_reply_to_id": int | None,
    "quoted_status_id": str | None,
    "quote_approval_policy": str,
    "language": str | None,
    "application_id": int | None,
    "scheduled_at": None,
    "idempotency": str | None,
    "with_rate_limit": bool,
}
LIST, STATUSES = "/api/v1/scheduled_statuses", "/api/v1/statuses"


def later(site: WholeSite, milliseconds: int = HOUR) -> str:
    return to_iso(site.clock.now() + milliseconds)


async def plan(author: Caller, text: str, delay: int = HOUR, **more: Any) -> dict[str, Any]:
    at = later(author.site, delay)
    return await author.post(STATUSES, status=text, scheduled_at=at, **more)


async def come_due(site: WholeSite, scheduled: dict[str, Any], delay: int = HOUR) -> None:
    site.clock.advance(delay)
    await site.do_job(PUBLISH, id=int(scheduled["id"]))


async def upload(author: Caller, picture: bytes) -> str:
    form = FormData()
    form.add_field("file", picture, filename="a.png", content_type="image/png")
    form.add_field("description", "A square")
    return str((await author.ok("POST", "/api/v2/media", data=form))["id"])


@pytest.fixture
def picture() -> bytes:
    from io import BytesIO

    from PIL import Image

    stream = BytesIO()
    Image.new("RGB", (8, 8), "red").save(stream, "PNG")
    return stream.getvalue()


async def test_a_post_is_published_when_its_time_has_come(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    scheduled = await plan(
        amina,
        "Later #un",
        spoiler_text="Careful",
        visibility="unlisted",
        language="fr",
        sensitive=True,
        quote_approval_policy="followers",
    )
    check(scheduled, SCHEDULED_STATUS)
    check(scheduled["params"], PARAMS)
    assert scheduled["scheduled_at"] == later(whole)
    assert scheduled["media_attachments"] == []
    params = scheduled["params"]
    assert (params["text"], params["spoiler_text"]) == ("Later #un", "Careful")
    assert (params["visibility"], params["language"]) == ("unlisted", "fr")
    assert (params["sensitive"], params["quote_approval_policy"]) == (True, "followers")
    assert await amina.get(LIST) == [scheduled]
    assert await amina.get(f"{LIST}/{scheduled['id']}") == scheduled
    assert await amina.get("/api/v1/timelines/home") == []

    await come_due(whole, scheduled, HOUR - 1)
    assert await amina.get("/api/v1/timelines/home") == []
    await come_due(whole, scheduled, 1)
    await come_due(whole, scheduled, 0)
    (post,) = await amina.get("/api/v1/timelines/home")
    assert (post["spoiler_text"], post["visibility"]) == ("Careful", "unlisted")
    assert [tag["name"] for tag in post["tags"]] == ["un"]
    assert await amina.get(LIST) == []
    assert (await amina.call("GET", f"{LIST}/{scheduled['id']}"))[0] == 404


@pytest.mark.parametrize("said", [{}, {"spoiler_text": "", "sensitive": False}])
async def test_without_a_warning_it_is_an_empty_text(
    whole: WholeSite, said: dict[str, object]
) -> None:
    """The documentation allows null; Tusky cannot read a list with one that has it."""
    amina = await whole.person("amina")
    params = (await plan(amina, "Later", **said))["params"]
    check(params, PARAMS)
    assert (params["spoiler_text"], params["sensitive"]) == ("", False)


async def test_the_job_is_due_at_that_time(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    await plan(amina, "Later")

    async def due(tx: Transaction) -> list[int]:
        counts = await whole.site.ground.queue.counts(tx)
        return [row.oldest_due_at for row in counts if row.kind == PUBLISH]

    wanted = [whole.clock.now() + HOUR]
    assert await whole.site.ground.database.read(due) == wanted


async def test_with_pictures(whole: WholeSite, picture: bytes) -> None:
    amina = await whole.person("amina")
    media = await upload(amina, picture)
    scheduled = await plan(amina, "See", media_ids=[media])
    assert scheduled["params"]["media_ids"] == [media]
    (shown,) = scheduled["media_attachments"]
    assert (shown["id"], shown["description"]) == (media, "A square")
    for taken in ({"status": "now"}, {"status": "x", "scheduled_at": later(whole)}):
        status, _, body = await amina.call("POST", STATUSES, json=taken | {"media_ids": [media]})
        assert (status, body["error"]) == (
            422,
            "An attachment does not exist or is used already",
        )
    assert (await amina.call("DELETE", f"/api/v1/media/{media}"))[0] == 422
    whole.clock.advance(2 * DAY)
    await whole.site.ground.database.write(whole.site.services.media.remove_abandoned)
    await come_due(whole, scheduled, 0)
    (post,) = await amina.get("/api/v1/timelines/home")
    assert [one["id"] for one in post["media_attachments"]] == [media]


async def test_what_is_cancelled_lets_its_pictures_go(whole: WholeSite, picture: bytes) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    media = await upload(amina, picture)
    scheduled = await plan(amina, "See", media_ids=[media])
    address = f"{LIST}/{scheduled['id']}"
    for method in ("GET", "PUT", "DELETE"):
        status, _, body = await bruno.call(method, address, json={"scheduled_at": later(whole)})
        assert (status, body["error"]) == (404, "Record not found")
    assert await amina.ok("DELETE", address) == {}
    assert (await amina.call("DELETE", address))[0] == 404
    await come_due(whole, scheduled)
    assert await amina.get("/api/v1/timelines/home") == []
    assert (await amina.post(STATUSES, status="Now", media_ids=[media]))["media_attachments"]


async def test_with_a_poll(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    poll = {"options": ["yes", "no"], "expires_in": 3600, "multiple": True, "hide_totals": False}
    scheduled = await plan(amina, "Shall we?", poll=poll)
    assert scheduled["params"]["poll"] == poll
    await come_due(whole, scheduled)
    (post,) = await amina.get("/api/v1/timelines/home")
    assert post["poll"]["expires_at"] == later(whole)
    assert post["poll"]["multiple"] is True


async def test_an_answer_whose_question_is_gone_waits_with_its_author(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    question = await bruno.post(STATUSES, status="Well?")
    scheduled = await plan(amina, "Yes", in_reply_to_id=question["id"])
    assert scheduled["params"]["in_reply_to_id"] == int(question["id"])
    await bruno.ok("DELETE", f"{STATUSES}/{question['id']}")
    await come_due(whole, scheduled)
    assert [one["id"] for one in await amina.get(LIST)] == [scheduled["id"]]
    assert await amina.get("/api/v1/timelines/home") == []


async def test_moving(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    scheduled = await plan(amina, "Later")
    address = f"{LIST}/{scheduled['id']}"
    moved = await amina.ok("PUT", address, json={"scheduled_at": later(whole, 2 * HOUR)})
    assert moved == scheduled | {"scheduled_at": later(whole, 2 * HOUR)}
    await come_due(whole, scheduled)
    assert await amina.get(LIST) == [moved]
    assert await amina.ok("PUT", address) == moved
    for wrong, sentence in (
        (later(whole, 4 * MINUTE), "Scheduled at The scheduled date must be in the future"),
        ("soon", "Scheduled at is invalid"),
    ):
        status, _, body = await amina.call("PUT", address, json={"scheduled_at": wrong})
        assert (status, body["error"]) == (422, f"Validation failed: {sentence}")
    sooner = await amina.ok("PUT", address, json={"scheduled_at": later(whole, 10 * MINUTE)})
    await come_due(whole, sooner, 10 * MINUTE)
    assert len(await amina.get("/api/v1/timelines/home")) == 1


async def test_what_cannot_be_scheduled(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    good = {"status": "Later", "scheduled_at": later(whole)}
    for changes, code in (
        ({"scheduled_at": later(whole, MINUTE)}, 422),
        ({"scheduled_at": later(whole, -HOUR)}, 422),
        ({"scheduled_at": "tomorrow"}, 422),
        ({"status": ""}, 422),
        ({"status": "x" * 100_000}, 422),
        ({"media_ids": ["1"]}, 422),
        ({"in_reply_to_id": "1"}, 404),
        ({"visibility": "nobody"}, 422),
    ):
        status, _, body = await amina.call("POST", STATUSES, json=good | changes)
        assert (status, set(body) >= {"error"}) == (code, True), changes
    assert await amina.get(LIST) == []
    assert await amina.get("/api/v1/timelines/home") == []


async def test_limits(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    for number in range(MOST_PER_DAY):
        await plan(amina, str(number))
    status, _, body = await amina.call(
        "POST", STATUSES, json={"status": "one more", "scheduled_at": later(whole)}
    )
    assert status == 422
    assert body["error"].startswith("Validation failed: You have exceeded the limit of 25")
    await plan(amina, "tomorrow", DAY)


async def test_the_same_request_twice(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    body = {"status": "Later", "scheduled_at": later(whole)}
    same = {"Idempotency-Key": "one"}
    first = await amina.ok("POST", STATUSES, json=body, headers=same)
    assert first["params"]["idempotency"] == "one"
    assert await amina.ok("POST", STATUSES, json=body, headers=same) == first
    other = await bruno.ok("POST", STATUSES, json=body, headers=same)
    assert other["id"] != first["id"]
    assert len(await amina.get(LIST)) == 1


async def test_pages(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    ids = []
    for number in range(5):
        whole.clock.advance(MINUTE)
        ids.insert(0, (await plan(amina, str(number)))["id"])
    status, headers, first = await amina.call("GET", f"{LIST}?limit=2")
    assert (status, [one["id"] for one in first]) == (200, ids[:2])
    assert f"max_id={ids[1]}" in headers["Link"]
    assert [one["id"] for one in await amina.get(f"{LIST}?limit=2&max_id={ids[1]}")] == ids[2:4]
    assert [one["id"] for one in await amina.get(f"{LIST}?limit=2&min_id={ids[4]}")] == ids[2:4]
    assert [one["id"] for one in await amina.get(f"{LIST}?limit=2&since_id={ids[4]}")] == ids[:2]


async def test_who_may_ask(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    assert (await whole.call("GET", LIST))[0] == 401
    reader = await whole.with_scopes(amina, "read:statuses")
    writer = await whole.with_scopes(amina, "write:statuses")
    assert (await reader.call("GET", LIST))[0] == 200
    assert (await writer.call("GET", LIST))[0] == 403
    for method in ("PUT", "DELETE"):
        assert (await reader.call(method, f"{LIST}/1"))[0] == 403
        assert (await writer.call(method, f"{LIST}/1"))[0] == 404
        assert (await writer.call(method, f"{LIST}/x"))[0] == 404


async def test_a_deleted_person_publishes_nothing(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    scheduled = await plan(amina, "Later")
    accounts, database = whole.site.services.accounts, whole.site.ground.database
    await database.write(accounts.delete_local, amina.account.id)
    await come_due(whole, scheduled)
    assert await whole.sent("Create") == []
