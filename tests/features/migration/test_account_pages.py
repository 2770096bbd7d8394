"""Moving in both directions and leaving, on pages."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import bindparam, text, update

from fedrse.features.access.model import Role
from fedrse.features.access.tables import login
from fedrse.features.migration.pages_account import DELETE, PATH
from fedrse.store.database import Transaction
from fedrse.store.statement import Statement
from tests.features.visitor import visitor, words
from tests.features.whole import Caller, WholeSite

PASSWORD = "correct horse battery"
SET = Statement(
    update(login)
    .where(login.c.account_id == bindparam("who"))
    .values(password_hash=bindparam("hashed"))
)


async def give_password(whole: WholeSite, person: Caller) -> None:
    hashed = await whole.site.services.access.logins.prepare_password(PASSWORD)

    async def unit(tx: Transaction) -> None:
        await tx.run(SET, who=person.account.id, hashed=hashed)

    await whole.site.ground.database.write(unit)


async def test_former_accounts(whole: WholeSite) -> None:
    amina, remote = await whole.person("amina"), await whole.remote("nadia")
    browser = await visitor(whole, amina)
    assert "Come here from another site" in await browser.read(PATH)
    for _ in range(2):  # twice is once
        where = await browser.sent(f"{PATH}/aliases", alias=" @nadia@nantes.corp.example ")
    assert where == f"{PATH}?done=alias"
    assert await amina.get("/api/v1/accounts/aliases") == [remote.uri]
    page = await browser.read(where)
    assert "The former account is added." in page
    assert "@nadia@nantes.corp.example" in page
    where = await browser.sent(f"{PATH}/aliases/remove", uri=remote.uri)
    assert "The former account is removed." in await browser.read(where)
    assert await amina.get("/api/v1/accounts/aliases") == []


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("@amina", "This is the account you are using."),
        ("@nobody", "Nobody was found"),
        ("", "Nobody was found"),
        ("x" * 3000, "Nobody was found"),
    ],
)
async def test_what_is_no_former_account(whole: WholeSite, typed: str, sentence: str) -> None:
    amina = await whole.person("amina")
    browser = await visitor(whole, amina)
    if typed == "@amina":
        typed = f"@{amina.account.handle}"
    status, _, page = await browser.send(f"{PATH}/aliases", alias=typed)
    assert status == 422
    assert sentence in words(page)
    assert f'value="{typed[:2048]}"' in page
    assert await amina.get("/api/v1/accounts/aliases") == []


async def test_moving_needs_the_password_and_the_other_side(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    ready = await whole.remote("nadia", alsoKnownAs=[amina.account.uri])
    await whole.remote("noel")
    await give_password(whole, amina)
    browser = await visitor(whole, amina)
    cases = [
        ("@nadia@nantes.corp.example", "no horse at all", "This is not your password."),
        ("@noel@nantes.corp.example", PASSWORD, "does not name this one yet"),
        ("@nobody@nantes.corp.example", PASSWORD, "Nobody was found"),
        (f"@{amina.account.handle}", PASSWORD, "This is the account you are using."),
    ]
    for target, password, sentence in cases:
        status, _, page = await browser.send(f"{PATH}/move", target=target, password=password)
        assert status == 422, target
        assert sentence in words(page), target
        assert f'value="{target}"' in page
        assert password not in page
    assert await whole.sent("Move") == []
    where = await browser.sent(
        f"{PATH}/move", target="@nadia@nantes.corp.example", password=PASSWORD
    )
    page = await browser.read(where)
    assert "You have moved. Your followers are told." in page
    assert "Your profile leads to @nadia@nantes.corp.example" in page
    (move,) = await whole.sent("Move")
    assert move["target"] == ready.uri
    status, _, page = await browser.send(
        f"{PATH}/move", target="@nadia@nantes.corp.example", password=PASSWORD
    )
    assert "less than seven days ago" in words(page)


async def test_leaving_takes_everything_along(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    await give_password(whole, amina)
    await bruno.follow(amina)
    post = await amina.post("/api/v1/statuses", status="@bruno Farewell")
    theirs = await bruno.post("/api/v1/statuses", status="Stay")
    for action in ("bookmark", "mute"):
        await amina.post(f"/api/v1/statuses/{theirs['id']}/{action}")
    await amina.post("/api/v1/lists", title="Mine")
    await amina.post("/api/v2/filters", title="Mine", context=["home"])
    await amina.ok("PATCH", "/api/v2/notifications/policy", json={"for_not_following": "filter"})
    browser = await visitor(whole, amina)
    page = await browser.read(DELETE)
    assert "1 post goes, with its files." in page
    assert "1 follower loses you." in page
    status, _, page = await browser.send(DELETE, password="wrong")
    assert status == 422
    assert "This is not your password." in words(page)
    assert (await amina.get("/api/v1/accounts/verify_credentials"))["id"] == amina.id
    status, _, page = await browser.send(DELETE, password=PASSWORD)
    assert status == 200
    assert "Your account is deleted" in page
    assert (await amina.call("GET", "/api/v1/accounts/verify_credentials"))[0] == 401
    await browser.open("/settings", 401)
    assert [one["object"] for one in await whole.sent("Delete")] == [amina.account.uri]
    assert (await bruno.call("GET", f"/api/v1/accounts/{amina.id}"))[0] in (404, 410)
    assert await bruno.get("/api/v1/notifications") == []
    await whole.do_job("posts.forget_author", account=amina.account.id)
    assert (await bruno.call("GET", f"/api/v1/statuses/{post['id']}"))[0] == 404
    left = await rows_of(whole, amina.account.id)
    assert left == {}, "nothing is left that only amina could see"


async def rows_of(whole: WholeSite, account_id: int) -> dict[str, int]:
    """Rows by table that still belong to somebody, of what only that person could see."""
    tables = (
        *("login", "session", "oauth_token", "security_event", "user_list", "content_filter"),
        *("notification", "notification_policy", "marker", "follow", "profile"),
        *("bookmark", "thread_mute", "conversation", "home_entry", "tag_follow"),
    )

    async def unit(tx: Transaction) -> dict[str, Any]:
        found = {}
        for table in tables:
            query = text(f"SELECT count(*) FROM {table} WHERE account_id = :who").bindparams(
                bindparam("who")
            )
            found[table] = await tx.value(Statement(query), who=account_id)
        return {table: count for table, count in found.items() if count}

    return await whole.site.ground.database.read(unit)


async def test_the_last_owner_stays(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    await give_password(whole, amina)
    logins = whole.site.services.access.logins
    await whole.site.ground.database.write(logins.set_role, amina.account.id, Role.OWNER)
    browser = await visitor(whole, amina)
    status, _, page = await browser.send(DELETE, password=PASSWORD)
    assert status == 422
    assert "You are the last owner" in words(page)
    assert (await amina.get("/api/v1/accounts/verify_credentials"))["id"] == amina.id
