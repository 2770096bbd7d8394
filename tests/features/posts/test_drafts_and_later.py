"""Pages of what is not published yet: drafts, posts for later, posts that can be taken back."""

from __future__ import annotations

import re
from typing import Any

import pytest

from fedrse.core.clock import DAY, HOUR, SECOND
from fedrse.features.posts.service_drafts import MOST_DRAFTS
from fedrse.features.scheduling.service import PUBLISH
from fedrse.store.database import Transaction
from tests.features.page_visitor import PageVisitor, visit
from tests.features.posts.writer import at_local, attach, draft_id, statuses
from tests.features.whole import Caller, WholeSite

NOTHING_HELD = "{'bar': ''}"
# Drafts


async def test_what_is_written_is_saved_and_comes_back(amina: PageVisitor) -> None:
    key = amina.value("key")
    fields = {"key": key, "text": "Half a sen", "warning": "Careful", "audience": "site"}
    assert await amina.post("/compose/draft", **fields) == 200
    assert "Draft saved" in amina.page
    assert await amina.post("/compose/draft", **fields | {"text": "Half a sentence"}) == 200
    await amina.get("/compose")
    assert (amina.text, amina.value("warning"), amina.value("key")) == (
        "Half a sentence",
        "Careful",
        key,
    )
    assert re.search(r'value="site" checked', amina.page)
    assert "This is what you had begun on" in amina.words
    await amina.get("/compose?new=1")
    assert amina.text == ""
    assert await amina.post("/compose", **fields) == 303
    await amina.get("/drafts")
    assert "No drafts" in amina.words, "it is published"
    await amina.get("/compose")
    assert amina.text == ""


async def test_an_answer_comes_back_where_it_was_begun(
    whole: WholeSite, amina: PageVisitor
) -> None:
    asked = await amina.caller.post("/api/v1/statuses", status="Who knows?")
    bruno = await visit(whole, await whole.person("bruno"))
    reply = {"reply_to": asked["id"], "key": "answer", "text": "@amina I d"}
    assert await bruno.post("/compose/draft", **reply) == 200
    await bruno.get("/compose")
    assert bruno.text == "", "a new post is something else"
    await bruno.get(f"/compose?reply_to={asked['id']}")
    assert bruno.text == "@amina I d"
    await bruno.post("/compose/draft", **reply | {"text": "@amina "})
    await bruno.get("/drafts")
    assert "No drafts" in bruno.words, "nothing was written but the name"


async def test_a_draft_that_was_wished_for_stays_in_the_list(amina: PageVisitor) -> None:
    assert await amina.post("/compose", text="  ", save="1") == 422
    assert await amina.post("/compose", text="For later", save="1") == 303
    assert amina.place == "/drafts?saved=1"
    await amina.get("/compose")
    assert amina.text == "", "it does not push itself forward"
    number = await draft_id(amina)
    await amina.get(f"/compose?draft={number}")
    assert amina.text == "For later"
    assert await amina.post(f"/drafts/{number}/delete") == 303
    assert await amina.post(f"/drafts/{number}/delete") == 404
    assert await amina.get(f"/compose?draft={number}") == 404


async def test_drafts_of_others_are_not_there(whole: WholeSite, amina: PageVisitor) -> None:
    await amina.post("/compose", text="Secret", save="1")
    number = await draft_id(amina)
    bruno = await visit(whole, await whole.person("bruno"))
    assert await bruno.get(f"/compose?draft={number}") == 404
    assert await bruno.post(f"/drafts/{number}/delete") == 404
    await bruno.get("/drafts")
    assert "Secret" not in bruno.page


async def test_files_of_drafts_outlive_the_night(whole: WholeSite, amina: PageVisitor) -> None:
    media, lost = await attach(amina), await attach(amina)
    await amina.post("/compose/draft", ("media[]", media), key="k", text="With a picture")
    library = whole.site.services.media
    whole.clock.advance(2 * DAY)
    await whole.site.ground.database.write(library.remove_abandoned)

    async def left(tx: Transaction) -> set[int]:
        return set(await library.own(tx, amina.caller.account.id, [int(media), int(lost)]))

    assert await whole.site.ground.database.read(left) == {int(media)}
    amina = await visit(whole, amina.caller)
    assert f'data-file="{media}"' in amina.page
    assert await amina.post("/compose", ("media[]", media), key="k", text="With a picture") == 303
    (post,) = await statuses(amina.caller)
    assert post["media_attachments"][0]["id"] == media


