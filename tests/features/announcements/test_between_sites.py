"""Announcements between sites: who may speak, what is shown, and that only numbers come back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from fedrse.activitypub.dispatch import Ignored, Refused
from fedrse.features.accounts.model import Account
from fedrse.features.announcements.model_wire import read_document, read_totals
from fedrse.features.announcements.service_network import TELL_TOTALS
from tests.features.announcements.test_announcement_pages import make_admin
from tests.features.visitor import visitor
from tests.features.whole import WholeSite

HOST = "nantes.corp.example"
SITE = f"https://{HOST}/actor"
URI = f"{SITE}/announcements/7"
ITEM = {
    "id": URI,
    "type": ["Announcement", "Note"],
    "attributedTo": SITE,
    "content": "<p>Strike on <b>Monday</b><script>alert(1)</script></p>",
    "mustRead": True,
    "endTime": "2036-01-01T00:00:00Z",
}


async def site_of(whole: WholeSite, uri: str = SITE) -> Account:
    return replace(await whole.remote("actor"), uri=uri)


async def test_what_another_site_announces_is_shown_and_confirmed(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    site = await site_of(whole)
    create = {"type": "Create", "object": ITEM}
    assert await whole.receive(site, create) == "announced"
    assert await whole.receive(site, create) == "duplicate"
    browser = await visitor(whole, amina)
    home = await browser.open("/")
    assert f"Announcement of {HOST}" in home
    assert "Strike on" in home
    assert "alert(1)" not in home
    (entity,) = await amina.get("/api/v1/announcements")
    assert (entity["site"], entity["must_read"]) == (HOST, True)
    await browser.sent(f"/announcements/{entity['id']}/confirm")
    await whole.do_job(TELL_TOTALS, announcement=int(entity["id"]))
    (told,) = await whole.sent("Read")
    assert told["object"] == {"id": URI, "delivered": 1, "read": 1}
    assert told["to"] == [SITE]
    assert "amina" not in str(told), "numbers only"
    gone = {"type": "Delete", "object": {"id": URI, "type": ["Announcement", "Tombstone"]}}
    assert await whole.receive(site, gone) == "deleted"
    assert await amina.get("/api/v1/announcements?with_dismissed=true") == []


async def test_only_the_instance_actor_of_a_member_speaks_for_its_site(whole: WholeSite) -> None:
    for uri in (f"https://{HOST}/ap/u/5", "https://other.example/actor"):
        speaker = await site_of(whole, uri)
        item = ITEM | {"attributedTo": uri, "id": f"{uri}/announcements/1"}
        with pytest.raises(Refused):
            await whole.receive(speaker, {"type": "Create", "object": item})
    site = await site_of(whole)
    for wrong in ({"attributedTo": f"https://{HOST}/ap/u/5"}, {"id": "https://oslo.example/1"}):
        with pytest.raises(Refused):
            await whole.receive(site, {"type": "Create", "object": ITEM | wrong})
    with pytest.raises(Refused):
        await whole.receive(site, {"type": "Create", "object": ITEM | {"content": " "}})
    await whole.receive(site, {"type": "Create", "object": ITEM})
    other = await site_of(whole, "https://oslo.corp.example/actor")
    with pytest.raises(Refused):
        await whole.receive(other, {"type": "Delete", "object": ITEM})


async def test_own_ones_go_to_the_chosen_sites_and_totals_come_back(whole: WholeSite) -> None:
    boss = await whole.person("boss")
    await make_admin(whole, boss)
    office = await visitor(whole, boss)
    assert f'value="{HOST}"' in await office.open("/announcements")
    fields = [("hosts[]", HOST), ("hosts[]", "other.example")]
    status, _, _ = await office.send("/announcements", fields, text="New *rules*", must_read="1")
    assert status == 303
    (sent,) = await whole.sent("Create")
    item = sent["object"]
    assert sent["to"] == [SITE]
    assert item["type"] == ["Announcement", "Note"]
    assert (item["mustRead"], item["content"]) == (True, "<p>New *rules*</p>")
    (entity,) = await boss.get("/api/v1/announcements")
    site = await site_of(whole)
    totals = {"type": "Read", "object": {"id": item["id"], "delivered": 31, "read": 12}}
    assert await whole.receive(site, totals) == "counted"
    assert f"{HOST}: 31 people were here since · 12 have read it" in await office.read(
        "/announcements"
    )
    stranger = await site_of(whole, "https://oslo.corp.example/actor")
    with pytest.raises(Ignored):
        await whole.receive(stranger, totals | {"id": "https://oslo.corp.example/actor#1"})
    with pytest.raises(Refused):
        await whole.receive(
            site, {"type": "Read", "id": f"{SITE}#x", "object": {"id": item["id"], "read": -1}}
        )
    await office.sent(f"/announcements/{entity['id']}/delete")
    (gone,) = await whole.sent("Delete")
    assert gone["object"] == {"id": item["id"], "type": ["Announcement", "Tombstone"]}


ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(
            ("id", "content", "mustRead", "endTime", "delivered", "read"), ANYTHING
        ),
    )
)
def test_anything_is_read_or_refused(item: dict[str, Any]) -> None:
    arrived = read_document(item)
    assert arrived is None or (arrived.text and "<script" not in arrived.html)
    totals = read_totals(item)
    assert totals is None or 0 <= totals.read <= totals.delivered
