"""Writing on pages without script: files, drafts, posts for later or taken back, lost sessions."""

from __future__ import annotations

import io
import re
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fedrse.core.clock import DAY, HOUR, SECOND
from fedrse.core.errors import Invalid
from fedrse.features.posts.model import Draft
from fedrse.features.posts.model_form import (
    ComposeForm,
    form_of,
    local_of,
    moment_of,
    read_focus,
)
from fedrse.features.posts.model_quoted import focus_classes
from fedrse.features.posts.service_drafts import MOST_DRAFTS
from fedrse.features.scheduling.service import PUBLISH
from fedrse.store.database import Transaction
from tests.features.page_visitor import PageVisitor, visit
from tests.features.whole import Caller, WholeSite

NOTHING_HELD = "{'bar': ''}"
PARIS = ZoneInfo("Europe/Paris")


def picture(width: int = 60) -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (width, 40), "navy").save(drawn, "PNG")
    return drawn.getvalue()


@pytest.fixture
async def amina(whole: WholeSite) -> PageVisitor:
    return await visit(whole, await whole.person("amina"))


async def statuses(person: Caller) -> Any:
    return await person.get(f"/api/v1/accounts/{person.id}/statuses")


def at_local(whole: WholeSite, milliseconds: int) -> str:
    return local_of(whole.clock.now() + milliseconds, PARIS)


async def draft_id(visitor: PageVisitor) -> str:
    await visitor.get("/drafts")
    found = re.search(r"/compose\?draft=(\d+)", visitor.page)
    assert found
    return found[1]


async def attach(visitor: PageVisitor) -> str:
    """A picture, as a script sends it; its id."""
    assert await visitor.post("/compose/files", file=picture()) == 200, visitor.page
    return visitor.value("media[]")


# Text


async def test_what_another_app_shares_begins_the_text(amina: PageVisitor) -> None:
    shared = urlencode({"title": "A <b>", "text": "A <b>", "url": "https://example.test/x?y=1"})
    assert await amina.get(f"/compose?{shared}") == 200
    assert amina.text == "A <b>\n\nhttps://example.test/x?y=1"


async def test_formatting_is_shown_before_it_is_published(amina: PageVisitor) -> None:
    text = "**bold** <script>alert(1)</script>"
    status = await amina.post("/compose", text=text, markdown="1", preview="1", key="k")
    assert status == 200
    preview = amina.page.partition("data-preview")[2].partition("</section>")[0]
    assert "<strong>bold</strong>" in preview
    assert "<script" not in preview
    assert amina.text == text
    assert await statuses(amina.caller) == []
    assert await amina.post("/compose", text=text, markdown="1", key="k") == 303
    (post,) = await statuses(amina.caller)
    assert "<strong>bold</strong>" in post["content"]


async def test_a_poll_with_six_answers(amina: PageVisitor) -> None:
    options = {f"option{number}": f"Answer {number}" for number in range(1, 5)}
    assert await amina.post("/compose", text="Which?", add_option="1", **options) == 200
    assert 'id="option5"' in amina.page
    options |= {"option6": "Answer 6", "poll_secret": "1", "poll_seconds": "1800"}
    assert await amina.post("/compose", text="Which?", **options) == 303
    (post,) = await statuses(amina.caller)
    assert [one["title"] for one in post["poll"]["options"]] == [
        "Answer 1", "Answer 2", "Answer 3", "Answer 4", "Answer 6",
    ]  # fmt: skip
    assert {one["votes_count"] for one in post["poll"]["options"]} == {None}


# Files


async def test_a_file_with_description_and_focus(amina: PageVisitor) -> None:
    media = await attach(amina)
    pairs = [
        ("media[]", media),
        (f"description[{media}]", "A ship"),
        (f"focus[{media}]", "0.31,-0.20"),
    ]
    assert await amina.post("/compose", *pairs, text="See", preview="1") == 200
    assert 'value="0.31,-0.20" selected' in amina.page
    assert await amina.post("/compose", *pairs, text="See") == 303
    (post,) = await statuses(amina.caller)
    (file,) = post["media_attachments"]
    assert file["description"] == "A ship"
    assert file["meta"]["focus"] == {"x": 0.31, "y": -0.2}
    await amina.get(f"/posts/{post['id']}/edit")
    assert "A ship" in amina.page
    again = (("media[]", media), (f"focus[{media}]", "0,0.75"))
    assert await amina.post(f"/posts/{post['id']}/edit", *again, text="See there") == 303
    (file,) = (await statuses(amina.caller))[0]["media_attachments"]
    assert (file["description"], file["meta"]["focus"]["y"]) == ("A ship", 0.75)


