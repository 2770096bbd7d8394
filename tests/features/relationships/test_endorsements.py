"""Endorsements through the client API."""

from __future__ import annotations

import pytest

from fedrse.core.clock import MINUTE
from tests.features.conformance import ACCOUNT, RELATIONSHIP, check
from tests.features.whole import WholeSite

LIST = "/api/v1/endorsements"


@pytest.mark.parametrize(("on", "off"), [("endorse", "unendorse"), ("pin", "unpin")])
async def test_endorsing(whole: WholeSite, on: str, off: str) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    zoe = await whole.remote("zoe")
    address = f"/api/v1/accounts/{bruno.id}"
    status, _, body = await amina.call("POST", f"{address}/{on}")
    assert (status, body["error"]) == (
        422,
        "Validation failed: You must be already following the person you want to endorse",
    )
    await amina.follow(bruno)
    await amina.follow(zoe)  # not accepted
    assert (await amina.call("POST", f"/api/v1/accounts/{zoe.id}/{on}"))[0] == 422
    for _ in range(2):
        relationship = await amina.post(f"{address}/{on}")
        check(relationship, RELATIONSHIP)
        assert relationship["endorsed"] is True
    (shown,) = await amina.get(LIST)
    check(shown, ACCOUNT)
    assert shown["id"] == bruno.id
    assert await bruno.get(LIST) == []
    assert await bruno.get(f"/api/v1/accounts/{amina.id}/endorsements") == [shown]
    for _ in range(2):
        assert (await amina.post(f"{address}/{off}"))["endorsed"] is False
    assert await amina.get(LIST) == []


async def test_it_ends_with_the_follow(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    await amina.follow(bruno)
    await amina.post(f"/api/v1/accounts/{bruno.id}/endorse")
    assert (await amina.post(f"/api/v1/accounts/{bruno.id}/unfollow"))["endorsed"] is False
    await amina.follow(bruno)
    assert await amina.get(LIST) == []
    await amina.post(f"/api/v1/accounts/{bruno.id}/endorse")
    database, accounts = whole.site.ground.database, whole.site.services.accounts
    await database.write(accounts.delete_local, bruno.account.id)
    assert await amina.get(LIST) == []


async def test_pages(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    ids = []
    for name in ("bruno", "carla", "david"):
        other = await whole.person(name)
        await amina.follow(other)
        whole.clock.advance(MINUTE)
        await amina.post(f"/api/v1/accounts/{other.id}/endorse")
        ids.insert(0, other.id)
    for address in (LIST, f"/api/v1/accounts/{amina.id}/endorsements"):
        _, headers, first = await amina.call("GET", f"{address}?limit=2")
        assert [one["id"] for one in first] == ids[:2]
        after = headers["Link"].partition("max_id=")[2].partition(">")[0]
        rest = await amina.get(f"{address}?limit=2&max_id={after}")
        assert [one["id"] for one in rest] == ids[2:]
        newest = await amina.get(f"{address}?limit=1&since_id=1")
        assert [one["id"] for one in newest] == ids[:1]


async def test_who_may_ask(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    assert (await whole.call("GET", LIST))[0] == 401
    assert (await whole.call("GET", f"/api/v1/accounts/{amina.id}/endorsements"))[0] == 401
    assert (await amina.call("GET", "/api/v1/accounts/1/endorsements"))[0] == 404
    assert (await amina.call("POST", "/api/v1/accounts/1/endorse"))[0] == 404
    reader = await whole.with_scopes(amina, "read:accounts")
    assert (await reader.call("GET", LIST))[0] == 200
    assert (await reader.call("POST", f"/api/v1/accounts/{amina.id}/endorse"))[0] == 403
    writer = await whole.with_scopes(amina, "write:accounts")
    assert (await writer.call("GET", LIST))[0] == 403
    assert (await writer.call("POST", f"/api/v1/accounts/{amina.id}/unendorse"))[0] == 200