async def test_there_is_room_for_so_many_drafts(amina: PageVisitor) -> None:
    for number in range(MOST_DRAFTS):
        assert await amina.post("/compose", key=f"k{number}", text="Wished for", save="1") == 303
    assert await amina.post("/compose", key="one more", text="Kept", save="1") == 422
    assert "You have too many drafts" in amina.words
    assert amina.text == "Kept"
    number = await draft_id(amina)
    await amina.post(f"/drafts/{number}/delete")
    for key in ("first", "second"):
        assert await amina.post("/compose/draft", key=key, text=key) == 200, "the older one goes"
    await amina.get("/compose")
    assert amina.text == "second"


# Later


async def test_a_post_for_later_is_changed_and_published(
    whole: WholeSite, amina: PageVisitor
) -> None:
    media = await attach(amina)
    when = at_local(whole, DAY)
    fields = {"text": "Tomorrow", "when": when, "audience": "site", "warning": "Soon"}
    assert await amina.post("/compose", ("media[]", media), **fields) == 303
    assert amina.place == "/scheduled?saved=1"
    await amina.get("/scheduled")
    assert "Soon" in amina.words
    assert "This site only" in amina.words
    number = re.findall(r"/compose\?scheduled=(\d+)", amina.page)[0]
    await amina.get(f"/compose?scheduled={number}")
    assert (amina.text, amina.value("scheduled")) == ("Tomorrow", number)
    assert f'value="{when}"' in amina.page
    assert f'data-file="{media}"' in amina.page
    fields |= {"text": "The day after", "when": at_local(whole, 2 * DAY), "scheduled": number}
    assert await amina.post("/compose", ("media[]", media), **fields) == 303
    assert await amina.post("/compose", **fields) == 422, "it is another one now"
    assert "What you changed here was not." in amina.words
    (waiting,) = await amina.caller.get("/api/v1/scheduled_statuses")
    assert waiting["params"]["text"] == "The day after"
    whole.clock.advance(2 * DAY)
    await whole.do_job(PUBLISH, id=int(waiting["id"]))
    (post,) = await statuses(amina.caller)
    assert (post["audience"], post["spoiler_text"]) == ("site", "Soon")
    assert post["media_attachments"][0]["id"] == media


@pytest.mark.parametrize("when", ["2000-01-01T00:00", "tomorrow", "0001-01-01T00:00", "2030-02-30"])
async def test_a_time_that_cannot_be_stands_at_its_field(amina: PageVisitor, when: str) -> None:
    assert await amina.post("/compose", text="Kept", when=when) == 422
    assert 'id="when-error"' in amina.page
    assert amina.text == "Kept"
    assert await statuses(amina.caller) == []


async def test_a_post_that_waits_is_deleted_by_its_author_only(
    whole: WholeSite, amina: PageVisitor
) -> None:
    await amina.post("/compose", text="Tomorrow", when=at_local(whole, DAY))
    (waiting,) = await amina.caller.get("/api/v1/scheduled_statuses")
    bruno = await visit(whole, await whole.person("bruno"))
    assert await bruno.get(f"/compose?scheduled={waiting['id']}") == 404
    assert await bruno.post(f"/scheduled/{waiting['id']}/delete") == 404
    assert await amina.post(f"/scheduled/{waiting['id']}/delete") == 303
    await amina.get("/scheduled")
    assert "Nothing waits" in amina.words


async def test_why_it_was_not_published_is_said(whole: WholeSite, amina: PageVisitor) -> None:
    asked = await amina.caller.post("/api/v1/statuses", status="Who knows?")
    await amina.post("/compose", text="I do", when=at_local(whole, HOUR), reply_to=asked["id"])
    (waiting,) = await amina.caller.get("/api/v1/scheduled_statuses")
    await amina.caller.ok("DELETE", f"/api/v1/statuses/{asked['id']}")
    whole.clock.advance(HOUR)
    await whole.do_job(PUBLISH, id=int(waiting["id"]))
    amina = await visit(whole, amina.caller)
    await amina.get("/scheduled")
    assert "It could not be published" in amina.words


# Taking back


async def send(visitor: PageVisitor, **fields: Any) -> str:
    """Sends as a script does; the key of what waits, empty where it was published at once."""
    assert await visitor.post("/compose", key="a-key", undoable="1", **fields) == 303
    return visitor.place.partition("?held=")[2]


async def held_id(whole: WholeSite, person: Caller, key: str) -> int:
    async def unit(tx: Transaction) -> int:
        found = await whole.site.parts.scheduling.of_request(tx, person.account.id, key)
        assert found is not None
        return found[0]

    return await whole.site.ground.database.read(unit)


