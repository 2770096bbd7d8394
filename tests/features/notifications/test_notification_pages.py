"""The page of notifications, requests and the policy, as somebody without script uses them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import insert

from fedrse.core.clock import MINUTE
from fedrse.features.notifications.pages_rows import LONGEST_EXCERPT
from fedrse.features.notifications.tables import notification
from fedrse.store.database import Transaction
from fedrse.store.statement import Statement
from tests.features.decided import warning
from tests.features.visitor import Visitor, visitor, words
from tests.features.whole import Caller, WholeSite

PATH = "/notifications"
ROW = re.compile(r'<li class="notification notification-.*?</li>', re.DOTALL)


async def rows(browser: Visitor, path: str = PATH) -> list[str]:
    """The text of each row."""
    return [words(one) for one in ROW.findall(await browser.open(path))]


async def badge(browser: Visitor, path: str = "/settings") -> str:
    page = await browser.open(path)
    found = re.search(r'<span class="menu-count".*?>(.*?)</span>\s*</a>', page, re.DOTALL)
    assert found is not None
    return words(found[1])


async def marker(person: Caller) -> int:
    found = await person.get("/api/v1/markers?timeline[]=notifications")
    return int(found["notifications"]["last_read_id"]) if found else 0


async def newest(person: Caller) -> str:
    return str((await person.get("/api/v1/notifications"))[0]["id"])


async def test_every_kind_says_what_happened(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    chloe = await whole.person("chloe")
    mine = await amina.post("/api/v1/statuses", status="First <b>post</b>")
    await bruno.follow(amina)
    for person in (bruno, chloe):
        await person.post(f"/api/v1/statuses/{mine['id']}/favourite")
    await chloe.post(f"/api/v1/statuses/{mine['id']}/reblog")
    await bruno.post("/api/v1/statuses", status="@amina look at this")
    browser = await visitor(whole, amina)
    mention, share, likes, follow = await rows(browser)
    assert "Bruno mentioned you" in mention
    assert "look at this" in mention
    assert "Chloe shared your post" in share
    assert "First <b>post</b>" in share, "as text"
    assert "Chloe and 1 other person like your post" in likes
    assert "Bruno follows you" in follow
    page = await browser.open(PATH)
    assert f'href="/@amina/{mine["id"]}"' in page


async def test_tabs_show_some_kinds_only(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    mine = await amina.post("/api/v1/statuses", status="First")
    await bruno.follow(amina)
    await bruno.post(f"/api/v1/statuses/{mine['id']}/favourite")
    await bruno.post("/api/v1/statuses", status="@amina hello")
    browser = await visitor(whole, amina)
    assert len(await rows(browser)) == 3
    for name, sentence in (
        ("mentions", "mentioned you"),
        ("reactions", "likes your post"),
        ("follows", "follows you"),
    ):
        (only,) = await rows(browser, f"{PATH}?filter={name}")
        assert sentence in only
    for name in ("shares", "polls", "posts"):
        page = await browser.open(f"{PATH}?filter={name}")
        assert 'class="empty"' in page
    assert len(await rows(browser, f"{PATH}?filter=nonsense")) == 3


async def test_what_is_new_is_counted_marked_and_shared_with_apps(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    browser = await visitor(whole, amina)
    assert await badge(browser) == ""
    await bruno.follow(amina)
    await bruno.post("/api/v1/statuses", status="@amina hello")
    assert await badge(browser) == "2 2 new"
    page = await browser.open(PATH)
    assert page.count("notification-unread") == 2
    assert await marker(amina) == 0, "looking alone changes nothing"
    assert await browser.sent(f"{PATH}/read", until=await newest(amina)) == PATH
    assert await marker(amina) == int(await newest(amina))
    assert await badge(browser) == ""
    assert "notification-unread" not in await browser.open(PATH)
    await bruno.post("/api/v1/statuses", status="@amina again")
    page = await browser.open(PATH)
    assert page.count("notification-unread") == 1
    assert page.index("notification-unread") < page.index("notifications-line")
    # An app reads on.
    last = await newest(amina)
    await amina.post("/api/v1/markers", notifications={"last_read_id": last})
    assert await badge(browser) == ""
    await browser.sent(f"{PATH}/read", until="5")
    assert await marker(amina) == int(last), "what was read further stays read"
    # An app forgets one.
    await bruno.post("/api/v1/statuses", status="@amina once more")
    assert await badge(browser) == "1 1 new"
    newer = (await amina.get("/api/v2/notifications"))["notification_groups"][0]["group_key"]
    await amina.post(f"/api/v2/notifications/{newer}/dismiss")
    assert await badge(browser) == ""


async def test_the_script_asks_for_the_number(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    browser = await visitor(whole, amina)
    await bruno.follow(amina)
    status, _, body = await browser._call("GET", f"{PATH}/count")
    assert (status, body) == (200, {"count": 1})
    status, _, _ = await whole.call("GET", f"{PATH}/count")
    assert status == 401


async def test_forgetting_one(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    await bruno.follow(amina)
    await bruno.post("/api/v1/statuses", status="@amina hello")
    browser = await visitor(whole, amina)
    page = await browser.open(PATH)
    keys = re.findall(r'name="key" value="([^"]+)"', page)
    assert len(keys) == 2
    for _ in range(2):  # pressed twice
        await browser.sent(f"{PATH}/dismiss", key=keys[0])
    (left,) = await rows(browser)
    assert "follows you" in left
    where = await browser.sent(f"{PATH}/dismiss", key=keys[1], filter="follows")
    assert where == f"{PATH}?filter=follows"
    assert "Nothing happened yet" in await browser.read(PATH)


async def test_requests_to_follow_are_answered_on_the_spot(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    await amina.ok("PATCH", "/api/v1/accounts/update_credentials", json={"locked": True})
    await bruno.follow(amina)
    browser = await visitor(whole, amina)
    page = await browser.open(PATH)
    assert "1 person asks to follow you" in words(page)
    accept = f"/people/{bruno.id}/accept?back=/notifications"
    assert f'action="{accept}"' in page
    assert await browser.sent(accept) == PATH
    page = await browser.open(PATH)
    assert accept not in page
    assert "Bruno follows you" in words(page)


async def test_pages_of_groups(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    for number in range(35):
        await bruno.post("/api/v1/statuses", status=f"@amina number {number}.")
    browser = await visitor(whole, amina)
    page = await browser.open(PATH)
    first = [words(one) for one in ROW.findall(page)]
    (older,) = re.findall(r'rel="next" href="([^"]+)"', page)
    second = await rows(browser, older)
    assert [len(first), len(second)] == [30, 5]
    assert "number 34." in first[0]
    assert "number 0." in second[-1]
    assert "number 5." in first[-1]


async def test_what_is_not_to_be_seen_any_more_is_left_out(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    post = await bruno.post("/api/v1/statuses", status="@amina hello")
    await bruno.ok("DELETE", f"/api/v1/statuses/{post['id']}")
    browser = await visitor(whole, amina)
    assert "Nothing happened yet" in await browser.read(PATH)


async def test_long_posts_are_excerpts_and_warnings_stay(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    long = await amina.post("/api/v1/statuses", status="word " * 90)
    hidden = await amina.post("/api/v1/statuses", status="secret", spoiler_text="Careful")
    for post in (long, hidden):
        await bruno.post(f"/api/v1/statuses/{post['id']}/favourite")
    browser = await visitor(whole, amina)
    second, first = await rows(browser)
    assert 25 < first.count("word") <= LONGEST_EXCERPT // len("word ")
    assert "…" in first
    assert "Careful" in second
    assert "secret" not in second


@pytest.mark.parametrize("kind", ["thanks", "agree", "question"])
async def test_reactions_have_their_own_words(whole: WholeSite, kind: str) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    mine = await amina.post("/api/v1/statuses", status="First")
    browser, other = await visitor(whole, amina), await visitor(whole, bruno)
    await other.sent(f"/posts/{mine['id']}/react/{kind}")
    sentences = {"thanks": "thanks you for", "agree": "agrees with", "question": "question about"}
    (only,) = await rows(browser)
    assert sentences[kind] in only


async def test_messages_of_the_site(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    await bruno.follow(amina)

    async def unit(tx: Transaction) -> None:
        told = warning(1, amina.account.id, "Please mind rule 2 <3")
        await whole.site.ground.events.publish(tx, told)

    await whole.site.ground.database.write(unit)
    remote = await whole.remote("nadia")
    await amina.follow(remote)
    await amina.post("/api/v1/domain_blocks", domain="nantes.corp.example")
    browser = await visitor(whole, amina)
    text = await browser.read(PATH)
    assert "have a message for you" in text
    assert "Please mind rule 2 <3" in text


async def test_a_kind_that_nobody_knows_breaks_nothing(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    row: dict[str, Any] = {
        "id": 7,
        "account_id": amina.account.id,
        "kind": "annual_report",
        "from_id": bruno.account.id,
        "post_id": None,
        "once": "x",
        "created_at": whole.clock.now() - MINUTE,
        "group_key": "ungrouped-7",
        "filtered": False,
        "report_id": None,
        "extra": None,
    }

    async def unit(tx: Transaction) -> None:
        await tx.run(Statement(insert(notification)), **row)

    await whole.site.ground.database.write(unit)
    (only,) = await rows(await visitor(whole, amina))
    assert "Bruno" in only


# What waits


async def test_what_somebody_decides_waits_and_is_let_through(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    chloe = await whole.person("chloe")
    browser = await visitor(whole, amina)
    settings = await browser.open("/settings/notifications")
    assert "By mail" in settings
    where = await browser.sent(
        "/settings/notifications", for_not_following="filter", for_new_accounts="nonsense"
    )
    assert where == "/settings/notifications?saved=1"
    assert "Saved." in await browser.read(where)
    policy = await amina.get("/api/v2/notifications/policy")
    assert policy["for_not_following"] == "filter"
    assert policy["for_new_accounts"] == "accept"
    for person in (bruno, chloe):
        await person.post("/api/v1/statuses", status=f"@amina from {person.account.username}")
    page = await browser.open(PATH)
    assert "Filtered notifications of 2 people" in words(page)
    assert 'class="notification ' not in page
    assert await badge(browser) == "", "what waits is not counted"
    page = await browser.open(f"{PATH}/requests")
    assert "from bruno" in page
    ids = dict(
        zip(
            re.findall(r"from (bruno|chloe)", page),
            re.findall(r'action="/notifications/requests/(\d+)/accept"', page),
            strict=True,
        )
    )
    one = await browser.read(f"{PATH}/requests/{ids['bruno']}")
    assert "What Bruno sent" in one
    assert "from bruno" in one
    assert "from chloe" not in one
    for _ in range(2):
        await browser.sent(f"{PATH}/requests/{ids['bruno']}/accept")
        await browser.sent(f"{PATH}/requests/{ids['chloe']}/dismiss")
    (only,) = await rows(browser)
    assert "Bruno mentioned you" in only
    assert "Nothing waits" in await browser.read(f"{PATH}/requests")
    assert await badge(browser) == "1 1 new"
    await browser.open(f"{PATH}/requests/{ids['bruno']}", 404)


async def test_requests_of_others_are_not_there(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    await amina.ok("PATCH", "/api/v2/notifications/policy", json={"for_not_following": "filter"})
    await bruno.post("/api/v1/statuses", status="@amina hello")
    (waiting,) = await amina.get("/api/v1/notifications/requests")
    browser = await visitor(whole, bruno)
    await browser.open(f"{PATH}/requests/{waiting['id']}", 404)
    await browser.sent(f"{PATH}/requests/{waiting['id']}/dismiss")
    assert len(await amina.get("/api/v1/notifications/requests")) == 1
