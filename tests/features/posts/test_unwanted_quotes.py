"""A quote of somebody whom the reader mutes or blocks says so (``Quote.state``)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.features.visitor import visitor
from tests.features.whole import Caller, WholeSite

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
SILENCING = [("block", "blocked_account"), ("mute", "muted_account")]


async def quoting(whole: WholeSite) -> tuple[Caller, Caller, dict[str, Any], dict[str, Any]]:
    """A reader, somebody who is quoted, the quote, and a post that quotes this one."""
    reader, quoted, other = [await whole.person(name) for name in ("amina", "bruno", "carla")]
    post = await quoted.post("/api/v1/statuses", status="much noise")
    quote = await other.post("/api/v1/statuses", status="See", quoted_status_id=post["id"])
    outer = await other.post("/api/v1/statuses", status="And", quoted_status_id=quote["id"])
    return reader, quoted, quote, outer


async def told(whole: WholeSite, reader: Caller, post: dict[str, Any]) -> dict[str, Any]:
    """The quote as apps get it, which is what open apps get, too."""
    found = (await reader.get(f"/api/v1/statuses/{post['id']}"))["quote"]
    key, viewer = int(post["id"]), int(reader.id)
    rendered = await whole.site.ground.database.read(
        whole.site.services.posts.for_many.render, {key: [viewer]}
    )
    assert msgspec.json.decode(rendered[key][viewer])["quote"] == found
    return dict(found)


@pytest.mark.parametrize(("verb", "state"), SILENCING)
async def test_apps_and_pages(whole: WholeSite, verb: str, state: str) -> None:
    reader, quoted, quote, outer = await quoting(whole)
    page, path = await visitor(whole, reader), f"/@carla/{quote['id']}"
    assert (await told(whole, reader, quote))["state"] == "accepted"
    assert "much noise" in await page.read(path)
    await reader.post(f"/api/v1/accounts/{quoted.id}/{verb}")
    found = await told(whole, reader, quote)
    assert found["state"] == state
    assert found["quoted_status"]["account"]["id"] == quoted.id  # apps can show it all the same
    inner = (await told(whole, reader, outer))["quoted_status"]["quote"]
    assert inner == {"state": state, "quoted_status_id": found["quoted_status"]["id"]}
    shown = await page.read(path)
    assert "much noise" not in shown
    assert "you mute or block its author" in shown
    (listed,) = [
        one for one in await reader.get("/api/v1/timelines/public") if one["id"] == quote["id"]
    ]
    assert listed["quote"]["state"] == state
    # Others, and the one who is silenced, see it as before.
    assert (await told(whole, quoted, quote))["state"] == "accepted"
    await reader.post(f"/api/v1/accounts/{quoted.id}/un{verb}")
    assert (await told(whole, reader, quote))["state"] == "accepted"


async def test_blocked_domains(whole: WholeSite) -> None:
    reader, other = await whole.person("amina"), await whole.person("carla")
    dora = await whole.remote("dora")
    quoted = await whole.receive_note(dora, 1, to=[PUBLIC])
    quote = await whole.receive_note(dora, 2, to=[PUBLIC], quote=quoted["id"])
    (post,) = (await other.get(f"/api/v2/search?q={quote['id']}&resolve=true"))["statuses"]
    assert (await told(whole, reader, post))["state"] == "accepted"
    await reader.post("/api/v1/domain_blocks", domain=dora.domain)
    assert (await told(whole, reader, post))["state"] == "blocked_domain"
    assert (await told(whole, other, post))["state"] == "accepted"
    # Who blocks the person, too, is told that.
    await reader.post(f"/api/v1/accounts/{dora.id}/block")
    assert (await told(whole, reader, post))["state"] == "blocked_account"