async def test_a_post_waits_and_is_then_published_by_the_site(
    whole: WholeSite, amina: PageVisitor
) -> None:
    key = await send(amina, text="Sent")
    assert amina.place == f"/?held={key}"
    assert await send(amina, text="Sent") == key, "twice is once"
    assert await statuses(amina.caller) == []
    assert await amina.get(f"/compose/held?key={key}") == 200
    assert 'data-left="10000"' in amina.page
    assert await amina.caller.get("/api/v1/scheduled_statuses") == [], "it is no scheduled post"
    await amina.get("/scheduled")
    assert "Nothing waits" in amina.words
    number = await held_id(whole, amina.caller, key)
    await whole.do_job(PUBLISH, id=number)
    assert await statuses(amina.caller) == [], "not yet"
    whole.clock.advance(10 * SECOND)
    await whole.do_job(PUBLISH, id=number)
    (post,) = await statuses(amina.caller)
    assert "Sent" in post["content"]
    assert await amina.get(f"/compose/held?key={key}") == 200
    assert amina.page == NOTHING_HELD
    assert await amina.post("/compose/held/undo", key=key) == 303
    assert amina.place == "/@amina", "too late"
    assert len(await statuses(amina.caller)) == 1


async def test_a_post_is_taken_back_to_the_form(whole: WholeSite, amina: PageVisitor) -> None:
    media = await attach(amina)
    assert await amina.post(
        "/compose", ("media[]", media), key="k", undoable="1", text="Oops", audience="site"
    ) == 303  # fmt: skip
    number = await held_id(whole, amina.caller, "k")
    assert await amina.post("/compose/held/undo", key="k") == 303
    await amina.get(amina.place)
    assert (amina.text, amina.value("key")) == ("Oops", "k")
    assert f'data-file="{media}"' in amina.page
    whole.clock.advance(HOUR)
    await whole.do_job(PUBLISH, id=number)
    assert await statuses(amina.caller) == []
    amina = await visit(whole, amina.caller)
    assert await amina.post("/compose", ("media[]", media), key="k", text="Better") == 303
    assert len(await statuses(amina.caller)) == 1


async def test_nobody_takes_back_what_others_sent(whole: WholeSite, amina: PageVisitor) -> None:
    key = await send(amina, text="Mine")
    bruno = await visit(whole, await whole.person("bruno"))
    await bruno.get(f"/compose/held?key={key}")
    assert bruno.page == NOTHING_HELD
    await bruno.post("/compose/held/undo", key=key)
    assert bruno.place == "/@bruno"
    assert await held_id(whole, amina.caller, key)


async def test_it_can_be_switched_off(amina: PageVisitor) -> None:
    await amina.get("/settings/writing")
    assert re.search(r'name="undo_send"[^>]* checked', amina.page)
    assert await amina.post("/settings/writing") == 303
    await amina.get("/settings/writing?saved=1")
    assert not re.search(r'name="undo_send"[^>]* checked', amina.page)
    assert await send(amina, text="At once") == ""
    assert len(await statuses(amina.caller)) == 1
    await amina.post("/settings/writing", undo_send="1")
    assert await amina.post("/compose", text="Waits", key="other", undoable="1") == 303
    assert len(await statuses(amina.caller)) == 1


async def test_an_answer_waits_where_it_was_asked(whole: WholeSite, amina: PageVisitor) -> None:
    asked = await amina.caller.post("/api/v1/statuses", status="Who knows?")
    bruno = await visit(whole, await whole.person("bruno"))
    key = await send(bruno, text="@amina I do", reply_to=asked["id"])
    assert bruno.place == f"/@amina/{asked['id']}?held={key}"


async def test_an_answer_is_written_in_its_thread(whole: WholeSite, amina: PageVisitor) -> None:
    asked = await amina.caller.post(
        "/api/v1/statuses", status="Who knows?", visibility="public", local_only=True
    )
    place = f"/@amina/{asked['id']}"
    bruno = await visit(whole, await whole.person("bruno"))
    await bruno.get(place)
    form = bruno.page[bruno.page.index('<form class="card answer"') :]
    assert ">@amina </textarea>" in form
    assert '<input type="hidden" name="audience" value="site">' in form, "as wide as the question"
    named = {name: bruno.value(name) for name in ("reply_to", "audience", "key")}
    typed = "@amina I <do>"
    assert await bruno.post("/compose", text=typed, attach="1", **named) == 200
    assert "@amina I &lt;do&gt;</textarea>" in bruno.page, "the whole form goes on with it"
    assert await bruno.post("/compose", text=typed, **named) == 303
    (answer,) = (await amina.caller.get(f"/api/v1/statuses/{asked['id']}/context"))["descendants"]
    assert answer["in_reply_to_id"] == asked["id"]
    assert "I &lt;do&gt;" in answer["content"]
    await amina.get(place)
    form = amina.page[amina.page.index('<form class="card answer"') :]
    assert "></textarea>" in form, "nobody greets themselves"
