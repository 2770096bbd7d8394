"""Writing on pages without script: text, files, lost sessions, suggestions."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from tests.features.page_visitor import PageVisitor, visit
from tests.features.posts.writer import attach, picture, statuses
from tests.features.whole import WholeSite

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
