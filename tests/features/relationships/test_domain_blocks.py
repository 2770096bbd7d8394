"""Domains that people block: what they see no more, and whom they lose."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.core.errors import Invalid
from fedrse.core.urls import normalise_peer
from fedrse.features.accounts.model import Account
from fedrse.features.relationships.service_domains import PART, read_domain
from tests.features.whole import Caller, WholeSite

LIST = "/api/v1/domain_blocks"
NANTES, OSLO = "nantes.corp.example", "oslo.corp.example"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


async def relation(who: Caller, other: Account) -> dict[str, object]:
    found = await who.get(f"/api/v1/accounts/relationships?id[]={other.id}")
    return dict(found[0])


async def note_from(whole: WholeSite, author: Account, number: int, to: Caller) -> str:
    tag = {"type": "Mention", "href": to.account.uri, "name": f"@{to.account.handle}"}
    more = {"to": [PUBLIC], "cc": [to.account.uri], "tag": [tag]}
    return str((await whole.receive_note(author, number, **more))["id"])


async def test_the_list(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    assert await amina.get(LIST) == []
    for text in ("https://Nantes.Corp.example/about", "oslo.corp.example", "@spam.example"):
        assert await amina.post(LIST, domain=text) == {}
    assert await amina.post(LIST, domain=OSLO) == {}
    assert await amina.get(LIST) == ["spam.example", OSLO, NANTES]
    assert await bruno.get(LIST) == []
    _, headers, first = await amina.call("GET", f"{LIST}?limit=2")
    assert first == ["spam.example", OSLO]
    after = headers["Link"].partition("max_id=")[2].partition(">")[0]
    assert await amina.get(f"{LIST}?limit=2&max_id={after}") == [NANTES]
    newer = headers["Link"].partition("min_id=")[2].partition(">")[0]
    assert await amina.get(f"{LIST}?min_id={newer}") == []
    for _ in range(2):
        assert await amina.ok("DELETE", LIST, json={"domain": OSLO}) == {}
    assert await amina.ok("DELETE", f"{LIST}?domain={NANTES}") == {}
    assert await amina.get(LIST) == ["spam.example"]


async def test_what_cannot_be_blocked(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    for method in ("POST", "DELETE"):
        for wrong in ("", " ", "a b", "http://", "x" * 300):
            status, _, body = await amina.call(method, LIST, json={"domain": wrong})
            assert (status, body["error"][:18]) == (422, "Validation failed:"), wrong
    for own in ("lyon.corp.example", "corp.example"):
        assert (await amina.call("POST", LIST, json={"domain": own}))[0] == 422


async def test_what_is_seen_no_more(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    zoe, olaf = await whole.remote("zoe"), await whole.remote("olaf", OSLO)
    await amina.post("/api/v1/tags/gares/follow")
    first = await note_from(whole, zoe, 1, amina)
    public = "/api/v1/timelines/public"
    assert first in {post["uri"] for post in await amina.get(public)}
    await amina.post(LIST, domain=NANTES)
    assert (await relation(amina, zoe))["domain_blocking"] is True
    assert (await relation(amina, olaf))["domain_blocking"] is False
    second = await note_from(whole, zoe, 2, amina)
    third = await note_from(whole, olaf, 3, amina)
    assert {post["uri"] for post in await amina.get(public)} == {third}
    assert {post["uri"] for post in await bruno.get(public)} == {first, second, third}
    told = [one["account"]["id"] for one in await amina.get("/api/v1/notifications")]
    assert told[:1] == [str(olaf.id)]
    assert str(zoe.id) not in told
    await amina.ok("DELETE", LIST, json={"domain": NANTES})
    assert {post["uri"] for post in await amina.get(public)} == {first, second, third}


async def test_boosts_and_tags_of_a_blocked_domain(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    zoe = await whole.remote("zoe")
    await amina.follow(bruno)
    await amina.post("/api/v1/tags/gares/follow")
    tagged = {"type": "Hashtag", "name": "#gares", "href": "https://nantes.corp.example/t/gares"}
    mention = {"type": "Mention", "href": bruno.account.uri, "name": "@bruno@corp.example"}
    note = {"to": [PUBLIC], "cc": [bruno.account.uri], "tag": [tagged, mention]}
    uri = (await whole.receive_note(zoe, 1, **note))["id"]
    home = "/api/v1/timelines/home"
    assert [post["uri"] for post in await amina.get(home)] == [uri]
    (post,) = [one for one in await bruno.get("/api/v1/timelines/public") if one["uri"] == uri]
    await amina.post(LIST, domain=NANTES)
    assert await amina.get(home) == []
    await bruno.post(f"/api/v1/statuses/{post['id']}/reblog")
    await whole.receive_note(zoe, 2, **note)
    assert await amina.get(home) == []


async def test_follows_end_both_ways(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    zoe, yves = await whole.remote("zoe"), await whole.remote("yves")
    olaf = await whole.remote("olaf", OSLO)
    for follower in (zoe, olaf):
        follow = {"type": "Follow", "object": amina.account.uri, "id": f"{follower.uri}#f"}
        assert await whole.receive(follower, follow) == "accepted"
    await amina.follow(yves)
    (sent,) = await whole.sent("Follow")
    accept = {"type": "Accept", "object": sent["id"], "id": f"{yves.uri}#a"}
    assert await whole.receive(yves, accept) == "accepted"

    lost = {"following_count": 1, "followers_count": 1}
    assert await amina.get(f"{LIST}/preview?domain={NANTES}") == lost
    assert await amina.get(f"{LIST}/preview?domain=no.example") == dict.fromkeys(lost, 0)
    assert (await amina.call("GET", f"{LIST}/preview?domain=a b"))[0] == 422
    assert await amina.get(LIST) == []
    await amina.post(LIST, domain=NANTES)
    await whole.do_job(PART, account=amina.account.id, domain=NANTES)
    assert (await relation(amina, zoe))["followed_by"] is False
    assert (await relation(amina, yves))["following"] is False
    assert (await relation(amina, olaf))["followed_by"] is True
    assert [one["object"]["id"] for one in await whole.sent("Reject")] == [f"{zoe.uri}#f"]
    assert [one["object"]["id"] for one in await whole.sent("Undo")] == [sent["id"]]

    again = {"type": "Follow", "object": amina.account.uri, "id": f"{zoe.uri}#g"}
    assert await whole.receive(zoe, again) == "rejected"
    status, _, body = await amina.call("POST", f"/api/v1/accounts/{zoe.id}/follow")
    assert (status, set(body) >= {"error"}) == (403, True)


async def test_what_was_taken_back_ends_no_follow(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    zoe = await whole.remote("zoe")
    follow = {"type": "Follow", "object": amina.account.uri}
    assert await whole.receive(zoe, follow) == "accepted"
    await amina.post(LIST, domain=NANTES)
    await amina.ok("DELETE", LIST, json={"domain": NANTES})
    await whole.do_job(PART, account=amina.account.id, domain=NANTES)
    assert (await relation(amina, zoe))["followed_by"] is True


async def test_who_may_ask(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    assert (await whole.call("GET", LIST))[0] == 401
    for scopes, reads, writes in (
        ("read:blocks", 200, 403),
        ("write:blocks", 403, 200),
        ("follow", 200, 200),
        ("read:accounts write:accounts", 403, 403),
    ):
        caller = await whole.with_scopes(amina, scopes)
        assert (await caller.call("GET", LIST))[0] == reads, scopes
        preview = f"{LIST}/preview?domain=spam.example"
        assert (await caller.call("GET", preview))[0] == writes, scopes
        for method in ("POST", "DELETE"):
            answer = await caller.call(method, LIST, json={"domain": "spam.example"})
            assert answer[0] == writes, scopes


@given(st.text(max_size=80))
def test_whatever_is_typed_is_a_domain_or_refused(text: str) -> None:
    try:
        domain = read_domain(text)
    except Invalid:
        return
    assert normalise_peer(domain) == domain


@pytest.mark.parametrize("text", ["Été.example", "xn--t-9fab.example"])
def test_international_names_have_one_form(text: str) -> None:
    assert read_domain(text) == "xn--t-9fab.example"