@pytest.mark.parametrize("path", ["/compose", "/compose/files"])
async def test_files_that_cannot_be_used(amina: PageVisitor, path: str) -> None:
    assert await amina.post(path, text="Kept", file=b"no picture at all") == 422
    assert "it is damaged or of no kind that this site knows" in amina.page
    if path == "/compose":
        assert amina.text == "Kept"


@pytest.mark.parametrize("path", ["/compose", "/compose/files"])
async def test_a_file_that_is_too_large_loses_nothing(amina: PageVisitor, path: str) -> None:
    largest = amina.whole.site.services.uploads.files.largest
    status = await amina.post(path, text="Kept", warning="Also", file=b"x" * (largest + 1))
    assert status == 422
    assert "This file is too large." in amina.page
    if path == "/compose":
        assert (amina.text, amina.value("warning")) == ("Kept", "Also")


async def test_files_of_others_are_not_shown_or_published(
    whole: WholeSite, amina: PageVisitor
) -> None:
    media = await attach(amina)
    bruno = await visit(whole, await whole.person("bruno"))
    pairs = (("media[]", media), (f"description[{media}]", "Mine now"))
    await bruno.post("/compose", *pairs, text="See", preview="1")
    assert f'data-file="{media}"' not in bruno.page
    assert await bruno.post("/compose", *pairs, text="See") == 422
    assert await statuses(bruno.caller) == []
    await amina.post("/compose", ("media[]", media), text="See", preview="1")
    assert "Mine now" not in amina.page


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


# Sessions that are over


@pytest.mark.parametrize("how", ["signed out", "another session"])
async def test_a_text_survives_its_session(whole: WholeSite, amina: PageVisitor, how: str) -> None:
    media = await attach(amina)
    text = 'Long <text> & "quotes"'
    before = amina.cookie
    if how == "signed out":
        amina.cookie = "nothing=1"
    else:
        amina.csrf = "of another session"
    fields = {"text": text, "warning": "Careful", "option1": "Soup"}
    status = await amina.post("/compose", ("media[]", media), **fields, file=picture())
    assert status == (401 if how == "signed out" else 403)
    assert "Long &lt;text&gt; &amp; &#34;quotes&#34;</textarea>" in amina.page
    assert amina.csrf not in amina.page
    assert await statuses(amina.caller) == []
    if how == "signed out":
        assert await amina.post("/compose/again", text=text) == 401, "one is still signed out"
        assert "Long &lt;text&gt;" in amina.page
    amina.cookie, amina.csrf = before, ""
    assert await amina.post("/compose/again", ("media[]", media), **fields) == 200
    assert (amina.text, amina.value("warning"), amina.value("option1")) == (
        text,
        "Careful",
        "Soup",
    )
    assert f'data-file="{media}"' in amina.page
    assert await statuses(amina.caller) == []
    token = amina.value("csrf_token")
    assert token
    amina.csrf = token
    assert await amina.post("/compose", text=text, key=amina.value("key")) == 303


async def test_a_changed_post_outlives_the_session(amina: PageVisitor) -> None:
    post = await amina.caller.post("/api/v1/statuses", status="Before")
    amina.csrf = "of another session"
    assert await amina.post(f"/posts/{post['id']}/edit", text="After") == 403
    assert ">After</textarea>" in amina.page
    assert "Go on writing" in amina.words


async def test_forms_of_other_sites_show_nothing(amina: PageVisitor) -> None:
    amina.headers["Origin"] = "https://evil.example"
    for path in ("/compose", "/compose/again"):
        status = await amina.post(path, text="Not mine")
        if path == "/compose":
            assert status == 403
            assert "Not mine" not in amina.page
    assert await statuses(amina.caller) == []
    amina.cookie = "nothing=1"
    for path in ("/compose", "/compose/again"):
        assert await amina.post(path, text="Not mine") == 401
        assert "Not mine" not in amina.page


# Suggestions


async def suggestions(visitor: PageVisitor, word: str) -> Any:
    headers = {"Cookie": visitor.cookie}
    status, _, body = await visitor.whole.call(
        "GET", "/compose/suggest", headers=headers, params={"q": word}
    )
    return body if status == 200 else status


async def test_words_are_completed(whole: WholeSite, amina: PageVisitor) -> None:
    await whole.person("bruno")
    await whole.remote("brigitte")
    found = await suggestions(amina, "@br")
    assert {one["insert"] for one in found} == {"@bruno", "@brigitte@nantes.corp.example"}
    await amina.caller.post("/api/v1/statuses", status="At the #Quai")
    assert [one["insert"] for one in await suggestions(amina, "#qu")] == ["#Quai"]
    assert "🎉" in [one["insert"] for one in await suggestions(amina, ":tad")]
    assert await suggestions(amina, "@nobody") == []
    assert await suggestions(amina, ":") == []
    assert await suggestions(amina, "word") == []
    assert await suggestions(amina, "@" + "%_\\" * 50) == []
    amina.cookie = "nothing=1"
    assert await suggestions(amina, "@br") == 401


# Values


@given(st.text(max_size=40))
def test_any_text_is_a_focus_or_none(text: str) -> None:
    found = read_focus(text)
    assert found is None or all(-1 <= part <= 1 for part in found)


@given(st.text(max_size=40))
def test_any_text_is_a_moment_or_refused(text: str) -> None:
    try:
        moment = moment_of(text, PARIS)
    except Invalid:
        return
    assert isinstance(moment, int)


@given(st.datetimes(*map(datetime.fromisoformat, ("2000-01-01", "2100-01-01"))))
def test_moments_come_back(moment: datetime) -> None:
    text = moment.strftime("%Y-%m-%dT%H:%M")
    shown = local_of(moment_of(text, PARIS), PARIS)
    # The hour that summer time leaves out does not exist.
    assert shown == text or (moment.month == 3 and moment.day >= 25)


words = st.text(max_size=20)


@given(
    text=words,
    options=st.lists(words.filter(str.strip), max_size=10),
    multiple=st.booleans(),
    markdown=st.booleans(),
    media=st.lists(st.integers(1, 2**60), max_size=4, unique=True),
)
def test_a_form_survives_being_a_draft(
    text: str, options: list[str], media: list[int], *, multiple: bool, markdown: bool
) -> None:
    form = ComposeForm(
        text=text,
        markdown=markdown,
        options=tuple(options) or ("", "", "", ""),
        poll_multiple=multiple and bool(options),
        media=tuple(media),
        key="k",
    )
    draft = form.draft(None)
    assert isinstance(draft, Draft)
    again = form_of(draft, "k")
    assert [one for one in again.options if one] == options
    assert (again.text, again.markdown, again.media) == (text, markdown, tuple(media))
    assert again.poll_multiple == form.poll_multiple


# What posts show of quotes and pictures


async def test_a_quoted_post_is_shown_in_the_card(whole: WholeSite, amina: PageVisitor) -> None:
    asked = await amina.caller.post("/api/v1/statuses", status="The <first> word")
    bruno = await visit(whole, await whole.person("bruno"))
    await bruno.get(f"/@amina/{asked['id']}")
    assert f'href="/compose?quote={asked["id"]}"' in bruno.page
    assert await bruno.post("/compose", text="Listen", quote=asked["id"], key="q") == 303
    await amina.get(bruno.place)
    quoted = amina.page.partition('<blockquote class="quoted"')[2].partition("</blockquote>")[0]
    assert "The &lt;first&gt; word" in quoted
    assert f'href="/@amina/{asked["id"]}"' in quoted
    await amina.caller.ok("DELETE", f"/api/v1/statuses/{asked['id']}")
    await amina.get(bruno.place)
    assert "The quoted post cannot be shown" in amina.words


numbers = st.none() | st.floats(-1, 1)


@given(x=numbers, y=numbers)
def test_every_focus_is_a_place(x: float | None, y: float | None) -> None:
    classes = focus_classes({"focus": {"x": x, "y": y}})
    assert re.fullmatch(r"|focus-x[0-4] focus-y[0-4]", classes)


def test_places_of_a_focus() -> None:
    assert focus_classes(None) == ""
    assert focus_classes({"focus": {"x": 0, "y": 0}}) == ""
    assert focus_classes({"focus": {"x": -1, "y": 1}}) == "focus-x0 focus-y0"
    assert focus_classes({"focus": {"x": 0.5, "y": -0.8}}) == "focus-x3 focus-y4"
